// ECDSA over NIST P-256, the curve of secure elements and passkeys.
import { p256 } from '@noble/curves/nist.js';
import { concatBytes } from '../bytes.ts';
import { sha256 } from './sha256.ts';

/** The order of the group (FIPS 186-4, D.1.2.3). */
export const P256_N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

function uncompressed(publicKey64: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(4), publicKey64);
}

/**
 * Whether `signature64` (`r ‖ s`) over a 32-byte digest was made by `publicKey64` (`x ‖ y`), by the rules of EIP-7951:
 * r and s in 1..n-1, high `s` allowed, the key a point of the curve with canonical coordinates.
 */
export function verifyP256Digest(digest32: Uint8Array, signature64: Uint8Array, publicKey64: Uint8Array): boolean {
  if (digest32.length !== 32 || signature64.length !== 64 || publicKey64.length !== 64) return false;
  try {
    return p256.verify(signature64, digest32, uncompressed(publicKey64), { prehash: false, lowS: false });
  } catch {
    return false;
  }
}

/** As {@link verifyP256Digest} over the SHA-256 hash of `message`. */
export function verifyP256Message(message: Uint8Array, signature64: Uint8Array, publicKey64: Uint8Array): boolean {
  return verifyP256Digest(sha256(message), signature64, publicKey64);
}

/** Whether 64 bytes `x ‖ y` are a point of the curve with canonical coordinates. */
export function isP256PublicKey(bytes64: Uint8Array): boolean {
  return bytes64.length === 64 && p256.utils.isValidPublicKey(uncompressed(bytes64), false);
}
