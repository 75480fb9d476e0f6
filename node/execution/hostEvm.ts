// The EVM of @ethereumjs with our rules around it. This file and interpreter.ts alone know its insides. Every guard here
// answers a way in which the stock EVM lets a native contract go wrong.
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
import { Account, Address as EvmAddress } from '@ethereumjs/util';
import type { HostCall, HostChain, NativePrecompile } from '../../precompiles/framework/host.ts';
import { bytesKey, equalBytes, hexToBytes, ZERO_HASH } from '../../primitives/bytes.ts';
import { lazyBls12381 } from '../../primitives/crypto/bls12381.ts';
import { bn254 } from '../../primitives/crypto/bn254.ts';
import { assert } from '../../primitives/errors.ts';
import type { Address, Gas } from '../../primitives/types.ts';
import type { JournaledState } from '../state/types.ts';
import type { BlockEnvironment } from './blockEnvironment.ts';
import { commonFor } from './evmCommon.ts';
import { EvmState } from './evmState.ts';
import { asFatal, isMachineFailure } from './executionErrors.ts';
import type { ForkRules } from './forkRules.ts';
import { type FrameEnvironment, keepingInterpreter, learnInterpreter } from './interpreter.ts';
import type { ExecutionAlarm, ExecutionMeter, NativeOutcome } from './nativeCall.ts';
import type { PrecompileRelocation, PrecompileTable } from './precompileTable.ts';

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
  /** Where EVMs come from and go to; without it each is made anew. */
  readonly spares?: SpareEvms | undefined;
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

export function exceptionalHalt(gasLimit: Gas): ExecResult {
  const exceptionError = new EVMError(EVMError.errorMessages.OUT_OF_GAS);
  return { executionGasUsed: gasLimit, returnValue: new Uint8Array(0), exceptionError };
}

/** Where Hardhat's console.sol sends what contracts log: the ASCII text "console.log". */
const CONSOLE_ADDRESS = hexToBytes('0x000000000000000000636f6e736f6c652e6c6f67');

type NativeRunner = (native: NativePrecompile, call: HostCall) => NativeOutcome;

/** What an EVM is used for at the moment. */
interface Use {
  readonly options: EvmHostOptions;
  readonly runNativeCall: NativeRunner;
  readonly block: ReturnType<typeof evmBlock>;
}

/** Between {@link enter} and {@link leave} an EVM belongs to one state and block, and is as good as new each time. */
export class HostEvm extends EVM {
  readonly #rules: ForkRules;
  readonly #table: PrecompileTable;
  readonly #state: EvmState;
  readonly #current: { use: Use | undefined };

  constructor(rules: ForkRules, table: PrecompileTable) {
    const common = commonFor(rules.chainId, rules.fork);
    const state = new EvmState(undefined);
    const current: { use: Use | undefined } = { use: undefined };
    super({ common, stateManager: state, blockchain: blockHashes(() => used(current.use).options.block), bn254, bls });
    this._precompiles = table.functions;
    // The tables never change fork; without this every EVM would stay reachable from its Common.
    common.events.removeAllListeners('hardforkChanged');
    this.#rules = rules;
    this.#table = table;
    this.#state = state;
    this.#current = current;
  }

  enter(options: EvmHostOptions, runNativeCall: NativeRunner): void {
    this.#current.use = { options, runNativeCall, block: evmBlock(options.block) };
    this.#state.stand(options.state);
    const { opcodeMap } = opcodeTableOf(this.common);
    this._opcodeMap = options.taps === undefined ? opcodeMap : tappedMap(opcodeMap, [...options.taps.keys()]);
    this.begin();
    this.transientStorage.clear();
  }

  /** Lets go of everything that it was used for. */
  leave(): void {
    this.#current.use = undefined;
    this.#state.stand(undefined);
    this.journal.cleanJournal();
    this.transientStorage.clear();
    delete this._tx;
    delete this._block;
  }

  /** Forgets what was warm and touched. */
  begin(): void {
    assert(this.#state.depth === 0, 'the transaction before left a checkpoint open');
    this.journal.cleanJournal();
  }

  get ownBlock(): ReturnType<typeof evmBlock> {
    return used(this.#current.use).block;
  }

  tapOf(opcode: number): OpcodeTap | undefined {
    return used(this.#current.use).options.taps?.get(opcode);
  }

  /** The stock copy is a plain EVM in which native contracts would run without their caller. */
  override shallowCopy(): HostEvm {
    const copy = new HostEvm(this.#rules, this.#table);
    const { options, runNativeCall } = used(this.#current.use);
    copy.enter(options, runNativeCall);
    return copy;
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
    const { consoleCall } = used(this.#current.use).options;
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
      used(this.#current.use).options.alarm({ precompile: 'built-in', cause: error });
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
    const { result, logs } = used(this.#current.use).runNativeCall(native, call);
    if (result.outcome === 'failure') return exceptionalHalt(gasLimit);
    return {
      executionGasUsed: result.gasUsed,
      returnValue: result.output,
      logs: logs.map((log) => [log.address, [...log.topics], log.data]),
      ...(result.outcome === 'revert' && { exceptionError: new EVMError(EVMError.errorMessages.REVERT) }),
    };
  }

  /** As the stock one, for legacy code: without copies of what nobody reads. */
  protected override async runInterpreter(
    message: Message,
    opts: { readonly initialLogs?: never[] } = {},
  ): Promise<ExecResult> {
    const Interpreter = keepingInterpreter();
    if (Interpreter === undefined) {
      const first = await super.runInterpreter(message, opts);
      learnInterpreter(first);
      return first;
    }
    const { to, gasLimit } = message;
    assert(to !== undefined && this._tx !== undefined, 'a frame runs in an account and for a transaction');
    const environment = {
      address: to,
      caller: message.caller,
      callData: message.data,
      callValue: message.value,
      code: message.code,
      isStatic: message.isStatic,
      isCreate: message.isCreate ?? false,
      depth: message.depth,
      gasPrice: this._tx.gasPrice,
      origin: this._tx.origin,
      block: this.ownBlock,
      contract: (await this.stateManager.getAccount(to)) ?? new Account(),
      codeAddress: message.codeAddress,
      gasRefund: message.gasRefund,
      blobVersionedHashes: message.blobVersionedHashes ?? [],
      createdAddresses: message.createdAddresses,
    } as FrameEnvironment;
    const interpreter = new Interpreter(this, this.stateManager, this.blockchain, environment, gasLimit, this.journal);
    const result = interpreter._result;
    if (message.selfdestruct !== undefined) result.selfdestruct = message.selfdestruct;
    if (message.createdAddresses !== undefined) result.createdAddresses = message.createdAddresses;
    const { runState, exceptionError } = await interpreter.run(message.code as Uint8Array);
    const failed = exceptionError !== undefined;
    const losesGas = failed && exceptionError.error !== EVMError.errorMessages.REVERT;
    return {
      ...(failed ? { logs: [], selfdestruct: new Map(), createdAddresses: new Set() } : result),
      returnValue: result.returnValue ?? new Uint8Array(0),
      ...(failed && { exceptionError }),
      executionGasUsed: losesGas ? gasLimit : gasLimit - runState.gasLeft,
      gas: runState.gasLeft,
      gasRefund: runState.gasRefund,
      stateGasSpilled: runState.stateGasSpilled,
    };
  }
}

function used(use: Use | undefined): Use {
  assert(use !== undefined, 'an EVM runs for a host');
  return use;
}

type OpcodeMap = OpcodeTable['opcodeMap'];

const tappedMaps = new WeakMap<OpcodeMap, Map<string, OpcodeMap>>();

/** The table in which the EVM's own tap, whichever it has at the time, runs before each of these opcodes. */
function tappedMap(plain: OpcodeMap, opcodes: readonly number[]): OpcodeMap {
  const byOpcodes = tappedMaps.get(plain) ?? new Map<string, OpcodeMap>();
  tappedMaps.set(plain, byOpcodes);
  const key = opcodes.join();
  let table = byOpcodes.get(key);
  if (table === undefined) {
    table = plain.slice();
    for (const opcode of opcodes) {
      const entry = plain[opcode];
      if (entry !== undefined && !entry.opcodeInfo.isInvalid) table[opcode] = tapped(entry, opcode);
    }
    byOpcodes.set(key, table);
  }
  return table;
}

function tapped(entry: OpcodeMap[number], opcode: number): OpcodeMap[number] {
  const { opHandler, opcodeInfo } = entry;
  const handler: typeof opHandler = (runState, common) => {
    const pause = (runState.interpreter._evm as HostEvm).tapOf(opcode)?.(viewOf(runState));
    return pause === undefined ? opHandler(runState, common) : pause.then(() => opHandler(runState, common));
  };
  // The interpreter waits for handlers that are marked so alone.
  return { ...entry, opcodeInfo: { ...opcodeInfo, isAsync: true }, opHandler: handler };
}

/** EVMs kept of each table of precompiles: as many as calls run at once. */
const SPARES_MAX = 8;

/** EVMs that calls are done with, for the next ones: making one costs several times what a small call does. */
export class SpareEvms {
  readonly #byTable = new WeakMap<PrecompileTable, HostEvm[]>();

  take(table: PrecompileTable): HostEvm | undefined {
    return this.#byTable.get(table)?.pop();
  }

  give(table: PrecompileTable, evm: HostEvm): void {
    const spares = this.#byTable.get(table) ?? [];
    this.#byTable.set(table, spares);
    if (spares.length < SPARES_MAX) spares.push(evm);
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

function blockHashes(block: () => BlockEnvironment): NonNullable<EVM['blockchain']> {
  const chain = {
    getBlock: async (number: number) => ({ hash: () => block().blockHash(BigInt(number)) ?? ZERO_HASH }),
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
