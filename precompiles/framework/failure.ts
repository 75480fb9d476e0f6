// Two kinds of unexpected exceptions. One that follows from the input happens on every node: the call fails and an alarm is
// raised. One that comes from this machine must stop this node before it commits something that others do not (DESIGN §4).
import { InvariantError } from '../../primitives/errors.ts';
import type { HostState } from './host.ts';

/** What V8 says when memory or stack is exhausted. Other range errors follow from the values that code was given. */
const EXHAUSTION = /allocation failed|out of memory|call stack|invalid string length|WebAssembly.Memory/i;

/** Whether native code met a broken invariant, exhausted memory or stack, a wasm trap, or a failed system call. */
export function isMachineFailure(error: unknown): boolean {
  if (error instanceof InvariantError) return true;
  if (error instanceof RangeError) return EXHAUSTION.test(error.message);
  if (!(error instanceof Error)) return false;
  // WebAssembly.RuntimeError: a trap in compiled code.
  if (error.name === 'RuntimeError') return true;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  return syscall !== undefined || (typeof code === 'string' && /^(LEVEL_|ERR_OUT_OF_MEMORY|ERR_MEMORY)/.test(code));
}

/** Carries what the host threw through native code, past everything that judges exceptions there. */
export class HostFailure extends Error {
  override readonly name = 'HostFailure';
  override readonly cause: unknown;

  constructor(cause: unknown) {
    super('the host failed');
    this.cause = cause;
  }
}

function guarded<Args extends readonly unknown[], Result>(
  method: (...args: Args) => Result,
): (...args: Args) => Result {
  return (...args) => {
    try {
      return method(...args);
    } catch (error) {
      throw new HostFailure(error);
    }
  };
}

/** The host's state whose failures are never taken for the input's: they leave the framework as they are. */
export function guardedState(state: HostState): HostState {
  return {
    sload: guarded((account, slot) => state.sload(account, slot)),
    sstore: guarded((account, slot, value) => state.sstore(account, slot, value)),
    balanceOf: guarded((account) => state.balanceOf(account)),
    hasCode: guarded((account) => state.hasCode(account)),
    transfer: guarded((from, to, amountWei) => state.transfer(from, to, amountWei)),
    emit: guarded((address, topics, data) => state.emit(address, topics, data)),
  };
}
