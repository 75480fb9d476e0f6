// History by reverse differences, one scheme for accounts, slots and trie nodes: the newest value of a key stands under the
// key itself, and each value that a block replaced stands under key ‖ version, byte for byte as it was. Reading the newest
// costs one read, reading at a block a binary search over versions, and a rollback copies records back.
import { EMPTY_BYTES, putUint32 } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import { BUCKET, blockKey } from './buckets.ts';
import type { Database, WriteBatch } from './database.ts';
import { readVarint, varintSize, writeVarint } from './varint.ts';

const VERSION_BYTES = 4;
const VERSION_MAX = 2 ** (8 * VERSION_BYTES) - 1;

/** A value and the block that wrote it. `version` counts the values of a key from 0. */
export interface VersionedRecord {
  readonly blockNumber: number;
  readonly version: number;
  /** Empty is a tombstone: the key was deleted in that block. */
  readonly value: Uint8Array;
  /** The record as stored; `value` is its tail. */
  readonly bytes: Uint8Array;
}

/** What one block did to one key. */
export interface Change {
  readonly key: Uint8Array;
  /** Of the value that the block wrote. */
  readonly version: number;
  readonly isDeletion: boolean;
}

/**
 * Stored form: varint block ‖ varint version ‖ value.
 *
 * @param hasRoom whether `value` is from {@link copyForRecord}; the record is then made around it
 */
export function encodeRecord(
  blockNumber: number,
  version: number,
  value: Uint8Array,
  hasRoom = false,
): VersionedRecord {
  assert(version <= VERSION_MAX, `a key has more than ${VERSION_MAX} versions`);
  const start = varintSize(blockNumber) + varintSize(version);
  if (hasRoom) {
    const bytes = new Uint8Array(value.buffer, RECORD_ROOM - start, start + value.length);
    writeVarint(bytes, writeVarint(bytes, 0, blockNumber), version);
    return { blockNumber, version, value, bytes };
  }
  const bytes = new Uint8Array(start + value.length);
  writeVarint(bytes, writeVarint(bytes, 0, blockNumber), version);
  bytes.set(value, start);
  return { blockNumber, version, value: bytes.subarray(start), bytes };
}

/** Room in front of a value for the longest beginning of a record: two varints of at most eight bytes. */
const RECORD_ROOM = 16;

/** A copy of `value` that {@link encodeRecord} can make a record of without copying it again. */
export function copyForRecord(value: Uint8Array): Uint8Array {
  const copy = new Uint8Array(RECORD_ROOM + value.length).subarray(RECORD_ROOM);
  copy.set(value);
  return copy;
}

/** Decodes {@link encodeRecord}. */
export function decodeRecord(bytes: Uint8Array): VersionedRecord {
  const block = readVarint(bytes, 0);
  const version = readVarint(bytes, block.end);
  return { blockNumber: block.value, version: version.value, value: bytes.subarray(version.end), bytes };
}

/** Where a replaced record goes: the next bucket, same key, then its version. */
export function historyKey(key: Uint8Array, version: number): Uint8Array {
  const out = new Uint8Array(key.length + VERSION_BYTES);
  out.set(key);
  out[0] = (key[0] as number) + 1;
  putUint32(version, out, key.length);
  return out;
}

/** Reads and unwinds the versioned buckets of one database. Keys are whole: bucket and all. */
export class VersionedTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest record, tombstones included; one database read. */
  newest(key: Uint8Array): VersionedRecord | undefined {
    const bytes = this.#database.getSync(key);
    return bytes && decodeRecord(bytes);
  }

  /**
   * The record that was in force after block `blockNumber`, tombstones included; undefined when the key did not exist. Only
   * meaningful for blocks that are kept: versions below are absent and count as older.
   */
  at(key: Uint8Array, blockNumber: number): VersionedRecord | undefined {
    const newest = this.newest(key);
    if (newest === undefined || newest.blockNumber <= blockNumber) return newest;
    let found: VersionedRecord | undefined;
    let low = 0;
    for (let high = newest.version; low < high; ) {
      const middle = Math.floor((low + high) / 2);
      const record = this.newest(historyKey(key, middle));
      if (record === undefined) low = middle + 1;
      else if (record.blockNumber <= blockNumber) {
        found = record;
        low = middle + 1;
      } else high = middle;
    }
    return found;
  }

  /** What a kept block changed. */
  changesOf(blockNumber: number): Change[] {
    const bytes = this.#database.getSync(blockKey(BUCKET.changes, blockNumber));
    assert(bytes !== undefined, `the list of changes of block ${blockNumber} is missing`);
    return decodeChanges(bytes);
  }

  /** Takes the newest block's changes back: every record is again what it was before, byte for byte. */
  rollback(batch: WriteBatch, blockNumber: number): void {
    for (const { key, version } of this.changesOf(blockNumber)) {
      if (version === 0) {
        batch.delete(key);
        continue;
      }
      const replaced = historyKey(key, version - 1);
      const bytes = this.#database.getSync(replaced);
      assert(bytes !== undefined, `version ${version - 1} of a key that block ${blockNumber} changed is missing`);
      batch.put(key, bytes);
      batch.delete(replaced);
    }
    batch.delete(blockKey(BUCKET.changes, blockNumber));
  }

  /**
   * Makes `blockNumber` the oldest block that can be read, given that the one before was: deletes what it replaced, and its
   * tombstones as far as they are still the newest records of their keys. Must enter the batch before newer changes do.
   *
   * @returns the tombstones deleted, whose keys start again at version 0
   */
  prune(batch: WriteBatch, blockNumber: number): Uint8Array[] {
    const forgotten: Uint8Array[] = [];
    for (const { key, version, isDeletion } of this.changesOf(blockNumber)) {
      if (version > 0) batch.delete(historyKey(key, version - 1));
      if (!isDeletion || this.newest(key)?.version !== version) continue;
      batch.delete(key);
      forgotten.push(key);
    }
    batch.delete(blockKey(BUCKET.changes, blockNumber));
    return forgotten;
  }
}

/** Writes one block's changes into a batch. Each key at most once. */
export class BlockWriter {
  readonly #batch: WriteBatch;
  readonly #blockNumber: number;
  readonly #changes: Change[] = [];

  constructor(batch: WriteBatch, blockNumber: number) {
    this.#batch = batch;
    this.#blockNumber = blockNumber;
  }

  /**
   * Sets `key`; an empty value deletes it.
   *
   * @param before the newest record of the key
   * @param hasRoom whether `value` is from {@link copyForRecord}
   * @returns the newest record from now on
   */
  set(
    key: Uint8Array,
    before: VersionedRecord | undefined,
    value: Uint8Array,
    hasRoom = false,
  ): VersionedRecord | undefined {
    if (value.length === 0 && (before === undefined || before.value.length === 0)) return before;
    if (before !== undefined) this.#batch.put(historyKey(key, before.version), before.bytes);
    const record = encodeRecord(this.#blockNumber, before === undefined ? 0 : before.version + 1, value, hasRoom);
    this.#batch.put(key, record.bytes);
    this.#changes.push({ key, version: record.version, isDeletion: value.length === 0 });
    return record;
  }

  delete(key: Uint8Array, before: VersionedRecord | undefined): VersionedRecord | undefined {
    return this.set(key, before, EMPTY_BYTES);
  }

  /** Adds the list of changes, which rollback and pruning need. */
  finish(): void {
    this.#batch.put(blockKey(BUCKET.changes, this.#blockNumber), encodeChanges(this.#changes));
  }
}

/** For each change: varint key length ‖ key ‖ varint (2 × version + 1 if it is a deletion). */
export function encodeChanges(changes: readonly Change[]): Uint8Array {
  const tag = (change: Change) => change.version * 2 + (change.isDeletion ? 1 : 0);
  let size = 0;
  for (const change of changes) size += varintSize(change.key.length) + change.key.length + varintSize(tag(change));
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const change of changes) {
    offset = writeVarint(bytes, offset, change.key.length);
    bytes.set(change.key, offset);
    offset = writeVarint(bytes, offset + change.key.length, tag(change));
  }
  return bytes;
}

/** Decodes {@link encodeChanges}. */
export function decodeChanges(bytes: Uint8Array): Change[] {
  const changes: Change[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const length = readVarint(bytes, offset);
    const keyEnd = length.end + length.value;
    const tag = readVarint(bytes, keyEnd);
    changes.push({
      key: bytes.subarray(length.end, keyEnd),
      version: Math.floor(tag.value / 2),
      isDeletion: tag.value % 2 === 1,
    });
    offset = tag.end;
  }
  return changes;
}
