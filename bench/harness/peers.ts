// The servers that are compared, ours first, and how each is started so that all do the same work: development chains in
// memory, blocks by the clock, a gas limit that never binds.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hexToBytes } from '../../primitives/bytes.ts';
import { buildGeth, installPeerPackages } from './installPeers.ts';
import type { RpcClient } from './rpcClient.ts';
import { type Sender, senderOf, TEST_FUNDER } from './senders.ts';
import { freePort, type ServerCommand } from './server.ts';

/** The clone. This file runs from dist-bench/bench/harness/ in it. */
export const PROJECT_DIRECTORY: string = fileURLToPath(new URL('../../../', import.meta.url));
/** A block has room for whatever a second of load brings. */
const GAS_LIMIT = '1000000000';
const CHAIN_ID = 4766n;

export interface PeerStart {
  /** Undefined: the server's own default. */
  readonly blockTimeSeconds?: number | undefined;
  /** Extra arguments for Node; of servers in Node only. */
  readonly nodeArguments?: readonly string[] | undefined;
}

export interface Peer {
  readonly name: string;
  readonly chainId: bigint;
  /** An account that holds the coins which the senders are given. */
  readonly funder: Sender;
  /** Makes the server ready to be started; what it says is why that is not possible here. */
  prepare(isQuick: boolean): string | undefined;
  command(start: PeerStart): Promise<ServerCommand>;
  /** What the server must be told once it answers. */
  readonly afterStart?: ((client: RpcClient) => Promise<unknown>) | undefined;
}

/** What `npm start` gives Node (docs/operate.md). */
export const NODE_FLAGS = ['--max-semi-space-size=32'];

/** The compiled `gnomon dev` as `npm start` runs it. */
const gnomon: Peer = {
  name: 'gnomon',
  chainId: CHAIN_ID,
  funder: TEST_FUNDER,
  prepare: () => undefined,
  async command({ blockTimeSeconds, nodeArguments = [] }) {
    const port = await freePort();
    const main = join(PROJECT_DIRECTORY, 'dist', 'cli', 'main.js');
    const args = [...NODE_FLAGS, ...nodeArguments, main, 'dev', '--port', String(port), '--gas-limit', GAS_LIMIT];
    if (blockTimeSeconds !== undefined) args.push('--block-time', String(blockTimeSeconds));
    return { name: 'gnomon', command: process.execPath, args, port };
  },
};

const ANVIL_PLATFORM = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
const ANVIL_BINARY = join(
  PROJECT_DIRECTORY,
  `bench/peers/node_modules/@foundry-rs/anvil-${ANVIL_PLATFORM}/bin/anvil${process.platform === 'win32' ? '.exe' : ''}`,
);

/** Silent, because it would otherwise write a line for each request. */
const anvil: Peer = {
  name: 'anvil',
  chainId: CHAIN_ID,
  funder: TEST_FUNDER,
  prepare() {
    const failure = installPeerPackages(join(PROJECT_DIRECTORY, 'bench', 'peers'));
    if (failure !== undefined) return failure;
    return existsSync(ANVIL_BINARY) ? undefined : `npm has no binary of it for ${ANVIL_PLATFORM}`;
  },
  async command({ blockTimeSeconds }) {
    const port = await freePort();
    const args = ['--port', String(port), '--silent', '--hardfork', 'osaka', '--gas-limit', GAS_LIMIT];
    args.push('--chain-id', String(CHAIN_ID));
    if (blockTimeSeconds !== undefined) args.push('--block-time', String(blockTimeSeconds));
    return { name: 'anvil', command: ANVIL_BINARY, args, port };
  },
};

const GETH_VERSION = 'v1.16.7';
const GETH_BINARY = join(PROJECT_DIRECTORY, `dist-peers/geth-${GETH_VERSION}/geth`);
/** The key of the account that `geth --dev` funds. */
const GETH_FUNDER = senderOf(hexToBytes('0xb71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291'));
/** As many transactions as our pool holds, from as few senders. */
const GETH_POOL = ['globalslots', 'accountslots', 'globalqueue', 'accountqueue'].flatMap((limit) => [
  `--txpool.${limit}`,
  '100000',
]);

const geth: Peer = {
  name: 'geth',
  chainId: 1337n,
  funder: GETH_FUNDER,
  prepare: (isQuick) => buildGeth(GETH_VERSION, GETH_BINARY, isQuick),
  async command({ blockTimeSeconds }) {
    const port = await freePort();
    const args = [
      '--dev',
      '--dev.gaslimit',
      GAS_LIMIT,
      '--miner.gaslimit',
      GAS_LIMIT,
      '--verbosity',
      '1',
      '--ipcdisable',
    ];
    args.push('--http', '--http.addr', '127.0.0.1', '--http.port', String(port), '--authrpc.port', '0', ...GETH_POOL);
    if (blockTimeSeconds !== undefined) args.push('--dev.period', String(blockTimeSeconds));
    return { name: 'geth', command: GETH_BINARY, args, port };
  },
};

const HARDHAT_DIRECTORY = join(PROJECT_DIRECTORY, 'bench', 'peers', 'hardhat');
const HARDHAT_NODE_MAJOR_MIN = 22;

const hardhat: Peer = {
  name: 'hardhat',
  chainId: CHAIN_ID,
  funder: TEST_FUNDER,
  prepare() {
    const major = Number(process.versions.node.split('.')[0]);
    if (major < HARDHAT_NODE_MAJOR_MIN)
      return `it needs Node ${HARDHAT_NODE_MAJOR_MIN} or later, this is ${process.versions.node}`;
    return installPeerPackages(HARDHAT_DIRECTORY);
  },
  async command({ blockTimeSeconds }) {
    const port = await freePort();
    const main = join(HARDHAT_DIRECTORY, 'node_modules/hardhat/dist/src/cli.js');
    return {
      name: 'hardhat',
      command: process.execPath,
      args: [main, 'node', '--hostname', '127.0.0.1', '--port', String(port)],
      workingDirectory: HARDHAT_DIRECTORY,
      environment:
        blockTimeSeconds === undefined ? {} : { BENCH_BLOCK_TIME_MS: String(Math.round(blockTimeSeconds * 1000)) },
      port,
    };
  },
  // Like Anvil it would otherwise write lines for each request.
  afterStart: (client) => client.call('hardhat_setLoggingEnabled', [false]),
};

export const PEERS: readonly Peer[] = [gnomon, anvil, geth, hardhat];
