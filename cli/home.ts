// The home directory of a node: genesis.json, config.toml, db/, keystore/, txpool.journal. Made by init, opened by everything else.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ChainSpec } from '../genesis/chainSpec.ts';
import { parseGenesisText } from '../genesis/genesisText.ts';
import { parseGenesis } from '../genesis/parseGenesis.ts';
import type { StateMode } from '../node/state/stateStore.ts';
import { ChainError } from '../primitives/errors.ts';
import { createWholeFile, PARTIAL_SUFFIX, replaceWholeFile } from '../primitives/wholeFile.ts';
import { type Config, defaultConfigToml, defaultHome } from './config.ts';

export interface Home {
  readonly directory: string;
  readonly genesisFile: string;
  readonly configFile: string;
  readonly databaseDirectory: string;
  readonly keystoreDirectory: string;
  readonly poolJournalFile: string;
}

/** Only the owner may read keys and settings. */
const PRIVATE_DIRECTORY_MODE = 0o700;

export function homeAt(directory: string | undefined): Home {
  const root = resolve(directory ?? defaultHome(process.env));
  return {
    directory: root,
    genesisFile: join(root, 'genesis.json'),
    configFile: join(root, 'config.toml'),
    databaseDirectory: join(root, 'db'),
    keystoreDirectory: join(root, 'keystore'),
    poolJournalFile: join(root, 'txpool.journal'),
  };
}

/** @throws ChainError of parseGenesis, with the file named in front */
export function readSpec(path: string): ChainSpec {
  const text = readFileSync(path, 'utf8');
  try {
    return parseGenesis(parseGenesisText(text));
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    throw new ChainError(error.code, `${path}: ${error.message}`, error.data, { cause: error });
  }
}

export function stateModeOf({ mode, keepBlocks }: Config['state']): StateMode {
  return mode === 'archive' ? { kind: 'archive' } : { kind: 'pruned', keepBlocks };
}

/**
 * Makes a home with this genesis file.
 * @throws ChainError `HOME_NOT_EMPTY`; nothing is overwritten
 */
export function createHome(home: Home, genesisText: string, state: Config['state']): void {
  const configText = defaultConfigToml(state);
  if (existsSync(home.directory) && !isUnfinished(home, configText)) {
    throw new ChainError(
      'HOME_NOT_EMPTY',
      `${home.directory} is not empty; choose another --home, or remove it yourself if nothing in it is needed`,
    );
  }
  mkdirSync(home.directory, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
  // The genesis file last: where it is, there is a home.
  replaceWholeFile(home.configFile, configText);
  createWholeFile(home.genesisFile, genesisText);
}

/** Whether a directory holds nothing, or what an init that was cut short leaves. */
function isUnfinished({ directory, configFile }: Home, configText: string): boolean {
  const names = readdirSync(directory).filter((name) => !name.endsWith(PARTIAL_SUFFIX));
  if (names.length === 0) return true;
  return names.length === 1 && existsSync(configFile) && readFileSync(configFile, 'utf8') === configText;
}

/** Takes back what {@link createHome} made and the database in it, after an import that took no block. */
export function removeHome(home: Home): void {
  for (const path of [home.genesisFile, home.configFile, home.databaseDirectory])
    rmSync(path, { recursive: true, force: true });
  if (readdirSync(home.directory).length === 0) rmdirSync(home.directory);
}

/** @throws ChainError `HOME_MISSING` when there is no home yet */
export function openHome(directory: string | undefined): { home: Home; spec: ChainSpec } {
  const home = homeAt(directory);
  if (!existsSync(home.genesisFile)) {
    throw new ChainError(
      'HOME_MISSING',
      `${home.directory} holds no chain (genesis.json is missing); make one with "gnomon init --home ${home.directory}", or name another with --home`,
    );
  }
  return { home, spec: readSpec(home.genesisFile) };
}
