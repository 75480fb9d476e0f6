// `gnomon init`, `start`, `import`, `export`, `rollback`: chains that stay on disk.
import { existsSync, statSync } from 'node:fs';
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { genesisHeader } from '../../genesis/genesisHeader.ts';
import { networkGenesis } from '../../genesis/networkGenesis.ts';
import { formatGenesis, serializeGenesis } from '../../genesis/serializeGenesis.ts';
import { hashHeader } from '../../node/block/header.ts';
import { genesisRoot } from '../../node/chain/chain.ts';
import { readChainFile, writeChainFile } from '../../node/chain/chainFile.ts';
import { importFile } from '../../node/chain/importFile.ts';
import { createEngineStore } from '../../node/consensus/engineStore.ts';
import { memoryLimits } from '../../node/memoryLimits.ts';
import { Node } from '../../node/node.ts';
import type { Database } from '../../node/state/database.ts';
import { type OpenOptions, openLevelDatabase } from '../../node/state/levelDatabase.ts';
import { bytesToHex, equalBytes, parseHash } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import { type Config, loadConfig } from '../config.ts';
import { createHome, type Home, homeAt, openHome, readSpec, removeHome, stateModeOf } from '../home.ts';
import { createLog } from '../logger.ts';
import { print, printJson, progressLine } from '../output.ts';
import { nodeOptionsOf, runNode } from '../runNode.ts';
import { exitCodeOf, Interrupted, listenForStop, STOP_TIME_MAX_MS, type StopSignal } from '../stopSignals.ts';
import { parseBlockNumber, parseChainId } from '../values.ts';

export interface InitOptions {
  readonly home?: string;
  readonly genesis?: string;
  readonly chainId?: string;
  readonly 'state.mode'?: string;
  readonly 'state.keep_blocks'?: string;
}

export async function init(options: InitOptions): Promise<number> {
  const home = homeAt(options.home);
  const { state } = loadConfig(
    undefined,
    {},
    { 'state.mode': options['state.mode'], 'state.keep_blocks': options['state.keep_blocks'] },
  );
  if (options.genesis !== undefined && options.chainId !== undefined) {
    throw new ChainError(
      'CONFLICTING_OPTIONS',
      'give --genesis or --chain-id, not both: the file has its own chain id',
    );
  }
  const genesisText =
    options.genesis === undefined
      ? formatGenesis(newNetwork(parseChainId(options.chainId)))
      : formatGenesis(serializeGenesis(readSpec(options.genesis)));
  createHome(home, genesisText, state);
  print(`Made ${home.directory}`);
  print(`  genesis.json   the chain; add accounts with "gnomon genesis add-account" before the first start`);
  print(`  config.toml    the settings of this node`);
  print(`Run it with: gnomon start --home ${home.directory}`);
  return 0;
}

function newNetwork(chainId: bigint) {
  return networkGenesis({
    chainId,
    accounts: [],
    blockTimeMs: 1_000,
    timestampSeconds: BigInt(Math.floor(Date.now() / 1000)),
  });
}

export interface StartOptions {
  readonly home?: string;
  readonly 'http.addr'?: string;
  readonly 'http.port'?: string;
  readonly 'http.corsdomain'?: string;
  readonly 'http.vhosts'?: string;
  readonly memory?: string;
  readonly 'txpool.journal'?: string;
  readonly 'log.level'?: string;
  readonly 'log.format'?: string;
  readonly metrics?: boolean;
  readonly 'metrics.addr'?: string;
  readonly 'metrics.port'?: string;
}

export async function start(options: StartOptions): Promise<number> {
  const { home, spec } = openHome(options.home);
  const config = loadConfig(home.directory, process.env, {
    'http.addr': options['http.addr'],
    'http.port': options['http.port'],
    'http.corsdomain': options['http.corsdomain'],
    'http.vhosts': options['http.vhosts'],
    'memory.limit_mib': options.memory,
    'txpool.journal': options['txpool.journal'],
    'log.level': options['log.level'],
    'log.format': options['log.format'],
    'metrics.enabled': options.metrics,
    'metrics.addr': options['metrics.addr'],
    'metrics.port': options['metrics.port'],
  });
  const log = await createLog(config.log);
  const blockTimeMs = spec.gnomon?.blockTimeMs ?? 0;
  return runNode({
    spec,
    database: await openLevelDatabase(home.databaseDirectory, {
      warn: (message) => log.warn(message),
      limits: memoryLimits(config.memory.limitMebibytes).database,
    }),
    databaseDirectory: home.databaseDirectory,
    poolJournalFile: home.poolJournalFile,
    config,
    stateMode: stateModeOf(config.state),
    log,
    mining: { kind: 'interval', milliseconds: Math.max(blockTimeMs, 1) },
    onReady(node, rpc) {
      const { number } = node.chain.head.header;
      log.info('started', { chainId: spec.chainId, genesis: bytesToHex(node.chain.genesisHash), head: number });
      if (node.engineKind === 'solo')
        log.warn('solo engine: one key, no Byzantine fault tolerance; do not run a network on it');
      else log.info('a plain Ethereum chain: it is served, and no block is made on it');
      log.info('listening', { http: rpc.url, webSocket: rpc.url.replace('http', 'ws') });
    },
  });
}

/** What is done with an open node; it should end soon once `stop.signal` is set. */
type Work<Result> = (
  node: Node,
  database: Database,
  stop: { readonly signal: StopSignal | undefined },
) => Promise<Result>;

/** Opens the node of a home without running it, and closes it again. */
async function withNode<Result>(
  home: Home,
  spec: ChainSpec,
  config: Config,
  work: Work<Result>,
  open: OpenOptions = {},
): Promise<Result> {
  const log = await createLog(config.log);
  const database = await openLevelDatabase(home.databaseDirectory, {
    warn: (message) => log.warn(message),
    limits: memoryLimits(config.memory.limitMebibytes).database,
    ...open,
  });
  const stop: { signal: StopSignal | undefined } = { signal: undefined };
  const signals = listenForStop((signal) => {
    stop.signal = signal;
    setTimeout(() => process.exit(exitCodeOf(signal)), STOP_TIME_MAX_MS).unref();
  });
  let node: Node | undefined;
  try {
    const options = {
      spec,
      database,
      config,
      stateMode: stateModeOf(config.state),
      log,
      mining: { kind: 'manual' } as const,
    };
    node = await Node.open(nodeOptionsOf(options, () => undefined));
    return await work(node, database, stop);
  } finally {
    if (node === undefined) await database.close();
    else await node.stop();
    signals.end();
  }
}

export interface ImportOptions {
  readonly home?: string;
  readonly genesis?: string;
  readonly expectHead?: string;
  readonly json?: boolean;
}

export async function importChain(files: readonly string[], options: ImportOptions): Promise<number> {
  const expectHead = options.expectHead === undefined ? undefined : parseHash(options.expectHead);
  for (const file of files) statSync(file);
  const home = homeAt(options.home);
  const isNew = !existsSync(home.genesisFile);
  if (isNew && options.genesis === undefined) openHome(options.home);
  const spec = readSpec(isNew ? (options.genesis as string) : home.genesisFile);
  if (!isNew && options.genesis !== undefined) checkSameGenesis(home, spec, options.genesis);
  const config = loadConfig(home.directory, process.env, {});
  if (isNew) createHome(home, formatGenesis(serializeGenesis(spec)), config.state);
  const progress = progressLine('importing', undefined);
  let isEmpty = isNew;
  try {
    const head = await withNode(home, spec, config, async (node, database, stop) => {
      await leaveEngineBehind(node, database);
      for (const file of files) {
        await importFile(node.importContext, readChainFile(file), {
          expectHead: file === files.at(-1) ? expectHead : undefined,
          progress(number) {
            isEmpty = false;
            progress.update(number);
            if (stop.signal !== undefined)
              throw new Interrupted(stop.signal, `block ${number} was the last; the same command goes on from there`);
          },
        });
      }
      return node.chain.head;
    });
    progress.finish();
    const summary = {
      number: head.header.number,
      hash: bytesToHex(head.hash),
      stateRoot: bytesToHex(head.header.stateRoot),
    };
    if (options.json === true) printJson(summary);
    else print(`Head is block ${summary.number}, ${summary.hash}`);
    return 0;
  } catch (error) {
    progress.finish();
    if (isEmpty) removeHome(home);
    throw error;
  }
}

/** A home keeps its genesis file; another one may be named only if it makes the same chain. */
function checkSameGenesis(home: Home, spec: ChainSpec, file: string): void {
  const [here, given] = [spec, readSpec(file)].map((each) => hashHeader(genesisHeader(each, genesisRoot(each))));
  if (here === undefined || given === undefined || equalBytes(here, given)) return;
  throw new ChainError(
    'GENESIS_MISMATCH',
    `${home.directory} holds the chain of genesis ${bytesToHex(here)}, but ${file} gives ${bytesToHex(given)}; use the genesis file that the home was made with, or another --home`,
    { stored: bytesToHex(here), expected: bytesToHex(given) },
  );
}

/**
 * Blocks come or go without the solo engine: it forgets its decided block before, so that wherever this ends, and even if it
 * is cut short, the next start takes the chain as it finds it.
 */
async function leaveEngineBehind(node: Node, database: Database): Promise<void> {
  if (node.engineKind === 'none') return;
  const { chain } = node.importContext;
  const height = chain.head.header.number - (chain.spec.gnomon?.heightOffset ?? 0n);
  await createEngineStore(database).rollback(height, chain.head.hash);
}

export interface ExportOptions {
  readonly home?: string;
  readonly from?: string;
  readonly to?: string;
}

export async function exportChain(file: string, options: ExportOptions): Promise<number> {
  const { home, spec } = openHome(options.home);
  const config = loadConfig(home.directory, process.env, {});
  return withNode(home, spec, config, async (node, _database, stop) => {
    const { chain } = node.importContext;
    const first = spec.genesis.number + 1n;
    const from = options.from === undefined ? first : parseBlockNumber(options.from, '--from');
    const to = options.to === undefined ? chain.head.header.number : parseBlockNumber(options.to, '--to');
    if (from < first || to > chain.head.header.number || from > to) {
      throw new ChainError(
        'INVALID_RANGE',
        `expected a range within blocks ${first} to ${chain.head.header.number}, got ${from} to ${to}`,
      );
    }
    const progress = progressLine('exporting', to - from + 1n);
    try {
      await writeChainFile(chain, file, from, to, (number) => {
        progress.update(number - from + 1n);
        if (stop.signal !== undefined) throw new Interrupted(stop.signal, 'no file was written');
      });
    } finally {
      progress.finish();
    }
    print(`Wrote blocks ${from} to ${to} to ${file}`);
    return 0;
  });
}

export interface RollbackOptions {
  readonly home?: string;
  readonly to?: string;
  readonly json?: boolean;
}

export async function rollback(options: RollbackOptions): Promise<number> {
  const { home, spec } = openHome(options.home);
  const config = loadConfig(home.directory, process.env, {});
  const repairs: string[] = [];
  const work: Work<number> = async (node, database, stop) => {
    const { chain } = node.importContext;
    const from = chain.head.header.number;
    // Where a damaged log was cut off, that was the way back.
    const usual = repairs.length > 0 ? from : from - 1n;
    const to = options.to === undefined ? usual : parseBlockNumber(options.to, '--to');
    const first = spec.genesis.number;
    if (to < first)
      throw new ChainError('PAST_GENESIS', `block ${first} is the genesis block: there is none before it`);
    chain.stateAt(to);
    await leaveEngineBehind(node, database);
    for (let number = from; number > to; number--) {
      if (stop.signal !== undefined)
        throw new Interrupted(stop.signal, `block ${number} is the head now; give the same --to to go on`);
      await chain.rollback(number - 1n);
    }
    if (options.json === true) printJson({ number: to, hash: bytesToHex(chain.head.hash), repairs });
    else {
      for (const repair of repairs) print(`Repaired: ${repair}`);
      print(`Rolled back from block ${from} to block ${to}, ${bytesToHex(chain.head.hash)}`);
    }
    return 0;
  };
  return withNode(home, spec, config, work, { onLogCut: (message) => repairs.push(message) });
}
