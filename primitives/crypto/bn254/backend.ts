// What an implementation of the EVM's bn254 operations offers, and the test that it passes before anything relies on it.
import { equalBytes, hexToBytes } from '../../bytes.ts';

/** Every function throws ChainError `INVALID_CURVE_POINT` for coordinates ≥ p, points off the curve or out of the subgroup. */
export interface Bn254 {
  /** Two points of 64 bytes → their sum, 64 bytes. Missing input bytes are zero, further ones are ignored. */
  add(input: Uint8Array): Uint8Array;
  /** A point and a scalar of any 32 bytes → the product. Missing input bytes are zero, further ones are ignored. */
  mul(input: Uint8Array): Uint8Array;
  /** Pairs of 192 bytes → 32 bytes: 1 when the product of the pairings is one, else 0. */
  pairing(input: Uint8Array): Uint8Array;
}

export interface NamedBn254 extends Bn254 {
  readonly name: 'mcl' | 'noble';
}

const GENERATOR = hexToBytes(`0x${'00'.repeat(31)}01${'00'.repeat(31)}02`);
const DOUBLED = hexToBytes(
  '0x030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd315ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4',
);
/** e(G, G2)·e(-G, G2), which is one. */
const PAIRING_OF_ONE = hexToBytes(
  '0x00000000000000000000000000000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000000000002198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa000000000000000000000000000000000000000000000000000000000000000130644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa',
);

/** Whether a backend doubles the generator both ways and tells a pairing product of one from another. */
export function passesBn254SelfTest(backend: Bn254): boolean {
  const two = new Uint8Array(32).fill(2, 31);
  return (
    equalBytes(backend.add(Uint8Array.of(...GENERATOR, ...GENERATOR)), DOUBLED) &&
    equalBytes(backend.mul(Uint8Array.of(...GENERATOR, ...two)), DOUBLED) &&
    backend.pairing(PAIRING_OF_ONE)[31] === 1 &&
    backend.pairing(PAIRING_OF_ONE.subarray(0, 192))[31] === 0
  );
}
