// New genesis files: what `gnomon init` and `gnomon genesis new` write.
import { bytesKey, bytesToHex, ZERO_ADDRESS, ZERO_HASH } from '../primitives/bytes.ts';
import { ChainError } from '../primitives/errors.ts';
import type { Address, Gas, Wei } from '../primitives/types.ts';
import type { GenesisJson } from './chainSpec.ts';
import { parseGenesis } from './parseGenesis.ts';
import { DEFAULT_NATIVE_WORK_MICROSECONDS_PER_SECOND, NETWORK_BLOCK_TIME_MS_MIN } from './parseGnomonRules.ts';
import { PRECOMPILE_CATALOG, type PrecompileEntry } from './precompileCatalog.ts';
import { serializeGenesis } from './serializeGenesis.ts';
import type { Predeploy } from './systemContracts.ts';

/** DESIGN §2: gas of a network's block per second of block time. */
export const NETWORK_GAS_PER_SECOND = 15_000_000n;

/** An account that a new chain starts with. */
export interface FundedAccount {
  readonly address: Address;
  readonly balanceWei: Wei;
}

export interface NetworkGenesisOptions {
  readonly chainId: bigint;
  readonly accounts: readonly FundedAccount[];
  /** Time between blocks in milliseconds, at least 1,000. */
  readonly blockTimeMs: number;
  /** Time of block 0 in seconds. */
  readonly timestampSeconds: bigint;
  /** Who is paid the tips while no staking precompile names the proposer's recipient. */
  readonly feeRecipient?: Address | undefined;
}

export interface NewGenesisOptions extends NetworkGenesisOptions {
  readonly devChain: boolean;
  readonly gasLimit: Gas;
  readonly predeploys: readonly Predeploy[];
}

/**
 * The genesis file of a network: gas limit 15 M per second of block time, every native contract in its newest version
 * from block 0, no dev-only methods.
 * @throws ChainError `INVALID_BLOCK_TIME`, `DUPLICATE_ACCOUNT`, or a `GenesisErrorCode` for what no chain may have
 */
export function networkGenesis(
  options: NetworkGenesisOptions,
  catalog: readonly PrecompileEntry[] = PRECOMPILE_CATALOG,
): GenesisJson {
  const { blockTimeMs } = options;
  if (!Number.isSafeInteger(blockTimeMs) || blockTimeMs < NETWORK_BLOCK_TIME_MS_MIN) {
    const expected = `a block time of at least ${NETWORK_BLOCK_TIME_MS_MIN} ms (a whole number)`;
    throw new ChainError('INVALID_BLOCK_TIME', `expected ${expected}, got ${blockTimeMs}`, { blockTimeMs });
  }
  const gasLimit = (NETWORK_GAS_PER_SECOND * BigInt(blockTimeMs)) / 1_000n;
  return newGenesis({ ...options, devChain: false, gasLimit, predeploys: [] }, catalog);
}

/** A complete and checked genesis file: what the parser adds stands in it. */
export function newGenesis(options: NewGenesisOptions, catalog: readonly PrecompileEntry[]): GenesisJson {
  const file: GenesisJson = {
    config: { ...OSAKA_FROM_GENESIS, chainId: jsonInteger(options.chainId), gnomon: gnomonRules(options, catalog) },
    nonce: '0x0000000000000000',
    timestamp: `0x${options.timestampSeconds.toString(16)}`,
    extraData: '0x',
    gasLimit: `0x${options.gasLimit.toString(16)}`,
    difficulty: '0x0',
    mixHash: bytesToHex(ZERO_HASH),
    coinbase: bytesToHex(ZERO_ADDRESS),
    alloc: newAlloc(options),
  };
  return serializeGenesis(parseGenesis(file, catalog));
}

/** Every fork of geth's format at genesis, so that other tools read the file as well. */
const OSAKA_FROM_GENESIS = {
  homesteadBlock: 0,
  eip150Block: 0,
  eip155Block: 0,
  eip158Block: 0,
  byzantiumBlock: 0,
  constantinopleBlock: 0,
  petersburgBlock: 0,
  istanbulBlock: 0,
  muirGlacierBlock: 0,
  berlinBlock: 0,
  londonBlock: 0,
  arrowGlacierBlock: 0,
  grayGlacierBlock: 0,
  mergeNetsplitBlock: 0,
  shanghaiTime: 0,
  cancunTime: 0,
  pragueTime: 0,
  osakaTime: 0,
  terminalTotalDifficulty: 0,
  terminalTotalDifficultyPassed: true,
  blobSchedule: {
    cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 },
    prague: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 },
    osaka: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 },
  },
};

function gnomonRules(options: NewGenesisOptions, catalog: readonly PrecompileEntry[]): Record<string, unknown> {
  const precompiles = catalog.map(({ name, versions }) => [name, { time: 0, version: Math.max(...versions) }] as const);
  return {
    devChain: options.devChain,
    heightOffset: 0,
    feeRecipient: bytesToHex(options.feeRecipient ?? ZERO_ADDRESS),
    nativeWorkMicrosecondsPerSecond: DEFAULT_NATIVE_WORK_MICROSECONDS_PER_SECOND,
    blockTimeMs: options.blockTimeMs,
    precompiles: Object.fromEntries(precompiles),
  };
}

function newAlloc({ accounts, predeploys }: NewGenesisOptions): GenesisJson['alloc'] {
  const alloc: GenesisJson['alloc'] = {};
  for (const { address, code } of predeploys)
    alloc[bytesToHex(address)] = { balance: '0x0', nonce: '0x1', code: bytesToHex(code) };
  const seen = new Set(predeploys.map(({ address }) => bytesKey(address)));
  for (const { address, balanceWei } of accounts) {
    const text = bytesToHex(address);
    if (seen.has(bytesKey(address)))
      throw new ChainError('DUPLICATE_ACCOUNT', `expected each account once, got ${text} twice`, { address: text });
    seen.add(bytesKey(address));
    alloc[text] = { balance: `0x${balanceWei.toString(16)}` };
  }
  return alloc;
}

/** A JSON number where it keeps every digit (geth reads only those), else a decimal string. */
function jsonInteger(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}
