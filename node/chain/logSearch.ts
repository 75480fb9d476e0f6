// eth_getLogs: the log index names the blocks that may match, their receipts are read and matched. A search runs in slices,
// so that a long one need not hold the node, and what one search may read is limited.
import { equalBytes } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Address } from '../../primitives/types.ts';
import type { Log, SignedTransaction } from '../block/types.ts';
import type { Database } from '../state/database.ts';
import type { ChainReader, LocatedLog, LogFilter } from './chainReader.ts';
import { ClauseCursor, type ReadMeter } from './logCursor.ts';
import { ANY_LOG_TERM, addressTerm, eventTerm, type LogIndex, type Term, topicTerm } from './logIndex.ts';

/** What one search may read. */
export interface LogSearchLimits {
  readonly indexReadsMax: number;
  readonly blocksReadMax: number;
  /** Logs of the blocks read, found or not; the logs of one block are always read whole. */
  readonly logsReadMax: number;
  /** Data of the logs found, in bytes; the logs of one block are always found whole. */
  readonly dataBytesMax: number;
}

export const LOG_SEARCH_LIMITS: LogSearchLimits = {
  /** Some 10 µs each. Two terms that are in every block, but never in one, take as many in 10⁷ blocks. */
  indexReadsMax: 100_000,
  /** As many as a query may have results: one a block. */
  blocksReadMax: 10_000,
  /** Some 1 µs each. A block of 30 M gas holds up to 76,000, so blocks alone would not bound a search. */
  logsReadMax: 1_000_000,
  /** As hex twice that: a block of 30 M gas holds up to 3.7 MB of it, and ten thousand blocks more than a node has. */
  dataBytesMax: 16 * 1024 * 1024,
};

/** Pairs of an address and a first topic that are looked up as such; more are looked up apart. */
const EVENT_TERMS_MAX = 1_024;

/** Index records, receipts of blocks, and logs in them that are read before others may run: a few milliseconds. */
const SLICE_INDEX_READS = 512;
const SLICE_BLOCKS = 32;
const SLICE_LOGS = 2_048;

export type LogSearchError = ChainError<
  /** The search read as much as one may; its data says up to which block it is complete. */
  'LOG_SEARCH_LIMIT'
>;

/** What a search reads. */
export interface LogSource {
  readonly database: Database;
  readonly index: LogIndex;
  readonly chain: Pick<ChainReader, 'headerByNumber' | 'blockByNumber'>;
  /** The logs of a block by receipt, or undefined when there is no such block. */
  logsOf(blockNumber: bigint): readonly (readonly Log[])[] | undefined;
}

/** Whether a log passes a filter: any of the addresses, and per position any of the topics. */
export function matchesFilter(log: Log, filter: LogFilter): boolean {
  const { addresses, topics } = filter;
  if (addresses.length > 0 && !addresses.some((address: Address) => equalBytes(address, log.address))) return false;
  if (topics.length > log.topics.length) return false;
  return topics.every((choices, position) => {
    const topic = log.topics[position];
    return !choices?.length || (topic !== undefined && choices.some((choice) => equalBytes(choice, topic)));
  });
}

/** What a block must have in the index to be worth a look: of each clause any of the terms. */
function clausesOf({ addresses, topics }: LogFilter): Term[][] {
  const clauses: Term[][] = [];
  const first = topics[0] ?? [];
  const pairs = addresses.length * first.length;
  if (pairs > 0 && pairs <= EVENT_TERMS_MAX)
    clauses.push(addresses.flatMap((address) => first.map((topic) => eventTerm(address, topic))));
  else {
    if (addresses.length > 0) clauses.push(addresses.map(addressTerm));
    if (first.length > 0) clauses.push(first.map((topic) => topicTerm(0, topic)));
  }
  for (const [position, choices] of topics.entries())
    if (position > 0 && choices?.length) clauses.push(choices.map((topic) => topicTerm(position, topic)));
  return clauses.length > 0 ? clauses : [[ANY_LOG_TERM]];
}

/** Adds the logs of one block that match; returns how many it holds, and the bytes of data in those that match. */
function appendMatches(
  source: LogSource,
  number: bigint,
  filter: LogFilter,
  limit: number,
  found: LocatedLog[],
): { readonly logsRead: number; readonly dataBytes: number } {
  let logIndex = 0;
  let dataBytes = 0;
  for (const [transactionIndex, logs] of (source.logsOf(number) ?? []).entries()) {
    for (const log of logs) {
      if (matchesFilter(log, filter)) {
        const block = source.chain.headerByNumber(number);
        const transaction = source.chain.blockByNumber(number)?.transactions[transactionIndex] as SignedTransaction;
        if (block !== undefined) {
          found.push({ log, block, transactionHash: transaction.hash, transactionIndex, logIndex });
          dataBytes += log.data.length;
        }
      }
      logIndex++;
    }
    if (found.length > limit) break;
  }
  return { logsRead: logIndex, dataBytes };
}

/**
 * Searches the blocks `fromBlock..toBlock`, in order; yields between slices, and returns at most `limit` + 1 logs.
 * @throws ChainError `LOG_SEARCH_LIMIT`
 */
export function* searchLogs(
  source: LogSource,
  fromBlock: bigint,
  toBlock: bigint,
  filter: LogFilter,
  limit: number,
  limits: LogSearchLimits = LOG_SEARCH_LIMITS,
): Generator<undefined, LocatedLog[]> {
  const found: LocatedLog[] = [];
  const meter: ReadMeter = { indexReads: 0 };
  const cursor = new ClauseCursor(source.database, source.index, clausesOf(filter), meter);
  let sliceEnd = SLICE_INDEX_READS;
  let blocksRead = 0;
  let logsRead = 0;
  let logsAtYield = 0;
  let dataBytes = 0;
  let next = Number(fromBlock);
  while (found.length <= limit) {
    const step = cursor.step(next);
    if (step === undefined || BigInt(step.block) > toBlock) break;
    next = step.block;
    if (
      blocksRead === limits.blocksReadMax ||
      logsRead >= limits.logsReadMax ||
      meter.indexReads > limits.indexReadsMax
    )
      throw tooBroad(fromBlock, BigInt(next) - 1n, limits);
    if (step.isInAll) {
      const added = appendMatches(source, BigInt(next), filter, limit, found);
      if (dataBytes > 0 && dataBytes + added.dataBytes > limits.dataBytesMax)
        throw tooBroad(fromBlock, BigInt(next) - 1n, limits);
      dataBytes += added.dataBytes;
      logsRead += added.logsRead;
      blocksRead++;
      next++;
    }
    const isFull = blocksRead % SLICE_BLOCKS === 0 || logsRead - logsAtYield >= SLICE_LOGS;
    if (meter.indexReads > sliceEnd || (step.isInAll && isFull)) {
      sliceEnd = meter.indexReads + SLICE_INDEX_READS;
      logsAtYield = logsRead;
      yield;
    }
  }
  return found.slice(0, limit + 1);
}

function tooBroad(from: bigint, searchedTo: bigint, limits: LogSearchLimits): LogSearchError {
  const { blocksReadMax, logsReadMax, indexReadsMax, dataBytesMax } = limits;
  return new ChainError(
    'LOG_SEARCH_LIMIT',
    `one search may read ${blocksReadMax} blocks, ${logsReadMax} logs and ${indexReadsMax} index records and find ${dataBytesMax} bytes of data, and this one needs more: it is done up to block ${searchedTo}; ask for fewer blocks, addresses or topics`,
    { from, searchedTo },
  );
}
