// Reading state as it stood after one block, for as long as that block is kept.
import { bytesKey, EMPTY_BYTES } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { BoundedCache } from './boundedCache.ts';
import { accountKey, decodeHeadAccount, type HeadCache, slotKey } from './headCache.ts';
import type { StateHead } from './sealedState.ts';
import type { AccountRecord, StateReader } from './types.ts';
import type { VersionedTable } from './versionedTable.ts';

/** Reads of an older block that one reader keeps: a call reads the same few slots again and again. */
const HISTORY_CACHE_MAX = 4096;

/** What a reader needs of its store. */
export interface ReadableStore {
  readonly table: VersionedTable;
  readonly cache: HeadCache;
  readonly head: StateHead;
  /** @throws ChainError `STATE_PRUNED` */
  requireKept(blockNumber: number): void;
  /** How often the store has rolled back. */
  readonly rollbackCount: number;
}

/** State after one block. Through the head's cache while the block is the head, from history when it no longer is. */
export class PinnedStateReader implements StateReader {
  readonly #store: ReadableStore;
  readonly #blockNumber: number;
  readonly #rollbackCount: number;
  readonly #accounts = new BoundedCache<{ readonly record: AccountRecord | undefined }>(HISTORY_CACHE_MAX);
  readonly #slots = new BoundedCache<Uint8Array>(HISTORY_CACHE_MAX);

  constructor(store: ReadableStore, blockNumber: number) {
    this.#store = store;
    this.#blockNumber = blockNumber;
    this.#rollbackCount = store.rollbackCount;
  }

  account(address: Address): AccountRecord | undefined {
    if (this.#isHead()) return this.#store.cache.account(address).record;
    const key = bytesKey(address);
    const known = this.#accounts.get(key);
    if (known !== undefined) return known.record;
    this.#requireReadable();
    const record = decodeHeadAccount(this.#store.table.at(accountKey(address), this.#blockNumber));
    this.#accounts.set(key, { record });
    return record;
  }

  slot(address: Address, slot: Uint8Array): Uint8Array {
    if (this.#isHead()) return this.#store.cache.slot(address, slot).value;
    const key = bytesKey(address) + bytesKey(slot);
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    this.#requireReadable();
    const value = this.#store.table.at(slotKey(address, slot), this.#blockNumber)?.value ?? EMPTY_BYTES;
    this.#slots.set(key, value);
    return value;
  }

  code(codeHash: Hash): Uint8Array {
    return this.#store.cache.code(codeHash);
  }

  #isHead(): boolean {
    return this.#store.head.blockNumber === this.#blockNumber && this.#store.rollbackCount === this.#rollbackCount;
  }

  /** After a rollback the number may mean another block, so whoever reads across one must ask again. */
  #requireReadable(): void {
    if (this.#store.rollbackCount !== this.#rollbackCount) {
      throw new ChainError(
        'STATE_ROLLED_BACK',
        `the chain was rolled back while the state of block ${this.#blockNumber} was read. Ask again.`,
        { blockNumber: this.#blockNumber },
      );
    }
    this.#store.requireKept(this.#blockNumber);
  }
}
