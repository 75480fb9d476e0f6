// The name of an identity, and one identity opened for a change.
import { bytesToBigInt, concatBytes, utf8ToBytes, ZERO_ADDRESS } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { addressOfPublicKey } from '../../primitives/crypto/secp256k1.ts';
import type { Address } from '../../primitives/types.ts';
import { type Head, type IdentityReader, IdentityWriter, type Owner } from './storage.ts';
import { type DidContext, type DidReadContext, KEY_TYPE, type KeyType, STATUS } from './types.ts';

const IDENTITY_TAG = utf8ToBytes('gnomon:id:1');

/**
 * The identity of an inception key: the address of a secp256k1 key; for the other types the last 20 bytes of
 * keccak256("gnomon:id:1" ‖ key type ‖ raw key). Keys rotate, the identity stays.
 */
export function identityOfKey(keyType: KeyType, publicKey: Uint8Array): Address {
  if (keyType === KEY_TYPE.SECP256K1) return addressOfPublicKey(publicKey);
  return keccak256(concatBytes(IDENTITY_TAG, Uint8Array.of(keyType), publicKey)).slice(12) as Uint8Array as Address;
}

export function isZero(bytes: Uint8Array): boolean {
  return bytesToBigInt(bytes) === 0n;
}

/** Who controls an identity; one that nobody made yet is controlled by its own address. */
export function ownerOf(identity: IdentityReader, head: Head): Owner {
  return head.status === STATUS.NONE ? { controller: identity.id, ownershipEpoch: 0n } : identity.owner();
}

/** An identity opened for one change: its head is kept here, changed by the method and written once by `save`. */
export class OpenIdentity {
  readonly id: Address;
  readonly slots: IdentityWriter;
  head: Head;
  owner: Owner;
  readonly #context: DidContext;

  /** Fails with `IdentityDeactivated`. */
  constructor(context: DidContext, id: Address) {
    this.id = id;
    this.#context = context;
    this.slots = new IdentityWriter(context.storage, id);
    this.head = this.slots.head();
    if (this.head.status === STATUS.DEACTIVATED) context.fail('IdentityDeactivated', { identity: id });
    this.owner = ownerOf(this.slots, this.head);
  }

  /** The nonce that the next signed action must carry. */
  get nonce(): bigint {
    return this.head.nonce;
  }

  /** Writes an identity that existed only implicitly: it controls itself and is paid itself. */
  materialise(): void {
    if (this.head.status !== STATUS.NONE) return;
    this.create(this.owner, this.id);
  }

  /** Writes the first record of an identity. */
  create(owner: Owner, payee: Address): void {
    const { timestampSeconds, number } = this.#context.block;
    this.head = { ...this.head, status: STATUS.ACTIVE };
    this.setOwner(owner);
    this.slots.setOrigin(payee, timestampSeconds, number);
  }

  setOwner(owner: Owner): void {
    this.owner = owner;
    this.slots.setOwner(owner);
  }

  /** Gives the identity to another controller: grants and delegates of the former one are void from here on. */
  transferTo(controller: Address): void {
    const from = this.owner.controller;
    this.setOwner({ controller, ownershipEpoch: this.owner.ownershipEpoch + 1n });
    this.slots.setPending(ZERO_ADDRESS, 0n);
    this.head = { ...this.head, delegateCount: 0 };
    const { ownershipEpoch } = this.owner;
    this.#context.emit('ControllerChanged', { identity: this.id, from, to: controller, ownershipEpoch });
  }

  /** Ends the change: one nonce is used up, whether it was signed or sent by the controller itself. */
  save(): void {
    const { timestampSeconds, number } = this.#context.block;
    const { nonce, version } = this.head;
    this.head = {
      ...this.head,
      nonce: nonce + 1n,
      version: version + 1n,
      updated: timestampSeconds,
      changedBlock: number,
    };
    this.slots.setHead(this.head);
  }
}

/** Fails with `DeadlinePassed` once the block's time is past `deadline`; the second itself is still in time. */
export function requireInTime(context: DidReadContext, deadline: bigint): void {
  const timestamp = context.block.timestampSeconds;
  if (timestamp > deadline) context.fail('DeadlinePassed', { deadline, timestamp });
}
