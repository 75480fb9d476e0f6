// Ed25519 by the rules of ZIP-215, under which every implementation that follows them accepts the same signatures.
import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { lazyModule } from '../lazyModule.ts';

const noble = lazyModule<typeof import('@noble/curves/ed25519.js')>('@noble/curves/ed25519.js');

/**
 * Whether `signature64` over `message` was made by `publicKey32` (ZIP-215: cofactored, non-canonical points decode).
 *
 * node:crypto may say yes, never no. OpenSSL accepts exactly when S is below the group order and the bytes of R are the
 * canonical encoding of S·B - h·A, with A decoded as ZIP-215 does; then 8·S·B = 8·R + 8·h·A holds a fortiori. What it refuses
 * noble decides: that is the slow path, and the one that gas must be priced on.
 */
export function verifyEd25519(message: Uint8Array, signature64: Uint8Array, publicKey32: Uint8Array): boolean {
  if (signature64.length !== 64 || publicKey32.length !== 32) return false;
  return acceptedByNode(message, signature64, publicKey32) || acceptedByNoble(message, signature64, publicKey32);
}

function acceptedByNode(message: Uint8Array, signature64: Uint8Array, publicKey32: Uint8Array): boolean {
  try {
    const x = Buffer.from(publicKey32).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verifySignature(null, message, key, signature64);
  } catch {
    return false;
  }
}

function acceptedByNoble(message: Uint8Array, signature64: Uint8Array, publicKey32: Uint8Array): boolean {
  const { ed25519 } = noble();
  try {
    return ed25519.verify(signature64, message, publicKey32, { zip215: true });
  } catch {
    return false;
  }
}

/**
 * Whether 32 bytes are fit to be registered as a key: a canonical encoding of a point that is not of small order. ZIP-215
 * verifies under more keys than this, but under a small-order one anybody's signature passes.
 */
export function isEd25519PublicKey(bytes32: Uint8Array): boolean {
  if (bytes32.length !== 32) return false;
  const { ed25519 } = noble();
  try {
    return !ed25519.Point.fromBytes(bytes32, false).isSmallOrder();
  } catch {
    return false;
  }
}
