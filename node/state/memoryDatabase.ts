// A database that lives in one map, for chains that leave nothing behind. Reads and writes cost no sorting; only snapshots,
// which tools take, pay for order.
import { bytesKey, compareBytes, keyBytes } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import type { Database, DatabaseEntry, DatabaseSnapshot, KeyRange, WriteBatch } from './database.ts';

export class MemoryDatabase implements Database {
  readonly #values = new Map<string, Uint8Array>();
  #isClosed = false;

  getSync(key: Uint8Array): Uint8Array | undefined {
    assert(!this.#isClosed, 'the database is closed');
    return this.#values.get(bytesKey(key));
  }

  async write(batch: WriteBatch): Promise<void> {
    assert(!this.#isClosed, 'the database is closed');
    for (const [index, key] of batch.keys.entries()) {
      const value = batch.values[index];
      if (value === undefined) this.#values.delete(bytesKey(key));
      else this.#values.set(bytesKey(key), value);
    }
  }

  snapshot(): DatabaseSnapshot {
    const sorted = [...this.#values]
      .map(([key, value]): DatabaseEntry => [keyBytes(key), value])
      .sort(([a], [b]) => compareBytes(a, b));
    return {
      async *entries(range: KeyRange) {
        for (const entry of sorted) {
          if (compareBytes(entry[0], range.from) < 0) continue;
          if (range.before && compareBytes(entry[0], range.before) >= 0) return;
          yield entry;
        }
      },
      async close() {},
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }
}
