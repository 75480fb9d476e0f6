// Runs a node with its RPC until it is told to stop. Shared by `dev` and `start`.
import type { ChainSpec } from '../genesis/chainSpec.ts';
import type { MiningMode } from '../node/consensus/soloEngine.ts';
import type { DevAccountKey } from '../node/dev/devControls.ts';
import { loadCalls } from '../node/execution/loadEvm.ts';
import { memoryLimits } from '../node/memoryLimits.ts';
import { Node, type NodeLog } from '../node/node.ts';
import type { Database } from '../node/state/database.ts';
import type { StateMode } from '../node/state/stateStore.ts';
import { messageOf } from '../primitives/errors.ts';
import { jsonCacheBytes } from '../rpc/limits.ts';
import { type RpcServer, startRpcServer } from '../rpc/server.ts';
import type { Config } from './config.ts';
import { watchDisk } from './diskReserve.ts';
import type { MetricsServer } from './metricsServer.ts';
import { listenForStop, STOP_TIME_MAX_MS } from './stopSignals.ts';
import { VERSION } from './version.ts';

export interface RunOptions {
  readonly spec: ChainSpec;
  readonly database: Database;
  /** Where the database lies; absent when it is in memory. */
  readonly databaseDirectory?: string | undefined;
  /** Where the pool is kept, unless the settings say otherwise; absent when nothing is kept. */
  readonly poolJournalFile?: string | undefined;
  readonly config: Config;
  readonly stateMode: StateMode;
  readonly log: NodeLog;
  readonly mining: MiningMode;
  readonly devAccounts?: readonly DevAccountKey[] | undefined;
  /** Called once the RPC answers. */
  readonly onReady: (node: Node, rpc: RpcServer) => void;
}

/** After the first answers, before anyone has a transaction ready: what executes is loaded then, if nothing needed it sooner. */
const WARM_UP_DELAY_MS = 100;

export function nodeOptionsOf(
  options: Pick<RunOptions, 'spec' | 'database' | 'config' | 'stateMode' | 'log' | 'mining' | 'devAccounts'>,
  onFatal: (error: unknown) => void,
): Parameters<typeof Node.open>[0] {
  return {
    ...options,
    limits: memoryLimits(options.config.memory.limitMebibytes),
    clock: { nowMs: () => Date.now() },
    steadyNowMs: () => performance.now(),
    version: VERSION,
    onFatal,
  };
}

/** One end for a run, whatever asks for it first. */
class Ending {
  /** Resolves with the exit code once something asks for the end. */
  readonly asked: Promise<number>;
  readonly #stopping = new AbortController();
  #resolve: (code: number) => void = () => undefined;
  #code: number | undefined;

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  get isAsked(): boolean {
    return this.#code !== undefined;
  }

  ask(code: number): void {
    if (this.#code !== undefined) return;
    this.#code = code;
    this.#resolve(code);
    this.#stopping.abort();
    setTimeout(() => process.exit(code === 0 ? 1 : code), STOP_TIME_MAX_MS).unref();
  }
}

/**
 * Resolves with the exit code after the node has stopped: 0 when a signal asked for it, 1 when the node gave up.
 * @throws what opening the chain or listening throws, with everything closed
 */
export async function runNode(options: RunOptions): Promise<number> {
  const { log, database } = options;
  const ending = new Ending();
  const signals = listenForStop((signal) => {
    log.info('stopping', { signal });
    ending.ask(0);
  });
  const onFatal = (error: unknown): void => {
    log.error('the node stops: it can no longer trust its own execution or storage', { cause: messageOf(error) });
    ending.ask(1);
  };
  const { minFreeMegabytes } = options.config.disk;
  const ended = new AbortController();
  let endWatch: () => void = () => undefined;
  let node: Node | undefined;
  let rpc: RpcServer | undefined;
  let metrics: MetricsServer | undefined;
  try {
    endWatch = watchDisk(options.databaseDirectory, minFreeMegabytes, log, () => ending.ask(1));
    node = await Node.open({
      ...nodeOptionsOf(options, onFatal),
      poolJournalFile: options.config.txpool.isJournaled ? options.poolJournalFile : undefined,
      measures: options.config.metrics.enabled,
    });
    if (!ending.isAsked) await node.start(ending.signal);
    if (!ending.isAsked) rpc = await serve(node, options);
    if (rpc !== undefined && !ending.isAsked) metrics = await startMetrics(node, rpc, options);
    if (rpc !== undefined && !ending.isAsked) {
      options.onReady(node, rpc);
      setTimeout(() => loadCalls().catch(onFatal), WARM_UP_DELAY_MS).unref();
      scrub(options.databaseDirectory, ended.signal).catch(onFatal);
    }
    return await ending.asked;
  } finally {
    endWatch();
    ended.abort();
    await metrics?.close();
    await rpc?.close();
    await (node === undefined ? database.close() : node.stop());
    signals.end();
  }
}

function serve(node: Node, { config, log }: RunOptions): Promise<RpcServer> {
  return startRpcServer(node, {
    host: config.http.host,
    port: config.http.port,
    allowedOrigins: config.http.corsOrigins,
    allowedHosts: config.http.allowedHosts,
    limits: { jsonCacheBytesMax: jsonCacheBytes(config.memory.limitMebibytes) },
    log: { info: (message) => log.info(message), warn: (message, detail) => log.warn(message, { detail }) },
  });
}

/** Loaded late: only a database on disk has tables. */
async function scrub(directory: string | undefined, signal: AbortSignal): Promise<void> {
  if (directory === undefined) return;
  const { scrubTables } = await import('../node/state/leveldb/scrubTables.ts');
  await scrubTables(directory, () => performance.now(), signal);
}

async function startMetrics(
  node: Node,
  rpc: RpcServer,
  { config, log, databaseDirectory }: RunOptions,
): Promise<MetricsServer | undefined> {
  const { enabled, host, port } = config.metrics;
  if (!enabled) return undefined;
  const { serveMetrics } = await import('./metricsServer.ts');
  const server = await serveMetrics(node, rpc, databaseDirectory, { host, port, warn: (message) => log.warn(message) });
  log.info('metrics', { url: server.url });
  return server;
}
