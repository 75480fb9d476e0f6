// A whole dev node in this process: real chain, engine, pool and RPC over a database in memory, with the ABCI monitor on.
import { DEV_ACCOUNTS, devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import type { MiningMode } from '../../node/consensus/soloEngine.ts';
import { Node, type NodeOptions } from '../../node/node.ts';
import { MemoryDatabase } from '../../node/state/memoryDatabase.ts';
import { type RpcServer, startRpcServer } from '../../rpc/server.ts';

export interface DevNode {
  readonly node: Node;
  readonly rpc: RpcServer;
  /** What made the node give up, if anything did. */
  readonly fatal: unknown[];
  stop(): Promise<void>;
}

/** One for the whole file, so that a database can be opened again. Dated now, as `gnomon dev` does. */
const SPEC = parseGenesis(devGenesis({ timestampSeconds: BigInt(Math.floor(Date.now() / 1000)) }));

const quiet = () => undefined;

export function devNodeOptions(overrides: Partial<NodeOptions> = {}): NodeOptions {
  return {
    spec: SPEC,
    database: new MemoryDatabase(),
    stateMode: { kind: 'archive' },
    clock: { nowMs: () => Date.now() },
    steadyNowMs: () => performance.now(),
    log: { info: quiet, warn: quiet, error: quiet },
    version: '0.0.0-test',
    mining: { kind: 'instant' },
    devAccounts: DEV_ACCOUNTS,
    monitorsConsensus: true,
    recoveryWorkers: 0,
    onFatal: quiet,
    ...overrides,
  };
}

export async function startDevNode(
  mining: MiningMode = { kind: 'instant' },
  overrides: Partial<NodeOptions> = {},
): Promise<DevNode> {
  const fatal: unknown[] = [];
  const node = await Node.open(devNodeOptions({ mining, onFatal: (error) => fatal.push(error), ...overrides }));
  await node.start();
  const rpc = await startRpcServer(node, { port: 0 });
  return {
    node,
    rpc,
    fatal,
    async stop() {
      await rpc.close();
      await node.stop();
    },
  };
}
