// The one place that makes EVMs: for blocks, calls, estimates, access lists and traces alike, and the one file that knows
// the insides of @ethereumjs/evm. Every guard here answers a way in which the stock EVM lets a native contract go wrong.

import type { Common } from '@ethereumjs/common';
import {
  EVM,
  EVMError,
  type ExecResult,
  getOpcodesForHF,
  type Message,
  NobleBLS,
  type PrecompileFunc,
} from '@ethereumjs/evm';
import { Address as EvmAddress } from '@ethereumjs/util';
import type { HostCall, HostChain, NativePrecompile } from '../../precompiles/framework/host.ts';
import { bytesKey, bytesToHex, equalBytes, hexToBytes, ZERO_HASH } from '../../primitives/bytes.ts';
import { lazyBls12381 } from '../../primitives/crypto/bls12381.ts';
import { bn254 } from '../../primitives/crypto/bn254.ts';
import { assert } from '../../primitives/errors.ts';
import type { Address, Gas, Hash, Wei } from '../../primitives/types.ts';
import type { Log } from '../block/types.ts';
import type { JournaledState } from '../state/types.ts';
import type { BlockEnvironment } from './blockEnvironment.ts';
import { commonFor } from './evmCommon.ts';
import { EvmState } from './evmState.ts';
import { asFatal, ExecutionInterrupted, isMachineFailure } from './executionErrors.ts';
import { type ForkRules, isActive } from './forkRules.ts';
import { type ExecutionAlarm, type ExecutionMeter, type NativeOutcome, runNative } from './nativeCall.ts';
import { type PrecompileRelocation, type PrecompileTable, precompileTable } from './precompileTable.ts';

type OpcodeTable = ReturnType<typeof getOpcodesForHF>;
type RunState = Parameters<OpcodeTable['opcodeMap'][number]['opHandler']>[0];

/** What a tap sees when an opcode is about to run, its gas already paid. */
export interface OpcodeView {
  /** The account whose storage and balance the frame works on. */
  readonly address: Address;
  /** The stack word at `depth` from the top, or undefined where there is none: the opcode then fails by itself. */
  stackWord(depth: number): bigint | undefined;
}

/** Called before each run of the opcode, which waits for what it returns. What it throws ends the whole execution. */
export type OpcodeTap = (view: OpcodeView) => Promise<void> | undefined;

export interface EvmHostOptions {
  readonly rules: ForkRules;
  readonly state: JournaledState;
  readonly block: BlockEnvironment;
  readonly chain: HostChain;
  /** The native contracts in force at the block's time. */
  readonly precompiles: readonly NativePrecompile[];
  readonly alarm: ExecutionAlarm;
  readonly meter?: ExecutionMeter | undefined;
  /** Code by opcode number, for calls and traces only. */
  readonly taps?: ReadonlyMap<number, OpcodeTap> | undefined;
  /** Told the calldata of every message to Hardhat's console address, reverted or not (dev chains). */
  readonly consoleCall?: ((calldata: Uint8Array) => void) | undefined;
  /** Precompiles that a call's overrides put elsewhere (or, without a target, out of force). */
  readonly relocations?: readonly PrecompileRelocation[] | undefined;
}

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

const opcodeTables = new WeakMap<Common, OpcodeTable>();

function opcodeTableOf(common: Common): OpcodeTable {
  let table = opcodeTables.get(common);
  if (table === undefined) {
    table = getOpcodesForHF(common);
    opcodeTables.set(common, table);
  }
  return table;
}

/** Reference for what mcl cannot serve. */
const bls = lazyBls12381(new NobleBLS());

function exceptionalHalt(gasLimit: Gas): ExecResult {
  const exceptionError = new EVMError(EVMError.errorMessages.OUT_OF_GAS);
  return { executionGasUsed: gasLimit, returnValue: new Uint8Array(0), exceptionError };
}

/** Where Hardhat's console.sol sends what contracts log: the ASCII text "console.log". */
const CONSOLE_ADDRESS = hexToBytes('0x000000000000000000636f6e736f6c652e6c6f67');

type NativeRunner = (native: NativePrecompile, call: HostCall) => NativeOutcome;

class HostEvm extends EVM {
  readonly #options: EvmHostOptions;
  readonly #table: PrecompileTable;
  readonly #runNativeCall: NativeRunner;
  readonly ownBlock: ReturnType<typeof evmBlock>;

  constructor(options: EvmHostOptions, table: PrecompileTable, runNativeCall: NativeRunner) {
    const common = commonFor(options.rules.chainId, options.rules.fork);
    super({
      common,
      stateManager: new EvmState(options.state),
      blockchain: blockHashes(options.block),
      bn254,
      bls,
    });
    this._precompiles = table.functions;
    // The tables never change fork; without this every EVM would stay reachable from its Common.
    common.events.removeAllListeners('hardforkChanged');
    this.#options = options;
    this.#table = table;
    this.#runNativeCall = runNativeCall;
    this.ownBlock = evmBlock(options.block);
    if (options.taps !== undefined) this.#tap(options.taps);
  }

  /** The stock copy is a plain EVM in which native contracts would run without their caller. */
  override shallowCopy(): HostEvm {
    return new HostEvm(this.#options, this.#table, this.#runNativeCall);
  }

  /** Building the table costs more than a call; it depends on the fork alone. */
  override getActiveOpcodes(): ReturnType<EVM['getActiveOpcodes']> {
    const table = opcodeTableOf(this.common);
    this._opcodes = table.opcodes;
    this._dynamicGasHandlers = table.dynamicGasHandlers;
    this._handlers = table.handlers;
    this._opcodeMap = table.opcodeMap;
    return table.opcodes;
  }

  /** A precompile is not told who called it: bind the message to it when it is looked up by its code address. */
  protected override async _loadCode(message: Message): Promise<void> {
    await super._loadCode(message);
    const { consoleCall } = this.#options;
    if (consoleCall !== undefined && equalBytes(message.codeAddress.bytes, CONSOLE_ADDRESS)) consoleCall(message.data);
    if (!message.isCompiled) return;
    const native = this.#table.natives.get(bytesKey(message.codeAddress.bytes));
    if (native !== undefined) message.code = ({ gasLimit }) => this.#runNative(native, message, gasLimit);
  }

  /** Nothing that a precompile throws may pass: it would leave checkpoints open, and every later write unsealed. */
  protected override async runPrecompile(code: PrecompileFunc, data: Uint8Array, gasLimit: Gas): Promise<ExecResult> {
    try {
      const result = await super.runPrecompile(code, data, gasLimit);
      return result.executionGasUsed > gasLimit ? exceptionalHalt(gasLimit) : result;
    } catch (error) {
      if (isMachineFailure(error)) throw asFatal(error);
      this.#options.alarm({ precompile: 'built-in', cause: error });
      return exceptionalHalt(gasLimit);
    }
  }

  #runNative(native: NativePrecompile, message: Message, gasLimit: Gas): ExecResult {
    const { to } = message;
    assert(to !== undefined && this._tx !== undefined, 'a precompile runs in a call of a transaction');
    const call = {
      caller: message.caller.bytes as Address,
      origin: this._tx.origin.bytes as Address,
      valueWei: message.value,
      isStatic: message.isStatic,
      // DELEGATECALL and CALLCODE run the code in the account `to`; only the former is marked as such.
      isOwnContext: equalBytes(to.bytes, message.codeAddress.bytes),
      depth: message.depth,
      data: message.data,
      gasLimit,
    };
    const { result, logs } = this.#runNativeCall(native, call);
    if (result.outcome === 'failure') return exceptionalHalt(gasLimit);
    return {
      executionGasUsed: result.gasUsed,
      returnValue: result.output,
      logs: logs.map((log) => [log.address, [...log.topics], log.data]),
      ...(result.outcome === 'revert' && { exceptionError: new EVMError(EVMError.errorMessages.REVERT) }),
    };
  }

  #tap(taps: ReadonlyMap<number, OpcodeTap>): void {
    const table = this._opcodeMap.slice();
    for (const [opcode, tap] of taps) {
      const entry = table[opcode];
      if (entry === undefined || entry.opcodeInfo.isInvalid) continue;
      const { opHandler, opcodeInfo } = entry;
      const tapped: typeof opHandler = (runState, common) => {
        const pause = tap(viewOf(runState));
        return pause === undefined ? opHandler(runState, common) : pause.then(() => opHandler(runState, common));
      };
      // The interpreter waits for handlers that are marked so alone.
      table[opcode] = { ...entry, opcodeInfo: { ...opcodeInfo, isAsync: true }, opHandler: tapped };
    }
    this._opcodeMap = table;
  }
}

function viewOf(runState: RunState): OpcodeView {
  return {
    address: runState.env.address.bytes as Address,
    stackWord(depth) {
      const stack = runState.stack.getStack();
      return stack[stack.length - 1 - depth];
    },
  };
}

function blockHashes(block: BlockEnvironment): NonNullable<EVM['blockchain']> {
  const chain = {
    getBlock: async (number: number) => ({ hash: () => block.blockHash(BigInt(number)) ?? ZERO_HASH }),
    putBlock: async () => undefined,
    shallowCopy: () => chain,
  };
  return chain;
}

function evmBlock(block: BlockEnvironment): NonNullable<Parameters<EVM['runCall']>[0]['block']> {
  return {
    header: {
      number: block.number,
      coinbase: new EvmAddress(block.coinbase),
      timestamp: block.timestampSeconds,
      difficulty: block.difficulty,
      prevRandao: block.prevRandao,
      gasLimit: block.gasLimit,
      ...(block.baseFeePerGas !== undefined && { baseFeePerGas: block.baseFeePerGas }),
      getBlobGasPrice: () => block.blobBaseFee,
    },
  };
}

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
    assert((this.#evm.stateManager as EvmState).depth === 0, 'the transaction before left a checkpoint open');
    this.#evm.journal.cleanJournal();
  }

  /** Warms every precompile (EIP-2929): as {@link warmAddress} for each, without converting its address each time. */
  warmPrecompiles(): void {
    const warm = this.#interpreter.journal['alwaysWarmJournal'];
    for (const key of this.#table.functions.keys()) warm.set(key, new Set());
  }

  warmAddress(address: Address): void {
    this.#interpreter.journal.addAlwaysWarmAddress(bytesToHex(address));
  }

  warmSlot(address: Address, slot: Uint8Array): void {
    this.#interpreter.journal.addAlwaysWarmSlot(bytesToHex(address), bytesToHex(slot));
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
    this.#evm ??= new HostEvm(this.#options, this.#table, this.runNative);
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
      if (error instanceof ExecutionInterrupted) throw error;
      if (isMachineFailure(error)) throw asFatal(error);
      // A fault of the interpreter that follows from the input happens on every node alike: it fails the transaction.
      alarm({ precompile: 'interpreter', cause: error });
      state.revertTo(mark);
      this.#evm = evm.shallowCopy();
      return outcomeOf(exceptionalHalt(message.gasLimit), undefined, false);
    }
  }

  /** Deletes the accounts that the transaction destroyed and those that it left empty (EIP-161, from Spurious Dragon on). */
  async endTransaction(destroyed: readonly Address[]): Promise<void> {
    for (const address of destroyed) this.#options.state.deleteAccount(address);
    await this.#evm?.journal.cleanup();
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
