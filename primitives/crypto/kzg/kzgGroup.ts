// The group side of KZG on mcl: compressed points of BLS12-381, linear combinations, and the one pairing check.
import { assert } from '../../errors.ts';
import {
  createMcl,
  MCL_FR_BYTES,
  MCL_G1_BYTES,
  MCL_G2_BYTES,
  MCL_GT_BYTES,
  type Pointer,
  putReversed,
} from '../mcl/mclModule.ts';
import { SETUP_G1_BASE64, SETUP_G2_BASE64 } from './generated/ceremonySetup.ts';

const G1_COMPRESSED = 48;
const G2_COMPRESSED = 96;
const COMPRESSED_FLAG = 0x80;
const INFINITY_FLAG = 0x40;
/** Proofs of a blob's cells, the setup's points and the commitment: more are never combined at once. */
const TERMS_MAX = 256;
export const SETUP_G1_COUNT = 64;

/** A point that was read and checked, by its place in the group's table. */
export type PointIndex = number;

export interface KzgGroup {
  /** Forgets the points that were read; the setup's [τ^0]G1 to [τ^63]G1 stay at 0 to 63. */
  reset(): void;
  /** Reads a compressed point (infinity included); undefined unless canonical, on the curve and in the subgroup. */
  read(compressed: Uint8Array): PointIndex | undefined;
  /**
   * Whether e(Σ left, G2) = e(Σ right, [τ^power]G2). Terms are points with their scalars, which are below the order.
   */
  pairingHolds(left: readonly Term[], right: readonly Term[], power: 1 | 64): boolean;
}

export interface Term {
  readonly point: PointIndex;
  readonly scalar: bigint;
}

/** @throws ChainError `MCL_UNAVAILABLE` */
export function createKzgGroup(): KzgGroup {
  const mcl = createMcl('bls12381');
  const f = mcl.functions;
  f.mclBn_setETHserialization(1);
  // Reading a point then includes the check of its subgroup.
  f.mclBn_verifyOrderG1(1);
  f.mclBn_verifyOrderG2(1);
  const buffer = mcl.allocate(G2_COMPRESSED);
  const table = mcl.allocate(TERMS_MAX * MCL_G1_BYTES);
  const [points, scalars] = [mcl.allocate(TERMS_MAX * MCL_G1_BYTES), mcl.allocate(TERMS_MAX * MCL_FR_BYTES)];
  const [left, right] = [mcl.allocate(MCL_G1_BYTES), mcl.allocate(MCL_G1_BYTES)];
  const setupG2 = mcl.allocate(3 * MCL_G2_BYTES);
  const [first, second] = [mcl.allocate(MCL_GT_BYTES), mcl.allocate(MCL_GT_BYTES)];
  let count = 0;

  const read = (compressed: Uint8Array): PointIndex | undefined => {
    assert(count < TERMS_MAX && compressed.length === G1_COMPRESSED, 'more KZG points than the table holds');
    if (!hasCanonicalFlags(compressed)) return undefined;
    mcl.bytes().set(compressed, buffer);
    if (f.mclBnG1_deserialize(table + count * MCL_G1_BYTES, buffer, G1_COMPRESSED) !== G1_COMPRESSED) return undefined;
    return count++;
  };
  const sum = (out: Pointer, terms: readonly Term[]) => {
    assert(terms.length <= TERMS_MAX, 'more KZG terms than there is room for');
    const word = new Uint8Array(32);
    const view = new DataView(word.buffer);
    for (const [index, { point, scalar }] of terms.entries()) {
      const source = table + point * MCL_G1_BYTES;
      mcl.bytes().copyWithin(points + index * MCL_G1_BYTES, source, source + MCL_G1_BYTES);
      for (let limb = 0; limb < 4; limb++) view.setBigUint64(24 - 8 * limb, (scalar >> BigInt(64 * limb)) & LIMB);
      putReversed(mcl, buffer, word, 0, 32);
      f.mclBnFr_setLittleEndianMod(scalars + index * MCL_FR_BYTES, buffer, 32);
    }
    f.mclBnG1_clear(out);
    if (terms.length > 0) f.mclBnG1_mulVec(out, points, scalars, terms.length);
  };

  const g1 = Buffer.from(SETUP_G1_BASE64, 'base64');
  for (let i = 0; i < SETUP_G1_COUNT; i++)
    assert(read(g1.subarray(i * G1_COMPRESSED, (i + 1) * G1_COMPRESSED)) === i, 'the KZG setup is damaged');
  const g2 = Buffer.from(SETUP_G2_BASE64, 'base64');
  for (let i = 0; i < 3; i++) {
    mcl.bytes().set(g2.subarray(i * G2_COMPRESSED, (i + 1) * G2_COMPRESSED), buffer);
    const bytesRead = f.mclBnG2_deserialize(setupG2 + i * MCL_G2_BYTES, buffer, G2_COMPRESSED);
    assert(bytesRead === G2_COMPRESSED, 'the KZG setup is damaged');
  }
  return {
    reset() {
      count = SETUP_G1_COUNT;
    },
    read,
    pairingHolds(leftTerms, rightTerms, power) {
      sum(left, leftTerms);
      sum(right, rightTerms);
      const isLeftZero = f.mclBnG1_isZero(left) === 1;
      const isRightZero = f.mclBnG1_isZero(right) === 1;
      if (isLeftZero || isRightZero) return isLeftZero && isRightZero;
      f.mclBnG1_neg(left, left);
      f.mclBnG1_normalize(left, left);
      f.mclBnG1_normalize(right, right);
      f.mclBn_millerLoop(first, left, setupG2);
      f.mclBn_millerLoop(second, right, setupG2 + (power === 1 ? 1 : 2) * MCL_G2_BYTES);
      f.mclBnGT_mul(first, first, second);
      f.mclBn_finalExp(first, first);
      return f.mclBnGT_isOne(first) === 1;
    },
  };
}

/** The flags of a compressed point: mcl takes infinity with anything behind it, the encoding has only zeros there. */
function hasCanonicalFlags(compressed: Uint8Array): boolean {
  const first = compressed[0] as number;
  if ((first & COMPRESSED_FLAG) === 0) return false;
  if ((first & INFINITY_FLAG) === 0) return true;
  return first === (COMPRESSED_FLAG | INFINITY_FLAG) && compressed.subarray(1).every((byte) => byte === 0);
}

const LIMB = 2n ** 64n - 1n;
