// The state of the chain in the database: the newest one flat and as tries, older ones as reverse differences. This module
// only adds writes to batches; whoever owns the batch writes it, with the block's other records, and then calls `accept`.
import { bytesKey } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { assert, ChainError } from '../../primitives/errors.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { EMPTY_TRIE_ROOT, sameHash } from './account.ts';
import { metaKey } from './buckets.ts';
import type { Database, WriteBatch } from './database.ts';
import { type CacheLimits, HeadCache } from './headCache.ts';
import { accountNodeKey, type ResidentLimits, ResidentTries } from './residentTries.ts';
import { NO_STATE, type SealedState, type StateHead, sealChanges } from './sealedState.ts';
import { type DumpEntry, dumpState } from './stateDump.ts';
import { proveState, type StateProof } from './stateProof.ts';
import { PinnedStateReader, type ReadableStore } from './stateReader.ts';
import { type WrittenEntries, writeSealed } from './stateWriter.ts';
import type { StateChanges, StateReader } from './types.ts';
import { readVarint, varintSize, writeVarint } from './varint.ts';
import { VersionedTable } from './versionedTable.ts';

export type StateError = ChainError<
  /** The block is older than the oldest whose state is kept. */
  | 'STATE_PRUNED'
  /** The block is not there yet. */
  | 'BLOCK_NOT_FOUND'
  /** A reader outlived a rollback. */
  | 'STATE_ROLLED_BACK'
  /** The mode asked for is not possible. */
  | 'INVALID_STATE_MODE'
>;

/** Which states are kept: all, or those of the newest `keepBlocks` blocks. */
export type StateMode = { readonly kind: 'archive' } | { readonly kind: 'pruned'; readonly keepBlocks: number };

/** Room for rollbacks, for calls at recent blocks, and for CometBFT's evidence at one-second blocks. */
export const KEEP_BLOCKS_MIN = 128;

/** A store that was an archive catches up by so many blocks with each new one, so that no block takes long. */
const PRUNED_PER_BLOCK_MAX = 8;

/** Blocks beyond it would not be exact as a number; at a block a second that is 8 million years. */
const BLOCK_NUMBER_MAX = 2 ** 48 - 1;

export interface StateLimits extends CacheLimits, ResidentLimits {}

/** Some 250 MB when all are full (docs/spec/state.md, Memory). */
export const DEFAULT_STATE_LIMITS: StateLimits = {
  accountsMax: 65_536,
  slotsMax: 131_072,
  codesMax: 512,
  accountNodesMax: 65_536,
  storageNodesMax: 65_536,
};

/** What holds once a batch has been written. */
export interface PendingState {
  readonly parent: StateHead;
  readonly apply: () => void;
}

const STATE_KEY = metaKey('state');

/**
 * Opens the state in `database`, which may be blank.
 * @throws ChainError `INVALID_STATE_MODE`
 */
export function openStateStore(database: Database, mode: StateMode, limits = DEFAULT_STATE_LIMITS): StateStore {
  if (mode.kind === 'pruned' && !(Number.isSafeInteger(mode.keepBlocks) && mode.keepBlocks >= KEEP_BLOCKS_MIN)) {
    throw new ChainError(
      'INVALID_STATE_MODE',
      `pruned state must keep at least ${KEEP_BLOCKS_MIN} blocks, got ${mode.keepBlocks}`,
      { minimum: KEEP_BLOCKS_MIN, got: mode.keepBlocks },
    );
  }
  return new StateStore(database, mode, limits);
}

export class StateStore implements ReadableStore {
  readonly table: VersionedTable;
  readonly cache: HeadCache;
  readonly #database: Database;
  readonly #mode: StateMode;
  readonly #tries: ResidentTries;
  #head: StateHead = NO_STATE;
  #oldestBlock = -1;
  #rollbackCount = 0;

  constructor(database: Database, mode: StateMode, limits: StateLimits) {
    this.#database = database;
    this.#mode = mode;
    this.table = new VersionedTable(database);
    this.cache = new HeadCache(database, this.table, limits);
    this.#tries = new ResidentTries(limits);
    const stored = database.getSync(STATE_KEY);
    if (stored === undefined) return;
    const block = readVarint(stored, 0);
    this.#oldestBlock = readVarint(stored, block.end).value;
    this.#head = { blockNumber: block.value, stateRoot: this.#rootAt(block.value) };
  }

  /** The newest block written; before genesis its number is -1. */
  get head(): StateHead {
    return this.#head;
  }

  get isInitialised(): boolean {
    return this.#head.blockNumber >= 0;
  }

  /** The oldest block whose state can be read. */
  get oldestBlock(): bigint {
    return BigInt(this.#oldestBlock);
  }

  get rollbackCount(): number {
    return this.#rollbackCount;
  }

  /**
   * The state after block `blockNumber`; the reader stays right while newer blocks are written.
   * @throws ChainError `STATE_PRUNED`, `BLOCK_NOT_FOUND`; its reads throw `STATE_PRUNED` once the block is no longer kept
   */
  readerAt(blockNumber: bigint): StateReader {
    return new PinnedStateReader(this, this.#keptBlock(blockNumber));
  }

  /** The state root after block `blockNumber`. @throws ChainError `STATE_PRUNED`, `BLOCK_NOT_FOUND` */
  stateRootAt(blockNumber: bigint): Hash {
    return this.#rootAt(this.#keptBlock(blockNumber));
  }

  /** Computes the state after `changes` to the head's; writes nothing, and any number of candidates may be sealed. */
  seal(changes: StateChanges, parentStateRoot: Hash): SealedState {
    assert(sameHash(parentStateRoot, this.#head.stateRoot), 'the parent is not the head of the state');
    return sealChanges({ table: this.table, cache: this.cache, tries: this.#tries, head: this.#head }, changes);
  }

  /**
   * Adds the writes of the next block to `batch`, and in pruned mode the deletion of what is no longer kept. The first block
   * is genesis and may have any number; each other one follows the head.
   */
  async write(sealed: SealedState, blockNumber: bigint, batch: WriteBatch): Promise<PendingState> {
    assert(sealed.parent === this.#head, 'the state was sealed on another head');
    const next = toBlockNumber(blockNumber);
    const isGenesis = !this.isInitialised;
    assert(isGenesis || next === this.#head.blockNumber + 1, `block ${next} does not follow ${this.#head.blockNumber}`);
    const { forgotten, oldestBlock } = this.#addPruning(batch, isGenesis ? next : this.#pruneTarget(next));
    const forgottenKeys = new Set(forgotten.map(bytesKey));
    const stores = { database: this.#database, table: this.table, cache: this.cache };
    const written = await writeSealed(stores, sealed, next, batch, forgottenKeys, !isGenesis);
    const head = { blockNumber: next, stateRoot: sealed.stateRoot };
    batch.put(STATE_KEY, encodeStateRecord(next, oldestBlock));
    return {
      parent: sealed.parent,
      apply: () => {
        for (const key of forgotten) this.cache.forget(key);
        this.#acceptWritten(sealed, written);
        this.#oldestBlock = oldestBlock;
        this.#head = head;
      },
    };
  }

  /** Takes over what a batch holds; call it once the batch has been written, and with nothing else in between. */
  accept(pending: PendingState): void {
    assert(pending.parent === this.#head, 'the head of the state moved before the batch was accepted');
    pending.apply();
  }

  /**
   * Adds the removal of the newest block to `batch`.
   * @throws ChainError `STATE_PRUNED` when the state before it is not kept
   */
  rollback(batch: WriteBatch): PendingState {
    const { blockNumber } = this.#head;
    if (blockNumber <= this.#oldestBlock) throw this.#prunedError(blockNumber - 1);
    this.table.rollback(batch, blockNumber);
    batch.put(STATE_KEY, encodeStateRecord(blockNumber - 1, this.#oldestBlock));
    const head = { blockNumber: blockNumber - 1, stateRoot: this.#rootAt(blockNumber - 1) };
    return {
      parent: this.#head,
      apply: () => {
        this.cache.clear();
        this.#tries.clear();
        this.#rollbackCount++;
        this.#head = head;
      },
    };
  }

  /** Adds the deletion of what only blocks before `oldestBlock` need to `batch`, which must hold nothing else of the state. */
  prune(batch: WriteBatch, oldestBlock: bigint): PendingState {
    const target = toBlockNumber(oldestBlock);
    assert(target <= this.#head.blockNumber, `block ${target} is not there yet`);
    const { forgotten, oldestBlock: reached } = this.#addPruning(batch, target);
    batch.put(STATE_KEY, encodeStateRecord(this.#head.blockNumber, reached));
    return {
      parent: this.#head,
      apply: () => {
        for (const key of forgotten) this.cache.forget(key);
        this.#oldestBlock = reached;
      },
    };
  }

  /**
   * Every account as of block `blockNumber` in the order of addresses, each followed by its slots in theirs; held by one
   * snapshot, a few records at a time. The block must stay the newest, or be kept, until it ends.
   * @throws ChainError `STATE_PRUNED`, `BLOCK_NOT_FOUND`
   */
  dumpAt(blockNumber: bigint): AsyncIterable<DumpEntry> {
    const block = this.#keptBlock(blockNumber);
    return dumpState(this.#database, (key, newest) =>
      newest.blockNumber <= block ? newest : this.table.at(key, block),
    );
  }

  /**
   * Proves an account and its slots (EIP-1186) at block `blockNumber`.
   * @throws ChainError `STATE_PRUNED`, `BLOCK_NOT_FOUND`
   */
  proof(blockNumber: bigint, address: Address, slots: readonly Uint8Array[]): StateProof {
    const block = this.#keptBlock(blockNumber);
    return proveState(this.table, block, this.#rootAt(block), address, slots);
  }

  /** Every account of the newest state in the order of addresses, each followed by its slots in theirs. */
  dump(): AsyncIterable<DumpEntry> {
    return dumpState(this.#database, (_key, newest) => newest);
  }

  /** Trie nodes in memory, counted without walking them. */
  residentTrieNodes(): { accounts: number; storage: number } {
    return this.#tries.nodeCounts();
  }

  /** For tests of the limits: entries and nodes in memory. */
  memory(): { accounts: number; slots: number; codes: number; accountNodes: number; storageNodes: number } {
    const nodes = this.#tries.countNodes();
    return { ...this.cache.sizes(), accountNodes: nodes.accounts, storageNodes: nodes.storage };
  }

  /** @throws ChainError `STATE_PRUNED` */
  requireKept(blockNumber: number): void {
    if (blockNumber < this.#oldestBlock) throw this.#prunedError(blockNumber);
  }

  #keptBlock(blockNumber: bigint): number {
    if (blockNumber > BigInt(this.#head.blockNumber)) {
      throw new ChainError(
        'BLOCK_NOT_FOUND',
        `block ${blockNumber} is not there: the newest is ${this.#head.blockNumber}`,
        {
          blockNumber,
          newest: BigInt(this.#head.blockNumber),
        },
      );
    }
    const block = toBlockNumber(blockNumber);
    this.requireKept(block);
    return block;
  }

  #prunedError(blockNumber: number): ChainError<'STATE_PRUNED'> {
    return new ChainError(
      'STATE_PRUNED',
      `the state of block ${blockNumber} is pruned: the oldest kept is that of block ${this.#oldestBlock}. Ask for a newer block, or use a node in archive mode.`,
      { blockNumber: BigInt(blockNumber), oldest: BigInt(this.#oldestBlock) },
    );
  }

  /** The hash of the root node, which stands at the empty path. */
  #rootAt(blockNumber: number): Hash {
    const root = this.table.at(accountNodeKey(''), blockNumber);
    return root === undefined || root.value.length === 0 ? EMPTY_TRIE_ROOT : keccak256(root.value);
  }

  /** The block that is to be the oldest kept once `next` is the head. */
  #pruneTarget(next: number): number {
    if (this.#mode.kind === 'archive') return this.#oldestBlock;
    const target = next - this.#mode.keepBlocks + 1;
    return Math.min(target, this.#oldestBlock + PRUNED_PER_BLOCK_MAX);
  }

  #addPruning(batch: WriteBatch, target: number): { forgotten: Uint8Array[]; oldestBlock: number } {
    if (!this.isInitialised) return { forgotten: [], oldestBlock: target };
    const forgotten: Uint8Array[] = [];
    let oldestBlock = this.#oldestBlock;
    while (oldestBlock < target) forgotten.push(...this.table.prune(batch, ++oldestBlock));
    return { forgotten, oldestBlock };
  }

  #acceptWritten(sealed: SealedState, written: WrittenEntries): void {
    for (const [addressKey, account] of written.accounts) this.cache.setAccount(addressKey, account);
    for (const [addressKey, slotKey, slot] of written.slots) this.cache.setSlot(addressKey, slotKey, slot);
    this.#tries.acceptAccounts(sealed.accountTrie.trie, sealed.accountTrie.nodeCount);
    for (const addressKey of sealed.droppedStorage) this.#tries.dropStorage(addressKey);
    for (const [addressKey, { trie, nodeCount }] of sealed.storageTries)
      this.#tries.acceptStorage(addressKey, trie, nodeCount);
  }
}

function toBlockNumber(blockNumber: bigint): number {
  assert(blockNumber >= 0n && blockNumber <= BLOCK_NUMBER_MAX, `block number ${blockNumber} is out of range`);
  return Number(blockNumber);
}

/** varint head ‖ varint oldest block kept. */
function encodeStateRecord(blockNumber: number, oldestBlock: number): Uint8Array {
  const bytes = new Uint8Array(varintSize(blockNumber) + varintSize(oldestBlock));
  writeVarint(bytes, writeVarint(bytes, 0, blockNumber), oldestBlock);
  return bytes;
}
