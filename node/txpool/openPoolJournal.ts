// Brings back what the pool held when the node ended, and keeps it from then on. Nothing here may fail a start.
import { ChainError, messageOf } from '../../primitives/errors.ts';
import type { SignedTransaction } from '../block/types.ts';
import { POOL_LIMITS } from './limits.ts';
import { type JournalLog, PoolJournal } from './poolJournal.ts';
import { type JournalContent, readJournal } from './readJournal.ts';
import type { TxPool } from './txPool.ts';

export interface OpenJournalOptions {
  readonly file: string;
  readonly pool: TxPool;
  readonly log: JournalLog;
  /** Decodes transactions and recovers their senders together; what cannot be is an error in its place. */
  readonly decode: (raws: readonly Uint8Array[]) => Promise<readonly (SignedTransaction | ChainError)[]>;
  /** Ends it early: the file stays as it is then. */
  readonly stopping?: AbortSignal | undefined;
}

/** A full pool in base64 is a third larger than its bytes, and a file is written anew at twice that: 172 MiB. */
export const JOURNAL_BYTES_MAX = 4 * POOL_LIMITS.bytesMax;
/** Damaged lines may hide that some are gone; twice a full pool is more than they can be wrong by. */
export const JOURNAL_TRANSACTIONS_MAX = 2 * POOL_LIMITS.countMax;
/** Transactions that are recovered together: enough for every worker, and soon done when the node is told to stop. */
const RESTORED_AT_ONCE = 1_024;

/** The journal, with what it held in the pool; undefined when it cannot be read, or `stopping` came first. */
export async function openPoolJournal(options: OpenJournalOptions): Promise<PoolJournal | undefined> {
  const { file, pool, log } = options;
  let content: JournalContent;
  try {
    content = await readJournal(file, {
      bytesMax: JOURNAL_BYTES_MAX,
      countMax: JOURNAL_TRANSACTIONS_MAX,
      transactionBytesMax: POOL_LIMITS.transactionBytesMax,
    });
  } catch (error) {
    const advice = 'the pool begins empty and is not journaled; make the file readable, or remove it, and start again';
    log.warn('the journal of the pool cannot be read', { file, cause: messageOf(error), advice });
    return undefined;
  }
  warnOfDamage(content, file, log);
  if (!(await restore(content.raws, options))) return undefined;
  return PoolJournal.begin({ file, pool, log, bytesMax: JOURNAL_BYTES_MAX });
}

function warnOfDamage(content: JournalContent, file: string, log: JournalLog): void {
  const { damagedCount, damagedLines, tornBytes, isCut } = content;
  if (tornBytes > 0) log.warn('the last line of the journal of the pool was cut off by a crash', { file, tornBytes });
  if (damagedCount > 0)
    log.warn('lines of the journal of the pool are damaged and were skipped', {
      file,
      count: damagedCount,
      lines: damagedLines.join(', '),
    });
  if (isCut)
    log.warn('the journal of the pool holds more than a pool can; the rest of it was not read', {
      file,
      bytesMax: JOURNAL_BYTES_MAX,
      transactionsMax: JOURNAL_TRANSACTIONS_MAX,
    });
}

/** Pools what may be pooled, in the order in which it came; false when it was stopped before the end. */
async function restore(raws: readonly Uint8Array[], options: OpenJournalOptions): Promise<boolean> {
  const { pool, decode, log, stopping } = options;
  const refusals = new Map<string, number>();
  let restored = 0;
  for (let start = 0; start < raws.length; start += RESTORED_AT_ONCE) {
    if (stopping?.aborted === true) return false;
    for (const transaction of await decode(raws.slice(start, start + RESTORED_AT_ONCE))) {
      const code = transaction instanceof ChainError ? transaction.code : restoreOne(pool, transaction);
      if (code === undefined) restored++;
      else refusals.set(code, (refusals.get(code) ?? 0) + 1);
    }
  }
  if (raws.length > 0) {
    const dropped = [...refusals].map(([code, count]) => `${count} ${code}`).join(', ');
    log.info('the pool is back', { transactions: restored, ...(dropped === '' ? {} : { dropped }) });
  }
  return true;
}

function restoreOne(pool: TxPool, transaction: SignedTransaction): string | undefined {
  try {
    pool.addAgain(transaction);
    return undefined;
  } catch (error) {
    if (error instanceof ChainError) return error.code;
    throw error;
  }
}
