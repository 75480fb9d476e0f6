// Which failures are the input's, and which are the machine's.
import { isMachineFailure as isNativeMachineFailure } from '../../precompiles/framework/failure.ts';
import { ChainError, messageOf } from '../../primitives/errors.ts';

/**
 * Execution met a failure that says nothing about the input: a bug, exhausted memory, a damaged database. The node must
 * stop before it commits anything: another machine may well have executed the same block without it.
 */
export class FatalExecutionError extends Error {
  override readonly name = 'FatalExecutionError';

  constructor(cause: unknown) {
    super(`execution failed for a reason that lies in the machine, not in the input: ${messageOf(cause)}`, { cause });
  }
}

/** Ends an execution from within, by a tap: not a failure of the machine. */
export class ExecutionInterrupted extends Error {
  override readonly name = 'ExecutionInterrupted';
}

/** The database or the state under it failed: this machine's matter, though it has a code of ours. */
const STORAGE_FAILURE = /^(DATABASE_\w+|STATE_PRUNED|STATE_ROLLED_BACK)$/;

/**
 * Whether an exception comes from the machine: a broken invariant, exhausted memory or stack, a trap of WebAssembly, a
 * failed system call or database. Everything else follows from the input, and so happens on every node alike.
 */
export function isMachineFailure(error: unknown): boolean {
  if (error instanceof FatalExecutionError) return true;
  if (error instanceof ChainError) return STORAGE_FAILURE.test(error.code);
  return isNativeMachineFailure(error);
}

/** The error to throw for what must stop the node. */
export function asFatal(error: unknown): FatalExecutionError {
  return error instanceof FatalExecutionError ? error : new FatalExecutionError(error);
}
