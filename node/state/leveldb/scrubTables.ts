// Reads the table files that were not read before the database opened, slowly, while the node runs.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { damageError } from '../databaseErrors.ts';
import { currentManifest, TABLE_CHECK_BYTES, tableFileName } from './databaseFiles.ts';
import { FileDamage } from './fileDamage.ts';
import { checkTableFile } from './tableFile.ts';

/** Time left to others for each millisecond of reading: 10 GB take a quarter of an hour. */
const REST_FACTOR = 50;

/**
 * Checks the tables of the database in `directory` that opening it left out, until done or `signal` is aborted.
 * @param nowMs a clock that never goes back
 * @throws ChainError `DATABASE_CORRUPTED`
 */
export async function scrubTables(
  directory: string,
  nowMs: () => number,
  signal: AbortSignal,
  checkedBytes = TABLE_CHECK_BYTES,
): Promise<void> {
  let budget = checkedBytes;
  for (const [number, bytes] of [...currentManifest(directory).tables].sort(([a], [b]) => b - a)) {
    budget -= bytes;
    if (budget >= 0) continue;
    const beganMs = nowMs();
    const name = tableFileName(directory, number);
    const content = await readFile(join(directory, name)).catch((error: NodeJS.ErrnoException) => {
      // LevelDB merges tables and removes them while this goes on.
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    try {
      if (content !== undefined) checkTableFile(name, content, bytes);
    } catch (error) {
      throw error instanceof FileDamage ? damageError(directory, error) : error;
    }
    await sleep((nowMs() - beganMs) * REST_FACTOR, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
  }
}
