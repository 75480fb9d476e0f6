// Kills a node under load 200 times, and checks after each time that nothing is lost. `npm run test:kills -- 50 7`: 50 times,
// with the seed 7.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled } from './ensure.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [kills = '200', seed] = process.argv.slice(2);

ensureInstalled();
ensureBuilt();
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', 'test/e2e/crash.test.ts', '--reporter=verbose'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, GNOMON_TEST_ROUNDS: kills, ...(seed === undefined ? {} : { GNOMON_TEST_SEED: seed }) },
  },
);
process.exitCode = status ?? 1;
