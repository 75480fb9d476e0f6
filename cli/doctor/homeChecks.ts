// Checks of a home directory: who may read it, whether its files make sense, whether its database is whole.
import { existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { Chain } from '../../node/chain/chain.ts';
import { openLevelDatabase } from '../../node/state/levelDatabase.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { ChainError, messageOf } from '../../primitives/errors.ts';
import { type Config, loadConfig } from '../config.ts';
import { type Home, readSpec, stateModeOf } from '../home.ts';
import { broken, type Finding, note, ok, warning } from './finding.ts';

/** Of the mode: what group and others may do. */
const OTHERS_MAY = 0o077;
/** Below it a busy node soon runs into its reserve. */
const FREE_MEGABYTES_MIN = 1_024;

/** What every way of reading a home gives: the thing if it could be read, and what was found. */
export interface Read<Thing> {
  readonly thing?: Thing | undefined;
  readonly finding: Finding;
}

export function checkPermissions({ directory, keystoreDirectory }: Home): readonly Finding[] {
  return [
    privateDirectory('home.permissions', directory, 'the home directory'),
    ...(existsSync(keystoreDirectory)
      ? [
          privateDirectory('home.keystore', keystoreDirectory, 'the keystore'),
          ...readdirSync(keystoreDirectory)
            .filter((name) => (statSync(join(keystoreDirectory, name)).mode & OTHERS_MAY) !== 0)
            .map((name) => openToOthers('home.keystore', join(keystoreDirectory, name), 'a key file', '600')),
        ]
      : []),
  ];
}

function privateDirectory(id: string, path: string, what: string): Finding {
  // Windows keeps access in other places than the mode.
  if (process.platform === 'win32' || (statSync(path).mode & OTHERS_MAY) === 0) return ok(id, `${what} is ${path}`);
  return openToOthers(id, path, what, '700');
}

function openToOthers(id: string, path: string, what: string, mode: string): Finding {
  return warning(id, `${what} ${path} is open to other users of this machine`, `chmod ${mode} ${path}`);
}

export function checkConfig(directory: string | undefined, environment: NodeJS.ProcessEnv): Read<Config> {
  try {
    const config = loadConfig(directory, environment, {});
    return { thing: config, finding: ok('home.config', 'the settings are well formed') };
  } catch (error) {
    return { finding: broken('home.config', messageOf(error), 'correct the setting that is named') };
  }
}

export function checkGenesis({ genesisFile }: Home): Read<ChainSpec> {
  try {
    const spec = readSpec(genesisFile);
    return {
      thing: spec,
      finding: ok('home.genesis', `chain ${spec.chainId}, spec hash ${bytesToHex(spec.specHash)}`),
    };
  } catch (error) {
    return { finding: broken('home.genesis', messageOf(error), 'restore genesis.json: it decides what chain this is') };
  }
}

export function checkDisk(directory: string, reserveMegabytes: number): Finding {
  const { bavail, bsize } = statfsSync(directory);
  return diskFinding(directory, Math.floor((bavail * bsize) / 1e6), reserveMegabytes);
}

export function diskFinding(directory: string, freeMegabytes: number, reserveMegabytes: number): Finding {
  const found = `${freeMegabytes} MB free on the disk of ${directory}`;
  const advice = 'free some space, or move the home to a larger disk';
  if (freeMegabytes < reserveMegabytes)
    return broken('home.disk', `${found}, and disk.min_free_mb keeps ${reserveMegabytes} in reserve`, advice);
  return freeMegabytes < FREE_MEGABYTES_MIN ? warning('home.disk', found, advice) : ok('home.disk', found);
}

/**
 * Makes every check of the database that a start makes, and writes nothing of ours. Nothing is opened that is not there yet.
 * @param isServed whether a node answers at the RPC address of this home
 */
export async function checkDatabase(
  { databaseDirectory }: Home,
  spec: ChainSpec,
  state: Config['state'],
  isServed: boolean,
): Promise<readonly Finding[]> {
  if (!existsSync(join(databaseDirectory, 'CURRENT'))) return [note('home.database', 'there are no blocks yet')];
  const warnings: Finding[] = [];
  const warn = (message: string) => warnings.push(note('home.database', message));
  try {
    const database = await openLevelDatabase(databaseDirectory, { warn, isInspection: true });
    try {
      const head = Chain.inspect({ database, spec, stateMode: stateModeOf(state) });
      if (head === undefined) return [...warnings, note('home.database', 'there are no blocks yet')];
      const date = new Date(Number(head.header.timestampSeconds) * 1_000).toISOString();
      const found = `the database is whole; its newest block is ${head.header.number}, of ${date}`;
      return [...warnings, ok('home.database', found)];
    } finally {
      await database.close();
    }
  } catch (error) {
    return [...warnings, databaseFinding(error, isServed)];
  }
}

function databaseFinding(error: unknown, isServed: boolean): Finding {
  if (error instanceof ChainError && error.code === 'DATABASE_LOCKED') {
    if (isServed) return ok('home.database', 'a running node has the database open');
    const advice = 'if that node should answer here, look into its log; its port may be another';
    return warning('home.database', 'a running process has the database open, and no node answers', advice);
  }
  return broken('home.database', messageOf(error), 'see "What an error at start means" in docs/operate.md');
}
