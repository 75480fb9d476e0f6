// Verification of P-256 signatures over a message by node:crypto (OpenSSL), which hashes with SHA-256 itself.
import { createPublicKey, type KeyObject, verify as verifySignature } from 'node:crypto';
import { bytesKey } from '../../bytes.ts';
import { P256_TEST_MESSAGE, passesP256SelfTest } from './selfTest.ts';

export interface P256MessageVerifier {
  readonly name: 'node:crypto' | 'digest';
  /** The key must be a point of the curve and `r`, `s` in range: the caller's fence. */
  verify(message: Uint8Array, signature64: Uint8Array, publicKey64: Uint8Array): boolean;
}

/** Importing a key costs as much as verifying with it; devices sign again and again. About 2 kB each. */
const KEYS_KEPT_MAX = 1_024;

/** A verifier, or undefined where node:crypto is built without the curve. */
export function createNodeMessageVerifier(): P256MessageVerifier | undefined {
  const keys = new Map<string, KeyObject>();
  const verify = (message: Uint8Array, signature64: Uint8Array, publicKey64: Uint8Array) =>
    verifySignature('sha256', message, { key: keyOf(keys, publicKey64), dsaEncoding: 'ieee-p1363' }, signature64);
  try {
    return passesP256SelfTest(P256_TEST_MESSAGE, verify) ? { name: 'node:crypto', verify } : undefined;
  } catch {
    return undefined;
  }
}

/** The imported key; the one imported first is dropped when there are too many. */
function keyOf(keys: Map<string, KeyObject>, publicKey64: Uint8Array): KeyObject {
  const name = bytesKey(publicKey64);
  const known = keys.get(name);
  if (known !== undefined) return known;
  const coordinate = (from: number) => Buffer.from(publicKey64.subarray(from, from + 32)).toString('base64url');
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: coordinate(0), y: coordinate(32) }, format: 'jwk' });
  if (keys.size >= KEYS_KEPT_MAX) for (const oldest of keys.keys()) if (keys.delete(oldest)) break;
  keys.set(name, key);
  return key;
}
