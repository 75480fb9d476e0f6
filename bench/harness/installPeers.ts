// Peers are no dependencies of the product: each set has a package and lockfile of its own, installed when first needed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Installs the locked packages of a folder unless they are there; says why when that fails. */
export function installPeerPackages(directory: string): string | undefined {
  const record = join(directory, 'node_modules', '.package-lock.json');
  const lockfile = join(directory, 'package-lock.json');
  if (existsSync(record) && statSync(record).mtimeMs >= statSync(lockfile).mtimeMs) return undefined;
  // Not `npm ci`: it refuses a lockfile that lacks the binaries of other platforms, which not every registry has. The
  // packages that are needed bring their binaries; no install script has to run.
  const npm = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: directory,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return npm.status === 0 ? undefined : `npm install in bench/peers failed: ${npm.stderr || npm.error?.message}`;
}

/**
 * Builds geth from the Go module proxy, once, into a folder that git ignores. A quick run does not wait for the minutes
 * that this takes.
 */
export function buildGeth(version: string, binary: string, isQuick: boolean): string | undefined {
  if (existsSync(binary)) return undefined;
  if (spawnSync('go', ['version']).status !== 0) return 'it is built by Go, which is not installed';
  if (isQuick) return 'it is not built yet; a run without --quick does it';
  const target = dirname(binary);
  mkdirSync(target, { recursive: true });
  const go = spawnSync('go', ['install', `github.com/ethereum/go-ethereum/cmd/geth@${version}`], {
    env: { ...process.env, GOBIN: target },
    encoding: 'utf8',
  });
  return go.status === 0 ? undefined : `go install of geth ${version} failed: ${go.stderr}`;
}
