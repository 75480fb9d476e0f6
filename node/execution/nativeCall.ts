// Runs one native contract on the journaled state. The interpreter and the direct path both come here, so that what a
// precompile sees and what becomes of its gas never depends on who called it.

import type {
  HostBlock,
  HostCall,
  HostChain,
  HostState,
  NativePrecompile,
  PrecompileResult,
} from '../../precompiles/framework/host.ts';
import { bigIntToBytes, bigIntToFixedBytes, bytesToBigInt, bytesToHex, equalBytes } from '../../primitives/bytes.ts';
import { assert, ChainError } from '../../primitives/errors.ts';
import type { Address, Gas } from '../../primitives/types.ts';
import type { Log } from '../block/types.ts';
import { EMPTY_CODE_HASH, sameHash } from '../state/account.ts';
import type { JournaledState } from '../state/types.ts';
import { asFatal, isMachineFailure } from './executionErrors.ts';

/** Told of a precompile that failed in a way that it should not have: for logs and metrics, never for consensus. */
export type ExecutionAlarm = (alarm: { readonly precompile: string; readonly cause: unknown }) => void;

/** How a transaction ran: without the interpreter (`transfer`, `native`) or in it. */
export type TransactionKind = 'transfer' | 'native' | 'contract';

/**
 * Measures execution for operators. It is told and never asked: nothing that it does may reach a result. It has the clock, so
 * that no code that executes has one.
 */
export interface ExecutionMeter {
  /** When something begins; only ever handed back. */
  start(): number;
  transaction(kind: TransactionKind, gasUsed: Gas, startedAt: number): void;
  nativeCall(precompile: NativePrecompile, call: HostCall, result: PrecompileResult, startedAt: number): void;
}

/** What native code runs in, besides the call itself. */
export interface NativeEnvironment {
  readonly state: JournaledState;
  readonly block: HostBlock;
  readonly chain: HostChain;
  readonly alarm: ExecutionAlarm;
  readonly meter?: ExecutionMeter | undefined;
}

export interface NativeOutcome {
  readonly result: PrecompileResult;
  /** Empty unless the call succeeded. */
  readonly logs: readonly Log[];
}

/**
 * Runs `precompile` for one call. Writes that it made before it reverted or failed are for the caller to undo.
 * @throws FatalExecutionError when the failure lies in the machine
 */
export function runNative(precompile: NativePrecompile, call: HostCall, environment: NativeEnvironment): NativeOutcome {
  const logs: Log[] = [];
  const state = hostState(precompile.address, call, environment.state, logs);
  const { meter } = environment;
  const startedAt = meter?.start() ?? 0;
  const result = runGuarded(precompile, call, environment, state);
  meter?.nativeCall(precompile, call, result, startedAt);
  return { result, logs: result.outcome === 'success' ? logs : [] };
}

function runGuarded(
  precompile: NativePrecompile,
  call: HostCall,
  { block, chain, alarm }: NativeEnvironment,
  state: HostState,
): PrecompileResult {
  let result: PrecompileResult;
  try {
    result = precompile.run({ call, block, chain, state });
  } catch (error) {
    if (isMachineFailure(error)) throw asFatal(error);
    result = { outcome: 'failure', gasUsed: call.gasLimit, workMicroseconds: 0, alarm: error };
  }
  if (result.gasUsed < 0n || result.gasUsed > call.gasLimit) {
    const cause = new ChainError('GAS_OUT_OF_RANGE', `${result.gasUsed} gas used of ${call.gasLimit}`);
    result = { outcome: 'failure', gasUsed: call.gasLimit, workMicroseconds: result.workMicroseconds, alarm: cause };
  }
  if (!Number.isSafeInteger(result.workMicroseconds) || result.workMicroseconds < 0) {
    const cause = new ChainError('WORK_OUT_OF_RANGE', `${result.workMicroseconds} µs of native work`);
    result = { outcome: 'failure', gasUsed: call.gasLimit, workMicroseconds: 0, alarm: cause };
  }
  if (result.outcome !== 'failure') return result;
  if (result.alarm !== undefined) alarm({ precompile: precompile.name, cause: result.alarm });
  return { ...result, gasUsed: call.gasLimit };
}

function slotKey(slot: bigint): Uint8Array {
  return bigIntToFixedBytes(slot, 32);
}

const WORD_MAX = 2n ** 256n - 1n;

function hostState(own: Address, call: HostCall, state: JournaledState, logs: Log[]): HostState {
  // The framework refuses these calls before any write; this is the second lock.
  function assertMayWrite(account: Address): void {
    assert(equalBytes(account, own), `native code of ${bytesToHex(own)} wrote to ${bytesToHex(account)}`);
    if (call.isStatic) throw new ChainError('STATIC_WRITE', 'native code wrote under STATICCALL');
    if (!call.isOwnContext) throw new ChainError('FOREIGN_CONTEXT', 'native code wrote under DELEGATECALL or CALLCODE');
  }
  return {
    sload: (account, slot) => bytesToBigInt(state.slot(account, slotKey(slot))),
    sstore(account, slot, value) {
      assertMayWrite(account);
      if (value < 0n || value > WORD_MAX) throw new ChainError('WORD_OUT_OF_RANGE', 'a slot holds 0 to 2^256 - 1');
      state.setSlot(account, slotKey(slot), bigIntToBytes(value));
    },
    balanceOf: (account) => state.account(account)?.balanceWei ?? 0n,
    hasCode(account) {
      const record = state.account(account);
      return record !== undefined && !sameHash(record.codeHash, EMPTY_CODE_HASH);
    },
    transfer(from, to, amountWei) {
      assertMayWrite(from);
      if (amountWei < 0n) throw new ChainError('AMOUNT_OUT_OF_RANGE', `cannot transfer ${amountWei} wei`);
      state.subtractBalance(from, amountWei);
      state.addBalance(to, amountWei);
    },
    emit(address, topics, data) {
      assertMayWrite(address);
      logs.push({ address, topics, data });
    },
  };
}

/** A tool that does not know the precompile runs this instead and reverts, rather than succeed without doing anything. */
export const NATIVE_STUB_CODE: Uint8Array = Uint8Array.of(0x60, 0x00, 0x60, 0x00, 0xfd);

/**
 * Gives every stateful native contract the nonce and code without which its account would count as empty and be deleted
 * with its storage (EIP-161). Genesis does it for those in force from the start, this for those that start later.
 */
export function establishNativeAccounts(state: JournaledState, precompiles: readonly NativePrecompile[]): void {
  for (const { address, isStateful } of precompiles) {
    if (!isStateful) continue;
    const record = state.account(address);
    if (record !== undefined && record.nonce > 0n && !sameHash(record.codeHash, EMPTY_CODE_HASH)) continue;
    state.setCode(address, NATIVE_STUB_CODE);
    const established = state.account(address);
    assert(established !== undefined, 'an account with code exists');
    if (established.nonce === 0n) state.setAccount(address, { ...established, nonce: 1n });
  }
}
