// Where other people's vectors are read from. They are not part of the project: tests that need them say so and are skipped.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectRoot = fileURLToPath(new URL('..', import.meta.url));

/** The path of a vector file or folder, or undefined when it is absent. */
export function vectorPath(...segments: readonly string[]): string | undefined {
  const base = process.env.GNOMON_VECTORS ?? join(projectRoot, '..', 'shared', 'vectors');
  const path = join(base, ...segments);
  return existsSync(path) ? path : undefined;
}

/** The bytes of a vector file, or undefined when it is absent. */
export function vectorBytes(...segments: readonly string[]): Uint8Array | undefined {
  const path = vectorPath(...segments);
  return path === undefined ? undefined : new Uint8Array(readFileSync(path));
}

/** The path of a checkout of other people's fixtures, or something in it (`GNOMON_FIXTURES`), or undefined when it is absent. */
export function fixturePath(...segments: readonly string[]): string | undefined {
  const base = process.env.GNOMON_FIXTURES;
  if (base === undefined) return vectorPath('fixtures', ...segments);
  const path = join(base, ...segments);
  return existsSync(path) ? path : undefined;
}
