// LevelDB's manifest: which table files make up the database, and from which log on writes are not yet in them.
import { readVarint } from '../varint.ts';
import { FileDamage } from './fileDamage.ts';
import { readLogFile } from './logFile.ts';

export interface Manifest {
  /** Table files by number, with their sizes in bytes. */
  readonly tables: ReadonlyMap<number, number>;
  /** Logs from this number on hold what no table has; 0 in a database that was never opened again. */
  readonly logNumber: number;
  /** The number of the last write that is known to be in a table or in an older log. */
  readonly lastSequence: number;
}

/** The tags of leveldb/db/version_edit.cc. */
const TAG = {
  comparator: 1,
  logNumber: 2,
  nextFileNumber: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  previousLogNumber: 9,
} as const;

class EditReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  integer(): number {
    const { value, end } = readVarint(this.#bytes, this.#at);
    this.#at = end;
    return value;
  }

  skipText(): void {
    const length = this.integer();
    this.#at += length;
  }
}

/**
 * Reads the manifest `name` of `bytes`. A record that a crash cut off at its end does not count, as for LevelDB itself.
 * @throws FileDamage
 */
export function readManifest(name: string, bytes: Uint8Array): Manifest {
  const { records, end, state } = readLogFile(bytes);
  if (state === 'damaged' || records.length === 0) throw new FileDamage(name, `it is not sound from byte ${end} on`);
  const tables = new Map<number, number>();
  let logNumber: number | undefined;
  let lastSequence: number | undefined;
  let nextFileNumber: number | undefined;
  for (const { payload, offset } of records) {
    const reader = new EditReader(payload);
    while (!reader.isAtEnd) {
      const tag = reader.integer();
      if (tag === TAG.logNumber) logNumber = reader.integer();
      else if (tag === TAG.lastSequence) lastSequence = reader.integer();
      else if (tag === TAG.nextFileNumber) nextFileNumber = reader.integer();
      else if (tag === TAG.previousLogNumber) reader.integer();
      else if (tag === TAG.comparator) reader.skipText();
      else if (tag === TAG.compactPointer) {
        reader.integer();
        reader.skipText();
      } else if (tag === TAG.deletedFile) {
        reader.integer();
        tables.delete(reader.integer());
      } else if (tag === TAG.newFile) {
        reader.integer();
        tables.set(reader.integer(), reader.integer());
        reader.skipText();
        reader.skipText();
      } else throw new FileDamage(name, `it has an unknown entry ${tag} in its record at byte ${offset}`);
    }
  }
  if (logNumber === undefined || lastSequence === undefined || nextFileNumber === undefined)
    throw new FileDamage(name, `it ends at byte ${end}, before all that it must say`);
  return { tables, logNumber, lastSequence };
}
