// The newest state, decoded and bounded. An entry knows its database record, so that writing the next one needs no read.
import { bytesKey, EMPTY_BYTES } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { decodeSlimAccount, EMPTY_CODE_HASH, sameHash } from './account.ts';
import { BoundedCache, type CacheUsage } from './boundedCache.ts';
import { BUCKET, recordKey } from './buckets.ts';
import type { Database } from './database.ts';
import type { AccountRecord } from './types.ts';
import type { VersionedRecord, VersionedTable } from './versionedTable.ts';

export interface CacheLimits {
  readonly accountsMax: number;
  readonly slotsMax: number;
  /** Contract codes; at most 24 KiB each (EIP-170) from Spurious Dragon on. */
  readonly codesMax: number;
}

/** An account at the head; `stored` is its newest database record, also when that is a tombstone. */
export interface HeadAccount {
  readonly record: AccountRecord | undefined;
  readonly stored: VersionedRecord | undefined;
}

export interface HeadSlot {
  readonly value: Uint8Array;
  readonly stored: VersionedRecord | undefined;
}

export function accountKey(address: Uint8Array): Uint8Array {
  return recordKey(BUCKET.account, address);
}

export function slotKey(address: Uint8Array, slot: Uint8Array): Uint8Array {
  return recordKey(BUCKET.slot, address, slot);
}

export function decodeHeadAccount(stored: VersionedRecord | undefined): AccountRecord | undefined {
  return stored === undefined || stored.value.length === 0 ? undefined : decodeSlimAccount(stored.value);
}

export class HeadCache {
  readonly #database: Database;
  readonly #table: VersionedTable;
  readonly #accounts: BoundedCache<HeadAccount>;
  readonly #slots: BoundedCache<HeadSlot>;
  readonly #codes: BoundedCache<Uint8Array>;

  constructor(database: Database, table: VersionedTable, limits: CacheLimits) {
    this.#database = database;
    this.#table = table;
    this.#accounts = new BoundedCache(limits.accountsMax);
    this.#slots = new BoundedCache(limits.slotsMax);
    this.#codes = new BoundedCache(limits.codesMax);
  }

  /** One database read when cold. */
  account(address: Address): HeadAccount {
    const key = bytesKey(address);
    const known = this.#accounts.get(key);
    if (known !== undefined) return known;
    const stored = this.#table.newest(accountKey(address));
    const account = { record: decodeHeadAccount(stored), stored };
    this.#accounts.set(key, account);
    return account;
  }

  /** One database read when cold. */
  slot(address: Address, slot: Uint8Array): HeadSlot {
    const key = bytesKey(address) + bytesKey(slot);
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const stored = this.#table.newest(slotKey(address, slot));
    const entry = { value: stored?.value ?? EMPTY_BYTES, stored };
    this.#slots.set(key, entry);
    return entry;
  }

  /** Code never changes, so this serves every block. */
  code(codeHash: Hash): Uint8Array {
    if (sameHash(codeHash, EMPTY_CODE_HASH)) return EMPTY_BYTES;
    const key = bytesKey(codeHash);
    const known = this.#codes.get(key);
    if (known !== undefined) return known;
    const code = this.#database.getSync(recordKey(BUCKET.code, codeHash));
    assert(code !== undefined, 'the code of a known account is missing');
    this.#codes.set(key, code);
    return code;
  }

  setAccount(addressKey: string, account: HeadAccount): void {
    this.#accounts.set(addressKey, account);
  }

  setSlot(addressKey: string, slotKey: string, slot: HeadSlot): void {
    this.#slots.set(addressKey + slotKey, slot);
  }

  /** Forgets the entry of one database key, if it is of an account or a slot. */
  forget(key: Uint8Array): void {
    if (key[0] === BUCKET.account) this.#accounts.delete(bytesKey(key.subarray(1)));
    else if (key[0] === BUCKET.slot) this.#slots.delete(bytesKey(key.subarray(1)));
  }

  /** Code stays: it is the same at every head. */
  clear(): void {
    this.#accounts.clear();
    this.#slots.clear();
  }

  /** Entries held. */
  sizes(): { accounts: number; slots: number; codes: number } {
    return { accounts: this.#accounts.size, slots: this.#slots.size, codes: this.#codes.size };
  }

  /** What reading each cache came to since the start. */
  usage(): Readonly<Record<'accounts' | 'slots' | 'codes', CacheUsage>> {
    return { accounts: this.#accounts.usage, slots: this.#slots.usage, codes: this.#codes.usage };
  }
}
