// Recursive Length Prefix (Yellow Paper, appendix B). Decoding accepts canonical encodings only and is bounded in depth.
import { bytesToBigInt } from './bytes.ts';
import { ChainError } from './errors.ts';

/** What RLP encodes: byte strings and lists of the same. */
export type RlpItem = Uint8Array | readonly RlpItem[];
export type RlpError = ChainError<'INVALID_RLP'>;

/** Deeper than any Ethereum object (a block is 4 deep); bounds the recursion on hostile input. */
export const RLP_DEPTH_MAX = 16;

function fail(message: string): never {
  throw new ChainError('INVALID_RLP', `invalid RLP: ${message}`);
}

function lengthOfLength(length: number): number {
  return length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
}

function headerSize(length: number): number {
  return length < 56 ? 1 : 1 + lengthOfLength(length);
}

function payloadSize(item: RlpItem): number {
  if (item instanceof Uint8Array) return item.length;
  let size = 0;
  for (const child of item) size += encodedSize(child);
  return size;
}

function encodedSize(item: RlpItem): number {
  if (item instanceof Uint8Array)
    return item.length === 1 && (item[0] as number) < 0x80 ? 1 : headerSize(item.length) + item.length;
  const size = payloadSize(item);
  return headerSize(size) + size;
}

function writeHeader(out: Uint8Array, offset: number, base: number, length: number): number {
  if (length < 56) {
    out[offset] = base + length;
    return offset + 1;
  }
  const width = lengthOfLength(length);
  out[offset] = base + 55 + width;
  for (let i = 0; i < width; i++) out[offset + 1 + i] = (length / 2 ** (8 * (width - 1 - i))) & 0xff;
  return offset + 1 + width;
}

function write(item: RlpItem, out: Uint8Array, offset: number): number {
  if (item instanceof Uint8Array) {
    if (item.length === 1 && (item[0] as number) < 0x80) {
      out[offset] = item[0] as number;
      return offset + 1;
    }
    const start = writeHeader(out, offset, 0x80, item.length);
    out.set(item, start);
    return start + item.length;
  }
  let cursor = writeHeader(out, offset, 0xc0, payloadSize(item));
  for (const child of item) cursor = write(child, out, cursor);
  return cursor;
}

/** The RLP encoding of `item`. */
export function encodeRlp(item: RlpItem): Uint8Array {
  const out = new Uint8Array(encodedSize(item));
  write(item, out, 0);
  return out;
}

/** How long the RLP encoding of `item` is. */
export function rlpSize(item: RlpItem): number {
  return encodedSize(item);
}

/** Writes the RLP encoding of `item` at `offset` of `out`, which has room for it; returns where it ends. */
export function writeRlp(item: RlpItem, out: Uint8Array, offset: number): number {
  return write(item, out, offset);
}

/** Wraps items that are already RLP-encoded into a list, without decoding them. */
export function encodeRlpListOfEncoded(items: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const item of items) length += item.length;
  const out = new Uint8Array(headerSize(length) + length);
  let offset = writeHeader(out, 0, 0xc0, length);
  for (const item of items) {
    out.set(item, offset);
    offset += item.length;
  }
  return out;
}

/** Writes the header of a list whose members take `length` bytes; returns where they begin. */
export function writeRlpListHeader(out: Uint8Array, offset: number, length: number): number {
  return writeHeader(out, offset, 0xc0, length);
}

/** Where one RLP item stands in a buffer: its header at `start`, its payload in `[payload, end)`. */
export interface RlpSpan {
  readonly isList: boolean;
  readonly start: number;
  readonly payload: number;
  readonly end: number;
}

function readLength(bytes: Uint8Array, offset: number, width: number): number {
  if (offset + width > bytes.length) fail('length is cut off');
  if (bytes[offset] === 0) fail('length has a leading zero');
  if (width > 4) fail(`length of ${width} bytes is more than any input here`);
  let length = 0;
  for (let i = 0; i < width; i++) length = length * 256 + (bytes[offset + i] as number);
  if (length < 56) fail('long form used for a short payload');
  return length;
}

/**
 * Reads the header of the item at `offset` without decoding its content.
 * @throws ChainError `INVALID_RLP` when it is not canonical or does not fit in `limit`
 */
export function rlpSpan(bytes: Uint8Array, offset: number, limit: number = bytes.length): RlpSpan {
  if (offset >= limit) fail('nothing to read');
  const first = bytes[offset] as number;
  if (first < 0x80) return { isList: false, start: offset, payload: offset, end: offset + 1 };
  const isList = first >= 0xc0;
  const short = first - (isList ? 0xc0 : 0x80);
  let payload = offset + 1;
  let length = short;
  if (short > 55) {
    length = readLength(bytes, payload, short - 55);
    payload += short - 55;
  }
  const end = payload + length;
  if (end > limit) fail(`payload of ${length} bytes is cut off`);
  if (!isList && length === 1 && (bytes[payload] as number) < 0x80)
    fail('single byte below 0x80 must stand for itself');
  return { isList, start: offset, payload, end };
}

/** The spans of a list's members, in order. */
export function rlpListSpans(bytes: Uint8Array, list: RlpSpan): RlpSpan[] {
  if (!list.isList) fail('expected a list, got a byte string');
  const spans: RlpSpan[] = [];
  for (let offset = list.payload; offset < list.end; ) {
    const span = rlpSpan(bytes, offset, list.end);
    spans.push(span);
    offset = span.end;
  }
  return spans;
}

function decodeSpan(bytes: Uint8Array, span: RlpSpan, depth: number): RlpItem {
  if (!span.isList) return bytes.subarray(span.payload, span.end);
  if (depth >= RLP_DEPTH_MAX) fail(`nested deeper than ${RLP_DEPTH_MAX} lists`);
  return rlpListSpans(bytes, span).map((child) => decodeSpan(bytes, child, depth + 1));
}

/**
 * Decodes one item that fills `bytes` exactly. Byte strings are views into `bytes`.
 * @throws ChainError `INVALID_RLP`
 */
export function decodeRlp(bytes: Uint8Array): RlpItem {
  const span = rlpSpan(bytes, 0);
  if (span.end !== bytes.length) fail(`${bytes.length - span.end} bytes follow the item`);
  return decodeSpan(bytes, span, 0);
}

/** @throws ChainError `INVALID_RLP` when `item` is not a list (of `length` members, when given) */
export function rlpList(item: RlpItem | undefined, what: string, length?: number): readonly RlpItem[] {
  if (item === undefined || item instanceof Uint8Array) fail(`${what}: expected a list`);
  if (length !== undefined && item.length !== length) fail(`${what}: expected ${length} members, got ${item.length}`);
  return item;
}

/** @throws ChainError `INVALID_RLP` when `item` is not a byte string (of `length` bytes, when given) */
export function rlpBytes(item: RlpItem | undefined, what: string, length?: number): Uint8Array {
  if (!(item instanceof Uint8Array)) fail(`${what}: expected a byte string`);
  if (length !== undefined && item.length !== length) fail(`${what}: expected ${length} bytes, got ${item.length}`);
  return item;
}

/** @throws ChainError `INVALID_RLP` when `item` is not a minimal integer of at most `bytesMax` bytes */
export function rlpInteger(item: RlpItem | undefined, what: string, bytesMax = 32): bigint {
  const bytes = rlpBytes(item, what);
  if (bytes.length > bytesMax) fail(`${what}: integer of ${bytes.length} bytes, at most ${bytesMax} allowed`);
  if (bytes.length > 0 && bytes[0] === 0) fail(`${what}: integer has a leading zero`);
  return bytesToBigInt(bytes);
}
