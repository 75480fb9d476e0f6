// Adding keys to an identity and taking them away, as every method that does so shares it.
import { equalBytes, ZERO_ADDRESS } from '../../primitives/bytes.ts';
import { isZero, type OpenIdentity } from './identity.ts';
import { isPublicKey, type SignedContent, verifySignature } from './signatures.ts';
import { keyHashOf, keyOwner, type StoredKey, setKeyOwner } from './storage.ts';
import {
  type DidContext,
  type DidReadContext,
  isKeyType,
  KEY_ID_MAX,
  KEY_TYPE,
  KEYS_MAX,
  type KeyInput,
  type KeyType,
  PURPOSE,
  PURPOSES_ALL,
} from './types.ts';

/** Fails with `UnknownKeyType` or `InvalidPublicKey` unless the bytes are a usable key of the type. */
export function requirePublicKey(context: DidReadContext, keyType: number, publicKey: Uint8Array): KeyType {
  if (!isKeyType(keyType)) return context.fail('UnknownKeyType', { keyType });
  if (!isPublicKey(context, keyType, publicKey)) context.fail('InvalidPublicKey', { keyType });
  return keyType;
}

/** Fails with `InvalidPurposes` or `InvalidValidity`; a key may not begin in the past, where nobody could have seen it. */
export function requireKeyRules(context: DidReadContext, { keyType, purposes, validFrom, validUntil }: KeyInput): void {
  const isZkFit = (purposes & PURPOSE.ZK) === 0 || keyType === KEY_TYPE.BABYJUBJUB;
  if (purposes === 0 || purposes > PURPOSES_ALL || !isZkFit) context.fail('InvalidPurposes', { keyType, purposes });
  const now = context.block.timestampSeconds;
  const begin = validFrom === 0n ? now : validFrom;
  if (begin < now || (validUntil !== 0n && validUntil <= begin)) {
    context.fail('InvalidValidity', { validFrom, validUntil });
  }
}

/** Fails with `InvalidKeyProof` unless the key itself signed `content`: nobody registers a key that it does not hold. */
export function requirePossession(
  context: DidReadContext,
  keyType: KeyType,
  publicKey: Uint8Array,
  content: SignedContent,
  proof: Uint8Array,
): void {
  if (!verifySignature(context, keyType, publicKey, content, proof)) context.fail('InvalidKeyProof', { keyType });
}

/** Stores a checked key under the next id. Fails with `KeyInUse`, `TooManyKeys` or `KeyIdsExhausted`. */
export function storeKey(context: DidContext, identity: OpenIdentity, key: KeyInput): number {
  const keyHash = keyHashOf(key.keyType, key.publicKey);
  const user = keyOwner(context.storage, keyHash);
  if (!isZero(user)) context.fail('KeyInUse', { identity: user });
  const { keyCount, lastKeyId } = identity.head;
  if (keyCount >= KEYS_MAX) context.fail('TooManyKeys', { limit: BigInt(KEYS_MAX) });
  if (lastKeyId >= KEY_ID_MAX) context.fail('KeyIdsExhausted', { limit: BigInt(KEY_ID_MAX) });
  const id = lastKeyId + 1;
  const validFrom = key.validFrom === 0n ? context.block.timestampSeconds : key.validFrom;
  identity.slots.setKey({ ...key, id, validFrom });
  identity.slots.setKeyIds([...identity.slots.keyIds(), id]);
  setKeyOwner(context.storage, keyHash, identity.id);
  identity.head = { ...identity.head, keyCount: keyCount + 1, lastKeyId: id };
  const { keyType, purposes, publicKey } = key;
  context.emit('KeyAdded', { identity: identity.id, keyId: id, keyType, purposes, publicKey });
  return id;
}

/**
 * Ends a live key: it is valid no longer, its id is never given again, and the same key may join another identity.
 * Fails with `UnknownKey`.
 */
export function endKey(context: DidContext, identity: OpenIdentity, keyId: number): void {
  const ids = identity.slots.keyIds();
  const key = requireLiveKey(context, identity, ids, keyId);
  const now = context.block.timestampSeconds;
  const { keyType, purposes, validFrom } = key;
  const validUntil = key.validUntil !== 0n && key.validUntil < now ? key.validUntil : now;
  identity.slots.setKeyHead(keyId, { keyType, purposes, validFrom, validUntil });
  const last = ids[ids.length - 1] as number;
  identity.slots.setKeyIds(ids.map((id) => (id === keyId ? last : id)).slice(0, -1));
  setKeyOwner(context.storage, keyHashOf(keyType, key.publicKey), ZERO_ADDRESS);
  identity.head = { ...identity.head, keyCount: identity.head.keyCount - 1 };
  context.emit('KeyRevoked', { identity: identity.id, keyId, atBlock: context.block.number });
}

function requireLiveKey(
  context: DidReadContext,
  identity: OpenIdentity,
  liveIds: readonly number[],
  keyId: number,
): StoredKey {
  const key = liveIds.includes(keyId) ? identity.slots.key(keyId) : undefined;
  return key ?? context.fail('UnknownKey', { identity: identity.id, keyId });
}

/**
 * Fails with `LastControllingKey` when an identity that controls itself by keys would be left without one that may act: it
 * would be lost for good. Identities of an account (secp256k1) act by the account.
 */
export function requireControllable(context: DidReadContext, identity: OpenIdentity): void {
  const { inceptionKeyType } = identity.head;
  if (!equalBytes(identity.owner.controller, identity.id)) return;
  if (inceptionKeyType === 0 || inceptionKeyType === KEY_TYPE.SECP256K1) return;
  const now = context.block.timestampSeconds;
  for (const keyId of identity.slots.keyIds()) {
    const key = identity.slots.keyHead(keyId);
    const isLasting = key !== undefined && (key.validUntil === 0n || key.validUntil > now);
    if (isLasting && (key.purposes & PURPOSE.INVOKE) !== 0) return;
  }
  context.fail('LastControllingKey', { identity: identity.id });
}
