// A database whose blocks were written before there was a log index gets it when it is opened. Each batch says how far it
// came, so whoever is cut off goes on from there.
import { EMPTY_BYTES } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import { metaKey } from '../state/buckets.ts';
import { type Database, WriteBatch } from '../state/database.ts';
import { decodeBlockNumber, encodeBlockNumber } from './blockRecords.ts';
import type { ChainStore } from './chainStore.ts';
import type { LogIndex } from './logIndex.ts';

/** Empty when every block is indexed; else the number of the first that is not. */
const LOG_INDEX = metaKey('logIndex');

/** Blocks in one batch, and the bytes at which it is written before: bounds memory, and what a crash repeats. */
const BATCH_BLOCKS = 512;
const BATCH_BYTES = 4 * 1024 * 1024;

/** Says in the batch of a new chain's genesis that its index is complete. */
export function markIndexed(batch: WriteBatch): void {
  batch.put(LOG_INDEX, EMPTY_BYTES);
}

/**
 * Indexes the blocks from `first` to `head` that are not indexed yet.
 *
 * @param progress called after each batch with the block that it reached
 */
export async function indexOlderBlocks(
  parts: { readonly database: Database; readonly store: ChainStore; readonly index: LogIndex },
  first: bigint,
  head: bigint,
  progress: (blockNumber: bigint) => void,
): Promise<void> {
  const { database, store, index } = parts;
  const mark = database.getSync(LOG_INDEX);
  if (mark?.length === 0) return;
  let number = mark === undefined ? first : decodeBlockNumber(mark);
  while (number <= head) {
    const batch = new WriteBatch();
    const pending = index.begin();
    const batchEnd = number + BigInt(BATCH_BLOCKS);
    for (; number <= head && number < batchEnd && batch.byteLength < BATCH_BYTES; number++) {
      const logs = store.logs(number);
      assert(logs !== undefined, `the receipts of block ${number} are missing`);
      index.append(pending, batch, number, logs);
    }
    index.finish(pending, batch);
    batch.put(LOG_INDEX, encodeBlockNumber(number));
    await database.write(batch, { sync: true });
    index.accept(pending);
    progress(number - 1n);
  }
  const batch = new WriteBatch();
  markIndexed(batch);
  await database.write(batch, { sync: true });
}
