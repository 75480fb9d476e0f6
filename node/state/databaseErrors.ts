// What failures of the database mean for whoever runs the node: a name, what is wrong, and what to do about it.
import { statfsSync } from 'node:fs';
import { ChainError, messageOf } from '../../primitives/errors.ts';
import type { DatabaseError } from './database.ts';
import { type FileDamage, LogDamage } from './leveldb/fileDamage.ts';

/** The failure behind what classic-level throws: its own code, or the operating system's. */
function causeOf(error: unknown): { code: string; message: string } {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return { code, message: messageOf(cause) };
}

/** What a failure to open means. Exported for its table test. */
export function openError(directory: string, error: unknown): DatabaseError {
  const { code, message } = causeOf(error);
  if (code === 'LEVEL_LOCKED') return lockedError(directory, 'another process has it open');
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return new ChainError('DATABASE_FOREIGN', `${directory} is not a directory. Choose another place.`, { directory });
  // LevelDB follows CURRENT to its manifest before anything else.
  if (/No such file or directory/.test(message)) return corruptedError(directory, message);
  return accessError(directory, error);
}

/** What a failure to read or write means. Exported for its table test. */
export function accessError(directory: string, error: unknown): DatabaseError {
  if (error instanceof ChainError) return error as DatabaseError;
  const { code, message } = causeOf(error);
  const data = { directory, cause: message };
  if (code === 'ENOSPC' || code === 'EDQUOT' || /No space left|quota exceeded/i.test(message)) {
    const advice =
      'Every block before it is kept. Free some space, or move the directory to a larger disk, and start again.';
    const message = `no space left for the database in ${directory}${freeSpace(directory)}: the last write was not kept. ${advice}`;
    return new ChainError('DATABASE_FULL', message, data);
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || /Permission denied|Read-only/i.test(message)) {
    const advice = 'Make the directory writable for the user who runs gnomon.';
    return new ChainError('DATABASE_PERMISSION', `no permission for the database in ${directory}. ${advice}`, data);
  }
  if (code === 'LEVEL_CORRUPTION' || /Corruption/.test(message)) return corruptedError(directory, message);
  return new ChainError('DATABASE_FAILED', `the database in ${directory} failed: ${message}`, data, { cause: error });
}

export function lockedError(directory: string, why: string): ChainError<'DATABASE_LOCKED'> {
  const advice = 'Stop the other node, or choose another directory.';
  return new ChainError('DATABASE_LOCKED', `the database in ${directory} is in use: ${why}. ${advice}`, { directory });
}

/** ` (12 MB of 64 MB free)`, or nothing where the system does not say. */
function freeSpace(directory: string): string {
  try {
    const { bavail, blocks, bsize } = statfsSync(directory);
    const megabytes = (count: number) => `${Math.floor((count * bsize) / 1e6)} MB`;
    return ` (${megabytes(bavail)} of ${megabytes(blocks)} free)`;
  } catch {
    return '';
  }
}

/** What a damaged file means. Damage of the log can be cut away; of anything else the database cannot be trusted. */
export function damageError(directory: string, damage: FileDamage): ChainError<'DATABASE_CORRUPTED'> {
  if (!(damage instanceof LogDamage)) return corruptedError(directory, damage.message);
  return corruptedError(
    directory,
    damage.message,
    'The blocks before the damage are sound: "gnomon rollback" goes back to the last of them.',
  );
}

export function corruptedError(directory: string, cause: string, way = ''): ChainError<'DATABASE_CORRUPTED'> {
  const restore = 'restore it from a backup, or remove the directory and import the chain again.';
  const advice = way === '' ? `R${restore.slice(1)}` : `${way} Or ${restore}`;
  const message = `the database in ${directory} is damaged (${cause}). ${advice}`;
  return new ChainError('DATABASE_CORRUPTED', message, { directory, cause });
}
