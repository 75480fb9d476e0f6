// `npm run flood`: compiles the product to dist/ and the benchmark to dist-bench/, then floods a node.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled } from '../scripts/ensure.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

ensureInstalled();
ensureBuilt();
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const compiled = spawnSync(process.execPath, [compiler, '-p', join(root, 'bench', 'tsconfig.json')], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
await import('../dist-bench/bench/flood/main.js');
