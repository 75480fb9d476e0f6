// Reads the members of an RLP list one after the other, straight from the bytes: no item tree is built. Transactions are
// decoded with it, because every one of them passes here on its way in.
import { bytesToBigInt, EMPTY_BYTES } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import { rlpSpan } from '../../primitives/rlp.ts';

/** Where reading stands in a list's payload: the next member begins at `offset`, the list ends at `end`. */
export interface RlpCursor {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;
}

function fail(message: string): never {
  throw new ChainError('INVALID_RLP', message);
}

/** Opens the list that fills `bytes` from `offset` to the end. */
export function openOuterList(bytes: Uint8Array, offset: number, what: string): RlpCursor {
  const span = rlpSpan(bytes, offset);
  if (!span.isList) fail(`${what}: expected a list`);
  if (span.end !== bytes.length) fail(`${what}: ${bytes.length - span.end} bytes follow it`);
  return { bytes, offset: span.payload, end: span.end };
}

/** Opens the next member, which must be a list, and moves past it. */
export function openList(cursor: RlpCursor, what: string): RlpCursor {
  if (cursor.offset === cursor.end) fail(`${what} is missing`);
  const span = rlpSpan(cursor.bytes, cursor.offset, cursor.end);
  if (!span.isList) fail(`${what}: expected a list`);
  cursor.offset = span.end;
  return { bytes: cursor.bytes, offset: span.payload, end: span.end };
}

export function hasMore(cursor: RlpCursor): boolean {
  return cursor.offset < cursor.end;
}

/** Whether the next member is a list. */
export function startsWithList(cursor: RlpCursor): boolean {
  return hasMore(cursor) && rlpSpan(cursor.bytes, cursor.offset, cursor.end).isList;
}

/** Refuses members after the last expected one. */
export function closeList(cursor: RlpCursor, what: string): void {
  if (hasMore(cursor)) fail(`${what} has more fields than expected`);
}

/** Moves past the next member, a byte string that then stands in `[payload, cursor.offset)`; returns `payload`. */
function passBytes(cursor: RlpCursor, what: string): number {
  const { bytes, offset, end } = cursor;
  if (offset === end) fail(`${what} is missing`);
  // Nearly every member of a transaction is a short string: those cost no span.
  const length = (bytes[offset] as number) - 0x80;
  if (length < 0) {
    cursor.offset = offset + 1;
    return offset;
  }
  if (length !== 1 && length < 56 && offset + 1 + length <= end) {
    cursor.offset = offset + 1 + length;
    return offset + 1;
  }
  const span = rlpSpan(bytes, offset, end);
  if (span.isList) fail(`${what}: expected a byte string, got a list`);
  cursor.offset = span.end;
  return span.payload;
}

/** The next member as a byte string, a view into the input. */
export function readBytes(cursor: RlpCursor, what: string): Uint8Array {
  const payload = passBytes(cursor, what);
  return payload === cursor.offset ? EMPTY_BYTES : cursor.bytes.subarray(payload, cursor.offset);
}

/** The next member, whatever it is, with its RLP header: a view into the input. */
export function readEncoded(cursor: RlpCursor, what: string): Uint8Array {
  if (cursor.offset === cursor.end) fail(`${what} is missing`);
  const span = rlpSpan(cursor.bytes, cursor.offset, cursor.end);
  cursor.offset = span.end;
  return cursor.bytes.subarray(span.start, span.end);
}

/** The next member as exactly `length` bytes. */
export function readFixed(cursor: RlpCursor, what: string, length: number): Uint8Array {
  const bytes = readBytes(cursor, what);
  if (bytes.length !== length) fail(`${what}: expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}

/** The next member as an integer: minimal big-endian, at most `bytesMax` bytes. */
export function readInteger(cursor: RlpCursor, what: string, bytesMax: number): bigint {
  const payload = passBytes(cursor, what);
  const { bytes, offset } = cursor;
  const length = offset - payload;
  if (length > bytesMax) fail(`${what}: integer of ${length} bytes, at most ${bytesMax} allowed`);
  if (length > 0 && bytes[payload] === 0) fail(`${what}: integer has a leading zero`);
  return bytesToBigInt(bytes, payload, offset);
}
