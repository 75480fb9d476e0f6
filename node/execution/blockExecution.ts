// Executes one block step by step. Building, validating and importing all go through here, so that they cannot differ.
import type { HostChain, NativePrecompile } from '../../precompiles/framework/host.ts';
import { assert, ChainError } from '../../primitives/errors.ts';
import type { Gas, Hash } from '../../primitives/types.ts';
import { blobGasMax } from '../block/blobGas.ts';
import { unionBlooms } from '../block/bloom.ts';
import { encodeWithdrawal } from '../block/body.ts';
import { encodeReceipts } from '../block/receipt.ts';
import { type BlockRequests, DEPOSIT_REQUEST_TYPE, depositRequests, requestsHash } from '../block/requests.ts';
import type { Header, Log, Receipt, SignedTransaction, Withdrawal } from '../block/types.ts';
import { orderedTrieRoot } from '../state/orderedTrie.ts';
import type { JournaledState, StateChanges } from '../state/types.ts';
import {
  type AppliedTransaction,
  type ApplyContext,
  applyTransaction,
  type BlockProgress,
} from './applyTransaction.ts';
import type { BlockEnvironment } from './blockEnvironment.ts';
import type { EvmHost } from './evmHost.ts';
import { asFatal, isMachineFailure } from './executionErrors.ts';
import { type ForkRules, isActive } from './forkRules.ts';
import { loadEvm } from './loadEvm.ts';
import {
  type ExecutionAlarm,
  type ExecutionMeter,
  establishNativeAccounts,
  type TransactionKind,
} from './nativeCall.ts';
import { creditBlockRewards, creditWithdrawals } from './rewards.ts';
import { type BlockAncestry, callBlockStartContracts, collectRequests, type SystemCallContext } from './systemCalls.ts';

/** What a native block-start step works on. */
export interface BlockStartContext {
  readonly state: JournaledState;
  readonly block: BlockEnvironment;
  readonly chain: HostChain;
}

/**
 * A native step before the first transaction (DESIGN §2): a pure function of the parent's state and the block. It never
 * throws for anything that the chain can hold. It returns the payouts that it debited, to be credited as withdrawals.
 */
export type BlockStartStep = (context: BlockStartContext) => readonly Withdrawal[];

export interface BlockExecutionOptions extends BlockAncestry {
  readonly rules: ForkRules;
  readonly block: BlockEnvironment;
  readonly chain: HostChain;
  /** A journal over the parent's state that nothing else uses. */
  readonly state: JournaledState;
  /** The native contracts in force at the block's time. */
  readonly precompiles: readonly NativePrecompile[];
  readonly blockStartSteps: readonly BlockStartStep[];
  /** Declared native work that the block may hold, in microseconds; undefined without a limit. */
  readonly nativeWorkMicrosecondsMax?: number | undefined;
  readonly alarm: ExecutionAlarm;
  /** Told how long transactions and native calls take. */
  readonly meter?: ExecutionMeter | undefined;
  /** Needed before Byzantium, where receipts name state roots. */
  readonly stateRootOf?: ((changes: StateChanges) => Hash) | undefined;
  readonly allowsDirectPath?: boolean | undefined;
  /** Told what contracts log to Hardhat's console (dev chains). */
  readonly consoleCall?: ((calldata: Uint8Array) => void) | undefined;
}

/** A transaction's way into the block, or out of it with the state as it was. */
export type ApplyResult =
  | ({ readonly included: true } & AppliedTransaction)
  | { readonly included: false; readonly refusal: ChainError };

export interface BlockEnd {
  /** Undefined before Shanghai. */
  readonly withdrawals?: readonly Withdrawal[] | undefined;
  readonly ommers?: readonly Pick<Header, 'number' | 'coinbase'>[] | undefined;
}

/** Everything of the header that execution decides, but the state root: that is computed from `changes`. */
export interface ExecutedBlock {
  readonly transactions: readonly SignedTransaction[];
  readonly receipts: readonly Receipt[];
  readonly gasUsed: Gas;
  readonly logsBloom: Uint8Array;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
  readonly withdrawalsRoot: Hash | undefined;
  readonly blobGasUsed: Gas | undefined;
  readonly requests: readonly BlockRequests[];
  readonly requestsHash: Hash | undefined;
  readonly nativeWorkMicroseconds: number;
  readonly changes: StateChanges;
}

export class BlockExecution {
  readonly #options: BlockExecutionOptions;
  readonly #host: EvmHost;
  readonly #context: ApplyContext;
  readonly #blobGasLimit: Gas;
  readonly #transactions: SignedTransaction[] = [];
  readonly #receipts: Receipt[] = [];
  readonly #logs: Log[] = [];
  #gasUsed: Gas = 0n;
  #blobGasUsed: Gas = 0n;
  #nativeWorkMicroseconds = 0;
  #dueWithdrawals: readonly Withdrawal[] = [];
  #phase: 'open' | 'busy' | 'ended' = 'open';

  private constructor(options: BlockExecutionOptions, host: EvmHost) {
    this.#options = options;
    this.#host = host;
    this.#context = { ...options, host };
    const { blobSchedule } = options.rules;
    this.#blobGasLimit = blobSchedule === undefined ? 0n : blobGasMax(blobSchedule);
  }

  /**
   * Runs the steps before the first transaction.
   * @throws FatalExecutionError when the failure lies in the machine
   */
  static async begin(options: BlockExecutionOptions): Promise<BlockExecution> {
    const { EvmHost } = await loadEvm();
    const execution = new BlockExecution(options, new EvmHost(options));
    await callBlockStartContracts(execution.#systemContext(), options);
    establishNativeAccounts(options.state, options.precompiles);
    execution.#dueWithdrawals = options.blockStartSteps.flatMap((step) => step(options));
    options.state.endTransaction();
    return execution;
  }

  /** What the block-start steps pay: the withdrawals that a Gnomon block must hold, exactly. */
  get dueWithdrawals(): readonly Withdrawal[] {
    return this.#dueWithdrawals;
  }

  get gasUsed(): Gas {
    return this.#gasUsed;
  }

  /**
   * Includes a transaction or refuses it and leaves the state as it was. One at a time.
   * @throws FatalExecutionError when the failure lies in the machine: this execution is over
   */
  async apply(tx: SignedTransaction): Promise<ApplyResult> {
    assert(this.#phase === 'open', `a transaction came while the block was ${this.#phase}`);
    this.#phase = 'busy';
    const { meter } = this.#options;
    const startedAt = meter?.start() ?? 0;
    const messagesBefore = this.#host.messagesRun;
    try {
      const applied = await applyTransaction(tx, this.#context, this.#progress());
      this.#record(tx, applied);
      meter?.transaction(this.#kindOf(tx, messagesBefore), applied.receipt.gasUsed, startedAt);
      this.#phase = 'open';
      return { included: true, ...applied };
    } catch (error) {
      if (!(error instanceof ChainError) || isMachineFailure(error)) throw asFatal(error);
      this.#phase = 'open';
      return { included: false, refusal: error };
    }
  }

  /**
   * Runs the steps after the last transaction.
   * @throws ChainError `SYSTEM_CALL_FAILED` on chains that are not Gnomon's
   * @throws FatalExecutionError when the failure lies in the machine
   */
  async finish({ withdrawals, ommers = [] }: BlockEnd = {}): Promise<ExecutedBlock> {
    assert(this.#phase === 'open', `the end came while the block was ${this.#phase}`);
    this.#phase = 'ended';
    const { state, rules, block } = this.#options;
    if (withdrawals !== undefined) creditWithdrawals(state, withdrawals);
    const requests = isActive(rules, 'prague') ? await this.#collectRequests() : [];
    if (!isActive(rules, 'paris')) creditBlockRewards(state, rules, block, ommers);
    state.endTransaction();
    return {
      transactions: this.#transactions,
      receipts: this.#receipts,
      gasUsed: this.#gasUsed,
      logsBloom: unionBlooms(this.#receipts.map(({ logsBloom }) => logsBloom)),
      transactionsRoot: orderedTrieRoot(this.#transactions.map(({ raw }) => raw)),
      receiptsRoot: orderedTrieRoot(encodeReceipts(this.#receipts)),
      withdrawalsRoot: withdrawals && orderedTrieRoot(withdrawals.map(encodeWithdrawal)),
      blobGasUsed: isActive(rules, 'cancun') ? this.#blobGasUsed : undefined,
      requests,
      requestsHash: isActive(rules, 'prague') ? requestsHash(requests) : undefined,
      nativeWorkMicroseconds: this.#nativeWorkMicroseconds,
      changes: state.changes(),
    };
  }

  #kindOf({ to }: SignedTransaction, messagesBefore: number): TransactionKind {
    if (this.#host.messagesRun !== messagesBefore) return 'contract';
    return to !== undefined && this.#host.nativeAt(to) !== undefined ? 'native' : 'transfer';
  }

  #progress(): BlockProgress {
    const { nativeWorkMicrosecondsMax = Number.POSITIVE_INFINITY } = this.#options;
    return {
      gasUsed: this.#gasUsed,
      blobGasLeft: this.#blobGasLimit - this.#blobGasUsed,
      nativeWorkMicrosecondsLeft: nativeWorkMicrosecondsMax - this.#nativeWorkMicroseconds,
      nativeWorkMicrosecondsMax,
    };
  }

  #record(tx: SignedTransaction, { receipt, blobGasUsed, outcome }: AppliedTransaction): void {
    this.#transactions.push(tx);
    this.#receipts.push(receipt);
    for (const log of receipt.logs) this.#logs.push(log);
    this.#gasUsed += receipt.gasUsed;
    this.#blobGasUsed += blobGasUsed;
    this.#nativeWorkMicroseconds += outcome.nativeWorkMicroseconds;
  }

  async #collectRequests(): Promise<BlockRequests[]> {
    const { depositContractAddress } = this.#options.rules;
    const deposits = depositContractAddress && depositRequests(this.#logs, depositContractAddress);
    const others = await collectRequests(this.#systemContext());
    return [{ type: DEPOSIT_REQUEST_TYPE, data: deposits ?? new Uint8Array(0) }, ...others];
  }

  #systemContext(): SystemCallContext {
    const { rules, state, alarm } = this.#options;
    return { rules, state, alarm, host: this.#host };
  }
}
