// Bytes, hex and big-endian integers. Parsing is strict: only canonical forms, and every refusal says what was expected.
import { ChainError } from './errors.ts';
import type { Address, Hash, Hex } from './types.ts';

export const EMPTY_BYTES: Uint8Array = new Uint8Array(0);
export const ADDRESS_LENGTH = 20;
export const HASH_LENGTH = 32;

const HEX_PATTERN = /^0x([0-9a-fA-F]{2})*$/;

/** A view as Buffer, without copying. */
function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

type Slice = (this: Uint8Array, start: number, end: number) => string;

/** Buffer's own encoders, which take any bytes: half the cost of wrapping them in a Buffer first. */
const { hexSlice, latin1Slice } = Buffer.prototype as { hexSlice?: Slice; latin1Slice?: Slice };

/** `0x`-prefixed lower-case hex of all bytes. */
export function bytesToHex(bytes: Uint8Array): Hex {
  return hexSlice === undefined ? `0x${view(bytes).toString('hex')}` : `0x${hexSlice.call(bytes, 0, bytes.length)}`;
}

/**
 * Parses `0x`-prefixed hex with an even number of digits.
 * @throws ChainError `INVALID_HEX`
 */
export function hexToBytes(text: string): Uint8Array {
  if (!HEX_PATTERN.test(text)) {
    throw new ChainError('INVALID_HEX', `expected 0x-prefixed hex with an even number of digits, got ${quote(text)}`, {
      text,
    });
  }
  const buffer = Buffer.from(text.slice(2), 'hex');
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** A short quotation of untrusted text for an error message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}

/**
 * Parses a 20-byte address from hex; mixed case is accepted and its checksum is not checked.
 * @throws ChainError `INVALID_ADDRESS`
 */
export function parseAddress(text: string): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) {
    throw new ChainError('INVALID_ADDRESS', `expected an address of 0x and 40 hex digits, got ${quote(text)}`, {
      text,
    });
  }
  return hexToBytes(text) as Address;
}

/**
 * Parses a 32-byte hash from hex.
 * @throws ChainError `INVALID_HASH`
 */
export function parseHash(text: string): Hash {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) {
    throw new ChainError('INVALID_HASH', `expected a hash of 0x and 64 hex digits, got ${quote(text)}`, { text });
  }
  return hexToBytes(text) as Hash;
}

/** Brands 20 bytes that trusted code made. */
export function toAddress(bytes: Uint8Array): Address {
  if (bytes.length !== ADDRESS_LENGTH)
    throw new ChainError('INVALID_ADDRESS', `expected 20 bytes, got ${bytes.length}`);
  return bytes as Address;
}

/** Brands 32 bytes that trusted code made. */
export function toHash(bytes: Uint8Array): Hash {
  if (bytes.length !== HASH_LENGTH) throw new ChainError('INVALID_HASH', `expected 32 bytes, got ${bytes.length}`);
  return bytes as Hash;
}

/** A compact Map key for bytes: one Latin-1 character per byte. */
export function bytesKey(bytes: Uint8Array): string {
  return latin1Slice === undefined ? view(bytes).toString('latin1') : latin1Slice.call(bytes, 0, bytes.length);
}

/** The bytes of a key that {@link bytesKey} made. */
export function keyBytes(key: string): Uint8Array {
  const bytes = new Uint8Array(key.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = key.charCodeAt(i);
  return bytes;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lexicographic order: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Integers of up to 32 bytes pass through here as four words: reading and writing them as hex costs several times as much. */
const word = new DataView(new ArrayBuffer(32));
const wordBytes = new Uint8Array(word.buffer);

/** The unsigned big-endian integer in `bytes`, or in a part of them; empty is zero. */
export function bytesToBigInt(bytes: Uint8Array, from = 0, to: number = bytes.length): bigint {
  const length = to - from;
  if (length <= 6) {
    let small = 0;
    for (let i = from; i < to; i++) small = small * 256 + (bytes[i] as number);
    return BigInt(small);
  }
  if (length > 32) return BigInt(`0x${view(bytes.subarray(from, to)).toString('hex')}`);
  wordBytes.fill(0, 0, 32 - length);
  for (let i = 0; i < length; i++) wordBytes[32 - length + i] = bytes[from + i] as number;
  const low = word.getBigUint64(24);
  if (length <= 8) return low;
  const lower = (word.getBigUint64(16) << 64n) | low;
  if (length <= 16) return lower;
  return (word.getBigUint64(0) << 192n) | (word.getBigUint64(8) << 128n) | lower;
}

/** Writes `value` to the last bytes of the word; returns how many it takes, or undefined when it does not fit. */
function writeWord(value: bigint): number | undefined {
  let end = 32;
  let rest = value;
  for (; rest !== 0n; rest >>= 64n) {
    if (end === 0) return undefined;
    end -= 8;
    word.setBigUint64(end, rest);
  }
  while (end < 32 && wordBytes[end] === 0) end++;
  return 32 - end;
}

/** Minimal big-endian bytes of a non-negative integer; zero is empty (the RLP form of an integer). */
export function bigIntToBytes(value: bigint): Uint8Array {
  if (value === 0n) return EMPTY_BYTES;
  const length = value > 0n ? writeWord(value) : undefined;
  if (length !== undefined) return wordBytes.slice(32 - length);
  let hex = value.toString(16);
  if (hex.length & 1) hex = `0${hex}`;
  const buffer = Buffer.from(hex, 'hex');
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Big-endian bytes of `value` in exactly `length` bytes; `value` must fit. */
export function bigIntToFixedBytes(value: bigint, length: number): Uint8Array {
  const out = new Uint8Array(length);
  putBigInt(value, out, 0, length);
  return out;
}

/** Writes `value` in exactly `length` big-endian bytes at `offset` of `target`, where zeros stand; `value` must fit. */
export function putBigInt(value: bigint, target: Uint8Array, offset: number, length: number): void {
  const inWord = writeWord(value);
  const wide = inWord === undefined ? bigIntToBytes(value) : undefined;
  const size = wide?.length ?? inWord ?? 0;
  if (size > length) throw new ChainError('INTEGER_TOO_LARGE', `expected at most ${length} bytes, got ${size}`);
  const start = offset + length - size;
  if (wide !== undefined) target.set(wide, start);
  else for (let i = 0; i < size; i++) target[start + i] = wordBytes[32 - size + i] as number;
}

/** Writes `value` as four big-endian bytes. Cheaper than a DataView, which small arrays do not have until they are asked for one. */
export function putUint32(value: number, target: Uint8Array, offset: number): void {
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
}

/** `bytes` right-aligned in `length` bytes of zero; `bytes` must not be longer. */
export function padLeft(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  const out = new Uint8Array(length);
  out.set(bytes, length - bytes.length);
  return out;
}

/** `bytes` without leading zero bytes, as a view. */
export function stripZeros(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start++;
  return start === 0 ? bytes : bytes.subarray(start);
}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { fatal: true });

export function utf8ToBytes(text: string): Uint8Array {
  return textEncoder.encode(text);
}

/** @throws TypeError when the bytes are not valid UTF-8 */
export function bytesToUtf8(bytes: Uint8Array): string {
  return textDecoder.decode(bytes);
}

export const ZERO_ADDRESS: Address = toAddress(new Uint8Array(ADDRESS_LENGTH));
export const ZERO_HASH: Hash = toHash(new Uint8Array(HASH_LENGTH));
