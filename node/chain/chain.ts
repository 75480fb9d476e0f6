// The chain as the node holds it: blocks and state that move forward together in one synced batch, and back together.

import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { genesisHeader } from '../../genesis/genesisHeader.ts';
import { bytesToHex, EMPTY_BYTES, equalBytes } from '../../primitives/bytes.ts';
import { assert, ChainError } from '../../primitives/errors.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { hashHeader } from '../block/header.ts';
import type { Block, Receipt } from '../block/types.ts';
import { EMPTY_TRIE_ROOT } from '../state/account.ts';
import { metaKey } from '../state/buckets.ts';
import { type Database, WriteBatch } from '../state/database.ts';
import { genesisChanges } from '../state/genesisState.ts';
import { MemoryDatabase } from '../state/memoryDatabase.ts';
import type { SealedState } from '../state/sealedState.ts';
import { openStateStore, type StateLimits, type StateMode, type StateStore } from '../state/stateStore.ts';
import type { StateReader } from '../state/types.ts';
import { BlockLogs } from './blockLogs.ts';
import type { SupplyRecord } from './blockRecords.ts';
import type {
  AccountProof,
  ChainReader,
  CommittedBlock,
  LocatedLog,
  LogFilter,
  SealedHeader,
  TransactionLocation,
} from './chainReader.ts';
import { type BlockCacheLimits, ChainStore, type StoredBlock } from './chainStore.ts';
import { checkHead, requireRecord } from './checkHead.ts';
import { indexOlderBlocks, markIndexed } from './indexOlderBlocks.ts';
import { Listeners } from './listeners.ts';
import { LogIndex } from './logIndex.ts';
import { changedRules, encodeRules } from './rulesInForce.ts';

/** A block that is ready to be committed. */
export interface CommitRequest extends StoredBlock {
  readonly state: SealedState;
}

export interface ChainOptions {
  readonly database: Database;
  readonly spec: ChainSpec;
  readonly stateMode: StateMode;
  /** What may be kept in memory; default: the default limits of each. */
  readonly limits?: { readonly state: StateLimits; readonly blocks: BlockCacheLimits } | undefined;
  /** Called while blocks of an older database get their log index, with how far it is. */
  readonly onIndexing?: ((blockNumber: bigint, head: bigint) => void) | undefined;
  /** Told of what a listener of blocks threw; blocks go on. */
  readonly onListenerError?: ((error: unknown) => void) | undefined;
}

/** Something to read on top of the newest state. */
export interface StateOverlay {
  over(base: StateReader): StateReader;
}

/** Blocks whose state is forgotten in one batch: full ones hold some 20,000 changes each. */
const PRUNED_PER_BATCH = 16n;

const GENESIS_HASH = metaKey('genesisHash');
const RULES = metaKey('rules');

export class Chain implements ChainReader {
  readonly spec: ChainSpec;
  readonly genesisHash: Hash;
  readonly state: StateStore;
  readonly #database: Database;
  readonly #store: ChainStore;
  readonly #logs: BlockLogs;
  readonly #commits: Listeners<CommittedBlock>;
  readonly #rollbacks: Listeners<CommittedBlock>;
  #head: SealedHeader;
  #overlay: StateOverlay | undefined;
  #headReader: StateReader | undefined;

  private constructor(
    options: ChainOptions,
    store: ChainStore,
    logs: BlockLogs,
    state: StateStore,
    genesisHash: Hash,
    head: SealedHeader,
  ) {
    this.spec = options.spec;
    this.genesisHash = genesisHash;
    this.state = state;
    this.#database = options.database;
    this.#store = store;
    this.#logs = logs;
    this.#head = head;
    const { onListenerError = () => undefined } = options;
    this.#commits = new Listeners(onListenerError);
    this.#rollbacks = new Listeners(onListenerError);
  }

  /**
   * Opens the chain in a database, writing the genesis into an empty one.
   * @throws ChainError `GENESIS_MISMATCH` when the database holds another chain, `RULES_CHANGED` when a rule that is
   *   already in force was edited, `CHAIN_DAMAGED` when its records do not belong together
   */
  static async open(options: ChainOptions): Promise<Chain> {
    const { database, spec } = options;
    const store = new ChainStore(database, spec.gnomon?.devChain === true, options.limits?.blocks);
    const state = openStateStore(database, options.stateMode, options.limits?.state);
    const isNew = store.headNumber() === undefined && !state.isInitialised;
    const genesis = isNew ? await writeGenesis(database, store, state, spec) : checkGenesis(database, spec);
    const head = checkHead(store, state.head);
    if (!isNew) await updateRules(database, spec, head);
    const parts = { database, store, index: new LogIndex(database) };
    const { number } = head.header;
    const onIndexing = (reached: bigint) => options.onIndexing?.(reached, number);
    await indexOlderBlocks(parts, spec.genesis.number + 1n, number, onIndexing);
    return new Chain(options, store, new BlockLogs(parts), state, genesis, head);
  }

  /**
   * Checks what `open` checks and writes nothing: neither a genesis, nor newer rules, nor an index.
   * @returns the head, or undefined where there is no chain yet
   * @throws ChainError as `open`
   */
  static inspect({ database, spec, stateMode, limits }: ChainOptions): SealedHeader | undefined {
    const store = new ChainStore(database, spec.gnomon?.devChain === true, limits?.blocks);
    const state = openStateStore(database, stateMode, limits?.state);
    if (store.headNumber() === undefined && !state.isInitialised) return undefined;
    checkGenesis(database, spec);
    const head = checkHead(store, state.head);
    checkRules(database, spec, head);
    return head;
  }

  get head(): SealedHeader {
    return this.#head;
  }

  headerByNumber(number: bigint): SealedHeader | undefined {
    return number > this.#head.header.number ? undefined : this.#store.header(number);
  }

  headerByHash(hash: Hash): SealedHeader | undefined {
    const number = this.#store.numberOf(hash);
    return number === undefined ? undefined : this.headerByNumber(number);
  }

  blockByNumber(number: bigint): Block | undefined {
    return number > this.#head.header.number ? undefined : this.#store.block(number);
  }

  blockByHash(hash: Hash): Block | undefined {
    const number = this.#store.numberOf(hash);
    return number === undefined ? undefined : this.blockByNumber(number);
  }

  /** The block's RLP, for export, without decoding. */
  blockRlp(number: bigint): Uint8Array | undefined {
    return this.#store.blockRlp(number);
  }

  receiptsByNumber(number: bigint): readonly Receipt[] | undefined {
    return number > this.#head.header.number ? undefined : this.#store.receipts(number);
  }

  locateTransaction(hash: Hash): TransactionLocation | undefined {
    return this.#store.locate(hash);
  }

  consensusInputs(number: bigint): Uint8Array {
    return this.#store.consensusInputs(number) ?? EMPTY_BYTES;
  }

  totalDifficulty(number: bigint): bigint | undefined {
    return number > this.#head.header.number ? undefined : (this.#store.totalDifficulty(number) ?? 0n);
  }

  supply(number: bigint): SupplyRecord {
    const supply = this.#store.supply(number);
    assert(supply !== undefined, `the supply after block ${number} is missing`);
    return supply;
  }

  get oldestStateBlock(): bigint {
    return this.state.oldestBlock;
  }

  stateAt(number: bigint): StateReader {
    this.#checkBlock(number);
    if (number !== this.#head.header.number) return this.state.readerAt(number);
    this.#headReader ??= this.state.readerAt(number);
    return this.#overlay === undefined ? this.#headReader : this.#overlay.over(this.#headReader);
  }

  /** Dev chains: reads of the newest state also see edits that wait for the next block. */
  overlayHead(overlay: StateOverlay): void {
    this.#overlay = overlay;
  }

  proofAt(number: bigint, address: Address, slots: readonly Uint8Array[]): AccountProof {
    this.#checkBlock(number);
    return this.state.proof(number, address, slots);
  }

  logs(fromBlock: bigint, toBlock: bigint, filter: LogFilter, limit: number): LocatedLog[] {
    return this.#logs.search(this, fromBlock, toBlock, filter, limit);
  }

  logsInTurns(fromBlock: bigint, toBlock: bigint, filter: LogFilter, limit: number): Promise<LocatedLog[]> {
    return this.#logs.searchInTurns(this, fromBlock, toBlock, filter, limit);
  }

  onCommit(listener: (committed: CommittedBlock) => void): () => void {
    return this.#commits.add(listener);
  }

  onRollback(listener: (removed: CommittedBlock) => void): () => void {
    return this.#rollbacks.add(listener);
  }

  /**
   * Writes a block with its state in one synced batch and moves the head. `extra` adds records to the same batch, `written`
   * runs once it is durable and before anyone hears of the block.
   */
  async commit(request: CommitRequest, extra?: (batch: WriteBatch) => void, written?: () => void): Promise<void> {
    const { header } = request.block;
    assert(equalBytes(header.parentHash, this.#head.hash), 'a committed block follows the head');
    const batch = new WriteBatch();
    const pending = await this.state.write(request.state, header.number, batch);
    this.#store.put(batch, request);
    const logTerms = this.#logs.put(batch, header.number, request.receipts);
    extra?.(batch);
    await this.#database.write(batch, { sync: true });
    this.state.accept(pending);
    this.#logs.accept(logTerms);
    this.#store.remember(request);
    this.#head = { hash: request.block.hash, header };
    this.#headReader = undefined;
    written?.();
    this.#commits.tell(request);
  }

  /**
   * Goes back to an earlier block, one synced batch per block; listeners hear of each.
   * @throws ChainError `BLOCK_NOT_FOUND` or `STATE_PRUNED`; nothing is changed then
   */
  async rollback(toNumber: bigint): Promise<void> {
    this.#checkBlock(toNumber);
    this.state.readerAt(toNumber);
    while (this.#head.header.number > toNumber) {
      const { number } = this.#head.header;
      const block = this.#store.block(number);
      const receipts = this.#store.receipts(number);
      const parent = this.#store.header(number - 1n);
      assert(block !== undefined && parent !== undefined, `block ${number} or its parent is missing`);
      assert(receipts !== undefined, `the receipts of block ${number} are missing`);
      const batch = new WriteBatch();
      const rolledBack = this.state.rollback(batch);
      this.#store.remove(batch, block);
      const logTerms = this.#logs.remove(batch, number, receipts);
      await this.#database.write(batch, { sync: true });
      this.state.accept(rolledBack);
      this.#logs.accept(logTerms);
      this.#store.forget(number);
      this.#head = parent;
      this.#headReader = undefined;
      this.#rollbacks.tell({ block, receipts });
    }
  }

  /**
   * Forgets the states of all blocks before `oldestBlock`, some blocks with each synced batch: what a crash leaves is a chain
   * that keeps more.
   *
   * @param progress called after each batch with the oldest block that is kept
   * @throws ChainError `BLOCK_NOT_FOUND`
   */
  async prune(oldestBlock: bigint, progress: (oldest: bigint) => void): Promise<void> {
    this.#checkBlock(oldestBlock);
    for (let oldest = this.oldestStateBlock; oldest < oldestBlock; oldest = this.oldestStateBlock) {
      const target = oldest + PRUNED_PER_BATCH;
      const batch = new WriteBatch();
      const pruned = this.state.prune(batch, target < oldestBlock ? target : oldestBlock);
      await this.#database.write(batch, { sync: true });
      this.state.accept(pruned);
      progress(this.oldestStateBlock);
    }
  }

  #checkBlock(number: bigint): void {
    const head = this.#head.header.number;
    if (number < 0n || number > head) {
      throw new ChainError('BLOCK_NOT_FOUND', `block ${number} does not exist; the head is ${head}`, { number, head });
    }
  }
}

async function writeGenesis(database: Database, store: ChainStore, state: StateStore, spec: ChainSpec): Promise<Hash> {
  const sealed = state.seal(genesisChanges(spec.alloc), EMPTY_TRIE_ROOT);
  const header = genesisHeader(spec, sealed.stateRoot);
  const hash = hashHeader(header);
  const withdrawals = header.withdrawalsRoot === undefined ? {} : { withdrawals: [] };
  const totalWei = spec.alloc.reduce((sum, account) => sum + account.balanceWei, 0n);
  const batch = new WriteBatch();
  const pending = await state.write(sealed, header.number, batch);
  store.put(batch, {
    block: { hash, header, transactions: [], ommers: [], ...withdrawals },
    receipts: [],
    consensusInputs: EMPTY_BYTES,
    supply: { totalWei, burnedFeesWei: 0n },
    totalDifficulty: header.difficulty,
  });
  batch.put(GENESIS_HASH, hash);
  batch.put(RULES, encodeRules(spec));
  markIndexed(batch);
  await database.write(batch, { sync: true });
  state.accept(pending);
  return hash;
}

function checkGenesis(database: Database, spec: ChainSpec): Hash {
  const stored = requireRecord(database, GENESIS_HASH, 'the genesis') as Hash;
  const expected = hashHeader(genesisHeader(spec, genesisRoot(spec)));
  if (!equalBytes(stored, expected)) {
    throw new ChainError(
      'GENESIS_MISMATCH',
      `the database holds the chain of genesis ${bytesToHex(stored)}, but the genesis file gives ${bytesToHex(expected)}; use the genesis file that the database was made with, or another --home`,
      { stored: bytesToHex(stored), expected: bytesToHex(expected) },
    );
  }
  return stored;
}

/** The state root that a spec's alloc makes. */
export function genesisRoot(spec: ChainSpec): Hash {
  const state = openStateStore(new MemoryDatabase(), { kind: 'archive' });
  return state.seal(genesisChanges(spec.alloc), EMPTY_TRIE_ROOT).stateRoot;
}

/** Rules may be added for the future; those that blocks were already made by are history. */
async function updateRules(database: Database, spec: ChainSpec, head: SealedHeader): Promise<void> {
  const now = checkRules(database, spec, head);
  if (now === undefined) return;
  const batch = new WriteBatch();
  batch.put(RULES, now);
  await database.write(batch, { sync: true });
}

/** The rules to store, when they are not those that are stored. */
function checkRules(database: Database, spec: ChainSpec, head: SealedHeader): Uint8Array | undefined {
  const before = requireRecord(database, RULES, 'the rules');
  const now = encodeRules(spec);
  if (equalBytes(before, now)) return undefined;
  const changed = changedRules(before, now, head.header);
  if (changed.length > 0) {
    throw new ChainError(
      'RULES_CHANGED',
      `the genesis file changes rules that are in force at block ${head.header.number} already (${changed.join('; ')}); restore them: rules may only be added for the future`,
      { changed },
    );
  }
  return now;
}
