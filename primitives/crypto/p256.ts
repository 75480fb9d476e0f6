// ECDSA over NIST P-256, the curve of secure elements and passkeys. Digests are verified by mcl (or noble), messages by
// node:crypto behind a fence that makes its accept set the same.
import { bytesToBigInt } from '../bytes.ts';
import { chooseP256DigestVerifier, type P256DigestVerifier } from './p256/digestVerifier.ts';
import { createNodeMessageVerifier, type P256MessageVerifier } from './p256/messageVerifier.ts';
import { sha256 } from './sha256.ts';

/** The order of the group (SEC 2, §2.7.2). */
export const P256_N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** The prime of the base field and the b of y² = x³ - 3x + b. */
const FIELD = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

let digestVerifier: P256DigestVerifier | undefined;
let messageVerifier: P256MessageVerifier | undefined;

/** The verifier of digests in this process, chosen at first use. */
export function p256DigestVerifier(): P256DigestVerifier {
  digestVerifier ??= chooseP256DigestVerifier();
  return digestVerifier;
}

/** What verifies what in this process so far. */
export function p256BackendsInUse(): { digest: string | undefined; message: string | undefined } {
  return { digest: digestVerifier?.name, message: messageVerifier?.name };
}

/** Whether `r ‖ s` are both in 1..n-1. High `s` is allowed, as EIP-7951 does. */
function isSignatureInRange(signature64: Uint8Array): boolean {
  const r = bytesToBigInt(signature64.subarray(0, 32));
  const s = bytesToBigInt(signature64.subarray(32));
  return r > 0n && r < P256_N && s > 0n && s < P256_N;
}

/** Whether 64 bytes `x ‖ y` are a point of the curve with canonical coordinates. The group has prime order. */
export function isP256PublicKey(bytes64: Uint8Array): boolean {
  if (bytes64.length !== 64) return false;
  const x = bytesToBigInt(bytes64.subarray(0, 32));
  const y = bytesToBigInt(bytes64.subarray(32));
  return x < FIELD && y < FIELD && (y * y - x * x * x + 3n * x - B) % FIELD === 0n;
}

/**
 * Whether `signature64` (`r ‖ s`) over a 32-byte digest was made by `publicKey64` (`x ‖ y`), by the rules of EIP-7951:
 * r and s in 1..n-1, high `s` allowed, the key a point of the curve with canonical coordinates.
 */
export function verifyP256Digest(digest32: Uint8Array, signature64: Uint8Array, publicKey64: Uint8Array): boolean {
  if (digest32.length !== 32 || signature64.length !== 64 || publicKey64.length !== 64) return false;
  return p256DigestVerifier().verify(digest32, signature64, publicKey64);
}

/** As {@link verifyP256Digest} over the SHA-256 hash of `message`, several times faster. */
export function verifyP256Message(message: Uint8Array, signature64: Uint8Array, publicKey64: Uint8Array): boolean {
  if (signature64.length !== 64 || !isP256PublicKey(publicKey64) || !isSignatureInRange(signature64)) return false;
  messageVerifier ??= createNodeMessageVerifier() ?? {
    name: 'digest',
    verify: (text, signature, key) => verifyP256Digest(sha256(text), signature, key),
  };
  return messageVerifier.verify(message, signature64, publicKey64);
}
