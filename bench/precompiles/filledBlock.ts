// A network's block of one second, filled with one native call until its work or its gas is used up, and executed as a
// validator does: every transaction, the roots, the new state.

import { NETWORK_GAS_PER_SECOND } from '../../genesis/networkGenesis.ts';
import { DEFAULT_NATIVE_WORK_MICROSECONDS_PER_SECOND } from '../../genesis/parseGnomonRules.ts';
import { decodeTransaction, encodeTransaction, withSender } from '../../node/block/transaction.ts';
import type { SignedTransaction } from '../../node/block/types.ts';
import { BlockExecution, type BlockExecutionOptions } from '../../node/execution/blockExecution.ts';
import type { StateStore } from '../../node/state/stateStore.ts';
import { createJournaledState } from '../../node/state/worldState.ts';
import { deviceDid } from '../../precompiles/did/contract.ts';
import type { PrecompileResult } from '../../precompiles/framework/host.ts';
import { p256Verify } from '../../precompiles/p256/contract.ts';
import { ZERO_ADDRESS, ZERO_HASH } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import type { MemoryHost } from '../../test/precompiles/support/memoryHost.ts';
import { type NativeCall, withStore } from './nativeCalls.ts';

export const WORK_LIMIT_MICROSECONDS: number = DEFAULT_NATIVE_WORK_MICROSECONDS_PER_SECOND;
/** Intrinsic gas and the gas limit's own rounding, beside 40 gas for each byte of calldata (EIP-7623). */
const TRANSACTION_GAS = 21_000n;
const CALLDATA_BYTE_GAS = 40n;

export interface FilledBlock {
  readonly calls: number;
  readonly gasUsed: bigint;
  /** Declared. */
  readonly workMicroseconds: number;
  /** Processor time of executing and sealing it. */
  readonly measuredMicroseconds: number;
}

/** How many of these calls fit into one block, and which limit that is. */
export function callsThatFit(call: NativeCall, { gasUsed, workMicroseconds }: PrecompileResult) {
  const byGas = Number(NETWORK_GAS_PER_SECOND / (gasUsed + transactionGas(call)));
  const byWork = Math.floor(WORK_LIMIT_MICROSECONDS / Math.max(1, workMicroseconds));
  return { count: Math.min(byGas, byWork), isFilledByWork: byWork <= byGas };
}

function transactionGas({ data }: NativeCall): bigint {
  return TRANSACTION_GAS + CALLDATA_BYTE_GAS * BigInt(data.length);
}

function optionsOf(store: StateStore, base: MemoryHost): BlockExecutionOptions {
  return {
    rules: {
      fork: 'osaka',
      chainId: base.chainId,
      blobSchedule: undefined,
      depositContractAddress: undefined,
      isGnomon: true,
      allowsImpersonation: false,
    },
    block: {
      number: base.blockNumber,
      timestampSeconds: base.timestampSeconds,
      coinbase: ZERO_ADDRESS,
      gasLimit: NETWORK_GAS_PER_SECOND,
      difficulty: 0n,
      prevRandao: ZERO_HASH,
      baseFeePerGas: 0n,
      blobBaseFee: undefined,
      blockHash: () => undefined,
    },
    chain: { chainId: base.chainId, genesisHash: base.genesisHash },
    state: createJournaledState(store.readerAt(0n)),
    precompiles: [p256Verify, deviceDid],
    blockStartSteps: [],
    nativeWorkMicrosecondsMax: WORK_LIMIT_MICROSECONDS,
    parentHash: ZERO_HASH,
    parentBeaconBlockRoot: ZERO_HASH,
    alarm: ({ cause }) => {
      throw cause;
    },
  };
}

/** Senders were recovered when the transactions came: any signature does. */
function transactionOf(
  chainId: bigint,
  to: Address,
  call: NativeCall,
  nonce: number,
  gasLimit: bigint,
): SignedTransaction {
  const raw = encodeTransaction(
    {
      type: 2,
      chainId,
      nonce: BigInt(nonce),
      gasLimit,
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
      to,
      value: call.valueWei,
      data: call.data,
      accessList: [],
      authorizationList: [],
      blobVersionedHashes: [],
      maxFeePerBlobGas: 0n,
    },
    { yParity: 0, r: 1n, s: 1n },
  );
  return withSender(decodeTransaction(raw), call.from);
}

/** Fills a block with `count` calls of DeviceDID and executes it; the least of `rounds`. */
export async function executeFilledBlock(
  base: MemoryHost,
  call: NativeCall,
  result: PrecompileResult,
  rounds: number,
): Promise<FilledBlock> {
  const { count } = callsThatFit(call, result);
  const gasLimit = result.gasUsed + transactionGas(call);
  const transactions = Array.from({ length: count }, (_, nonce) =>
    transactionOf(base.chainId, deviceDid.address, call, nonce, gasLimit),
  );
  return withStore(deviceDid, base, async (store) => {
    let least: FilledBlock | undefined;
    for (let round = 0; round < rounds; round++) {
      store.cache.clear();
      const before = process.cpuUsage();
      const execution = await BlockExecution.begin(optionsOf(store, base));
      for (const transaction of transactions) {
        const applied = await execution.apply(transaction);
        if (!applied.included) throw applied.refusal;
      }
      const block = await execution.finish();
      store.seal(block.changes, store.head.stateRoot);
      const { user, system } = process.cpuUsage(before);
      if (least === undefined || user + system < least.measuredMicroseconds) {
        least = {
          calls: count,
          gasUsed: block.gasUsed,
          workMicroseconds: block.nativeWorkMicroseconds,
          measuredMicroseconds: user + system,
        };
      }
    }
    if (least === undefined) throw new Error('a block is executed at least once');
    return least;
  });
}
