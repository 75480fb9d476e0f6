// The key-value store under the chain: ordered bytes, synchronous reads, atomic batches. The rest of the node sees only this
// interface; level is used in levelDatabase.ts alone.
import type { ChainError } from '../../primitives/errors.ts';

export type DatabaseError = ChainError<
  /** Another process, or this one, has it open. */
  | 'DATABASE_LOCKED'
  /** The directory holds something else, or a database of another program. */
  | 'DATABASE_FOREIGN'
  /** Written by a version of Gnomon with another layout. */
  | 'DATABASE_FORMAT'
  /** The operating system refused access. */
  | 'DATABASE_PERMISSION'
  /** Files are damaged or missing. */
  | 'DATABASE_CORRUPTED'
  /** No space left; the batch was not applied. */
  | 'DATABASE_FULL'
  /** Any other failure of the disk or of the library. */
  | 'DATABASE_FAILED'
>;

/** Writes that become visible and durable together or not at all. Of two writes to one key the later one counts. */
export class WriteBatch {
  readonly keys: Uint8Array[] = [];
  /** `undefined` deletes. */
  readonly values: (Uint8Array | undefined)[] = [];
  /** Bytes of keys and values so far. */
  byteLength = 0;

  /** Neither `key` nor `value` may be changed afterwards. */
  put(key: Uint8Array, value: Uint8Array): void {
    this.keys.push(key);
    this.values.push(value);
    this.byteLength += key.length + value.length;
  }

  delete(key: Uint8Array): void {
    this.keys.push(key);
    this.values.push(undefined);
    this.byteLength += key.length;
  }
}

/** Keys from `from` on, up to but not including `before`. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly before?: Uint8Array | undefined;
}

export type DatabaseEntry = readonly [key: Uint8Array, value: Uint8Array];

/** The database as it was at one moment. Must be closed. */
export interface DatabaseSnapshot {
  /** In key order. */
  entries(range: KeyRange): AsyncIterable<DatabaseEntry>;
  close(): Promise<void>;
}

/** A database whose records of the past take space until they are merged away. */
export interface CompactableDatabase extends Database {
  /** Merges the records of a range, so that what was deleted or replaced takes no space. May take long; others can go on. */
  compact(range: Required<KeyRange>): Promise<void>;
}

export interface Database {
  /**
   * The value under `key`, or undefined. The result must not be changed.
   * @throws ChainError `DATABASE_CORRUPTED`, `DATABASE_FAILED`
   */
  getSync(key: Uint8Array): Uint8Array | undefined;
  /**
   * Applies `batch` atomically; with `sync` it survives a power cut once the promise resolves.
   * @throws ChainError `DATABASE_FULL`, `DATABASE_CORRUPTED`, `DATABASE_FAILED`: nothing of the batch is visible, and the
   *   database takes no more writes until it is opened again
   */
  write(batch: WriteBatch, options: { readonly sync: boolean }): Promise<void>;
  snapshot(): DatabaseSnapshot;
  close(): Promise<void>;
}
