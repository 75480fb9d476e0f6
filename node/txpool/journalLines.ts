// The text of the pool's journal: a line for each transaction that entered the pool, and one for each that left it. Lines,
// because a damaged one ends where it ends: neither base64 nor the checksum can hold a line feed.
import { crc32 } from 'node:zlib';

/** `+` holds an encoded transaction, `-` the hash of one that is gone. */
export type JournalKind = '+' | '-';

export interface JournalRecord {
  readonly kind: JournalKind;
  readonly bytes: Uint8Array;
}

/** Kind, colon, eight digits, line feed. */
const FRAME_LENGTH = 11;
const PATTERN = /^([+-][A-Za-z0-9+/]+={0,2}):([0-9a-f]{8})$/;

/** Bytes of the line that holds `length` bytes. */
export function lineLength(length: number): number {
  return FRAME_LENGTH + 4 * Math.ceil(length / 3);
}

/** The record as a line, with its line feed. */
export function encodeLine(kind: JournalKind, bytes: Uint8Array): string {
  const text = kind + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return `${text}:${checksum(text)}\n`;
}

/** The record of a line without its line feed; undefined when it is damaged. */
export function parseLine(line: string): JournalRecord | undefined {
  const [, text, sum] = PATTERN.exec(line) ?? [];
  if (text === undefined || checksum(text) !== sum) return undefined;
  return { kind: text[0] as JournalKind, bytes: Uint8Array.from(Buffer.from(text.slice(1), 'base64')) };
}

function checksum(text: string): string {
  // The leading one keeps the zeros.
  return (crc32(text) + 2 ** 32).toString(16).slice(1);
}
