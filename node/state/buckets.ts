// Every kind of record in the database, by its first key byte. Numbers in keys are 8-byte big-endian, so that records of
// consecutive blocks lie together. A new kind gets a new number; a changed one a new DATABASE_FORMAT.
import { assert } from '../../primitives/errors.ts';

/** The version of everything below; a database of another version is refused, never guessed at. */
export const DATABASE_FORMAT = 'gnomon-1';

export const BUCKET = {
  /** name (UTF-8) → value. `format` → DATABASE_FORMAT, `state` → head of the state; the chain store adds its own. */
  meta: 0x00,

  /** block number → header */
  header: 0x10,
  /** block number → body */
  body: 0x11,
  /** block number → receipts */
  receipts: 0x12,
  /** block hash → block number */
  blockNumber: 0x13,
  /** transaction hash → block number ‖ index */
  transaction: 0x14,
  /** block number → consensus inputs */
  consensusInputs: 0x15,
  /** block number → total difficulty (imported proof-of-work chains) */
  totalDifficulty: 0x16,
  /** block number → total supply and burned fees after the block */
  supply: 0x17,
  /** term of the log index (8) → count of full parts ‖ the newest part of its list of blocks */
  logTerm: 0x18,
  /** term ‖ index (4) → full part of its list */
  logTermPart: 0x19,

  // The four versioned tables of state: current records at an even number, their history at the next odd one.
  /** address (20) → record of an account */
  account: 0x20,
  /** address ‖ version (4) → record that the version after it replaced */
  accountHistory: 0x21,
  /** address ‖ slot (32) → record of a storage value */
  slot: 0x22,
  /** address ‖ slot ‖ version → replaced record */
  slotHistory: 0x23,
  /** path (one hex digit a nibble) → record of an account trie node */
  accountNode: 0x24,
  /** path ‖ version → replaced record */
  accountNodeHistory: 0x25,
  /** address ‖ path → record of a storage trie node */
  storageNode: 0x26,
  /** address ‖ path ‖ version → replaced record */
  storageNodeHistory: 0x27,

  /** code hash → code; never deleted */
  code: 0x28,
  /** block number → what the block changed in the versioned tables */
  changes: 0x29,
} as const;

/** The key of a record: its bucket, then `parts`. */
export function recordKey(bucket: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 1;
  for (const part of parts) length += part.length;
  const key = new Uint8Array(length);
  key[0] = bucket;
  let offset = 1;
  for (const part of parts) {
    key.set(part, offset);
    offset += part.length;
  }
  return key;
}

/** The key of a record of one block. */
export function blockKey(bucket: number, blockNumber: bigint | number): Uint8Array {
  const key = new Uint8Array(9);
  key[0] = bucket;
  new DataView(key.buffer).setBigUint64(1, BigInt(blockNumber));
  return key;
}

/** The key of a named record in the meta bucket. */
export function metaKey(name: string): Uint8Array {
  return recordKey(BUCKET.meta, Buffer.from(name, 'utf8'));
}

/** The keys that start with `prefix`: from it to the first key after all of them (absent when there is none). */
export function prefixRange(prefix: Uint8Array): { readonly from: Uint8Array; readonly before?: Uint8Array } {
  assert(prefix.length > 0, 'an empty prefix names no range');
  const before = prefix.slice();
  for (let i = before.length - 1; i >= 0; i--) {
    if (before[i] === 0xff) continue;
    before[i] = (before[i] as number) + 1;
    return { from: prefix, before: before.subarray(0, i + 1) };
  }
  return { from: prefix };
}
