// A look at LevelDB's files before LevelDB opens them. It would pass over damage in silence: skip broken writes of its log
// and apply the later ones, forget a table whose manifest entry is cut off, never compare a checksum of a table.
import { readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { FileDamage, LogDamage } from './fileDamage.ts';
import { type LogContent, readLogFile } from './logFile.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { checkTableFile } from './tableFile.ts';

/** Tables that are read before the database opens, the newest first, in a tenth of a second; `scrubTables` reads the rest. */
export const TABLE_CHECK_BYTES = 128 * 1024 * 1024;
/**
 * Writes that may be missing where one log ends and the next begins: those without a sync, which a power cut may take. They
 * are the engine's records of one operation each; a block has many more and is always synced.
 */
const UNSYNCED_OPERATIONS_MAX = 4;
/** sequence (8) ‖ count (4), before the operations of a write */
const WRITE_HEADER_BYTES = 12;

export function tableFileName(directory: string, number: number): string {
  const name = String(number).padStart(6, '0');
  // LevelDB called them .sst before version 1.14.
  return readdirSync(directory).includes(`${name}.sst`) ? `${name}.sst` : `${name}.ldb`;
}

/** @throws FileDamage */
export function currentManifest(directory: string): Manifest {
  const name = /^(MANIFEST-\d+)\n$/.exec(readFileSync(join(directory, 'CURRENT'), 'utf8'))?.[1];
  if (name === undefined) throw new FileDamage('CURRENT', 'it does not name a manifest');
  return readManifest(name, read(directory, name));
}

function read(directory: string, name: string): Uint8Array {
  try {
    return readFileSync(join(directory, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new FileDamage(name, 'it is missing');
    throw error;
  }
}

/** The logs that the tables do not cover, the oldest first. */
function logFiles(directory: string, { logNumber }: Manifest): string[] {
  return readdirSync(directory)
    .filter((name) => /^\d+\.log$/.test(name) && Number.parseInt(name, 10) >= logNumber)
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

/** Keeps the logs before `name` whole, `bytes` of it, and nothing of later ones. */
function keptBefore(names: readonly string[], name: string, bytes: number): ReadonlyMap<string, number> {
  const index = names.indexOf(name);
  return new Map(names.slice(index).map((each, i) => [each, i === 0 ? bytes : 0]));
}

/** Checks that the writes of the logs follow each other without a gap; returns bytes of unfinished writes at the end. */
function checkLogs(directory: string, manifest: Manifest): number {
  const names = logFiles(directory, manifest);
  const expected = `${String(manifest.logNumber).padStart(6, '0')}.log`;
  if (manifest.logNumber > 0 && !names.includes(expected))
    throw new LogDamage(expected, 'it is missing', new Map(names.map((name) => [name, 0])));
  let next = manifest.lastSequence + 1;
  let tornBytes = 0;
  for (const [index, name] of names.entries()) {
    const bytes = read(directory, name);
    const content = readLogFile(bytes);
    const isLast = index === names.length - 1;
    if (content.state === 'damaged')
      throw new LogDamage(name, `it is not sound from byte ${content.end} on`, keptBefore(names, name, content.end));
    next = followWrites(name, content, next, index, names);
    if (content.state === 'torn' && isLast) tornBytes = bytes.length - content.end;
  }
  return tornBytes;
}

/**
 * Checks that the writes of a log follow each other; the first may be older than `from`, since the manifest knows of writes
 * that came after it. Returns the number that the next write has.
 */
function followWrites(name: string, { records }: LogContent, from: number, index: number, names: string[]): number {
  let next = from;
  for (const [position, { payload, offset }] of records.entries()) {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const isWhole = payload.length >= WRITE_HEADER_BYTES;
    const sequence = isWhole ? Number(view.getBigUint64(0, true)) : 0;
    const highest = next + (index > 0 && position === 0 ? UNSYNCED_OPERATIONS_MAX : 0);
    const follows = position === 0 ? sequence <= highest : sequence === next;
    if (!isWhole || !follows)
      throw new LogDamage(name, `writes are missing before byte ${offset}`, keptBefore(names, name, offset));
    next = sequence + view.getUint32(8, true);
  }
  return next;
}

/** What {@link checkDatabaseFiles} found besides damage. */
export interface FileCheck {
  /** Bytes of a write that was cut off by a crash and so never happened. */
  readonly tornBytes: number;
}

/**
 * Checks the files of the database in `directory`, which must have a file CURRENT. A node that has it open may change them
 * meanwhile: what is damage must be so twice.
 * @throws FileDamage
 */
export function checkDatabaseFiles(directory: string): FileCheck {
  try {
    return checkOnce(directory);
  } catch (error) {
    if (!(error instanceof FileDamage)) throw error;
    return checkOnce(directory);
  }
}

function checkOnce(directory: string): FileCheck {
  const manifest = currentManifest(directory);
  let budget = TABLE_CHECK_BYTES;
  for (const [number, bytes] of [...manifest.tables].sort(([a], [b]) => b - a)) {
    const name = tableFileName(directory, number);
    budget -= bytes;
    if (budget >= 0) checkTableFile(name, read(directory, name), bytes);
    else checkSize(directory, name, bytes);
  }
  return { tornBytes: checkLogs(directory, manifest) };
}

function checkSize(directory: string, name: string, expected: number): void {
  const size = statSync(join(directory, name), { throwIfNoEntry: false })?.size;
  if (size === undefined) throw new FileDamage(name, 'it is missing');
  if (size !== expected) throw new FileDamage(name, `it has ${size} bytes, expected ${expected}`);
}

/** Takes the damaged end of the log away. No process may have the database open. */
export function cutLog(directory: string, { kept }: LogDamage): void {
  for (const [name, bytes] of kept) truncateSync(join(directory, name), bytes);
}
