// Which failures are the input's, and which are the machine's.
import { InvariantError, messageOf } from '../../primitives/errors.ts';

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

/** What V8 says when memory or stack is exhausted. Other range errors follow from the values that code was given. */
const EXHAUSTION = /allocation failed|out of memory|call stack|invalid string length|WebAssembly.Memory/i;

/**
 * Whether an exception comes from the machine: a broken invariant, exhausted memory or stack, a trap of WebAssembly, a
 * failed system call or database. Everything else follows from the input, and so happens on every node alike.
 */
export function isMachineFailure(error: unknown): boolean {
  if (error instanceof FatalExecutionError || error instanceof InvariantError) return true;
  if (error instanceof RangeError) return EXHAUSTION.test(error.message);
  if (!(error instanceof Error)) return false;
  if (error.name === 'RuntimeError') return true;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  return syscall !== undefined || (typeof code === 'string' && code.startsWith('LEVEL_'));
}

/** The error to throw for what must stop the node. */
export function asFatal(error: unknown): FatalExecutionError {
  return error instanceof FatalExecutionError ? error : new FatalExecutionError(error);
}
