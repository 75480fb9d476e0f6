// `npm run fuzz`: compiles the fuzzer with what it imports to dist-fuzz/, then runs it.
import { compileTool, ensureInstalled } from '../scripts/ensure.mjs';

ensureInstalled();
compileTool('fuzz');
process.setSourceMapsEnabled(true);
await import('../dist-fuzz/fuzz/main.js');
