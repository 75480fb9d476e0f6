// LevelDB's log format (its doc/log_format.md), which its write-ahead logs and manifests share: blocks of 32 KiB that hold
// records, whole or in parts, each with a checksum. LevelDB skips what is damaged and goes on; this reader says so instead.
import { concatBytes } from '../../../primitives/bytes.ts';
import { maskedCrc32c } from './crc32c.ts';

const BLOCK_BYTES = 32_768;
/** checksum (4) ‖ length (2) ‖ type (1) */
const HEADER_BYTES = 7;
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4] as const;

export interface LogRecord {
  readonly payload: Uint8Array;
  readonly offset: number;
}

export interface LogContent {
  /** Those before the first damage. */
  readonly records: readonly LogRecord[];
  /** Where the last of them ends. */
  readonly end: number;
  /**
   * `whole`: nothing follows. `torn`: the file ends in a record that was never finished, as a crash leaves it. `damaged`: sound
   * records follow behind bytes that are not sound.
   */
  readonly state: 'whole' | 'torn' | 'damaged';
}

interface Part {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** The sound part of a record at `offset`, or why there is none. */
function partAt(bytes: Uint8Array, offset: number): Part | 'cut' | 'bad' {
  const blockEnd = offset - (offset % BLOCK_BYTES) + BLOCK_BYTES;
  const start = offset + HEADER_BYTES;
  if (start > bytes.length) return 'cut';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = start + view.getUint16(offset + 4, true);
  const type = bytes[offset + 6] as number;
  if (type < FULL || type > LAST || end > blockEnd) return 'bad';
  if (end > bytes.length) return 'cut';
  return maskedCrc32c(bytes, offset + 6, end) === view.getUint32(offset, true) ? { type, start, end } : 'bad';
}

/** The next place where a part may begin: the rest of a block that has no room for a header stays empty. */
function nextStart(offset: number): number {
  const left = BLOCK_BYTES - (offset % BLOCK_BYTES);
  return left < HEADER_BYTES ? offset + left : offset;
}

/** Whether anything sound follows: anywhere in the block of the damage, or at the start of a later one. */
function soundBehind(bytes: Uint8Array, damage: number): boolean {
  const blockEnd = Math.min(bytes.length, damage - (damage % BLOCK_BYTES) + BLOCK_BYTES);
  for (let offset = damage + 1; offset + HEADER_BYTES < blockEnd; offset++)
    if (typeof partAt(bytes, offset) === 'object') return true;
  for (let offset = blockEnd; offset < bytes.length; offset += BLOCK_BYTES)
    if (typeof partAt(bytes, offset) === 'object') return true;
  return false;
}

function isZero(bytes: Uint8Array, start: number): boolean {
  for (let at = start; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** Reads a log file as far as it is sound. */
export function readLogFile(bytes: Uint8Array): LogContent {
  const records: LogRecord[] = [];
  let parts: Uint8Array[] = [];
  let begun = 0;
  let end = 0;
  const content = (state: LogContent['state']): LogContent => ({ records, end, state });
  for (let offset = 0; offset < bytes.length; ) {
    const part = partAt(bytes, offset);
    if (part === 'cut' || (part === 'bad' && isZero(bytes, offset))) return content('torn');
    if (part === 'bad') return content(soundBehind(bytes, offset) ? 'damaged' : 'torn');
    const isBeginning = part.type === FULL || part.type === FIRST;
    if (isBeginning !== (parts.length === 0)) return content('damaged');
    if (isBeginning) begun = offset;
    parts.push(bytes.subarray(part.start, part.end));
    if (part.type === FULL || part.type === LAST) {
      records.push({ payload: parts.length === 1 ? (parts[0] as Uint8Array) : concatBytes(...parts), offset: begun });
      parts = [];
      end = part.end;
    } else if (part.type !== FIRST && part.type !== MIDDLE) return content('damaged');
    offset = nextStart(part.end);
  }
  return content(parts.length === 0 ? 'whole' : 'torn');
}
