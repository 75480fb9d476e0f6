// Runs a node with its RPC until it is told to stop. Shared by `dev` and `start`.
import type { ChainSpec } from '../genesis/chainSpec.ts';
import type { MiningMode } from '../node/consensus/soloEngine.ts';
import type { DevAccountKey } from '../node/dev/devControls.ts';
import { loadCalls } from '../node/execution/loadEvm.ts';
import { Node, type NodeLog } from '../node/node.ts';
import type { Database } from '../node/state/database.ts';
import type { StateMode } from '../node/state/stateStore.ts';
import { messageOf } from '../primitives/errors.ts';
import { type RpcServer, startRpcServer } from '../rpc/server.ts';
import type { Config } from './config.ts';
import type { MetricsServer } from './metricsServer.ts';
import { VERSION } from './version.ts';

export interface RunOptions {
  readonly spec: ChainSpec;
  readonly database: Database;
  readonly config: Config;
  readonly stateMode: StateMode;
  readonly log: NodeLog;
  readonly mining: MiningMode;
  readonly devAccounts?: readonly DevAccountKey[] | undefined;
  /** Where the database is; undefined for a chain in memory. */
  readonly databaseDirectory?: string | undefined;
  /** Called once the RPC answers. */
  readonly onReady: (node: Node, rpc: RpcServer) => void;
}

/** After the first answers, before anyone has a transaction ready: what executes is loaded then, if nothing needed it sooner. */
const WARM_UP_DELAY_MS = 100;

/** A stop that takes longer is given up: whatever is committed is on disk. */
export const STOP_TIME_MAX_MS = 5_000;

export function nodeOptionsOf(
  options: Pick<RunOptions, 'spec' | 'database' | 'stateMode' | 'log' | 'mining' | 'devAccounts'>,
  onFatal: (error: unknown) => void,
): Parameters<typeof Node.open>[0] {
  return {
    ...options,
    clock: { nowMs: () => Date.now() },
    steadyNowMs: () => performance.now(),
    version: VERSION,
    onFatal,
  };
}

/** Resolves with the exit code after the node has stopped. */
export async function runNode(options: RunOptions): Promise<number> {
  const { log, config } = options;
  let stop: (code: number) => void = () => undefined;
  const stopped = new Promise<number>((resolve) => {
    stop = resolve;
  });
  const onFatal = (error: unknown): void => {
    log.error('the node stops: it can no longer trust its own execution or storage', { cause: messageOf(error) });
    stop(1);
  };
  const node = await Node.open({ ...nodeOptionsOf(options, onFatal), measures: config.metrics.enabled });
  await node.start();
  const rpc = await startRpcServer(node, {
    host: config.http.host,
    port: config.http.port,
    allowedOrigins: config.http.corsOrigins,
    allowedHosts: config.http.allowedHosts,
    log: { info: (message) => log.info(message), warn: (message, detail) => log.warn(message, { detail }) },
  }).catch(async (error: unknown) => {
    await node.stop();
    throw error;
  });
  const metrics = await startMetrics(node, rpc, options).catch(async (error: unknown) => {
    await rpc.close();
    await node.stop();
    throw error;
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(0));
  options.onReady(node, rpc);
  setTimeout(() => loadCalls().catch(onFatal), WARM_UP_DELAY_MS).unref();
  const code = await stopped;
  setTimeout(() => process.exit(code === 0 ? 1 : code), STOP_TIME_MAX_MS).unref();
  await metrics?.close();
  await rpc.close();
  await node.stop();
  return code;
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
