// One rule per key type for what a signature covers and how it is written (docs/spec/device-signing.md, "Digests").
import { bytesToBigInt, equalBytes } from '../../primitives/bytes.ts';
import { isBabyJubJubPublicKey, verifyEddsaPoseidon } from '../../primitives/crypto/babyJubJub.ts';
import { isEd25519PublicKey, verifyEd25519 } from '../../primitives/crypto/ed25519.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { isP256PublicKey, verifyP256Digest, verifyP256Message } from '../../primitives/crypto/p256.ts';
import { poseidon } from '../../primitives/crypto/poseidon.ts';
import {
  addressOfPublicKey,
  isSecp256k1PublicKey,
  recoverPublicKey,
  SECP256K1_LOW_S_MAX,
} from '../../primitives/crypto/secp256k1.ts';
import { sha256 } from '../../primitives/crypto/sha256.ts';
import { unreachable } from '../../primitives/errors.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { KEY_CHECK_GAS, SIGNATURE_GAS, TYPED_DATA_GAS } from './gas.ts';
import { type Action, typedDataBytes } from './typedData.ts';
import { type DidReadContext, KEY_TYPE, type KeyType, PUBLIC_KEY_LENGTH } from './types.ts';
import { readWebAuthn } from './webAuthn.ts';

/** r ‖ s ‖ v, v 27 or 28, as Ethereum accounts sign. */
export const ACCOUNT_SIGNATURE_LENGTH = 65;
const P256_SIGNATURE_LENGTH = 64;

/** What a signature is over, in the form that each kind of key signs. */
export interface SignedContent {
  /** Signed by secp256k1 keys, by BabyJubJub keys through Poseidon, and the challenge of passkeys. */
  readonly digest: Hash;
  /** Whether P-256 signature `r ‖ s` of `publicKey` covers it. */
  verifyP256(signature: Uint8Array, publicKey: Uint8Array): boolean;
  readonly ed25519Message: Uint8Array;
}

/** Typed data of one action. Charges for hashing it in both forms. */
export function signedAction(context: DidReadContext, action: Action): SignedContent {
  context.charge(TYPED_DATA_GAS);
  const bytes = typedDataBytes(context.chain, context.self, action, keccak256);
  return {
    digest: keccak256(bytes),
    verifyP256: (signature, publicKey) =>
      verifyP256Message(typedDataBytes(context.chain, context.self, action, sha256), signature, publicKey),
    ed25519Message: bytes,
  };
}

/** A digest that the caller made of whatever it pleases. */
export function signedDigest(digest: Hash): SignedContent {
  return {
    digest,
    verifyP256: (signature, publicKey) => verifyP256Digest(digest, signature, publicKey),
    ed25519Message: digest,
  };
}

/** The account that signed `digest`, or undefined; `s` must be low and `v` 27 or 28. Charges for it. */
export function recoverAccount(context: DidReadContext, digest: Hash, signature: Uint8Array): Address | undefined {
  context.charge(SIGNATURE_GAS[KEY_TYPE.SECP256K1]);
  const publicKey = recoverKey(digest, signature);
  return publicKey === undefined ? undefined : addressOfPublicKey(publicKey);
}

function recoverKey(digest: Hash, signature: Uint8Array): Uint8Array | undefined {
  if (signature.length !== ACCOUNT_SIGNATURE_LENGTH) return undefined;
  const v = signature[64];
  if (v !== 27 && v !== 28) return undefined;
  if (bytesToBigInt(signature.subarray(32, 64)) > SECP256K1_LOW_S_MAX) return undefined;
  return recoverPublicKey(digest, signature.subarray(0, 64), v === 27 ? 0 : 1);
}

/** Whether `signature` of a key of `keyType` covers `content`. Malformed signatures do not. Charges before the work. */
export function verifySignature(
  context: DidReadContext,
  keyType: KeyType,
  publicKey: Uint8Array,
  content: SignedContent,
  signature: Uint8Array,
): boolean {
  context.charge(SIGNATURE_GAS[keyType]);
  switch (keyType) {
    case KEY_TYPE.SECP256K1: {
      const recovered = recoverKey(content.digest, signature);
      return recovered !== undefined && equalBytes(recovered, publicKey);
    }
    case KEY_TYPE.P256: {
      if (signature.length === P256_SIGNATURE_LENGTH) return content.verifyP256(signature, publicKey);
      const assertion = readWebAuthn(signature, content.digest);
      return assertion !== undefined && verifyP256Message(assertion.message, assertion.signature, publicKey);
    }
    case KEY_TYPE.ED25519:
      return verifyEd25519(content.ed25519Message, signature, publicKey);
    case KEY_TYPE.BABYJUBJUB:
      return verifyEddsaPoseidon(poseidonOfDigest(content.digest), signature, publicKey);
    default:
      return unreachable(keyType);
  }
}

/** Poseidon of the two halves of a digest, the high one first: a field element for circuits and BabyJubJub keys. */
export function poseidonOfDigest(digest: Hash): bigint {
  return poseidon([bytesToBigInt(digest.subarray(0, 16)), bytesToBigInt(digest.subarray(16))]);
}

/** Whether bytes are a canonical, usable public key of a type. Charges before the work. */
export function isPublicKey(context: DidReadContext, keyType: KeyType, publicKey: Uint8Array): boolean {
  context.charge(KEY_CHECK_GAS[keyType]);
  if (publicKey.length !== PUBLIC_KEY_LENGTH[keyType]) return false;
  switch (keyType) {
    case KEY_TYPE.SECP256K1:
      return isSecp256k1PublicKey(publicKey);
    case KEY_TYPE.P256:
      return isP256PublicKey(publicKey);
    case KEY_TYPE.ED25519:
      return isEd25519PublicKey(publicKey);
    case KEY_TYPE.BABYJUBJUB:
      return isBabyJubJubPublicKey(publicKey);
    default:
      return unreachable(keyType);
  }
}
