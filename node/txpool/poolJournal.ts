// Keeps the pool on disk: what entered and left it is appended to a file, a batch at a time and behind the back of whoever
// submits; the file is written anew when it has outgrown the pool. Failing to is no reason to stop a node: it is said, and
// tried again.
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../primitives/errors.ts';
import { PARTIAL_SUFFIX } from '../../primitives/wholeFile.ts';
import { encodeLine, lineLength } from './journalLines.ts';
import type { PoolEntry } from './senderQueue.ts';

export interface JournalLog {
  info(message: string, detail?: Readonly<Record<string, unknown>>): void;
  warn(message: string, detail?: Readonly<Record<string, unknown>>): void;
}

/** The pool as its journal sees it. */
export interface JournaledPool {
  /** Everything in it, by arrival. */
  entries(): readonly PoolEntry[];
  /** Tells of every entry that came or went. */
  onChange(listener: (entry: PoolEntry) => void): void;
}

export interface PoolJournalOptions {
  readonly file: string;
  readonly pool: JournaledPool;
  readonly log: JournalLog;
  /** The file is written anew before it has more bytes. */
  readonly bytesMax: number;
}

/** What a process that is killed may lose. Under load some hundred transactions then share a write; none waits for it. */
export const JOURNAL_DELAY_MS = 10;
/** A file that has so many times the bytes of what is in the pool is written anew: as much is written as was appended. */
export const JOURNAL_GROWTH = 2;
/** Below it a file may hold whatever it holds: to write it anew costs a sync. */
export const JOURNAL_REWRITE_BYTES_MIN = 4 * 1024 * 1024;
/** After a failure; a disk that was full may have room again. */
const RETRY_MS = 60_000;
/** Entries in one write of a new file, so that others have their turn. */
const ENTRIES_PER_WRITE = 512;
/** Transactions are public, who sent them here is not. */
const FILE_MODE = 0o600;

export class PoolJournal {
  readonly #options: PoolJournalOptions;
  /** Entries of which the file does not say what is so. */
  readonly #dirty = new Set<PoolEntry>();
  #file: FileHandle | undefined;
  #bytes = 0;
  /** Bytes of the lines of what is in the pool. */
  #liveBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #isWorking = false;
  #hasFailed = false;
  #isClosed = false;

  private constructor(options: PoolJournalOptions) {
    this.#options = options;
  }

  /** Writes a file of what is in the pool now, in the place of what is there, and follows the pool from now on. */
  static async begin(options: PoolJournalOptions): Promise<PoolJournal> {
    const journal = new PoolJournal(options);
    options.pool.onChange((entry) => journal.#changed(entry));
    await journal.flush();
    return journal;
  }

  /** Resolves when the file says what is in the pool, or could not be made to; with `sync` it survives a power cut. */
  flush({ sync = false }: { readonly sync?: boolean } = {}): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#work = this.#work.then(() => this.#write(sync));
    return this.#work;
  }

  /** Writes what is left. What comes or goes afterwards is not kept. */
  async close(): Promise<void> {
    await this.flush({ sync: true });
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }

  #changed(entry: PoolEntry): void {
    if (this.#isClosed || !isKept(entry)) return;
    // One that came and went between two writes leaves no line.
    if (entry.isPooled === entry.isJournaled) this.#dirty.delete(entry);
    else this.#dirty.add(entry);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isWorking || this.#isClosed || this.#timer !== undefined) return;
    if (this.#dirty.size === 0 && !this.#hasFailed) return;
    this.#timer = setTimeout(() => void this.flush(), this.#hasFailed ? RETRY_MS : JOURNAL_DELAY_MS);
    this.#timer.unref();
  }

  /** Never throws. */
  async #write(sync: boolean): Promise<void> {
    if (this.#isClosed) return;
    this.#isWorking = true;
    try {
      if (this.#file === undefined || this.#isOutgrown()) await this.#rewrite();
      else await this.#append(this.#file);
      if (sync) await this.#file?.datasync();
      if (this.#hasFailed) this.#options.log.info('the pool is journaled again', { file: this.#options.file });
      this.#hasFailed = false;
    } catch (error) {
      await this.#fail(error);
    } finally {
      this.#isWorking = false;
      this.#schedule();
    }
  }

  #isOutgrown(): boolean {
    if (this.#bytes > this.#options.bytesMax) return true;
    return this.#bytes > JOURNAL_REWRITE_BYTES_MIN && this.#bytes > JOURNAL_GROWTH * this.#liveBytes;
  }

  async #append(file: FileHandle): Promise<void> {
    const gone: string[] = [];
    const come: string[] = [];
    for (const entry of this.#dirty) {
      const { hash, raw } = entry.transaction;
      entry.isJournaled = entry.isPooled;
      this.#liveBytes += (entry.isPooled ? 1 : -1) * lineLength(raw.length);
      if (entry.isPooled) come.push(encodeLine('+', raw));
      else gone.push(encodeLine('-', hash));
    }
    this.#dirty.clear();
    if (gone.length + come.length === 0) return;
    // What is gone first: the file never tells of more than fits into a pool.
    await this.#put(file, [...gone, ...come]);
  }

  /** The old file is there until the new one is whole. */
  async #rewrite(): Promise<void> {
    const { file, pool } = this.#options;
    const entries = pool.entries().filter(isKept);
    for (const entry of this.#dirty) entry.isJournaled = entry.isPooled;
    for (const entry of entries) entry.isJournaled = true;
    this.#dirty.clear();
    await this.#file?.close();
    this.#file = undefined;
    const partial = file + PARTIAL_SUFFIX;
    await rm(partial, { force: true });
    const next = await open(partial, 'ax', FILE_MODE);
    this.#bytes = 0;
    try {
      for (let start = 0; start < entries.length; start += ENTRIES_PER_WRITE)
        await this.#put(
          next,
          entries.slice(start, start + ENTRIES_PER_WRITE).map(({ transaction }) => encodeLine('+', transaction.raw)),
        );
      await next.sync();
      await rename(partial, file);
      syncDirectory(dirname(file));
    } catch (error) {
      await next.close().catch(() => undefined);
      throw error;
    }
    this.#file = next;
    this.#liveBytes = this.#bytes;
  }

  async #put(file: FileHandle, lines: readonly string[]): Promise<void> {
    const bytes = Buffer.from(lines.join(''), 'latin1');
    await file.appendFile(bytes);
    this.#bytes += bytes.length;
  }

  /** What the file holds is not known now: the next attempt writes it anew. */
  async #fail(error: unknown): Promise<void> {
    const { file, log } = this.#options;
    if (!this.#hasFailed) {
      const advice =
        'transactions that arrive from now on may be lost when the node ends; it is tried again every minute';
      log.warn('the pool cannot be journaled', { file, cause: messageOf(error), advice });
    }
    this.#hasFailed = true;
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
    await rm(file + PARTIAL_SUFFIX, { force: true }).catch(() => undefined);
  }
}

/** Blobs are not kept: they would be most of the file, and no block is made on a chain that has them. */
function isKept(entry: PoolEntry): boolean {
  return entry.sidecar === undefined;
}

/** The new name is safe once the directory is; some systems do not let one sync it. */
function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, 'r');
    fsyncSync(directory);
    closeSync(directory);
  } catch {
    // The file itself is synced: at worst the older one is found after a power cut.
  }
}
