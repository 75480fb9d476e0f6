// One posting list: the numbers of the blocks in which a term of the log index occurs, ascending. The newest part, the head,
// stands under the term itself; parts that are full stand under term ‖ index and never change again. So a rare term costs one
// read however long the chain is, and appending or taking back the newest number touches one small record.
import { assert } from '../../primitives/errors.ts';
import { BUCKET, recordKey } from '../state/buckets.ts';
import type { Database, WriteBatch } from '../state/database.ts';
import { readVarint, varintSize, writeVarint } from '../state/varint.ts';

/**
 * A part that has reached it is full: one byte a block for a term of every block, and little to write again with each. An
 * append may pass it by one number, which takes at most seven bytes.
 */
export const PART_BYTES_MAX = 256;

/** The newest part of a list. Immutable: appending makes a new one. */
export interface PostingHead {
  /** Full parts before it. */
  readonly partCount: number;
  /** The newest block number of the list. */
  readonly last: number;
  /** varint first number, then the varint difference from each number to the next. */
  readonly body: Uint8Array;
}

export function headKey(term: Uint8Array): Uint8Array {
  return recordKey(BUCKET.logTerm, term);
}

function partKey(term: Uint8Array, index: number): Uint8Array {
  const key = new Uint8Array(1 + term.length + 4);
  key[0] = BUCKET.logTermPart;
  key.set(term, 1);
  new DataView(key.buffer).setUint32(1 + term.length, index);
  return key;
}

/** The block numbers of a part. */
export function decodeBody(body: Uint8Array): number[] {
  const numbers: number[] = [];
  let number = 0;
  for (let offset = 0; offset < body.length; ) {
    const { value, end } = readVarint(body, offset);
    number += value;
    numbers.push(number);
    offset = end;
  }
  return numbers;
}

/** Stored form of a head: varint count of full parts ‖ body. */
export function encodeHead({ partCount, body }: PostingHead): Uint8Array {
  const start = varintSize(partCount);
  const record = new Uint8Array(start + body.length);
  writeVarint(record, 0, partCount);
  record.set(body, start);
  return record;
}

export function decodeHead(record: Uint8Array): PostingHead {
  const { value: partCount, end } = readVarint(record, 0);
  const body = record.subarray(end);
  const last = decodeBody(body).at(-1);
  assert(last !== undefined, 'a list of the log index has an empty head');
  return { partCount, last, body };
}

export function readPart(database: Database, term: Uint8Array, index: number): number[] {
  const body = database.getSync(partKey(term, index));
  assert(body !== undefined, `part ${index} of a list of the log index is missing`);
  return decodeBody(body);
}

function withVarint(body: Uint8Array, value: number): Uint8Array {
  const longer = new Uint8Array(body.length + varintSize(value));
  longer.set(body);
  writeVarint(longer, body.length, value);
  return longer;
}

const NO_BYTES = new Uint8Array(0);

/** The head after `number` was appended; what becomes a full part goes to the batch. */
export function appendNumber(
  batch: WriteBatch,
  term: Uint8Array,
  head: PostingHead | undefined,
  number: number,
): PostingHead {
  if (head === undefined) return { partCount: 0, last: number, body: withVarint(NO_BYTES, number) };
  assert(number > head.last, `block ${number} is in the log index already`);
  if (head.body.length < PART_BYTES_MAX)
    return { partCount: head.partCount, last: number, body: withVarint(head.body, number - head.last) };
  batch.put(partKey(term, head.partCount), head.body);
  return { partCount: head.partCount + 1, last: number, body: withVarint(NO_BYTES, number) };
}

/** The head before `number`, its newest, was appended: undefined when there was none. Reverses {@link appendNumber} exactly. */
export function removeNumber(
  database: Database,
  batch: WriteBatch,
  term: Uint8Array,
  head: PostingHead | undefined,
  number: number,
): PostingHead | undefined {
  assert(head?.last === number, `block ${number} is not the newest in its list of the log index`);
  const numbers = decodeBody(head.body);
  const last = numbers.at(-2);
  if (last !== undefined) {
    const body = head.body.slice(0, head.body.length - varintSize(number - last));
    return { partCount: head.partCount, last, body };
  }
  if (head.partCount === 0) return undefined;
  const key = partKey(term, head.partCount - 1);
  const body = database.getSync(key);
  assert(body !== undefined, `part ${head.partCount - 1} of a list of the log index is missing`);
  batch.delete(key);
  return { partCount: head.partCount - 1, last: decodeBody(body).at(-1) as number, body };
}
