// Checks of a running node through its RPC, and of the ports that a stopped one will want.
import { createServer } from 'node:net';
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { messageOf } from '../../primitives/errors.ts';
import type { Config } from '../config.ts';
import { rpcCall } from '../rpcClient.ts';
import { broken, type Finding, note, ok, warning } from './finding.ts';

/** A chain whose newest block is older makes none, unless it makes them on demand. */
const HEAD_AGE_MAX_SECONDS = 60;
/** A newest block that is further ahead means that this clock is behind, or that a dev chain's clock was moved. */
const HEAD_AHEAD_MAX_SECONDS = 15;

/** Even a busy node says within it who it is; other programs may never answer. */
const PROBE_TIMEOUT_MS = 3_000;

export interface RunningNode {
  readonly url: string;
  readonly client: string;
}

/** The address at which this machine reaches an RPC that listens on `host`. */
export function localUrl({ host, port }: Config['http']): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** The node that answers at `url`, or undefined when nothing there is one. */
export async function findRunningNode(url: string): Promise<RunningNode | undefined> {
  try {
    const client = String(await rpcCall(url, 'web3_clientVersion', [], PROBE_TIMEOUT_MS));
    return client.startsWith('Gnomon/') ? { url, client } : undefined;
  } catch {
    return undefined;
  }
}

/** @param spec the chain of the home that was looked at, if there is one */
export async function checkRunningNode(
  { url, client }: RunningNode,
  spec: ChainSpec | undefined,
): Promise<readonly Finding[]> {
  const found = [ok('node.running', `${client} answers at ${url}`)];
  try {
    const chainId = BigInt(String(await rpcCall(url, 'eth_chainId', [])));
    if (spec !== undefined && spec.chainId !== chainId) {
      const other = `it serves chain ${chainId}, and this home holds chain ${spec.chainId}`;
      return [...found, note('node.chain', other)];
    }
    const block = (await rpcCall(url, 'eth_getBlockByNumber', ['latest', false])) as HeadBlock;
    const makesBlocksByItself = spec?.gnomon !== undefined && !spec.gnomon.devChain;
    return [...found, checkHead(block, Date.now(), makesBlocksByItself)];
  } catch (error) {
    return [...found, broken('node.head', messageOf(error), 'look into the log of the node')];
  }
}

interface HeadBlock {
  readonly number: string;
  readonly timestamp: string;
}

/** @param makesBlocksByItself whether a new block is due all the time */
export function checkHead({ number, timestamp }: HeadBlock, nowMs: number, makesBlocksByItself: boolean): Finding {
  const ageSeconds = Math.floor(nowMs / 1_000) - Number(timestamp);
  const head = `the newest block is ${Number(number)}`;
  if (ageSeconds < -HEAD_AHEAD_MAX_SECONDS)
    return warning('node.head', `${head}, ${-ageSeconds} s ahead of this clock`, 'check the clock, and run NTP');
  const found = `${head}, ${Math.max(0, ageSeconds)} s old`;
  if (!makesBlocksByItself || ageSeconds <= HEAD_AGE_MAX_SECONDS) return ok('node.head', found);
  return warning('node.head', found, 'no blocks are made: look into the log of the node');
}

/** Whether a port that the node will want is free. */
export async function checkPort(id: string, what: string, flag: string, host: string, port: number): Promise<Finding> {
  const address = `${what} on ${host}:${port}`;
  if (port === 0) return ok(id, `${what} takes a free port`);
  const failure = await tryToListen(host, port);
  if (failure === undefined) return ok(id, `${address} is free`);
  if (failure === 'EADDRINUSE')
    return warning(id, `${address} is in use by another program`, `stop that program, or choose another ${flag}.port`);
  return broken(id, `${address} cannot be listened on (${failure})`, `choose another ${flag}.addr or ${flag}.port`);
}

function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

export function noNode(url: string): Finding {
  return note('node.running', `no node answers at ${url}`);
}
