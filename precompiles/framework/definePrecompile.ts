// Turns an ABI and one handler per method into a native contract. Every call goes one way: charge → refuse what may not be →
// decode → handler (authorise, check, write, emit) → apply → return.
import type { Abi, AbiFunction, ExtractAbiFunction } from 'abitype';
import { bytesToHex } from '../../primitives/bytes.ts';
import { assert, ChainError } from '../../primitives/errors.ts';
import type { Address, Gas } from '../../primitives/types.ts';
import { AbiDecodeError, type AbiValue, decodeParameters } from './abi.ts';
import {
  type CompiledMethod,
  compileErrors,
  compileEvents,
  compileMethod,
  type ErrorEncoder,
  type EventEncoder,
  SELECTOR_LENGTH,
} from './abiItems.ts';
import type { LengthLimits } from './abiNode.ts';
import type { ArgumentsOf, MethodName, ResultOf } from './abiType.ts';
import type { ReadContext, WriteContext } from './context.ts';
import { Effects } from './effects.ts';
import { PrecompileRevert } from './errors.ts';
import { guardedState, HostFailure, isMachineFailure } from './failure.ts';
import { CALL_DISPATCH, CALLDATA_BYTE } from './gas.ts';
import { GasMeter, OutOfGas } from './gasMeter.ts';
import type { NativePrecompile, PrecompileHost, PrecompileResult } from './host.ts';

type ContextOf<TAbi extends Abi, Name extends MethodName<TAbi>> = ExtractAbiFunction<
  TAbi,
  Name
>['stateMutability'] extends 'view' | 'pure'
  ? ReadContext<TAbi>
  : WriteContext<TAbi>;

export interface Method<TAbi extends Abi, Name extends MethodName<TAbi>> {
  /** The price of the method's fixed native work; slots, logs, signatures and calldata are charged besides. */
  readonly gas: Gas;
  /** The most bytes or items of every parameter of dynamic length, by path. */
  readonly limits: LengthLimits;
  run(context: ContextOf<TAbi, Name>, args: ArgumentsOf<TAbi, Name>): ResultOf<TAbi, Name>;
}

/** One handler per method of the ABI: a missing or misspelt one does not compile. */
export type Methods<TAbi extends Abi> = { readonly [Name in MethodName<TAbi>]: Method<TAbi, Name> };

export interface PrecompileDefinition<TAbi extends Abi> {
  readonly name: string;
  readonly address: Address;
  readonly version: number;
  readonly isStateful: boolean;
  readonly abi: TAbi;
  readonly methods: Methods<TAbi>;
}

/** A native contract with what tools ask about it. */
export interface DefinedPrecompile extends NativePrecompile {
  readonly abi: Abi;
  /** Method signature → gas of its fixed native work, dispatch included. */
  readonly methodGas: Readonly<Record<string, Gas>>;
  /** In the order of the ABI. */
  readonly methods: readonly CompiledMethod[];
  /** Method name → the most bytes or items of each parameter of dynamic length, by path. */
  readonly lengthLimits: Readonly<Record<string, LengthLimits>>;
}

interface Entry {
  readonly compiled: CompiledMethod;
  readonly gas: Gas;
  readonly run: (context: WriteContext<Abi>, args: Readonly<Record<string, AbiValue>>) => unknown;
}

interface Dispatcher {
  readonly address: Address;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly encodeError: ErrorEncoder;
  readonly encodeEvent: EventEncoder;
}

/**
 * Defines a native contract.
 * @throws InvariantError for a mistake in the definition (two methods of one selector, a missing length limit)
 */
export function definePrecompile<const TAbi extends Abi>(definition: PrecompileDefinition<TAbi>): DefinedPrecompile {
  const { name, address, version, isStateful, abi } = definition;
  const entries = compileEntries(definition);
  const dispatcher = { address, entries, encodeError: compileErrors(abi), encodeEvent: compileEvents(abi) };
  const methods = [...entries.values()].map((entry) => entry.compiled);
  const methodGas = Object.fromEntries(
    [...entries.values()].map(({ compiled, gas }) => [compiled.signature, CALL_DISPATCH + gas]),
  );
  const lengthLimits = Object.fromEntries(
    Object.entries(definition.methods as Readonly<Record<string, Method<Abi, string>>>).map(([method, { limits }]) => [
      method,
      limits,
    ]),
  );
  const described = { name, address, version, isStateful, abi, methods, methodGas, lengthLimits };
  return { ...described, run: (host) => runCall(dispatcher, host) };
}

function compileEntries<TAbi extends Abi>({ name, abi, methods }: PrecompileDefinition<TAbi>): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const item of abi) {
    if (item.type !== 'function') continue;
    // The mapped type checked every handler against its method; here they are only looked up.
    const method = (methods as Readonly<Record<string, Method<Abi, string>>>)[item.name];
    assert(method !== undefined, `${name}.${item.name} has no handler`);
    const compiled = compileMethod(item as AbiFunction, method.limits);
    assert(!entries.has(compiled.selector), `${name}: two methods of selector ${compiled.selector}`);
    entries.set(compiled.selector, { compiled, gas: method.gas, run: method.run as Entry['run'] });
  }
  return entries;
}

function runCall(dispatcher: Dispatcher, host: PrecompileHost): PrecompileResult {
  const meter = new GasMeter(host.call.gasLimit);
  const effects = new Effects(dispatcher.address, guardedState(host.state), meter);
  try {
    const output = dispatch(dispatcher, host, meter, effects);
    effects.apply();
    return { outcome: 'success', gasUsed: meter.used, workMicroseconds: meter.workMicroseconds, output };
  } catch (error) {
    const cost = { gasUsed: meter.used, workMicroseconds: meter.workMicroseconds };
    if (error instanceof PrecompileRevert) return { outcome: 'revert', ...cost, output: error.output };
    if (error instanceof OutOfGas) return { outcome: 'failure', ...cost, gasUsed: meter.limit };
    if (error instanceof HostFailure) throw error.cause;
    if (isMachineFailure(error)) throw error;
    return { outcome: 'failure', ...cost, gasUsed: meter.limit, alarm: error };
  }
}

/** Charge, refuse, decode, run, in this order for every method. Returns the encoded result. */
function dispatch(dispatcher: Dispatcher, host: PrecompileHost, meter: GasMeter, effects: Effects): Uint8Array {
  const { call } = host;
  requireBlockInRange(host);
  meter.chargeWork(CALL_DISPATCH + CALLDATA_BYTE * BigInt(call.data.length));
  if (!call.isOwnContext) fail(dispatcher, 'DelegateCallNotAllowed', {});

  const entry = lookUp(dispatcher, call.data);
  meter.chargeWork(entry.gas);
  if (entry.compiled.isWrite && call.isStatic) fail(dispatcher, 'WriteInStaticCall', {});
  if (!entry.compiled.isPayable && call.valueWei !== 0n) fail(dispatcher, 'ValueNotAccepted', { value: call.valueWei });

  const args = decode(dispatcher, entry, call.data);
  const result = entry.run(createContext(dispatcher, host, meter, effects), args);
  return entry.compiled.encodeResult(result);
}

/** Seconds and block numbers are stored in 40 bits: good for 34,000 years. Only a call's block override exceeds that. */
const BLOCK_FIELD_MAX = (1n << 40n) - 1n;

function requireBlockInRange({ block: { number, timestampSeconds } }: PrecompileHost): void {
  if (number <= BLOCK_FIELD_MAX && timestampSeconds <= BLOCK_FIELD_MAX) return;
  throw new ChainError('BLOCK_OUT_OF_RANGE', `block ${number} at ${timestampSeconds} s is beyond 2^40`);
}

function fail(dispatcher: Dispatcher, name: string, values: Readonly<Record<string, AbiValue>>): never {
  throw new PrecompileRevert(name, dispatcher.encodeError(name, values));
}

function lookUp(dispatcher: Dispatcher, data: Uint8Array): Entry {
  const selector = new Uint8Array(SELECTOR_LENGTH);
  selector.set(data.subarray(0, SELECTOR_LENGTH));
  const entry = data.length < SELECTOR_LENGTH ? undefined : dispatcher.entries.get(bytesToHex(selector));
  return entry ?? fail(dispatcher, 'UnknownSelector', { selector });
}

function decode(dispatcher: Dispatcher, entry: Entry, data: Uint8Array): Readonly<Record<string, AbiValue>> {
  try {
    return decodeParameters(entry.compiled.inputs, data.subarray(SELECTOR_LENGTH));
  } catch (error) {
    if (!(error instanceof AbiDecodeError)) throw error;
    const offset = BigInt(error.offset);
    if (error.excess === undefined) return fail(dispatcher, 'InvalidCalldata', { offset });
    const { length, limit } = error.excess;
    return fail(dispatcher, 'LengthOverLimit', { offset, length, limit: BigInt(limit) });
  }
}

function createContext(
  dispatcher: Dispatcher,
  host: PrecompileHost,
  meter: GasMeter,
  effects: Effects,
): WriteContext<Abi> {
  const { call, block, chain } = host;
  // Refusing in the storage, log and payment calls themselves: no handler can forget it (chain-peers S10).
  const refuseStatic = (): void => {
    if (call.isStatic) fail(dispatcher, 'WriteInStaticCall', {});
  };
  return {
    self: dispatcher.address,
    caller: call.caller,
    valueWei: call.valueWei,
    block,
    chain,
    storage: {
      read: (slot) => effects.read(slot),
      write: (slot, value) => {
        refuseStatic();
        effects.write(slot, value);
      },
    },
    charge: (gas) => meter.chargeWork(gas),
    fail: (name, values) => fail(dispatcher, name, values as Readonly<Record<string, AbiValue>>),
    emit: (name, values) => {
      refuseStatic();
      effects.log(dispatcher.encodeEvent(name, values as Readonly<Record<string, AbiValue>>));
    },
    pay: (to, amountWei) => {
      refuseStatic();
      effects.pay(to, amountWei);
    },
  };
}
