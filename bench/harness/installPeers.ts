// Peers are no dependencies of the product: each set has a package and lockfile of its own, installed when first needed.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Installs the locked packages of a folder unless they are there; says why when that fails. */
export function installPeerPackages(directory: string): string | undefined {
  const record = join(directory, 'node_modules', '.package-lock.json');
  const lockfile = join(directory, 'package-lock.json');
  if (existsSync(record) && statSync(record).mtimeMs >= statSync(lockfile).mtimeMs) return undefined;
  // The packages that are needed bring their binaries; no install script has to run.
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: directory,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return npm.status === 0 ? undefined : `npm ci in bench/peers failed: ${npm.stderr || npm.error?.message}`;
}
