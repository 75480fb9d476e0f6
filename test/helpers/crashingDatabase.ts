// A database that dies at a chosen write, and disks that survive it.
import type { Database, DatabaseSnapshot, WriteBatch } from '../../node/state/database.ts';
import { MemoryDatabase } from '../../node/state/memoryDatabase.ts';

export class Crash extends Error {
  override readonly name = 'Crash';
}

/**
 * What becomes of writes that nobody synced: `kept`, as when a process is killed; `lost` since the last synced one, as in a
 * power cut; `holes`: those right before it as well, which a power cut takes where LevelDB had just begun another log.
 */
export type Unsynced = 'kept' | 'lost' | 'holes';

/** Writes in order, as a disk has them. */
export class Disk {
  #writes: { readonly batch: WriteBatch; readonly isSynced: boolean }[] = [];

  append(batch: WriteBatch, isSynced: boolean): void {
    this.#writes.push({ batch, isSynced });
  }

  /** What is found after the power came back. */
  async afterCrash(unsynced: Unsynced): Promise<Database> {
    const lastSynced = this.#writes.findLastIndex(({ isSynced }) => isSynced);
    const syncedBefore = this.#writes.findLastIndex(({ isSynced }, index) => isSynced && index < lastSynced);
    const isLost = (index: number) =>
      (unsynced !== 'kept' && index > lastSynced) ||
      (unsynced === 'holes' && index > syncedBefore && index < lastSynced);
    this.#writes = this.#writes.filter((_write, index) => !isLost(index));
    const database = new MemoryDatabase();
    for (const { batch } of this.#writes) await database.write(batch);
    return database;
  }
}

/** Counts writes over all lives of a process: each has a point before and a point after it. */
export class CrashPoints {
  passed = 0;
  readonly #at: readonly number[];

  /** @param at the points at which to die, ascending */
  constructor(...at: number[]) {
    this.#at = at;
  }

  pass(): void {
    if (this.#at.includes(this.passed++)) throw new Crash(`at point ${this.passed - 1}`);
  }
}

/** A process's view of its disk. After the crash nothing works any more, as in a process that is gone. */
export class CrashingDatabase implements Database {
  readonly #inner: Database;
  readonly #disk: Disk;
  readonly #points: CrashPoints;
  #isDead = false;

  constructor(inner: Database, disk: Disk, points: CrashPoints) {
    this.#inner = inner;
    this.#disk = disk;
    this.#points = points;
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    this.#live();
    return this.#inner.getSync(key);
  }

  async write(batch: WriteBatch, options: { readonly sync: boolean }): Promise<void> {
    this.#live();
    this.#pass();
    this.#disk.append(batch, options.sync);
    await this.#inner.write(batch, options);
    this.#pass();
  }

  snapshot(): DatabaseSnapshot {
    this.#live();
    return this.#inner.snapshot();
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  #live(): void {
    if (this.#isDead) throw new Crash('the process is gone');
  }

  #pass(): void {
    try {
      this.#points.pass();
    } catch (error) {
      this.#isDead = true;
      throw error;
    }
  }
}
