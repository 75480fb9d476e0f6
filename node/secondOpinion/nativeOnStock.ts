// Native contracts under the stock EVM: the host that precompiles are written against, over an asynchronous state. A call
// reads what has been fetched and starts again when something is missing; its writes are made once it has succeeded.
import {
  type EVM,
  EVMError,
  type ExecResult,
  type Message,
  type PrecompileFunc,
  type PrecompileInput,
} from '@ethereumjs/evm';
import { Account, Address as EvmAddress } from '@ethereumjs/util';
import { isMachineFailure } from '../../precompiles/framework/failure.ts';
import type {
  HostBlock,
  HostCall,
  HostChain,
  HostState,
  NativePrecompile,
  PrecompileResult,
} from '../../precompiles/framework/host.ts';
import { bigIntToBytes, bigIntToFixedBytes, bytesKey, bytesToBigInt, equalBytes } from '../../primitives/bytes.ts';
import { assert, ChainError } from '../../primitives/errors.ts';
import type { Address } from '../../primitives/types.ts';

/** What native contracts see beside their call, and where their work is counted. */
export interface NativeSetting {
  readonly chain: HostChain;
  readonly block: () => HostBlock;
  /** Declared work in microseconds, of reverted frames too. */
  readonly worked: (microseconds: number) => void;
}

/** Thrown out of a native contract when it reads what has not been fetched yet. */
class NotFetched extends Error {
  readonly key: string;
  readonly fetch: () => Promise<bigint>;

  constructor(key: string, fetch: () => Promise<bigint>) {
    super('not fetched yet');
    this.key = key;
    this.fetch = fetch;
  }
}

type StockLog = [Uint8Array, Uint8Array[], Uint8Array];

interface Attempt {
  readonly result: PrecompileResult;
  readonly logs: readonly StockLog[];
  readonly writes: readonly (() => Promise<void>)[];
}

const WORD_MAX = 2n ** 256n - 1n;

/** One run over what is known; what it writes is collected. */
class AttemptState implements HostState {
  readonly logs: StockLog[] = [];
  readonly writes: (() => Promise<void>)[] = [];
  readonly #written = new Map<string, bigint>();
  readonly #fetched: ReadonlyMap<string, bigint>;
  readonly #evm: EVM;
  readonly #own: Address;
  readonly #call: HostCall;

  constructor(evm: EVM, own: Address, call: HostCall, fetched: ReadonlyMap<string, bigint>) {
    this.#evm = evm;
    this.#own = own;
    this.#call = call;
    this.#fetched = fetched;
  }

  sload(account: Address, slot: bigint): bigint {
    const { stateManager } = this.#evm;
    return this.#read(`slot ${bytesKey(account)} ${slot}`, async () =>
      bytesToBigInt(await stateManager.getStorage(new EvmAddress(account), bigIntToFixedBytes(slot, 32))),
    );
  }

  sstore(account: Address, slot: bigint, value: bigint): void {
    this.#requireWritable(account);
    if (value < 0n || value > WORD_MAX) throw new ChainError('WORD_OUT_OF_RANGE', 'a slot holds 0 to 2^256 - 1');
    this.#written.set(`slot ${bytesKey(account)} ${slot}`, value);
    const { stateManager } = this.#evm;
    this.writes.push(() =>
      stateManager.putStorage(new EvmAddress(account), bigIntToFixedBytes(slot, 32), bigIntToBytes(value)),
    );
  }

  balanceOf(account: Address): bigint {
    const { stateManager } = this.#evm;
    return this.#read(
      `balance ${bytesKey(account)}`,
      async () => (await stateManager.getAccount(new EvmAddress(account)))?.balance ?? 0n,
    );
  }

  hasCode(account: Address): boolean {
    const { stateManager } = this.#evm;
    const length = this.#read(`code ${bytesKey(account)}`, async () =>
      BigInt((await stateManager.getCode(new EvmAddress(account))).length),
    );
    return length > 0n;
  }

  transfer(from: Address, to: Address, amountWei: bigint): void {
    this.#requireWritable(from);
    const balance = this.balanceOf(from);
    if (amountWei < 0n || amountWei > balance)
      throw new ChainError('AMOUNT_OUT_OF_RANGE', `cannot transfer ${amountWei} wei of ${balance}`);
    if (amountWei === 0n) return;
    this.#setBalance(from, balance - amountWei);
    this.#setBalance(to, this.balanceOf(to) + amountWei);
  }

  emit(address: Address, topics: readonly Uint8Array[], data: Uint8Array): void {
    this.#requireWritable(address);
    this.logs.push([address, [...topics], data]);
  }

  #setBalance(account: Address, balance: bigint): void {
    this.#written.set(`balance ${bytesKey(account)}`, balance);
    const { stateManager, journal } = this.#evm;
    this.writes.push(async () => {
      const record = (await stateManager.getAccount(new EvmAddress(account))) ?? new Account();
      record.balance = balance;
      await journal.putAccount(new EvmAddress(account), record);
    });
  }

  #read(key: string, fetch: () => Promise<bigint>): bigint {
    const known = this.#written.get(key) ?? this.#fetched.get(key);
    if (known === undefined) throw new NotFetched(key, fetch);
    return known;
  }

  #requireWritable(account: Address): void {
    if (!equalBytes(account, this.#own) || this.#call.isStatic || !this.#call.isOwnContext)
      throw new ChainError('WRITE_NOT_ALLOWED', 'native code wrote where it may not');
  }
}

async function attempt(
  native: NativePrecompile,
  call: HostCall,
  setting: NativeSetting,
  evm: EVM,
  block: HostBlock,
): Promise<Attempt> {
  const fetched = new Map<string, bigint>();
  for (;;) {
    const state = new AttemptState(evm, native.address, call, fetched);
    try {
      const result = native.run({ call, block, chain: setting.chain, state });
      return { result, logs: state.logs, writes: state.writes };
    } catch (error) {
      if (error instanceof NotFetched) {
        fetched.set(error.key, await error.fetch());
        continue;
      }
      if (isMachineFailure(error)) throw error;
      // An exception that follows from the input takes all gas.
      const result: PrecompileResult = { outcome: 'failure', gasUsed: call.gasLimit, workMicroseconds: 0 };
      return { result, logs: [], writes: [] };
    }
  }
}

/** The stock EVM's entry of a native contract; `frames` are the messages that are running, innermost last. */
export function stockPrecompile(
  native: NativePrecompile,
  frames: readonly Message[],
  setting: NativeSetting,
): PrecompileFunc {
  return async (input: PrecompileInput): Promise<ExecResult> => {
    const evm = input._EVM as EVM;
    const call = hostCall(evm, frames.at(-1), input);
    const { result, logs, writes } = await attempt(native, call, setting, evm, setting.block());
    const isWorkValid = Number.isSafeInteger(result.workMicroseconds) && result.workMicroseconds >= 0;
    setting.worked(isWorkValid ? result.workMicroseconds : 0);
    const isGasValid = result.gasUsed >= 0n && result.gasUsed <= call.gasLimit;
    if (result.outcome === 'failure' || !isGasValid || !isWorkValid) {
      const exceptionError = new EVMError(EVMError.errorMessages.OUT_OF_GAS);
      return { executionGasUsed: call.gasLimit, returnValue: new Uint8Array(0), exceptionError };
    }
    const { gasUsed: executionGasUsed, output: returnValue } = result;
    if (result.outcome === 'revert') {
      const exceptionError = new EVMError(EVMError.errorMessages.REVERT);
      return { executionGasUsed, returnValue, exceptionError };
    }
    for (const write of writes) await write();
    return { executionGasUsed, returnValue, logs: [...logs] };
  };
}

function hostCall(evm: EVM, message: Message | undefined, input: PrecompileInput): HostCall {
  // The stock EVM keeps what runs to itself, and a precompile is not told of it.
  const transaction = evm['_tx'];
  assert(message?.to !== undefined && transaction !== undefined, 'a precompile runs in a call of a transaction');
  return {
    caller: message.caller.bytes as Address,
    origin: transaction.origin.bytes as Address,
    valueWei: message.value,
    isStatic: message.isStatic,
    // DELEGATECALL and CALLCODE run the code in the account `to`.
    isOwnContext: !message.delegatecall && message.to.equals(message.codeAddress),
    depth: message.depth,
    data: input.data,
    gasLimit: input.gasLimit,
  };
}
