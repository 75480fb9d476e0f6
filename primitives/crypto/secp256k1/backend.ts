// What a secp256k1 implementation offers, and the test that it passes before anything relies on it.
import { equalBytes, hexToBytes } from '../../bytes.ts';

/** An ECDSA signature: `r ‖ s`, 32 bytes each, and the parity of the nonce point's y. */
export interface RecoverableSignature {
  readonly signature: Uint8Array;
  readonly recovery: 0 | 1;
}

/** Sizes are checked by the facade: digests and private keys have 32 bytes, signatures and public keys 64. */
export interface Secp256k1Backend {
  readonly name: 'addon' | 'mcl' | 'noble';
  recover(digest: Uint8Array, signature: Uint8Array, recovery: 0 | 1): Uint8Array | undefined;
  /** RFC 6979, low `s`. */
  sign(digest: Uint8Array, privateKey: Uint8Array): RecoverableSignature;
  publicKeyOf(privateKey: Uint8Array): Uint8Array;
}

// One signature by the private key 1, whose public key is the generator, over SHA-256("gnomon").
const PRIVATE_KEY = hexToBytes('0x0000000000000000000000000000000000000000000000000000000000000001');
const PUBLIC_KEY = hexToBytes(
  '0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
);
const DIGEST = hexToBytes('0xd972c62454deefd5d7cb8a0c39f5015daa6d4729ba5488a3d62236a5b9c06ade');
const SIGNATURE = hexToBytes(
  '0xc31d84e68d5154d53f65f67050ffeb7cd89419fc8eafb15083deed04bf4e7cf77d62be49d6e639c5cb0299a699c00e6af50846bd4962b3ad6662b1b150f8b860',
);
const RECOVERY = 1;

/** Whether a backend recovers, signs and derives a known key, and refuses a signature of zeros. */
export function passesSecp256k1SelfTest(backend: Secp256k1Backend): boolean {
  const recovered = backend.recover(DIGEST, SIGNATURE, RECOVERY);
  const signed = backend.sign(DIGEST, PRIVATE_KEY);
  return (
    recovered !== undefined &&
    equalBytes(recovered, PUBLIC_KEY) &&
    equalBytes(signed.signature, SIGNATURE) &&
    signed.recovery === RECOVERY &&
    equalBytes(backend.publicKeyOf(PRIVATE_KEY), PUBLIC_KEY) &&
    backend.recover(DIGEST, new Uint8Array(64), 0) === undefined
  );
}
