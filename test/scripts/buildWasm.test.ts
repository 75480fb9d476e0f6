import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const compiler = `${root}node_modules/assemblyscript/package.json`;

it.skipIf(!existsSync(compiler))('every WebAssembly module is what its source compiles to, byte for byte', () => {
  const result = spawnSync(process.execPath, [`${root}scripts/buildWasm.mjs`, '--check'], { encoding: 'utf8' });
  expect(result.stderr).toBe('');
  expect(result.status).toBe(0);
});
