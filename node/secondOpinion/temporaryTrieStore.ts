// Where the stock trie keeps its nodes during a replay: a LevelDB of its own on disk, removed at the end, so that memory
// does not grow with the chain.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchDBOp, DB } from '@ethereumjs/util';
import { ClassicLevel } from 'classic-level';

/** What is collected in memory before LevelDB writes a table file. */
const WRITE_BUFFER_BYTES = 16 * 1024 * 1024;
const READ_CACHE_BYTES = 32 * 1024 * 1024;

type Level = ClassicLevel<string, Uint8Array>;

/** The interface of @ethereumjs over LevelDB: hex keys, raw values. */
class LevelTrieStore implements DB<string, Uint8Array> {
  readonly #level: Level;

  constructor(level: Level) {
    this.#level = level;
  }

  /** Synchronously: a replay reads node after node, and the way to a thread and back takes longer than each read. */
  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#level.getSync(key);
  }

  put(key: string, value: Uint8Array): Promise<void> {
    return this.#level.put(key, value);
  }

  del(key: string): Promise<void> {
    return this.#level.del(key);
  }

  batch(operations: BatchDBOp<string, Uint8Array>[]): Promise<void> {
    return this.#level.batch(
      operations.map((operation) =>
        operation.type === 'put'
          ? { type: 'put', key: operation.key, value: operation.value }
          : { type: 'del', key: operation.key },
      ),
    );
  }

  shallowCopy(): LevelTrieStore {
    return new LevelTrieStore(this.#level);
  }

  open(): Promise<void> {
    return Promise.resolve();
  }
}

export interface TemporaryTrieStore {
  readonly store: DB<string, Uint8Array>;
  /** Closes it and removes its files. */
  close(): Promise<void>;
}

/** Makes a store in a new directory below `parentDirectory`. */
export async function createTemporaryTrieStore(parentDirectory: string): Promise<TemporaryTrieStore> {
  const directory = mkdtempSync(join(parentDirectory, 'gnomon-verify-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const level: Level = new ClassicLevel(directory, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    cacheSize: READ_CACHE_BYTES,
    writeBufferSize: WRITE_BUFFER_BYTES,
  });
  try {
    await level.open();
  } catch (error) {
    remove();
    throw error;
  }
  return {
    store: new LevelTrieStore(level),
    async close() {
      await level.close();
      remove();
    },
  };
}
