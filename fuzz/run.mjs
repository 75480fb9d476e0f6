// `npm run fuzz`: compiles the fuzzer with what it imports to dist-fuzz/, then runs it.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../scripts/ensure.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

ensureInstalled();
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const compiled = spawnSync(process.execPath, [compiler, '-p', join(root, 'fuzz', 'tsconfig.json')], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
process.setSourceMapsEnabled(true);
await import('../dist-fuzz/fuzz/main.js');
