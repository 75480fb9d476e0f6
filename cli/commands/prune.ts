// `gnomon prune`: an archive becomes a pruned chain, or a pruned chain keeps less; then the database gives the space back.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Chain } from '../../node/chain/chain.ts';
import type { CompactableDatabase } from '../../node/state/database.ts';
import { openLevelDatabase } from '../../node/state/levelDatabase.ts';
import { KEEP_BLOCKS_MIN } from '../../node/state/stateStore.ts';
import { ChainError } from '../../primitives/errors.ts';
import { loadConfig } from '../config.ts';
import { openHome } from '../home.ts';
import { print, printJson, printTable, progressLine } from '../output.ts';
import { setPruned } from '../stateSettings.ts';
import { interruptible } from '../stopSignals.ts';
import { parseBlockNumber } from '../values.ts';

export interface PruneOptions {
  readonly home?: string;
  readonly keepBlocks?: string;
  readonly json?: boolean;
}

/** Key ranges that are merged one after the other, so that progress can be shown: the buckets are far fewer. */
const BUCKETS = 0x40;

/**
 * The settings change first and every batch is whole, so that wherever this ends, and even if it is cut short, the next
 * start finds a sound chain, which goes on pruning by itself.
 */
export function prune(options: PruneOptions): Promise<number> {
  const advice = 'every block is kept, and older states may be gone; the same command goes on from there';
  return interruptible(advice, (check) => pruneUntil(check, options));
}

async function pruneUntil(check: () => void, options: PruneOptions): Promise<number> {
  const { home, spec } = openHome(options.home);
  const { state } = loadConfig(home.directory, process.env, {});
  const keepBlocks = options.keepBlocks === undefined ? state.keepBlocks : parseKeepBlocks(options.keepBlocks);
  if (!existsSync(join(home.databaseDirectory, 'CURRENT')))
    throw new ChainError('NO_CHAIN', `${home.directory} holds no blocks yet: there is nothing to prune`);
  const database = await openLevelDatabase(home.databaseDirectory);
  try {
    const chain = await Chain.open({ database, spec, stateMode: { kind: 'pruned', keepBlocks } });
    const bytesBefore = bytesBelow(home.databaseDirectory);
    const oldestBefore = chain.oldestStateBlock;
    setPruned(home, keepBlocks);
    const head = chain.head.header.number;
    await forget(chain, head - BigInt(keepBlocks) + 1n, check);
    await compact(database, check);
    const bytesAfter = bytesBelow(home.databaseDirectory);
    const oldestAfter = chain.oldestStateBlock;
    if (options.json === true) printJson({ head, oldestBefore, oldestAfter, bytesBefore, bytesAfter });
    else {
      printTable([
        ['states kept', `blocks ${oldestAfter} to ${head} (before: ${oldestBefore} to ${head})`],
        ['database', `${mebibytes(bytesAfter)} (before: ${mebibytes(bytesBefore)})`],
      ]);
      print('Blocks, receipts and logs are all there; states of older blocks are not.');
    }
    return 0;
  } finally {
    await database.close();
  }
}

function parseKeepBlocks(text: string): number {
  const count = parseBlockNumber(text, '--keep-blocks');
  if (count < KEEP_BLOCKS_MIN) {
    throw new ChainError(
      'INVALID_STATE_MODE',
      `--keep-blocks must be at least ${KEEP_BLOCKS_MIN}, for rollbacks and calls at recent blocks; got ${count}`,
      { minimum: KEEP_BLOCKS_MIN, got: count },
    );
  }
  return Number(count);
}

async function forget(chain: Chain, oldest: bigint, check: () => void): Promise<void> {
  check();
  const from = chain.oldestStateBlock;
  if (oldest <= from) return;
  const progress = progressLine('forgetting states', oldest - from);
  const onProgress = (reached: bigint): void => {
    progress.update(reached - from);
    check();
  };
  await chain.prune(oldest, onProgress).finally(() => progress.finish());
}

async function compact(database: CompactableDatabase, check: () => void): Promise<void> {
  const progress = progressLine('compacting', BUCKETS);
  try {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      progress.update(bucket);
      check();
      await database.compact({ from: Uint8Array.of(bucket), before: Uint8Array.of(bucket + 1) });
    }
  } finally {
    progress.finish();
  }
}

function bytesBelow(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + (statSync(join(directory, name)).size ?? 0), 0);
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
