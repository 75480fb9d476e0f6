// How much a production install of the product brings.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_DIRECTORY } from '../harness/peers.ts';
import type { Suite } from '../suite.ts';

/** Blocks that `lstat` counts, whatever the file system's own size. */
const STAT_BLOCK_BYTES = 512;
const MEGABYTE = 1e6;

/** Space on disk, as `du` counts it. */
function diskBytes(path: string): number {
  const stat = lstatSync(path);
  const own = stat.blocks * STAT_BLOCK_BYTES;
  if (!stat.isDirectory()) return own;
  return readdirSync(path).reduce((sum, name) => sum + diskBytes(join(path, name)), own);
}

async function run() {
  const directory = mkdtempSync(join(tmpdir(), 'gnomon-install-'));
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      if (existsSync(join(PROJECT_DIRECTORY, file))) cpSync(join(PROJECT_DIRECTORY, file), join(directory, file));
    const npm = spawnSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: directory,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    if (npm.status !== 0) throw new Error(`npm ci --omit=dev failed: ${npm.stderr || npm.error?.message}`);
    const packages = diskBytes(join(directory, 'node_modules')) / MEGABYTE;
    const own = diskBytes(join(PROJECT_DIRECTORY, 'dist')) / MEGABYTE;
    const largest = packageSizes(join(directory, 'node_modules'));
    return {
      tables: [
        {
          title: 'Production install',
          notes: ['`npm ci --omit=dev` in an empty folder; space on disk.'],
          columns: ['', 'MB'],
          rows: [
            ['node_modules', packages],
            ['dist', own],
            ...largest.slice(0, 8).map(([name, bytes]): [string, number] => [`of it ${name}`, bytes / MEGABYTE]),
          ],
        },
      ],
      figures: { 'install.megabytes': packages + own },
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Packages and scopes, largest first. */
function packageSizes(modules: string): [string, number][] {
  return readdirSync(modules)
    .map((name): [string, number] => [name, diskBytes(join(modules, name))])
    .sort((left, right) => right[1] - left[1]);
}

export const installSize: Suite = { name: 'install', says: 'size of a production install', run };
