// Files that are there whole or not at all, whatever ends the process and however full the disk is.
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** What a file is called until it is whole. One that a crash left behind is overwritten by the next attempt. */
export const PARTIAL_SUFFIX = '.partial';

const DEFAULT_MODE = 0o666;
/** What file systems without hard links answer. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** @throws Error of the file system, `EEXIST` when the file is there already; then nothing is left of the attempt */
export function createWholeFile(path: string, text: string, mode = DEFAULT_MODE): void {
  refuseExisting(path);
  writePartial(path, text, mode);
  publishFile(path);
}

/** As {@link createWholeFile}, in the place of what may be there. */
export function replaceWholeFile(path: string, text: string, mode = DEFAULT_MODE): void {
  writePartial(path, text, mode);
  renameSync(path + PARTIAL_SUFFIX, path);
  syncDirectory(dirname(path));
}

/** @throws Error with the code `EEXIST` */
export function refuseExisting(path: string): void {
  if (!existsSync(path)) return;
  const error = new Error(`EEXIST: file already exists, open '${path}'`);
  throw Object.assign(error, { code: 'EEXIST', syscall: 'open', path });
}

/** Gives `path`.partial, which must be synced, its name; never in the place of another file. */
export function publishFile(path: string): void {
  const partial = path + PARTIAL_SUFFIX;
  try {
    linkSync(partial, path);
    unlinkSync(partial);
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) {
      rmSync(partial, { force: true });
      throw error;
    }
    refuseExisting(path);
    renameSync(partial, path);
  }
  syncDirectory(dirname(path));
}

function writePartial(path: string, text: string, mode: number): void {
  const partial = path + PARTIAL_SUFFIX;
  // Made anew, so that it has the mode that was asked for.
  rmSync(partial, { force: true });
  const file = openSync(partial, 'wx', mode);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(partial, { force: true });
    throw Object.assign(error as Error, { path });
  } finally {
    closeSync(file);
  }
}

/** The name of a new file is safe once its directory is. Not every system lets one sync a directory. */
function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EINVAL', 'EACCES', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
}
