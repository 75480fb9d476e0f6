// What a database holds, as one digest, and databases that remember it after every write.
import { createHash } from 'node:crypto';
import type { Database, DatabaseSnapshot, WriteBatch } from '../../node/state/database.ts';

/** A digest of every record. */
export async function contentOf(database: Database): Promise<string> {
  const hash = createHash('sha256');
  const snapshot = database.snapshot();
  for await (const [key, value] of snapshot.entries({ from: new Uint8Array(0) })) {
    hash.update(`${key.length} ${value.length} `).update(key).update(value);
  }
  await snapshot.close();
  return hash.digest('hex');
}

/** Passes everything on, and keeps the content after each write: all that a crash at any moment may leave. */
export class RecordingDatabase implements Database {
  readonly #inner: Database;
  readonly #contents: Set<string>;

  constructor(inner: Database, contents: Set<string>) {
    this.#inner = inner;
    this.#contents = contents;
  }

  async record(): Promise<void> {
    this.#contents.add(await contentOf(this.#inner));
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    return this.#inner.getSync(key);
  }

  async write(batch: WriteBatch, options: { readonly sync: boolean }): Promise<void> {
    await this.#inner.write(batch, options);
    await this.record();
  }

  snapshot(): DatabaseSnapshot {
    return this.#inner.snapshot();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
