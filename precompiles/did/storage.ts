// Where DeviceDID keeps its state: the storage layout of docs/spec/did.md, and nothing about rules.
import { bigIntToFixedBytes, bytesToBigInt, concatBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import type { Address, Hash, Wei } from '../../primitives/types.ts';
import {
  mappingSlot,
  type PackedFields,
  packedWord,
  pushArray,
  readArray,
  readBytes,
  removeFromArray,
  requireStored,
  type SlotReader,
  type SlotWriter,
  slotAt,
  wordToBytes,
  writeBytes,
} from '../framework/storage.ts';
import { decodeUtf8, encodeUtf8 } from '../framework/text.ts';
import { isKeyType, KEYS_MAX, type KeyType, PUBLIC_KEY_LENGTH } from './types.ts';

/** mapping(address => Identity) */
export const IDENTITIES_SLOT = 0n;
/** mapping(bytes32 keyHash => address): which identity a live key belongs to. */
export const KEY_OWNERS_SLOT = 1n;
/** uint256: the sum of all bonds. */
export const TOTAL_BOND_SLOT = 2n;

/** Words of the struct Identity, from its first slot on. */
export const IDENTITY_WORDS = {
  head: 0,
  owner: 1,
  payee: 2,
  pending: 3,
  bond: 4,
  docHash: 5,
  docUri: 6,
  modelHash: 7,
  projectId: 8,
  keyIds: 9,
  keys: 10,
  serviceIds: 11,
  services: 12,
  delegates: 13,
  grants: 14,
} as const;

export const HEAD = packedWord({
  status: 'uint8',
  /** Type of the key that registered the identity; 0 when only its account made it. */
  inceptionKeyType: 'uint8',
  keyCount: 'uint8',
  delegateCount: 'uint8',
  lastKeyId: 'uint16',
  nonce: 'uint64',
  version: 'uint64',
  updated: 'uint40',
  changedBlock: 'uint40',
});
export const OWNER = packedWord({ controller: 'address', ownershipEpoch: 'uint64' });
export const PAYEE = packedWord({ payee: 'address', created: 'uint40', createdBlock: 'uint40' });
export const PENDING = packedWord({ controller: 'address', deactivatedAt: 'uint40' });
export const KEY = packedWord({ keyType: 'uint8', purposes: 'uint8', validFrom: 'uint64', validUntil: 'uint64' });
export const DELEGATE = packedWord({ purposes: 'uint8', until: 'uint64', ownershipEpoch: 'uint64' });
export const GRANT = packedWord({ until: 'uint64', ownershipEpoch: 'uint64' });

export type Head = ReturnType<typeof HEAD.unpack>;
export type Owner = ReturnType<typeof OWNER.unpack>;
export type KeyHead = ReturnType<typeof KEY.unpack>;
export type Delegate = ReturnType<typeof DELEGATE.unpack>;

export interface StoredKey extends KeyHead {
  readonly id: number;
  readonly publicKey: Uint8Array;
}

export interface StoredService {
  readonly id: Hash;
  readonly kind: string;
  readonly endpoint: string;
}

export interface Grant {
  readonly scopes: bigint;
  readonly until: bigint;
  readonly termsHash: Hash;
  readonly ownershipEpoch: bigint;
}

/** The name of a key in `KEY_OWNERS`: keccak256(key type ‖ raw key). */
export function keyHashOf(keyType: number, publicKey: Uint8Array): Hash {
  return keccak256(concatBytes(Uint8Array.of(keyType), publicKey));
}

/** The first slot of an identity. */
export function identitySlot(id: Address): bigint {
  return mappingSlot(IDENTITIES_SLOT, id);
}

/** Reads one identity. */
export class IdentityReader {
  readonly id: Address;
  protected readonly base: bigint;
  readonly #slots: SlotReader;

  constructor(slots: SlotReader, id: Address) {
    this.#slots = slots;
    this.id = id;
    this.base = identitySlot(id);
  }

  head(): Head {
    return HEAD.unpack(this.#read(IDENTITY_WORDS.head));
  }

  owner(): Owner {
    return OWNER.unpack(this.#read(IDENTITY_WORDS.owner));
  }

  payee(): PackedFields<{ payee: 'address'; created: 'uint40'; createdBlock: 'uint40' }> {
    return PAYEE.unpack(this.#read(IDENTITY_WORDS.payee));
  }

  pending(): PackedFields<{ controller: 'address'; deactivatedAt: 'uint40' }> {
    return PENDING.unpack(this.#read(IDENTITY_WORDS.pending));
  }

  bondWei(): Wei {
    return this.#read(IDENTITY_WORDS.bond);
  }

  docHash(): Hash {
    return wordToBytes(this.#read(IDENTITY_WORDS.docHash)) as Hash;
  }

  docUri(): string {
    return decodeUtf8(readBytes(this.#slots, this.word(IDENTITY_WORDS.docUri)));
  }

  /** Ids of the live keys, in the order in which they were added (a revoked one's place is taken by the last). */
  keyIds(): number[] {
    const word = this.#read(IDENTITY_WORDS.keyIds);
    const ids = Array.from({ length: KEYS_MAX }, (_, index) => Number((word >> BigInt(index * 16)) & 0xffffn));
    return ids.filter((id) => id !== 0);
  }

  /** A key by id, live or not; undefined when the id was never given. */
  key(keyId: number): StoredKey | undefined {
    const head = this.keyHead(keyId);
    if (head === undefined) return undefined;
    const slot = this.keySlot(keyId);
    const x = wordToBytes(this.#slots.read(slotAt(slot, 1)));
    const isLong = PUBLIC_KEY_LENGTH[head.keyType as KeyType] === 64;
    const publicKey = isLong ? concatBytes(x, wordToBytes(this.#slots.read(slotAt(slot, 2)))) : x;
    return { ...head, id: keyId, publicKey };
  }

  /** A key without its public part: one slot. */
  keyHead(keyId: number): KeyHead | undefined {
    const head = KEY.unpack(this.#slots.read(this.keySlot(keyId)));
    return isKeyType(head.keyType) ? head : undefined;
  }

  serviceIds(): Hash[] {
    return readArray(this.#slots, this.word(IDENTITY_WORDS.serviceIds)).map((word) => wordToBytes(word) as Hash);
  }

  service(serviceId: Hash): StoredService {
    const slot = this.serviceSlot(serviceId);
    return {
      id: serviceId,
      kind: decodeUtf8(readBytes(this.#slots, slot)),
      endpoint: decodeUtf8(readBytes(this.#slots, slotAt(slot, 1))),
    };
  }

  delegate(who: Address): Delegate {
    return DELEGATE.unpack(this.#slots.read(this.delegateSlot(who)));
  }

  grant(who: Address): Grant {
    const slot = this.grantSlot(who);
    const { until, ownershipEpoch } = GRANT.unpack(this.#slots.read(slot));
    const scopes = this.#slots.read(slotAt(slot, 1));
    const termsHash = wordToBytes(this.#slots.read(slotAt(slot, 2))) as Hash;
    return { scopes, until, termsHash, ownershipEpoch };
  }

  keySlot(keyId: number): bigint {
    return mappingSlot(this.word(IDENTITY_WORDS.keys), BigInt(keyId));
  }

  protected serviceSlot(serviceId: Hash): bigint {
    return mappingSlot(this.word(IDENTITY_WORDS.services), serviceId);
  }

  protected delegateSlot(who: Address): bigint {
    return mappingSlot(this.word(IDENTITY_WORDS.delegates), who);
  }

  protected grantSlot(who: Address): bigint {
    return mappingSlot(this.word(IDENTITY_WORDS.grants), who);
  }

  word(index: number): bigint {
    return slotAt(this.base, index);
  }

  #read(index: number): bigint {
    return this.#slots.read(this.word(index));
  }
}

/** Also writes it. */
export class IdentityWriter extends IdentityReader {
  readonly #slots: SlotWriter;

  constructor(slots: SlotWriter, id: Address) {
    super(slots, id);
    this.#slots = slots;
  }

  setHead(head: Head): void {
    this.#write(IDENTITY_WORDS.head, HEAD.pack(head));
  }

  setOwner(owner: Owner): void {
    this.#write(IDENTITY_WORDS.owner, OWNER.pack(owner));
  }

  setPayee(payee: Address): void {
    this.#write(IDENTITY_WORDS.payee, PAYEE.pack({ ...this.payee(), payee }));
  }

  /** Payee and time of creation share a word. */
  setOrigin(payee: Address, created: bigint, createdBlock: bigint): void {
    this.#write(IDENTITY_WORDS.payee, PAYEE.pack({ payee, created, createdBlock }));
  }

  setPending(controller: Address, deactivatedAt: bigint): void {
    this.#write(IDENTITY_WORDS.pending, PENDING.pack({ controller, deactivatedAt }));
  }

  /** Sets the bond and keeps the total of all bonds in step. */
  setBondWei(bondWei: Wei): void {
    const change = bondWei - this.bondWei();
    this.#write(IDENTITY_WORDS.bond, bondWei);
    const total = this.#slots.read(TOTAL_BOND_SLOT) + change;
    requireStored(total >= 0n, 'a bond above the total of all bonds');
    this.#slots.write(TOTAL_BOND_SLOT, total);
  }

  setDocument(docHash: Hash, docUri: string): void {
    this.#write(IDENTITY_WORDS.docHash, bytesToBigInt(docHash));
    writeBytes(this.#slots, this.word(IDENTITY_WORDS.docUri), encodeUtf8(docUri));
  }

  setModelHash(modelHash: Hash): void {
    this.#write(IDENTITY_WORDS.modelHash, bytesToBigInt(modelHash));
  }

  setKeyIds(ids: readonly number[]): void {
    requireStored(ids.length <= KEYS_MAX, `${ids.length} live keys`);
    this.#write(
      IDENTITY_WORDS.keyIds,
      ids.reduce((word, id, index) => word | (BigInt(id) << BigInt(index * 16)), 0n),
    );
  }

  setKey({ id, publicKey, ...head }: StoredKey): void {
    const slot = this.keySlot(id);
    this.#slots.write(slot, KEY.pack(head));
    this.#slots.write(slotAt(slot, 1), bytesToBigInt(publicKey.subarray(0, 32)));
    if (publicKey.length > 32) this.#slots.write(slotAt(slot, 2), bytesToBigInt(publicKey.subarray(32)));
  }

  setKeyHead(keyId: number, head: KeyHead): void {
    this.#slots.write(this.keySlot(keyId), KEY.pack(head));
  }

  addServiceId(serviceId: Hash): void {
    pushArray(this.#slots, this.word(IDENTITY_WORDS.serviceIds), bytesToBigInt(serviceId));
  }

  removeServiceId(index: number): void {
    removeFromArray(this.#slots, this.word(IDENTITY_WORDS.serviceIds), index);
  }

  setService({ id, kind, endpoint }: StoredService): void {
    const slot = this.serviceSlot(id);
    writeBytes(this.#slots, slot, encodeUtf8(kind));
    writeBytes(this.#slots, slotAt(slot, 1), encodeUtf8(endpoint));
  }

  setDelegate(who: Address, delegate: Delegate): void {
    this.#slots.write(this.delegateSlot(who), DELEGATE.pack(delegate));
  }

  setGrant(who: Address, { scopes, until, termsHash, ownershipEpoch }: Grant): void {
    const slot = this.grantSlot(who);
    this.#slots.write(slot, GRANT.pack({ until, ownershipEpoch }));
    this.#slots.write(slotAt(slot, 1), scopes);
    this.#slots.write(slotAt(slot, 2), bytesToBigInt(termsHash));
  }

  #write(index: number, value: bigint): void {
    this.#slots.write(this.word(index), value);
  }
}

/** The identity that a live key belongs to; the zero address when none. */
export function keyOwner(slots: SlotReader, keyHash: Hash): Address {
  const word = slots.read(mappingSlot(KEY_OWNERS_SLOT, keyHash));
  return bigIntToFixedBytes(word, 20) as Address;
}

export function setKeyOwner(slots: SlotWriter, keyHash: Hash, id: Address): void {
  slots.write(mappingSlot(KEY_OWNERS_SLOT, keyHash), bytesToBigInt(id));
}
