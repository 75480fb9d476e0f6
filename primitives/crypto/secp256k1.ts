// ECDSA over secp256k1, the curve of Ethereum accounts. Callers see one set of functions; what computes them is below.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { concatBytes } from '../bytes.ts';
import type { Address } from '../types.ts';
import { keccak256 } from './keccak.ts';

/** The order of the group (SEC 2, §2.4.1). */
export const SECP256K1_N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** The greatest `s` that EIP-2 allows from Homestead on. */
export const SECP256K1_LOW_S_MAX: bigint = SECP256K1_N / 2n;

/** An ECDSA signature: `r ‖ s`, 32 bytes each, and which of the two candidate points is the key. */
export interface RecoverableSignature {
  readonly signature: Uint8Array;
  readonly recovery: 0 | 1;
}

/**
 * The public key `x ‖ y` (64 bytes) that made `signature64` (`r ‖ s`) over a 32-byte digest, or undefined when there is
 * none. High `s` is accepted: EIP-2 is the caller's rule.
 */
export function recoverPublicKey(digest: Uint8Array, signature64: Uint8Array, recovery: 0 | 1): Uint8Array | undefined {
  if (digest.length !== 32 || signature64.length !== 64) return undefined;
  try {
    const signature = secp256k1.Signature.fromBytes(signature64, 'compact').addRecoveryBit(recovery);
    return signature.recoverPublicKey(digest).toBytes(false).subarray(1);
  } catch {
    return undefined;
  }
}

/**
 * Signs a 32-byte digest with the nonce of RFC 6979; `s` is low.
 * @throws Error when the key is not in 1..n-1
 */
export function signDigest(digest: Uint8Array, privateKey: Uint8Array): RecoverableSignature {
  const signed = secp256k1.sign(digest, privateKey, { prehash: false, lowS: true, format: 'recovered' });
  return { signature: signed.subarray(1), recovery: signed[0] === 1 ? 1 : 0 };
}

/**
 * The public key `x ‖ y` of a 32-byte private key.
 * @throws Error when the key is not in 1..n-1
 */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  return secp256k1.getPublicKey(privateKey, false).subarray(1);
}

/** The address of a 64-byte public key: the last 20 bytes of its hash (Yellow Paper, appendix F). */
export function addressOfPublicKey(publicKey64: Uint8Array): Address {
  return keccak256(publicKey64).slice(12) as Uint8Array as Address;
}

/** Whether 64 bytes `x ‖ y` are a point of the curve with canonical coordinates. */
export function isSecp256k1PublicKey(bytes64: Uint8Array): boolean {
  return bytes64.length === 64 && secp256k1.utils.isValidPublicKey(concatBytes(Uint8Array.of(4), bytes64), false);
}
