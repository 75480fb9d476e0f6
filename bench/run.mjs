// `npm run bench` and `npm run flood`: compiles the product to dist/ and the benchmark to dist-bench/, then measures, or floods
// a node when the first argument is `flood`.
import { compileTool, ensureBuilt, ensureInstalled } from '../scripts/ensure.mjs';

ensureInstalled();
ensureBuilt();
compileTool('bench');
if (process.argv[2] === 'flood') {
  process.argv.splice(2, 1);
  await import('../dist-bench/bench/flood/main.js');
} else await import('../dist-bench/bench/main.js');
