// Two kinds of unexpected exceptions. One that follows from the input happens on every node: the call fails and an alarm is
// raised. One that comes from this machine must stop this node before it commits something that others do not (DESIGN §4).
import { InvariantError } from '../../primitives/errors.ts';

/** Whether the exception comes from the machine or a broken invariant: memory, stack, a wasm trap, the database. */
export function isMachineFailure(error: unknown): boolean {
  if (error instanceof InvariantError) return true;
  if (!(error instanceof Error)) return false;
  // WebAssembly.RuntimeError: a trap in compiled code, such as running out of its memory.
  if (error.name === 'RuntimeError') return true;
  if (error instanceof RangeError && /allocation failed|call stack|out of memory/i.test(error.message)) return true;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^(LEVEL_|ERR_OUT_OF_MEMORY|ERR_MEMORY|EIO|ENOSPC|EMFILE|ENOMEM)/.test(code);
}
