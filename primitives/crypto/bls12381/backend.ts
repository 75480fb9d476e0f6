// What an implementation of the EVM's BLS12-381 operations offers, and the test that it passes before it is used.
import { bytesToHex } from '../../bytes.ts';

/**
 * Numbers are 64 bytes big-endian with 16 zeros in front, G1 points 128 bytes, G2 points 256, scalars any 32 bytes. Every
 * function throws ChainError `INVALID_CURVE_POINT` for input that EIP-2537 refuses.
 */
export interface Bls12381 {
  addG1(input: Uint8Array): Uint8Array;
  addG2(input: Uint8Array): Uint8Array;
  msmG1(input: Uint8Array): Uint8Array;
  msmG2(input: Uint8Array): Uint8Array;
  mapFPtoG1(input: Uint8Array): Uint8Array;
  mapFP2toG2(input: Uint8Array): Uint8Array;
  /** 32 bytes: 1 when the product of the pairings is one, else 0. */
  pairingCheck(input: Uint8Array): Uint8Array;
}

/** map_fp_to_G1 of the number 0, which no other function's success implies. */
const MAP_OF_ZERO_X =
  '0x0000000000000000000000000000000011a9a0372b8f332d5c30de9ad14e50372a73fa4c45d5f2fa5097f2d6fb93bcac592f2e1711ac43db0519870c7d0ea415';

/** Whether a backend maps zero as EIP-2537 says, adds the result to infinity and multiplies it by one. */
export function passesBls12381SelfTest(backend: Bls12381): boolean {
  const point = backend.mapFPtoG1(new Uint8Array(64));
  const one = new Uint8Array(32).fill(1, 31);
  const hex = bytesToHex(point);
  return (
    bytesToHex(point.subarray(0, 64)) === MAP_OF_ZERO_X &&
    bytesToHex(backend.addG1(Uint8Array.of(...point, ...new Uint8Array(128)))) === hex &&
    bytesToHex(backend.msmG1(Uint8Array.of(...point, ...one))) === hex &&
    backend.pairingCheck(Uint8Array.of(...point, ...new Uint8Array(256)))[31] === 1
  );
}
