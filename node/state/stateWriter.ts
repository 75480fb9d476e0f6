// Turns a sealed state into database writes: flat records, trie nodes and code, and the history that each of them leaves.
import { EMPTY_BYTES, equalBytes, keyBytes } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import { encodeSlimAccount } from './account.ts';
import { BUCKET, prefixRange, recordKey } from './buckets.ts';
import type { Database, WriteBatch } from './database.ts';
import { accountKey, type HeadAccount, type HeadCache, type HeadSlot, slotKey } from './headCache.ts';
import { accountNodeKey, storageNodeKey } from './residentTries.ts';
import type { SealedState, SealedTrie } from './sealedState.ts';
import { visitNodeChanges } from './trieBatch.ts';
import { storedForm } from './trieNode.ts';
import { BlockWriter, decodeRecord, type VersionedRecord, type VersionedTable } from './versionedTable.ts';

/** Entries of the head cache that hold once the batch has been written. */
export interface WrittenEntries {
  readonly accounts: [addressKey: string, HeadAccount][];
  readonly slots: [addressKey: string, slotKey: string, HeadSlot][];
}

interface WriteContext {
  readonly database: Database;
  readonly table: VersionedTable;
  readonly cache: HeadCache;
  readonly writer: BlockWriter;
  readonly written: WrittenEntries;
  /** Keys whose tombstones the same batch has deleted. */
  readonly forgotten: ReadonlySet<string>;
}

/**
 * Adds the writes of `sealed` as block `blockNumber` to `batch`; nothing else may have changed the state since it was sealed.
 *
 * @param forgotten keys (in Latin-1) whose tombstones the batch deletes
 * @param keepsChanges false for genesis, which is never rolled back or pruned
 */
export async function writeSealed(
  stores: { readonly database: Database; readonly table: VersionedTable; readonly cache: HeadCache },
  sealed: SealedState,
  blockNumber: number,
  batch: WriteBatch,
  forgotten: ReadonlySet<string>,
  keepsChanges: boolean,
): Promise<WrittenEntries> {
  const written: WrittenEntries = { accounts: [], slots: [] };
  const writer = new BlockWriter(batch, blockNumber);
  const context: WriteContext = { ...stores, writer, written, forgotten };
  for (const [codeHash, code] of sealed.changes.codes) batch.put(recordKey(BUCKET.code, keyBytes(codeHash)), code);
  writeAccounts(context, sealed);
  for (const addressKey of sealed.droppedStorage) await dropStorage(context, sealed, addressKey);
  writeSlots(context, sealed);
  writeNodes(context, sealed.accountTrie, accountNodeKey);
  for (const [addressKey, trie] of sealed.storageTries) {
    const address = keyBytes(addressKey);
    writeNodes(context, trie, (path) => storageNodeKey(address, path));
  }
  if (keepsChanges) writer.finish();
  return written;
}

function writeAccounts(context: WriteContext, sealed: SealedState): void {
  for (const [addressKey, record] of sealed.accounts) {
    const address = keyBytes(addressKey) as Address;
    const key = accountKey(address);
    const before = unlessForgotten(context, key, context.cache.account(address).stored);
    const stored = context.writer.set(key, before, record === undefined ? EMPTY_BYTES : encodeSlimAccount(record));
    context.written.accounts.push([addressKey, { record, stored }]);
  }
}

function writeSlots(context: WriteContext, sealed: SealedState): void {
  for (const [addressKey, slots] of sealed.changes.slots) {
    const address = keyBytes(addressKey) as Address;
    for (const [slot, value] of slots) {
      const slotBytes = keyBytes(slot);
      const key = slotKey(address, slotBytes);
      const before = unlessForgotten(context, key, context.cache.slot(address, slotBytes).stored);
      const stored = context.writer.set(key, before, value);
      context.written.slots.push([addressKey, slot, { value, stored }]);
    }
  }
}

function writeNodes(context: WriteContext, { trie }: SealedTrie, keyOf: (path: string) => Uint8Array): void {
  visitNodeChanges(trie, (path, node, before) => {
    const key = keyOf(path);
    // A path that was free may have held a node before: its tombstone carries the version on.
    const stored = before ?? unlessForgotten(context, key, context.table.newest(key));
    if (node === undefined) {
      context.writer.delete(key, stored);
      return;
    }
    const form = storedForm(node);
    const isUnchanged = node.kind === 'leaf' && stored !== undefined && equalBytes(stored.value, form);
    // Every node but a leaf was encoded when it was sealed, with room for its record.
    const record = isUnchanged ? stored : context.writer.set(key, stored, form, node.kind !== 'leaf');
    node.record = record;
    if (node.kind !== 'leaf') node.encoding = record?.value;
  });
}

/**
 * Deletes all slots and trie nodes that an account had, except those that it has again. Only chains with blocks before
 * Cancun do this (EIP-6780), and each slot deleted here was paid for when it was written.
 */
async function dropStorage(context: WriteContext, sealed: SealedState, addressKey: string): Promise<void> {
  const address = keyBytes(addressKey);
  const slots = sealed.changes.slots.get(addressKey);
  const trie = sealed.storageTries.get(addressKey)?.trie;
  const paths = new Set<string>();
  if (trie !== undefined) visitNodeChanges(trie, (path) => paths.add(path));
  const snapshot = context.database.snapshot();
  try {
    for await (const [key, bytes] of snapshot.entries(prefixRange(recordKey(BUCKET.slot, address)))) {
      const slot = Buffer.from(key.subarray(1 + address.length)).toString('latin1');
      const before = decodeRecord(bytes);
      // A tombstone stays what it is; pruning may be deleting it in this very batch.
      if (before.value.length === 0 || slots?.has(slot)) continue;
      const stored = context.writer.delete(key, before);
      context.written.slots.push([addressKey, slot, { value: EMPTY_BYTES, stored }]);
    }
    for await (const [key, bytes] of snapshot.entries(prefixRange(recordKey(BUCKET.storageNode, address)))) {
      const path = Buffer.from(key.subarray(1 + address.length)).toString('latin1');
      if (!paths.has(path)) context.writer.delete(key, decodeRecord(bytes));
    }
  } finally {
    await snapshot.close();
  }
}

function unlessForgotten(
  context: WriteContext,
  key: Uint8Array,
  stored: VersionedRecord | undefined,
): VersionedRecord | undefined {
  if (stored === undefined || stored.value.length > 0 || context.forgotten.size === 0) return stored;
  return context.forgotten.has(Buffer.from(key).toString('latin1')) ? undefined : stored;
}
