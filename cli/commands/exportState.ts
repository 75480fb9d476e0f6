// `gnomon export-state`: the whole state at a block as JSON, written as it is read, so that its size does not matter.
import { createWriteStream, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Chain } from '../../node/chain/chain.ts';
import { type ExportFormat, stateAsJson } from '../../node/chain/stateJson.ts';
import { openLevelDatabase } from '../../node/state/levelDatabase.ts';
import { bytesToHex, quote } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import { PARTIAL_SUFFIX, publishFile, refuseExisting } from '../../primitives/wholeFile.ts';
import { loadConfig } from '../config.ts';
import { openHome, stateModeOf } from '../home.ts';
import { progressLine } from '../output.ts';
import { interruptible } from '../stopSignals.ts';
import { parseBlockNumber } from '../values.ts';

export interface ExportStateOptions {
  readonly home?: string;
  readonly block?: string;
  readonly output?: string;
  readonly format?: string;
}

export function exportState(options: ExportStateOptions): Promise<number> {
  return interruptible('no file was written', (check) => exportUntil(check, options));
}

async function exportUntil(check: () => void, options: ExportStateOptions): Promise<number> {
  const format = parseFormat(options.format ?? 'genesis');
  const { home, spec } = openHome(options.home);
  if (!existsSync(join(home.databaseDirectory, 'CURRENT')))
    throw new ChainError('NO_CHAIN', `${home.directory} holds no blocks yet: there is no state to export`);
  const { state } = loadConfig(home.directory, process.env, {});
  const database = await openLevelDatabase(home.databaseDirectory);
  const progress = progressLine('accounts', undefined);
  try {
    const chain = await Chain.open({ database, spec, stateMode: stateModeOf(state) });
    const number = options.block === undefined ? chain.head.header.number : parseBlockNumber(options.block, '--block');
    let accounts = 0;
    const text = stateAsJson(chain, number, format, () => {
      progress.update(++accounts);
      check();
    });
    await write(text, options.output);
    progress.finish();
    const root = chain.headerByNumber(number)?.header.stateRoot;
    process.stderr.write(`State of block ${number}: ${accounts} accounts, root ${root && bytesToHex(root)}\n`);
    return 0;
  } finally {
    progress.finish();
    await database.close();
  }
}

function parseFormat(text: string): ExportFormat {
  if (text === 'genesis' || text === 'dump') return text;
  throw new ChainError('INVALID_ARGUMENT', `--format must be genesis or dump, got ${quote(text)}`);
}

/** Nothing is overwritten, and no half of a file is left behind. */
async function write(text: AsyncIterable<string>, file: string | undefined): Promise<void> {
  if (file === undefined) {
    await pipeline(Readable.from(text), process.stdout as Writable, { end: false });
    return;
  }
  refuseExisting(file);
  const partial = file + PARTIAL_SUFFIX;
  try {
    await pipeline(Readable.from(text), createWriteStream(partial, { flags: 'w', flush: true }));
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
  publishFile(file);
}
