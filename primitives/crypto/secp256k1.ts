// ECDSA over secp256k1, the curve of Ethereum accounts. Callers see one set of functions; what computes them is the
// fastest backend that works here and passes its self-test.
import { bytesToBigInt } from '../bytes.ts';
import { ChainError } from '../errors.ts';
import type { Address } from '../types.ts';
import { keccak256 } from './keccak.ts';
import { createAddonBackend } from './secp256k1/addonBackend.ts';
import { passesSecp256k1SelfTest, type RecoverableSignature, type Secp256k1Backend } from './secp256k1/backend.ts';
import { createMclBackend } from './secp256k1/mclBackend.ts';
import { createNobleBackend } from './secp256k1/nobleBackend.ts';

/** The order of the group (SEC 2, §2.4.1). */
export const SECP256K1_N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** The greatest `s` that EIP-2 allows from Homestead on. */
export const SECP256K1_LOW_S_MAX: bigint = SECP256K1_N / 2n;
/** The prime of the base field. */
const FIELD = 2n ** 256n - 2n ** 32n - 977n;

/** In order of preference. */
const CANDIDATES: readonly (() => Secp256k1Backend)[] = [createAddonBackend, createMclBackend, createNobleBackend];

/**
 * The first candidate that can be made and passes its self-test.
 * @throws ChainError `NO_CRYPTO_BACKEND` when none does
 */
export function chooseSecp256k1Backend(candidates: readonly (() => Secp256k1Backend)[] = CANDIDATES): Secp256k1Backend {
  for (const create of candidates) {
    try {
      const backend = create();
      if (passesSecp256k1SelfTest(backend)) return backend;
    } catch {
      // Not available on this platform: the next one is. `cryptoBackends` tells which was taken.
    }
  }
  throw new ChainError('NO_CRYPTO_BACKEND', 'no implementation of secp256k1 works on this machine');
}

let chosen: Secp256k1Backend | undefined;

/** The backend of this process, chosen at first use. */
export function secp256k1Backend(): Secp256k1Backend {
  chosen ??= chooseSecp256k1Backend();
  return chosen;
}

/**
 * The public key `x ‖ y` (64 bytes) that made `signature64` (`r ‖ s`) over a 32-byte digest, or undefined when there is
 * none. High `s` is accepted: EIP-2 is the caller's rule.
 */
export function recoverPublicKey(digest: Uint8Array, signature64: Uint8Array, recovery: 0 | 1): Uint8Array | undefined {
  if (digest.length !== 32 || signature64.length !== 64) return undefined;
  return secp256k1Backend().recover(digest, signature64, recovery);
}

function assertPrivateKey(privateKey: Uint8Array): void {
  const scalar = bytesToBigInt(privateKey);
  if (privateKey.length !== 32 || scalar === 0n || scalar >= SECP256K1_N)
    throw new ChainError('INVALID_PRIVATE_KEY', 'a private key is 32 bytes, from 1 to the order of the curve - 1');
}

/**
 * Signs a 32-byte digest with the nonce of RFC 6979; `s` is low.
 * @throws ChainError `INVALID_PRIVATE_KEY` when the key is not in 1..n-1
 */
export function signDigest(digest: Uint8Array, privateKey: Uint8Array): RecoverableSignature {
  assertPrivateKey(privateKey);
  return secp256k1Backend().sign(digest, privateKey);
}

/**
 * The public key `x ‖ y` of a 32-byte private key.
 * @throws ChainError `INVALID_PRIVATE_KEY` when the key is not in 1..n-1
 */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  assertPrivateKey(privateKey);
  return secp256k1Backend().publicKeyOf(privateKey);
}

/** The address of a 64-byte public key: the last 20 bytes of its hash (Yellow Paper, appendix F). */
export function addressOfPublicKey(publicKey64: Uint8Array): Address {
  return keccak256(publicKey64).slice(12) as Uint8Array as Address;
}

/** Whether 64 bytes `x ‖ y` are a point of the curve y² = x³ + 7 with canonical coordinates. The group has prime order. */
export function isSecp256k1PublicKey(bytes64: Uint8Array): boolean {
  if (bytes64.length !== 64) return false;
  const x = bytesToBigInt(bytes64.subarray(0, 32));
  const y = bytesToBigInt(bytes64.subarray(32));
  return x < FIELD && y < FIELD && (y * y - x * x * x - 7n) % FIELD === 0n;
}
