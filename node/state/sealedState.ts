// From what a block changed to its state root, without touching anything: new tries that share what did not change with the
// committed ones. Any number of candidates can be sealed on one head; at most one is written.
import { bytesKey, keyBytes } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import { encodeRlp } from '../../primitives/rlp.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { EMPTY_TRIE_ROOT, encodeAccount, sameHash } from './account.ts';
import type { HeadCache } from './headCache.ts';
import { type ResidentTries, StoredAccountTrie, StoredStorageTrie, trieKey } from './residentTries.ts';
import { type CommittedTrie, TrieBatch } from './trieBatch.ts';
import type { AccountRecord, StateChanges } from './types.ts';
import type { VersionedTable } from './versionedTable.ts';

/** The block whose state is the newest one. A new object for every change of the head. */
export interface StateHead {
  /** -1 before genesis. */
  readonly blockNumber: number;
  readonly stateRoot: Hash;
}

/** A trie of the candidate and how many nodes it adds to memory, if it wins, at most. */
export interface SealedTrie {
  readonly trie: CommittedTrie;
  readonly nodeCount: number;
}

/** A candidate's state. Only `stateRoot` is for callers; the rest is for the store that made it. */
export interface SealedState {
  readonly stateRoot: Hash;
  readonly parent: StateHead;
  readonly changes: StateChanges;
  /** Changed accounts with their new storage roots. */
  readonly accounts: ReadonlyMap<string, AccountRecord | undefined>;
  readonly accountTrie: SealedTrie;
  readonly storageTries: ReadonlyMap<string, SealedTrie>;
  /** Accounts whose former storage goes: cleared or deleted, and with storage at the parent. */
  readonly droppedStorage: ReadonlySet<string>;
}

export interface SealContext {
  readonly table: VersionedTable;
  readonly cache: HeadCache;
  readonly tries: ResidentTries;
  readonly head: StateHead;
}

/** Computes the state that `changes` make of the head's. */
export function sealChanges(context: SealContext, changes: StateChanges): SealedState {
  const accounts = new Map<string, AccountRecord | undefined>();
  const storageTries = new Map<string, SealedTrie>();
  const droppedStorage = new Set<string>();
  for (const key of changedAddresses(changes)) {
    const address = keyBytes(key) as Address;
    const before = context.cache.account(address).record;
    const after = changes.accounts.has(key) ? changes.accounts.get(key) : before;
    const isCleared = after === undefined || changes.clearedStorage.has(key);
    const formerRoot = before?.storageRoot ?? EMPTY_TRIE_ROOT;
    if (isCleared && !sameHash(formerRoot, EMPTY_TRIE_ROOT)) droppedStorage.add(key);
    if (after === undefined) {
      accounts.set(key, undefined);
      continue;
    }
    const slots = changes.slots.get(key);
    let storageRoot = isCleared ? EMPTY_TRIE_ROOT : formerRoot;
    if (slots !== undefined) {
      const sealed = sealStorage(context, address, storageRoot, slots);
      storageTries.set(key, sealed);
      storageRoot = sealed.trie.rootHash;
    }
    accounts.set(key, { ...after, storageRoot });
  }
  const accountTrie = sealAccounts(context, accounts);
  const { rootHash } = accountTrie.trie;
  const { head } = context;
  return { stateRoot: rootHash, parent: head, changes, accounts, accountTrie, storageTries, droppedStorage };
}

function changedAddresses(changes: StateChanges): Set<string> {
  const keys = new Set(changes.accounts.keys());
  for (const key of changes.slots.keys()) {
    assert(!keys.has(key) || changes.accounts.get(key) !== undefined, 'a deleted account has storage');
    keys.add(key);
  }
  for (const key of changes.clearedStorage) keys.add(key);
  return keys;
}

function sealStorage(
  context: SealContext,
  address: Address,
  rootHash: Hash,
  slots: ReadonlyMap<string, Uint8Array>,
): SealedTrie {
  const source = new StoredStorageTrie(context.table, context.head.blockNumber, address);
  const batch = new TrieBatch(context.tries.storageRoot(source, address, rootHash), source);
  for (const [slotKey, value] of slots) {
    const slot = keyBytes(slotKey);
    if (value.length === 0) batch.delete(trieKey(slot));
    else batch.set(trieKey(slot), encodeRlp(value), slot.slice());
  }
  const trie = batch.commit();
  const loads = context.tries.countLoads(bytesKey(address), rootHash, source.loadCount);
  return { trie, nodeCount: batch.madeCount + loads };
}

function sealAccounts(context: SealContext, accounts: ReadonlyMap<string, AccountRecord | undefined>): SealedTrie {
  const accountOf = (address: Address) => context.cache.account(address).record;
  const source = new StoredAccountTrie(context.table, context.head.blockNumber, accountOf);
  const batch = new TrieBatch(context.tries.accountRoot(source, context.head.stateRoot), source);
  for (const [key, record] of accounts) {
    const address = keyBytes(key);
    if (record === undefined) batch.delete(trieKey(address));
    // A copy of its own: a leaf that stays must not keep the pool that short-lived bytes are cut from.
    else batch.set(trieKey(address), encodeAccount(record), address.slice());
  }
  const trie = batch.commit();
  const loads = context.tries.countLoads(undefined, context.head.stateRoot, source.loadCount);
  return { trie, nodeCount: batch.madeCount + loads };
}

/** What the state was before there was any. */
export const NO_STATE: StateHead = { blockNumber: -1, stateRoot: EMPTY_TRIE_ROOT };
