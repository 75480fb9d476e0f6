// One small Osaka state with a transaction context over it.

import { signTransaction, type UnsignedTransaction, withSender } from '../../../../node/block/transaction.ts';
import type { SignedTransaction } from '../../../../node/block/types.ts';
import type { BlockEnvironment } from '../../../../node/execution/blockEnvironment.ts';
import { BlockExecution, type BlockExecutionOptions } from '../../../../node/execution/blockExecution.ts';
import { EvmHost } from '../../../../node/execution/evmHost.ts';
import type { ForkRules } from '../../../../node/execution/forkRules.ts';
import { MemoryStateReader } from '../../../../node/state/memoryReader.ts';
import type { JournaledState } from '../../../../node/state/types.ts';
import { createJournaledState } from '../../../../node/state/worldState.ts';
import type { NativePrecompile } from '../../../../precompiles/framework/host.ts';
import { parseAddress, ZERO_HASH } from '../../../../primitives/bytes.ts';
import type { Address } from '../../../../primitives/types.ts';
import { CONTRACTS } from './contracts.ts';
import { ACTORS } from './randomTransactions.ts';
import { TEST_PRECOMPILE_ADDRESS, testPrecompile } from './testPrecompile.ts';

export const CHAIN_ID = 4766n;
export const COINBASE = parseAddress('0x00000000000000000000000000000000000000cb');
export const RULES: ForkRules = {
  fork: 'osaka',
  chainId: CHAIN_ID,
  blobSchedule: undefined,
  depositContractAddress: undefined,
  isGnomon: true,
  allowsImpersonation: false,
};
export const BLOCK: BlockEnvironment = {
  number: 5n,
  timestampSeconds: 1_000n,
  coinbase: COINBASE,
  gasLimit: 30_000_000n,
  difficulty: 0n,
  prevRandao: ZERO_HASH,
  baseFeePerGas: 7n,
  blobBaseFee: 1n,
  blockHash: () => undefined,
};

export interface Bench {
  readonly state: JournaledState;
  readonly alarms: unknown[];
  readonly options: BlockExecutionOptions;
  begin(overrides?: Partial<BlockExecutionOptions>): Promise<BlockExecution>;
  host(): EvmHost;
}

export function openBench(precompiles: readonly NativePrecompile[] = [testPrecompile]): Bench {
  const reader = new MemoryStateReader();
  for (const { address } of ACTORS) reader.setAccount(address, { balanceWei: 10n ** 20n });
  for (const { address, code } of Object.values(CONTRACTS)) {
    reader.setCode(address, code);
    reader.setAccount(address, { nonce: 1n, balanceWei: 100n });
  }
  const state = createJournaledState(reader);
  const alarms: unknown[] = [];
  const options: BlockExecutionOptions = {
    rules: RULES,
    block: BLOCK,
    chain: { chainId: CHAIN_ID, genesisHash: ZERO_HASH },
    state,
    precompiles,
    blockStartSteps: [],
    parentHash: ZERO_HASH,
    parentBeaconBlockRoot: ZERO_HASH,
    alarm: (alarm) => alarms.push(alarm),
  };
  return {
    state,
    alarms,
    options,
    begin: (overrides = {}) => BlockExecution.begin({ ...options, ...overrides }),
    host: () => new EvmHost(options),
  };
}

/** A signed transaction of the first actor; every field has a default. */
export function transaction(fields: Partial<UnsignedTransaction> = {}, actor = ACTORS[0]!): SignedTransaction {
  const unsigned: UnsignedTransaction = {
    type: 2,
    chainId: CHAIN_ID,
    nonce: 0n,
    gasLimit: 500_000n,
    maxFeePerGas: 100n,
    maxPriorityFeePerGas: 1n,
    to: TEST_PRECOMPILE_ADDRESS,
    value: 0n,
    data: new Uint8Array(0),
    accessList: [],
    authorizationList: [],
    blobVersionedHashes: [],
    maxFeePerBlobGas: 0n,
    ...fields,
  };
  return withSender(signTransaction(unsigned, actor.privateKey), actor.address);
}

/** A native contract at the test address that does as told. */
export function native(run: NativePrecompile['run'], address: Address = TEST_PRECOMPILE_ADDRESS): NativePrecompile {
  return { name: 'Test', address, isStateful: true, version: 1, run };
}
