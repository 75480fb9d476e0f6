// Verification of KZG proofs: points (the precompile of EIP-4844), blobs (EIP-4844) and cells (EIP-7594). It runs on mcl with
// the few points of the ceremony's setup that a verifier needs: the whole setup of a prover takes seconds to load.
import { bytesToBigInt, concatBytes, hexToBytes, utf8ToBytes } from '../bytes.ts';
import { assert } from '../errors.ts';
import {
  BLS_SCALAR_ORDER,
  blobCoefficients,
  evaluatePolynomial,
  FIELD_ELEMENTS_PER_BLOB,
  modularPower,
  reverseBits,
  rootOfUnity,
} from './kzg/blobPolynomial.ts';
import { createKzgGroup, type KzgGroup, SETUP_G1_COUNT, type Term } from './kzg/kzgGroup.ts';
import { sha256 } from './sha256.ts';

/** 4,096 field elements of 32 bytes. */
export const BLOB_BYTES = 131_072;
/** A compressed point of BLS12-381 G1: a commitment or a proof. */
export const KZG_POINT_BYTES = 48;
/** EIP-7594: cells of an extended blob, and thus proofs of one blob in a version 1 sidecar. */
export const CELLS_PER_BLOB = 128;
const CELL_INDEX_BITS = 7;
/** EIP-7594: field elements of a cell, the degree of what vanishes on its coset. */
const CELL_ELEMENTS = 64;
/** EIP-4844: the domain of the challenge at which a blob is opened. */
const BLOB_CHALLENGE_DOMAIN = utf8ToBytes('FSBLOBVERIFY_V1_');
/** Ours: the domain of the weights under which a blob's cell proofs are checked together. */
const CELL_WEIGHTS_DOMAIN = utf8ToBytes('gnomon/cell-weights');

/** Sizes are the caller's to check; content that is not canonical makes every function answer false. */
export interface Kzg {
  /** Whether the polynomial behind `commitment` has the value `value32` at `point32` (both big-endian). */
  verifyPointProof(commitment: Uint8Array, point32: Uint8Array, value32: Uint8Array, proof: Uint8Array): boolean;
  /** Whether `commitment` is to `blob`, by its one proof. */
  verifyBlobProof(blob: Uint8Array, commitment: Uint8Array, proof: Uint8Array): boolean;
  /** Whether `proofs` are the 128 cell proofs of `blob` under `commitment`. */
  verifyCellProofs(blob: Uint8Array, commitment: Uint8Array, proofs: readonly Uint8Array[]): boolean;
  /** The one function, in hex, that executing the point evaluation precompile with other people's code takes. */
  readonly library: { verifyProof(commitment: string, point: string, value: string, proof: string): boolean };
}

let loaded: Kzg | undefined;

/** The verifier of this process, made when it is first needed (tens of milliseconds). */
export async function loadKzg(): Promise<Kzg> {
  loaded ??= createKzg();
  return loaded;
}

/** @throws ChainError `MCL_UNAVAILABLE` */
export function createKzg(): Kzg {
  const group = createKzgGroup();
  const verifyPointProof: Kzg['verifyPointProof'] = (commitment, point32, value32, proof) => {
    const [point, value] = [bytesToBigInt(point32), bytesToBigInt(value32)];
    if (point >= BLS_SCALAR_ORDER || value >= BLS_SCALAR_ORDER) return false;
    return openingHolds(group, commitment, point, value, proof);
  };
  return {
    verifyPointProof,
    verifyBlobProof(blob, commitment, proof) {
      assert(blob.length === BLOB_BYTES, `a blob has ${BLOB_BYTES} bytes, got ${blob.length}`);
      const coefficients = blobCoefficients(blob);
      if (coefficients === undefined) return false;
      const point = blobChallenge(blob, commitment);
      return openingHolds(group, commitment, point, evaluatePolynomial(coefficients, point), proof);
    },
    verifyCellProofs(blob, commitment, proofs) {
      assert(blob.length === BLOB_BYTES, `a blob has ${BLOB_BYTES} bytes, got ${blob.length}`);
      assert(proofs.length === CELLS_PER_BLOB, `expected ${CELLS_PER_BLOB} cell proofs, got ${proofs.length}`);
      const coefficients = blobCoefficients(blob);
      return coefficients !== undefined && cellProofsHold(group, blob, coefficients, commitment, proofs);
    },
    library: {
      verifyProof: (commitment, point, value, proof) =>
        verifyPointProof(hexToBytes(commitment), hexToBytes(point), hexToBytes(value), hexToBytes(proof)),
    },
  };
}

/** EIP-4844, compute_challenge. */
function blobChallenge(blob: Uint8Array, commitment: Uint8Array): bigint {
  const count = new Uint8Array(16);
  new DataView(count.buffer).setUint32(12, FIELD_ELEMENTS_PER_BLOB);
  return bytesToBigInt(sha256(concatBytes(BLOB_CHALLENGE_DOMAIN, count, blob, commitment))) % BLS_SCALAR_ORDER;
}

/** e(C - [y] + z·π, G2) = e(π, [τ]G2), which is C - [y] = (τ - z)·π. */
function openingHolds(
  group: KzgGroup,
  commitment: Uint8Array,
  point: bigint,
  value: bigint,
  proof: Uint8Array,
): boolean {
  group.reset();
  const [c, pi] = [group.read(commitment), group.read(proof)];
  if (c === undefined || pi === undefined) return false;
  const left: Term[] = [
    { point: c, scalar: 1n },
    { point: 0, scalar: (BLS_SCALAR_ORDER - value) % BLS_SCALAR_ORDER },
    { point: pi, scalar: point },
  ];
  return group.pairingHolds(left, [{ point: pi, scalar: 1n }], 1);
}

/**
 * Cell k lies on the coset where X^64 = a(k), and its proof π(k) says that C - I(k) is divisible by X^64 - a(k), with I(k) the
 * remainder of the blob's polynomial p there. All 128 statements are checked as one, each with a weight w(k) that depends on
 * all inputs: e(Σ w·(C - [I] + a·π), G2) = e(Σ w·π, [τ^64]G2). The remainders need no cells: coefficient m of I(k) is
 * Σ_j p[64j + m]·a(k)^j, so the weighted sum over k first adds up w(k)·a(k)^j for each j.
 */
function cellProofsHold(
  group: KzgGroup,
  blob: Uint8Array,
  coefficients: readonly bigint[],
  commitment: Uint8Array,
  proofs: readonly Uint8Array[],
): boolean {
  group.reset();
  const c = group.read(commitment);
  if (c === undefined) return false;
  const seed = sha256(concatBytes(CELL_WEIGHTS_DOMAIN, sha256(blob), commitment, ...proofs));
  const base = bytesToBigInt(seed) % BLS_SCALAR_ORDER;
  const root = rootOfUnity(CELLS_PER_BLOB);
  const [left, right]: [Term[], Term[]] = [[], []];
  const powerSums = new Array<bigint>(CELL_ELEMENTS).fill(0n);
  let weight = 1n;
  for (const [cell, proof] of proofs.entries()) {
    const point = group.read(proof);
    if (point === undefined) return false;
    const a = modularPower(root, BigInt(reverseBits(cell, CELL_INDEX_BITS)));
    right.push({ point, scalar: weight });
    left.push({ point, scalar: (weight * a) % BLS_SCALAR_ORDER });
    let power = weight;
    for (let j = 0; j < CELL_ELEMENTS; j++) {
      powerSums[j] = ((powerSums[j] as bigint) + power) % BLS_SCALAR_ORDER;
      power = (power * a) % BLS_SCALAR_ORDER;
    }
    weight = (weight * base) % BLS_SCALAR_ORDER;
  }
  left.push({ point: c, scalar: powerSums[0] as bigint });
  for (let m = 0; m < SETUP_G1_COUNT; m++) {
    let remainder = 0n;
    for (let j = 0; j < CELL_ELEMENTS; j++)
      remainder += (coefficients[CELL_ELEMENTS * j + m] as bigint) * (powerSums[j] as bigint);
    left.push({ point: m, scalar: (BLS_SCALAR_ORDER - (remainder % BLS_SCALAR_ORDER)) % BLS_SCALAR_ORDER });
  }
  return group.pairingHolds(left, right, 64);
}
