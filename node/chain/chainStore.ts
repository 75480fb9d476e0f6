// Blocks in the database: reads by number or hash behind a small cache, and the writes that a commit or a rollback adds to
// its batch. Knows nothing of state or rules.

import { bigIntToBytes, bytesToBigInt } from '../../primitives/bytes.ts';
import type { Hash } from '../../primitives/types.ts';
import type { Block, Log, Receipt } from '../block/types.ts';
import { BUCKET, blockKey, metaKey, recordKey } from '../state/buckets.ts';
import type { Database, WriteBatch } from '../state/database.ts';
import {
  blockRlp,
  decodeBlockNumber,
  decodeBlockRecords,
  decodeHeaderRecord,
  decodeLocation,
  decodeReceiptLogs,
  decodeReceiptsRecord,
  decodeSupply,
  encodeBlockNumber,
  encodeBodyRecord,
  encodeHeaderRecord,
  encodeLocation,
  encodeReceiptsRecord,
  encodeSupply,
  type SupplyRecord,
} from './blockRecords.ts';
import type { SealedHeader, TransactionLocation } from './chainReader.ts';

/** A block with all that is stored beside it. */
export interface StoredBlock {
  readonly block: Block;
  readonly receipts: readonly Receipt[];
  /** As encodeConsensusInputs gives them. */
  readonly consensusInputs: Uint8Array;
  readonly supply: SupplyRecord;
  readonly totalDifficulty: bigint;
}

/** What is kept decoded. */
export interface BlockCacheLimits {
  /** Headers are small and asked for by BLOCKHASH, fee history and log searches. */
  readonly headersMax: number;
  /** Blocks, and receipts of as many: what clients ask for is nearly always among the newest. */
  readonly blocksMax: number;
  /** Transactions of all those blocks, and receipts and logs of all those receipts; each takes 1 to 2 KiB. */
  readonly itemsMax: number;
}

export const DEFAULT_BLOCK_CACHE_LIMITS: BlockCacheLimits = { headersMax: 4_096, blocksMax: 128, itemsMax: 16_384 };

const HEAD = metaKey('head');
/** On a dev chain from its first block on, until a block has consensus inputs, in which edits stand. */
const UNEDITED = metaKey('unedited');
const UNEDITED_MARK = Uint8Array.of(1);

function mayHoldEdits({ consensusInputs }: StoredBlock): boolean {
  return consensusInputs.length > 0;
}

/** Keeps the newest entries, insertion order being age, while their sizes together are within a limit; always the newest one. */
class NewestCache<Value> {
  readonly #entries = new Map<bigint, Value>();
  readonly #max: number;
  readonly #sizeMax: number;
  readonly #sizeOf: (value: Value) => number;
  #size = 0;

  constructor(max: number, sizeMax: number, sizeOf: (value: Value) => number) {
    this.#max = max;
    this.#sizeMax = sizeMax;
    this.#sizeOf = sizeOf;
  }

  get(number: bigint, load: () => Value | undefined): Value | undefined {
    const known = this.#entries.get(number);
    if (known !== undefined) return known;
    const value = load();
    if (value !== undefined) this.set(number, value);
    return value;
  }

  peek(number: bigint): Value | undefined {
    return this.#entries.get(number);
  }

  set(number: bigint, value: Value): void {
    this.delete(number);
    this.#entries.set(number, value);
    this.#size += this.#sizeOf(value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#max && (this.#size <= this.#sizeMax || oldest === number)) break;
      this.delete(oldest);
    }
  }

  delete(number: bigint): void {
    const value = this.#entries.get(number);
    if (value === undefined) return;
    this.#entries.delete(number);
    this.#size -= this.#sizeOf(value);
  }

  counts(): { entries: number; size: number } {
    return { entries: this.#entries.size, size: this.#size };
  }
}

function countItems(receipts: readonly Receipt[]): number {
  return receipts.reduce((sum, { logs }) => sum + 1 + logs.length, 0);
}

export class ChainStore {
  readonly #database: Database;
  readonly #isDevChain: boolean;
  /** Until a block has edits, no nonce was ever set back, and no transaction has to be looked for. */
  #mayRepeat: boolean;
  readonly #headers: NewestCache<SealedHeader>;
  readonly #blocks: NewestCache<Block>;
  readonly #receipts: NewestCache<readonly Receipt[]>;

  /**
   * @param isDevChain a transaction may stand in several blocks, since edits can set nonces back: it is found where it was
   *   first, which a rollback of the later blocks leaves alone
   */
  constructor(database: Database, isDevChain: boolean, limits = DEFAULT_BLOCK_CACHE_LIMITS) {
    const { headersMax, blocksMax, itemsMax } = limits;
    this.#headers = new NewestCache(headersMax, headersMax, () => 1);
    this.#blocks = new NewestCache(blocksMax, itemsMax, ({ transactions }) => transactions.length);
    this.#receipts = new NewestCache(blocksMax, itemsMax, countItems);
    this.#database = database;
    this.#isDevChain = isDevChain;
    const isUnedited = this.headNumber() === undefined || database.getSync(UNEDITED) !== undefined;
    this.#mayRepeat = isDevChain && !isUnedited;
  }

  /** The number of the newest block, or undefined in a new database. */
  headNumber(): bigint | undefined {
    const record = this.#database.getSync(HEAD);
    return record === undefined ? undefined : decodeBlockNumber(record);
  }

  header(number: bigint): SealedHeader | undefined {
    return this.#headers.get(number, () => {
      const record = this.#record(BUCKET.header, number);
      return record === undefined ? undefined : decodeHeaderRecord(record);
    });
  }

  numberOf(hash: Hash): bigint | undefined {
    const record = this.#database.getSync(recordKey(BUCKET.blockNumber, hash));
    return record === undefined ? undefined : decodeBlockNumber(record);
  }

  block(number: bigint): Block | undefined {
    return this.#blocks.get(number, () => {
      const header = this.#record(BUCKET.header, number);
      const body = this.#record(BUCKET.body, number);
      return header === undefined || body === undefined ? undefined : decodeBlockRecords(header, body);
    });
  }

  /** The block's RLP from stored bytes, or undefined. */
  blockRlp(number: bigint): Uint8Array | undefined {
    const header = this.#record(BUCKET.header, number);
    const body = this.#record(BUCKET.body, number);
    return header === undefined || body === undefined ? undefined : blockRlp(header, body);
  }

  receipts(number: bigint): readonly Receipt[] | undefined {
    return this.#receipts.get(number, () => {
      const record = this.#record(BUCKET.receipts, number);
      const block = record === undefined ? undefined : this.block(number);
      return record === undefined || block === undefined ? undefined : decodeReceiptsRecord(record, block);
    });
  }

  /** The logs of a block by receipt: without the block, unless its receipts are at hand. */
  logs(number: bigint): readonly (readonly Log[])[] | undefined {
    const known = this.#receipts.peek(number);
    if (known !== undefined) return known.map(({ logs }) => logs);
    const record = this.#record(BUCKET.receipts, number);
    return record && decodeReceiptLogs(record);
  }

  locate(transactionHash: Hash): TransactionLocation | undefined {
    const record = this.#database.getSync(recordKey(BUCKET.transaction, transactionHash));
    return record === undefined ? undefined : decodeLocation(record);
  }

  consensusInputs(number: bigint): Uint8Array | undefined {
    return this.#record(BUCKET.consensusInputs, number);
  }

  totalDifficulty(number: bigint): bigint | undefined {
    const record = this.#record(BUCKET.totalDifficulty, number);
    return record === undefined ? undefined : bytesToBigInt(record);
  }

  supply(number: bigint): SupplyRecord | undefined {
    const record = this.#record(BUCKET.supply, number);
    return record === undefined ? undefined : decodeSupply(record);
  }

  /** Adds a new head to the batch. */
  put(batch: WriteBatch, stored: StoredBlock): void {
    const { block } = stored;
    const { number } = block.header;
    const numberRecord = encodeBlockNumber(number);
    batch.put(blockKey(BUCKET.header, number), encodeHeaderRecord(block.hash, block.header));
    batch.put(blockKey(BUCKET.body, number), encodeBodyRecord(block));
    batch.put(blockKey(BUCKET.receipts, number), encodeReceiptsRecord(stored.receipts));
    batch.put(recordKey(BUCKET.blockNumber, block.hash), numberRecord);
    const isEdited = mayHoldEdits(stored);
    if (this.#isDevChain && isEdited) batch.delete(UNEDITED);
    else if (this.#isDevChain && this.headNumber() === undefined) batch.put(UNEDITED, UNEDITED_MARK);
    const mayRepeat = this.#mayRepeat || (this.#isDevChain && isEdited);
    for (const [index, transaction] of block.transactions.entries()) {
      const key = recordKey(BUCKET.transaction, transaction.hash);
      if (mayRepeat && this.#database.getSync(key) !== undefined) continue;
      batch.put(key, encodeLocation({ blockNumber: number, index }));
    }
    if (stored.consensusInputs.length > 0) batch.put(blockKey(BUCKET.consensusInputs, number), stored.consensusInputs);
    if (stored.totalDifficulty > 0n) {
      batch.put(blockKey(BUCKET.totalDifficulty, number), bigIntToBytes(stored.totalDifficulty));
    }
    batch.put(blockKey(BUCKET.supply, number), encodeSupply(stored.supply));
    batch.put(HEAD, numberRecord);
  }

  /** After the batch of {@link put} was written: serves the block without decoding it again. */
  remember(stored: StoredBlock): void {
    const { block, receipts } = stored;
    if (this.#isDevChain && mayHoldEdits(stored)) this.#mayRepeat = true;
    this.#headers.set(block.header.number, { hash: block.hash, header: block.header });
    this.#blocks.set(block.header.number, block);
    this.#receipts.set(block.header.number, receipts);
  }

  /** Adds the removal of the head block to the batch; its parent becomes the head. */
  remove(batch: WriteBatch, block: Block): void {
    const { number } = block.header;
    for (const bucket of [
      BUCKET.header,
      BUCKET.body,
      BUCKET.receipts,
      BUCKET.consensusInputs,
      BUCKET.totalDifficulty,
    ]) {
      batch.delete(blockKey(bucket, number));
    }
    batch.delete(blockKey(BUCKET.supply, number));
    batch.delete(recordKey(BUCKET.blockNumber, block.hash));
    for (const { hash } of block.transactions) {
      if (this.locate(hash)?.blockNumber === number) batch.delete(recordKey(BUCKET.transaction, hash));
    }
    batch.put(HEAD, encodeBlockNumber(number - 1n));
  }

  /** After the batch of {@link remove} was written. */
  forget(number: bigint): void {
    this.#headers.delete(number);
    this.#blocks.delete(number);
    this.#receipts.delete(number);
  }

  /** For tests of the limits: what is kept decoded. */
  decoded(): { headers: number; blocks: number; transactions: number; receipts: number; receiptItems: number } {
    const [blocks, receipts] = [this.#blocks.counts(), this.#receipts.counts()];
    return {
      headers: this.#headers.counts().entries,
      blocks: blocks.entries,
      transactions: blocks.size,
      receipts: receipts.entries,
      receiptItems: receipts.size,
    };
  }

  #record(bucket: number, number: bigint): Uint8Array | undefined {
    return this.#database.getSync(blockKey(bucket, number));
  }
}
