// The logs of a chain's blocks: their part of a commit and of a rollback, and searches among them.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Receipt } from '../block/types.ts';
import type { Database, WriteBatch } from '../state/database.ts';
import type { ChainReader, LocatedLog, LogFilter } from './chainReader.ts';
import type { ChainStore } from './chainStore.ts';
import type { LogIndex, PendingTerms } from './logIndex.ts';
import { searchLogs } from './logSearch.ts';

export class BlockLogs {
  readonly #database: Database;
  readonly #store: ChainStore;
  readonly #index: LogIndex;
  #removedCount = 0;

  constructor(parts: { readonly database: Database; readonly store: ChainStore; readonly index: LogIndex }) {
    this.#database = parts.database;
    this.#store = parts.store;
    this.#index = parts.index;
  }

  /** Adds a new head's logs to its batch; the result is for {@link accept}. */
  put(batch: WriteBatch, blockNumber: bigint, receipts: readonly Receipt[]): PendingTerms {
    const pending = this.#index.begin();
    this.#index.append(pending, batch, blockNumber, logsOf(receipts));
    this.#index.finish(pending, batch);
    return pending;
  }

  /** Adds the removal of the head's logs to the batch; the result is for {@link accept}. */
  remove(batch: WriteBatch, blockNumber: bigint, receipts: readonly Receipt[]): PendingTerms {
    const pending = this.#index.begin();
    this.#index.remove(pending, batch, blockNumber, logsOf(receipts));
    this.#index.finish(pending, batch);
    this.#removedCount++;
    return pending;
  }

  /** After the batch was written. */
  accept(pending: PendingTerms): void {
    this.#index.accept(pending);
  }

  /** All at once. @throws ChainError `LOG_SEARCH_LIMIT` */
  search(chain: ChainReader, fromBlock: bigint, toBlock: bigint, filter: LogFilter, limit: number): LocatedLog[] {
    const slices = this.#slices(chain, fromBlock, toBlock, filter, limit);
    for (;;) {
      const { done, value } = slices.next();
      if (done === true) return value;
    }
  }

  /** The same, letting others run while it searches. @throws ChainError `LOG_SEARCH_LIMIT` */
  async searchInTurns(
    chain: ChainReader,
    fromBlock: bigint,
    toBlock: bigint,
    filter: LogFilter,
    limit: number,
  ): Promise<LocatedLog[]> {
    let removedCount = this.#removedCount;
    let slices = this.#slices(chain, fromBlock, toBlock, filter, limit);
    for (;;) {
      const { done, value } = slices.next();
      if (done === true) return value;
      await nextTurn();
      if (removedCount === this.#removedCount) continue;
      // A rollback: what was found may be gone, and numbers mean other blocks.
      removedCount = this.#removedCount;
      slices = this.#slices(chain, fromBlock, toBlock, filter, limit);
    }
  }

  #slices(
    chain: ChainReader,
    fromBlock: bigint,
    toBlock: bigint,
    filter: LogFilter,
    limit: number,
  ): Generator<undefined, LocatedLog[]> {
    const head = chain.head.header.number;
    const source = {
      database: this.#database,
      index: this.#index,
      chain,
      logsOf: (number: bigint) => this.#store.logs(number),
    };
    return searchLogs(source, fromBlock, toBlock < head ? toBlock : head, filter, limit);
  }
}

function logsOf(receipts: readonly Receipt[]) {
  return receipts.map(({ logs }) => logs);
}
