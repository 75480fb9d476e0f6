// Runs the growth measurements by themselves: node dist-bench/bench/stateGrowthRun.js [accounts…]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureAccountGrowth } from './stateGrowth.ts';

const populations = process.argv.slice(2).map(Number);
const directory = mkdtempSync(join(tmpdir(), 'gnomon-growth-'));
try {
  const figures = await measureAccountGrowth({
    directory,
    populations: populations.length === 0 ? [1_000, 100_000, 1_000_000] : populations,
    blocks: 10,
    transfersPerBlock: 1_000,
    stateMode: { kind: 'archive' },
    progress: (line) => void process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
