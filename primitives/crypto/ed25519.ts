// Ed25519 by the rules of ZIP-215, under which every implementation that follows them accepts the same signatures.
import { ed25519 } from '@noble/curves/ed25519.js';

/** Whether `signature64` over `message` was made by `publicKey32` (ZIP-215: cofactored, non-canonical points decode). */
export function verifyEd25519(message: Uint8Array, signature64: Uint8Array, publicKey32: Uint8Array): boolean {
  if (signature64.length !== 64 || publicKey32.length !== 32) return false;
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
  try {
    return !ed25519.Point.fromBytes(bytes32, false).isSmallOrder();
  } catch {
    return false;
  }
}
