// The one place that makes EVMs: for blocks, calls, estimates, access lists and traces alike.
import { EVMError, type ExecResult } from '@ethereumjs/evm';
import { Address as EvmAddress } from '@ethereumjs/util';
import type { HostCall, NativePrecompile } from '../../precompiles/framework/host.ts';
import { bytesKey, bytesToHex, hexToBytes } from '../../primitives/bytes.ts';
import type { Address, Gas, Hash, Wei } from '../../primitives/types.ts';
import type { Log } from '../block/types.ts';
import { asFatal, ExecutionInterrupted, isMachineFailure } from './executionErrors.ts';
import { isActive } from './forkRules.ts';
import { type EvmHostOptions, exceptionalHalt, HostEvm } from './hostEvm.ts';
import { type NativeOutcome, runNative } from './nativeCall.ts';
import { type PrecompileTable, precompileTable } from './precompileTable.ts';

/** A message call or creation at depth 0. The sender's nonce has been raised and its gas bought. */
export interface EvmMessage {
  readonly caller: Address;
  readonly to?: Address | undefined;
  readonly value: Wei;
  readonly data: Uint8Array;
  readonly gasLimit: Gas;
  readonly gasPrice: Wei;
  readonly blobVersionedHashes: readonly Hash[];
}

export interface EvmOutcome {
  readonly gasUsed: Gas;
  /** What the schedule refunds, before the cap. */
  readonly refund: bigint;
  readonly output: Uint8Array;
  readonly logs: readonly Log[];
  /** The EVM's own name of what ended it; undefined on success, `revert` for REVERT. */
  readonly exception?: string | undefined;
  readonly contractAddress?: Address | undefined;
  /** Accounts to delete when the transaction ends. */
  readonly destroyed: readonly Address[];
}

/** What is warm of an account of which no slot is: never written to. */
const NO_SLOTS: Set<string> = new Set();

/** One EVM over one state in one block. Not for use by two executions at once, nor after one of them threw. */
export class EvmHost {
  readonly #options: EvmHostOptions;
  readonly #table: PrecompileTable;
  #evm: HostEvm | undefined;
  #messagesRun = 0;
  #nativeWorkMicroseconds = 0;

  constructor(options: EvmHostOptions) {
    this.#table = precompileTable(options.rules, options.precompiles, options.relocations);
    this.#options = options;
  }

  /** Every precompile in force, built-in and native. */
  get precompileAddresses(): Iterable<Address> {
    return this.#table.addresses.values();
  }

  isPrecompile(address: Address): boolean {
    return this.#table.addresses.has(bytesKey(address));
  }

  nativeAt(address: Address): NativePrecompile | undefined {
    return this.#table.natives.get(bytesKey(address));
  }

  /** Native work of the running transaction so far, in reverted frames too. */
  get nativeWorkMicroseconds(): number {
    return this.#nativeWorkMicroseconds;
  }

  /** Messages that the interpreter has run. */
  get messagesRun(): number {
    return this.#messagesRun;
  }

  /** Forgets warm and touched accounts of what ran before. */
  beginTransaction(): void {
    this.#nativeWorkMicroseconds = 0;
    if (this.#evm === undefined) return;
    this.#evm.begin();
  }

  /** Warms every precompile (EIP-2929): as {@link warmAddress} for each, without converting its address each time. */
  warmPrecompiles(): void {
    const warm = this.#interpreter.journal['alwaysWarmJournal'];
    for (const key of this.#table.functions.keys()) warm.set(key, NO_SLOTS);
  }

  warmAddress(address: Address): void {
    this.#interpreter.journal.addAlwaysWarmAddress(bytesToHex(address));
  }

  warmSlot(address: Address, slot: Uint8Array): void {
    const { journal } = this.#interpreter;
    const warm = journal['alwaysWarmJournal'];
    const key = bytesToHex(address).slice(2);
    if (warm.get(key) === NO_SLOTS) warm.set(key, new Set());
    journal.addAlwaysWarmSlot(bytesToHex(address), bytesToHex(slot));
  }

  /** A native contract without the interpreter. What it wrote before it failed is for the caller to undo. */
  readonly runNative = (native: NativePrecompile, call: HostCall): NativeOutcome => {
    const { state, block, chain, alarm, meter } = this.#options;
    const outcome = runNative(native, call, { state, block, chain, alarm, meter });
    this.#nativeWorkMicroseconds += outcome.result.workMicroseconds;
    return outcome;
  };

  /** Made when it is first needed: direct paths do without. */
  get #interpreter(): HostEvm {
    if (this.#evm === undefined) {
      this.#evm = this.#options.spares?.take(this.#table) ?? new HostEvm(this.#options.rules, this.#table);
      this.#evm.enter(this.#options, this.runNative);
    }
    return this.#evm;
  }

  /**
   * Runs a message in the interpreter; on an exception its writes are undone.
   * @throws FatalExecutionError when the failure lies in the machine, ExecutionInterrupted when a tap threw it
   */
  async call(message: EvmMessage): Promise<EvmOutcome> {
    const { state, rules, alarm } = this.#options;
    const { to } = message;
    this.#messagesRun++;
    const caller = new EvmAddress(message.caller);
    const mark = state.mark();
    const evm = this.#interpreter;
    try {
      const { createdAddress, execResult } = await evm.runCall({
        block: evm.ownBlock,
        caller,
        origin: caller,
        ...(to !== undefined && { to: new EvmAddress(to) }),
        value: message.value,
        data: message.data,
        gasLimit: message.gasLimit,
        gasPrice: message.gasPrice,
        blobVersionedHashes: message.blobVersionedHashes.map(bytesToHex),
        skipNonceIncrement: true,
      });
      return outcomeOf(execResult, createdAddress, isActive(rules, 'cancun'));
    } catch (error) {
      // It has checkpoints open: the next message gets another one.
      this.#evm = undefined;
      if (error instanceof ExecutionInterrupted) throw error;
      if (isMachineFailure(error)) throw asFatal(error);
      // A fault of the interpreter that follows from the input happens on every node alike: it fails the transaction.
      alarm({ precompile: 'interpreter', cause: error });
      state.revertTo(mark);
      return outcomeOf(exceptionalHalt(message.gasLimit), undefined, false);
    }
  }

  /** Deletes the accounts that the transaction destroyed and those that it left empty (EIP-161, from Spurious Dragon on). */
  async endTransaction(destroyed: readonly Address[]): Promise<void> {
    for (const address of destroyed) this.#options.state.deleteAccount(address);
    await this.#evm?.journal.cleanup();
  }

  /** Lets the next call have the EVM; to be called when nothing runs any more. */
  release(): void {
    const evm = this.#evm;
    this.#evm = undefined;
    if (evm === undefined) return;
    evm.leave();
    this.#options.spares?.give(this.#table, evm);
  }
}

function outcomeOf(result: ExecResult, createdAddress: EvmAddress | undefined, onlyCreated: boolean): EvmOutcome {
  const { exceptionError, selfdestruct, createdAddresses } = result;
  const error = exceptionError?.error;
  const destroyed = [...(selfdestruct?.keys() ?? [])];
  return {
    gasUsed: result.executionGasUsed,
    refund: result.gasRefund ?? 0n,
    output: result.returnValue,
    logs: (result.logs ?? []).map(([address, topics, data]) => ({ address: address as Address, topics, data })),
    // Frontier keeps a contract whose code deposit could not be paid, without its code: no failure.
    exception: error === EVMError.errorMessages.CODESTORE_OUT_OF_GAS ? undefined : error,
    contractAddress: createdAddress && (createdAddress.bytes as Address),
    // EIP-6780: from Cancun on only what the same transaction created.
    destroyed: (onlyCreated ? destroyed.filter((address) => createdAddresses?.has(address)) : destroyed).map(
      (address) => hexToBytes(address) as Address,
    ),
  };
}
