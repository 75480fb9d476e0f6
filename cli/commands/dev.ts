// `gnomon dev`: a development chain in one command, gone when it stops unless --home keeps it.
import { existsSync } from 'node:fs';
import type { ChainSpec, GenesisJson } from '../../genesis/chainSpec.ts';
import { DEV_ACCOUNTS, DEV_BALANCE_WEI, DEV_MNEMONIC, devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { GAS_LIMIT_MAX } from '../../genesis/parseHeader.ts';
import { formatGenesis } from '../../genesis/serializeGenesis.ts';
import type { MiningMode } from '../../node/consensus/soloEngine.ts';
import { memoryLimits } from '../../node/memoryLimits.ts';
import type { Node } from '../../node/node.ts';
import { MemoryDatabase } from '../../node/state/memoryDatabase.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { checksumAddress } from '../../primitives/checksum.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { RpcServer } from '../../rpc/server.ts';
import { type Config, loadConfig } from '../config.ts';
import { createHome, type Home, homeAt, readSpec, stateModeOf } from '../home.ts';
import { createLog } from '../logger.ts';
import { print } from '../output.ts';

export interface DevOptions {
  readonly home?: string;
  readonly host?: string;
  readonly port?: string;
  readonly blockTime?: string;
  readonly gasLimit?: string;
  readonly mining: boolean;
  readonly memory?: string;
  readonly 'txpool.journal'?: string;
  readonly silent?: boolean;
  readonly logFormat?: string;
  readonly 'log.level'?: string;
  readonly metrics?: boolean;
  readonly 'metrics.addr'?: string;
  readonly 'metrics.port'?: string;
  readonly forkUrl?: string;
}

/** Below it a timer could not keep up; instant blocks are the better choice there. */
const BLOCK_TIME_SECONDS_MIN = 0.01;
const BLOCK_TIME_SECONDS_MAX = 86_400;

function miningMode({ mining, blockTime }: DevOptions): MiningMode {
  if (!mining) return { kind: 'manual' };
  if (blockTime === undefined) return { kind: 'instant' };
  const seconds = Number(blockTime);
  if (!(seconds >= BLOCK_TIME_SECONDS_MIN && seconds <= BLOCK_TIME_SECONDS_MAX)) {
    throw new ChainError(
      'INVALID_BLOCK_TIME',
      `--block-time must be a number of seconds from ${BLOCK_TIME_SECONDS_MIN} to ${BLOCK_TIME_SECONDS_MAX}, got "${blockTime}"`,
    );
  }
  return { kind: 'interval', milliseconds: Math.round(seconds * 1000) };
}

/** No transaction fits into less. */
const GAS_LIMIT_MIN = 21_000n;

function gasLimitOf({ gasLimit }: DevOptions): bigint | undefined {
  if (gasLimit === undefined) return undefined;
  const gas = /^\d{1,19}$/.test(gasLimit) ? BigInt(gasLimit) : -1n;
  if (gas >= GAS_LIMIT_MIN && gas <= GAS_LIMIT_MAX) return gas;
  throw new ChainError(
    'INVALID_GAS_LIMIT',
    `--gas-limit must be a whole number from ${GAS_LIMIT_MIN} to ${GAS_LIMIT_MAX}, got "${gasLimit}"`,
  );
}

/** Block 0 at the present time: who dates a signature by the newest block must be right from the first one on. */
function newGenesis(options: DevOptions): GenesisJson {
  return devGenesis({ timestampSeconds: BigInt(Math.floor(Date.now() / 1000)), gasLimit: gasLimitOf(options) });
}

/** The chain and where it is kept, a home being made where there is none; nothing is open yet. */
function chainOf(options: DevOptions): { spec: ChainSpec; home: Home | undefined } {
  if (options.home === undefined) return { spec: parseGenesis(newGenesis(options)), home: undefined };
  const home = homeAt(options.home);
  if (!existsSync(home.genesisFile))
    createHome(home, formatGenesis(newGenesis(options)), { mode: 'archive', keepBlocks: 1024 });
  const spec = readSpec(home.genesisFile);
  if (spec.gnomon?.devChain !== true) {
    throw new ChainError(
      'NOT_A_DEV_CHAIN',
      `${home.directory} holds a chain that is no dev chain; run it with "gnomon start"`,
    );
  }
  return { spec, home };
}

async function openDatabase(home: Home | undefined, config: Config, warn: (message: string) => void) {
  if (home === undefined) return new MemoryDatabase();
  const { openLevelDatabase } = await import('../../node/state/levelDatabase.ts');
  const limits = memoryLimits(config.memory.limitMebibytes).database;
  return openLevelDatabase(home.databaseDirectory, { warn, limits });
}

function banner(node: Node, rpc: RpcServer, mode: MiningMode, home: string | undefined): void {
  const coins = DEV_BALANCE_WEI / 10n ** 18n;
  print();
  print(`  Gnomon dev chain ${node.chain.spec.chainId}: one key, no BFT. Never put value on it.`);
  print();
  print(`Accounts (${coins} GNM each)`);
  for (const [index, { address }] of DEV_ACCOUNTS.entries()) print(`  (${index}) ${checksumAddress(address)}`);
  print();
  print('Private keys (known to everyone)');
  for (const [index, { privateKey }] of DEV_ACCOUNTS.entries()) print(`  (${index}) ${bytesToHex(privateKey)}`);
  print();
  print(`  Mnemonic: ${DEV_MNEMONIC}`);
  print("  Path:     m/44'/60'/0'/0/index");
  print();
  print('Precompiles');
  for (const { name, address } of node.precompiles) print(`  ${checksumAddress(address)}  ${name}`);
  print();
  const blocks = { instant: 'on every transaction', manual: 'on evm_mine only' };
  print(`Blocks        ${mode.kind === 'interval' ? `every ${mode.milliseconds / 1000} s` : blocks[mode.kind]}`);
  print(
    `State         ${home === undefined ? 'in memory, gone at the end (--home keeps it)' : `kept in ${homeAt(home).directory}`}`,
  );
  print(`Genesis       ${bytesToHex(node.chain.genesisHash)}`);
  print(`HTTP          ${rpc.url}`);
  print(`WebSocket     ${rpc.url.replace('http', 'ws')}`);
  print();
  print('Try');
  print(
    `  curl -s ${rpc.url} -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}'`,
  );
  print();
}

export async function dev(options: DevOptions): Promise<number> {
  if (options.forkUrl !== undefined) {
    throw new ChainError(
      'FORKING_NOT_SUPPORTED',
      '--fork-url is not supported: state of another chain has no place in this chain\'s state root, and every block here is provable. Deploy what you need, load it with anvil_loadState, or import the chain itself with "gnomon import"',
    );
  }
  const mining = miningMode(options);
  const config = loadConfig(options.home === undefined ? undefined : homeAt(options.home).directory, process.env, {
    'http.addr': options.host,
    'http.port': options.port,
    'memory.limit_mib': options.memory,
    'txpool.journal': options['txpool.journal'],
    'log.level': options.silent === true ? 'silent' : options['log.level'],
    'log.format': options.logFormat,
    'metrics.enabled': options.metrics,
    'metrics.addr': options['metrics.addr'],
    'metrics.port': options['metrics.port'],
  });
  const log = await createLog(config.log);
  const { spec, home } = chainOf(options);
  // What runs is loaded once it is clear that something will: a refusal is there at once. And before the database is open: a
  // signal while it loads would find nobody to close it.
  const { runNode } = await import('../runNode.ts');
  return runNode({
    spec,
    database: await openDatabase(home, config, (message) => log.warn(message)),
    databaseDirectory: home?.databaseDirectory,
    poolJournalFile: home?.poolJournalFile,
    config,
    stateMode: stateModeOf(config.state),
    log,
    mining,
    devAccounts: DEV_ACCOUNTS,
    onReady(node, rpc) {
      if (options.silent !== true) banner(node, rpc, mining, options.home);
      node.chain.onCommit(({ block }) => {
        const { number, gasUsed } = block.header;
        log.info('block', { number, transactions: block.transactions.length, gasUsed, hash: bytesToHex(block.hash) });
      });
    },
  });
}
