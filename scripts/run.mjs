// The `gnomon` command in a clone: makes sure it is installed and compiled, then hands over to dist/cli/main.js in this process.
import { ensureBuilt, ensureInstalled } from './ensure.mjs';

ensureInstalled();
ensureBuilt();
await import('../dist/cli/main.js');
