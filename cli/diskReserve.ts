// Stops the node while its disk still has room to stop on, as geth does: a database that runs out of space in the middle of
// a write has to be opened again, and opening needs space too.
import { statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { NodeLog } from '../node/node.ts';
import { ChainError } from '../primitives/errors.ts';

/** Often enough for a node that writes 50 MB a second. */
const CHECK_INTERVAL_MS = 1_000;
/** Warns at so many times the reserve. */
const WARNING_FACTOR = 2;

function megabytes({ bavail, bsize }: { bavail: number; bsize: number }): number {
  return Math.floor((bavail * bsize) / 1e6);
}

function advice(directory: string, free: number, minimum: number): string {
  return `${free} MB are free on the disk of ${directory}, and disk.min_free_mb keeps ${minimum} MB in reserve. Free some space, or move the directory to a larger disk, and start again`;
}

/**
 * Watches the disk under `directory` until the returned function is called.
 * @param onLow called once, when less than the reserve is free; nothing was lost then
 * @throws ChainError `DISK_RESERVE` when less is free at once
 */
export function watchDisk(
  directory: string | undefined,
  minimumMegabytes: number,
  log: NodeLog,
  onLow: () => void,
): () => void {
  if (directory === undefined || minimumMegabytes === 0) return () => undefined;
  const free = megabytes(statfsSync(directory));
  if (free < minimumMegabytes)
    throw new ChainError('DISK_RESERVE', `only ${advice(directory, free, minimumMegabytes)}`);
  let hasWarned = false;
  const look = async (): Promise<void> => {
    // A disk that cannot be asked is no reason to stop.
    const found = await statfs(directory).catch(() => undefined);
    if (found === undefined) return;
    const left = megabytes(found);
    if (left < minimumMegabytes) {
      clearInterval(timer);
      log.error(
        `the node stops before its disk is full: ${advice(directory, left, minimumMegabytes)}. Every block is kept`,
      );
      onLow();
    } else if (left < WARNING_FACTOR * minimumMegabytes && !hasWarned) {
      hasWarned = true;
      log.warn('the disk fills up: the node will stop at its reserve', { freeMB: left, reserveMB: minimumMegabytes });
    }
  };
  const timer = setInterval(() => void look(), CHECK_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
