// Fixture files: found below files and directories, read one at a time.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { asObject } from '../../genesis/fieldReader.ts';
import { ChainError, messageOf } from '../../primitives/errors.ts';

/** The largest fixture of the suites has some 90 MB; a file is read as one string. */
export const FIXTURE_FILE_BYTES_MAX = 256 * 1024 * 1024;

/** All JSON files at or below the paths, in the order of names. @throws the operating system's errors for missing paths */
export function fixtureFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
    // `.meta` holds indexes of the fixtures beside it.
    const fixtures = names.filter((name) => !name.split(/[\\/]/).some((part) => part.startsWith('.')));
    return fixtures.sort().map((name) => join(path, name));
  });
}

/**
 * The tests of a file by name.
 * @throws ChainError `INVALID_FIXTURE`, `FIXTURE_TOO_LARGE`
 */
export function readFixtures(path: string): [name: string, test: unknown][] {
  const { size } = statSync(path);
  if (size > FIXTURE_FILE_BYTES_MAX) {
    const message = `${path} has ${size} bytes, at most ${FIXTURE_FILE_BYTES_MAX} can be read`;
    throw new ChainError('FIXTURE_TOO_LARGE', message, { path, size });
  }
  const text = readFileSync(path, 'utf8');
  try {
    return Object.entries(asObject(JSON.parse(text), path));
  } catch (error) {
    throw new ChainError('INVALID_FIXTURE', `${path} holds no tests: ${messageOf(error)}`, { path }, { cause: error });
  }
}
