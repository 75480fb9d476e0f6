// EIP-2537 on mcl. mcl refuses coordinates ≥ p when it reads them; the curve equation is checked for every point, the
// subgroup where the EIP demands it: in multi-scalar multiplication and pairing, not in addition.
import { ChainError } from '../../errors.ts';
import {
  createMcl,
  MCL_FP_BYTES,
  MCL_FR_BYTES,
  MCL_G1_BYTES,
  MCL_G2_BYTES,
  MCL_GT_BYTES,
  type Mcl,
  type Pointer,
  putReversed,
  takeReversed,
} from '../mcl/mclModule.ts';
import type { Bls12381 } from './backend.ts';

/** A field element in the EIP's encoding: 16 zeros, then 48 bytes. */
const ELEMENT_BYTES = 64;
const ELEMENT_PADDING = 16;
const SCALAR_BYTES = 32;
/** mcl's name for the maps of RFC 9380, which EIP-2537 uses. */
const MAP_TO_MODE_RFC9380 = 5;

function invalid(what: string): never {
  throw new ChainError('INVALID_CURVE_POINT', `${what} is not a canonical point of its group`);
}

/** One of the two groups: how its points are read, written and combined. */
interface Group {
  /** Bytes of a point in the EIP's encoding. */
  readonly bytes: number;
  /** Field elements of a coordinate: 1 or 2. */
  readonly extension: 1 | 2;
  /** Bytes of a point in mcl's memory. */
  readonly size: number;
  readonly clear: (out: Pointer) => void;
  readonly isValid: (point: Pointer) => number;
  readonly isValidOrder: (point: Pointer) => number;
  readonly isZero: (point: Pointer) => number;
  readonly normalize: (out: Pointer, point: Pointer) => void;
  readonly add: (out: Pointer, a: Pointer, b: Pointer) => void;
  readonly mul: (out: Pointer, point: Pointer, scalar: Pointer) => void;
}

/** @throws ChainError `MCL_UNAVAILABLE` */
export function createMclBls12381(): Bls12381 {
  const mcl = createMcl('bls12381');
  const f = mcl.functions;
  f.mclBn_verifyOrderG1(0);
  f.mclBn_verifyOrderG2(0);
  if (f.mclBn_setMapToMode(MAP_TO_MODE_RFC9380) !== 0)
    throw new ChainError('MCL_UNAVAILABLE', 'mcl-wasm does not know the maps of RFC 9380');
  const codec = pointCodec(mcl);
  const { g1, g2 } = groups(mcl);
  const [a1, b1] = [mcl.allocate(MCL_G1_BYTES), mcl.allocate(MCL_G1_BYTES)];
  const [a2, b2] = [mcl.allocate(MCL_G2_BYTES), mcl.allocate(MCL_G2_BYTES)];
  const scratch = mcl.allocate(ELEMENT_BYTES);
  const scalar = mcl.allocate(MCL_FR_BYTES);
  const element = mcl.allocate(2 * MCL_FP_BYTES);
  const [product, factor] = [mcl.allocate(MCL_GT_BYTES), mcl.allocate(MCL_GT_BYTES)];

  const add = (group: Group, a: Pointer, b: Pointer) => (input: Uint8Array) => {
    expectLength(input, 2 * group.bytes);
    codec.read(group, a, input, 0, false);
    codec.read(group, b, input, group.bytes, false);
    group.add(a, a, b);
    return codec.write(group, a);
  };
  const msm = (group: Group, sum: Pointer, term: Pointer) => (input: Uint8Array) => {
    const pairBytes = group.bytes + SCALAR_BYTES;
    group.clear(sum);
    for (let offset = 0; offset < pairCount(input, pairBytes) * pairBytes; offset += pairBytes) {
      codec.read(group, term, input, offset, true);
      putReversed(mcl, scratch, input, offset + group.bytes, SCALAR_BYTES);
      f.mclBnFr_setLittleEndianMod(scalar, scratch, SCALAR_BYTES);
      group.mul(term, term, scalar);
      group.add(sum, sum, term);
    }
    return codec.write(group, sum);
  };
  return {
    addG1: add(g1, a1, b1),
    addG2: add(g2, a2, b2),
    msmG1: msm(g1, a1, b1),
    msmG2: msm(g2, a2, b2),
    mapFPtoG1(input) {
      expectLength(input, ELEMENT_BYTES);
      codec.readElement(element, input, 0);
      if (f.mclBnFp_mapToG1(a1, element) !== 0) invalid('the map of a field element');
      return codec.write(g1, a1);
    },
    mapFP2toG2(input) {
      expectLength(input, 2 * ELEMENT_BYTES);
      codec.readElement(element, input, 0);
      codec.readElement(element + MCL_FP_BYTES, input, ELEMENT_BYTES);
      if (f.mclBnFp2_mapToG2(a2, element) !== 0) invalid('the map of a field element');
      return codec.write(g2, a2);
    },
    pairingCheck(input) {
      const pairBytes = g1.bytes + g2.bytes;
      let isFirst = true;
      for (let offset = 0; offset < pairCount(input, pairBytes) * pairBytes; offset += pairBytes) {
        codec.read(g1, a1, input, offset, true);
        codec.read(g2, a2, input, offset + g1.bytes, true);
        if (g1.isZero(a1) === 1 || g2.isZero(a2) === 1) continue;
        f.mclBn_millerLoop(isFirst ? product : factor, a1, a2);
        if (!isFirst) f.mclBnGT_mul(product, product, factor);
        isFirst = false;
      }
      const word = new Uint8Array(32);
      if (!isFirst) f.mclBn_finalExp(product, product);
      word[31] = isFirst || f.mclBnGT_isOne(product) === 1 ? 1 : 0;
      return word;
    },
  };
}

function expectLength(input: Uint8Array, length: number): void {
  if (input.length !== length)
    throw new ChainError('INVALID_CURVE_POINT', `expected ${length} bytes of input, got ${input.length}`);
}

function pairCount(input: Uint8Array, pairBytes: number): number {
  if (input.length === 0 || input.length % pairBytes !== 0)
    throw new ChainError(
      'INVALID_CURVE_POINT',
      `expected one or more pairs of ${pairBytes} bytes, got ${input.length}`,
    );
  return input.length / pairBytes;
}

function groups({ functions: f }: Mcl): { g1: Group; g2: Group } {
  const g1: Group = {
    bytes: 2 * ELEMENT_BYTES,
    extension: 1,
    size: MCL_G1_BYTES,
    clear: f.mclBnG1_clear,
    isValid: f.mclBnG1_isValid,
    isValidOrder: f.mclBnG1_isValidOrder,
    isZero: f.mclBnG1_isZero,
    normalize: f.mclBnG1_normalize,
    add: f.mclBnG1_add,
    mul: f.mclBnG1_mul,
  };
  const g2: Group = {
    bytes: 4 * ELEMENT_BYTES,
    extension: 2,
    size: MCL_G2_BYTES,
    clear: f.mclBnG2_clear,
    isValid: f.mclBnG2_isValid,
    isValidOrder: f.mclBnG2_isValidOrder,
    isZero: f.mclBnG2_isZero,
    normalize: f.mclBnG2_normalize,
    add: f.mclBnG2_add,
    mul: f.mclBnG2_mul,
  };
  return { g1, g2 };
}

interface PointCodec {
  readElement(out: Pointer, bytes: Uint8Array, offset: number): void;
  read(group: Group, out: Pointer, bytes: Uint8Array, offset: number, checksOrder: boolean): void;
  write(group: Group, point: Pointer): Uint8Array;
}

function pointCodec(mcl: Mcl): PointCodec {
  const f = mcl.functions;
  const scratch = mcl.allocate(ELEMENT_BYTES);
  const readElement = (out: Pointer, bytes: Uint8Array, offset: number) => {
    for (let i = 0; i < ELEMENT_PADDING; i++) if (bytes[offset + i] !== 0) invalid('a coordinate');
    putReversed(mcl, scratch, bytes, offset + ELEMENT_PADDING, MCL_FP_BYTES);
    if (f.mclBnFp_deserialize(out, scratch, MCL_FP_BYTES) !== MCL_FP_BYTES) invalid('a coordinate');
  };
  return {
    readElement,
    read(group, out, bytes, offset, checksOrder) {
      group.clear(out);
      const encoded = bytes.subarray(offset, offset + group.bytes);
      if (encoded.every((byte) => byte === 0)) return;
      const elements = 2 * group.extension;
      for (let i = 0; i < elements; i++) readElement(out + i * MCL_FP_BYTES, encoded, i * ELEMENT_BYTES);
      f.mclBnFp_setInt32(out + elements * MCL_FP_BYTES, 1);
      if (group.isValid(out) !== 1) invalid('a point');
      if (checksOrder && group.isValidOrder(out) !== 1) invalid('a point');
    },
    write(group, point) {
      const out = new Uint8Array(group.bytes);
      if (group.isZero(point) === 1) return out;
      group.normalize(point, point);
      for (let i = 0; i < 2 * group.extension; i++) {
        f.mclBnFp_serialize(scratch, MCL_FP_BYTES, point + i * MCL_FP_BYTES);
        takeReversed(mcl, scratch, out, i * ELEMENT_BYTES + ELEMENT_PADDING, MCL_FP_BYTES);
      }
      return out;
    },
  };
}
