import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** package.json lies above both cli/ (in tests) and dist/cli/. */
function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (require(path) as { version: string }).version;
    } catch (error) {
      if ((error as { code?: string }).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return '0.0.0';
}

export const VERSION: string = readVersion();
