// Reads what a journal says was in the pool, whatever a crash or a disk did to the file.
import { createReadStream, existsSync } from 'node:fs';
import { bytesKey } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { lineLength, parseLine } from './journalLines.ts';

export interface JournalReadLimits {
  /** Of the file: what stands behind is not read. */
  readonly bytesMax: number;
  /** Transactions at once: lines that would add more are not read. */
  readonly countMax: number;
  /** Of one transaction: a line that holds more is damaged. */
  readonly transactionBytesMax: number;
}

export interface JournalContent {
  /** Encoded transactions that were in the pool, those that entered it first in front. */
  readonly raws: readonly Uint8Array[];
  readonly damagedCount: number;
  /** Numbers of the first damaged lines, from 1 on. */
  readonly damagedLines: readonly number[];
  /** Of a last line without its end, which a crash cut off. */
  readonly tornBytes: number;
  /** Whether the file held more than may be read. */
  readonly isCut: boolean;
}

/** So many damaged lines are named, the others counted. */
const DAMAGED_NAMED_MAX = 8;
const CHUNK_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;

/**
 * Reads a journal; none is an empty one.
 * @throws Error of the file system
 */
export async function readJournal(file: string, limits: JournalReadLimits): Promise<JournalContent> {
  const lines = new JournalLines(limits);
  if (!existsSync(file)) return lines.content(false);
  let bytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES, end: limits.bytesMax })) {
    bytes += (chunk as Buffer).length;
    lines.take(chunk as Buffer);
    if (lines.isFull) break;
  }
  return lines.content(bytes > limits.bytesMax || lines.isFull);
}

/** Lines out of pieces of a file; of one that is longer than any may be, only its end is looked for. */
class JournalLines {
  /** A line would add a transaction to as many as may be. */
  isFull = false;
  readonly #limits: JournalReadLimits;
  readonly #live = new Map<string, Uint8Array>();
  readonly #damagedLines: number[] = [];
  #damagedCount = 0;
  #lineNumber = 1;
  #rest = '';
  #restBytes = 0;

  constructor(limits: JournalReadLimits) {
    this.#limits = limits;
  }

  take(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0 && !this.isFull; end = chunk.indexOf(LINE_FEED, start)) {
      this.#gather(chunk, start, end);
      this.#line(this.#rest);
      this.#rest = '';
      this.#restBytes = 0;
      this.#lineNumber++;
      start = end + 1;
    }
    this.#gather(chunk, start, chunk.length);
  }

  content(isCut: boolean): JournalContent {
    return {
      raws: [...this.#live.values()],
      damagedCount: this.#damagedCount,
      damagedLines: this.#damagedLines,
      tornBytes: isCut ? 0 : this.#restBytes,
      isCut,
    };
  }

  #gather(chunk: Buffer, start: number, end: number): void {
    this.#restBytes += end - start;
    // One character more than fits makes the line as damaged as all of them would.
    const room = lineLength(this.#limits.transactionBytesMax) - this.#rest.length;
    if (room > 0) this.#rest += chunk.toString('latin1', start, Math.min(end, start + room));
  }

  #line(line: string): void {
    const record = parseLine(line);
    if (record === undefined) {
      this.#damagedCount++;
      if (this.#damagedLines.length < DAMAGED_NAMED_MAX) this.#damagedLines.push(this.#lineNumber);
    } else if (record.kind === '-') this.#live.delete(bytesKey(record.bytes));
    else if (this.#live.size >= this.#limits.countMax) this.isFull = true;
    else this.#live.set(bytesKey(keccak256(record.bytes)), record.bytes);
  }
}
