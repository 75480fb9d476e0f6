// The interpreter is by far the heaviest part of a node, and the first answers of a node need none of it: it is loaded when
// something is first executed. Whoever executes waits here, before it touches any state, so that no result can depend on
// when that was.
import { FatalExecutionError } from './executionErrors.ts';

type EvmModule = typeof import('./evmHost.ts');
type CallModule = typeof import('./callSession.ts');

let evm: Promise<EvmModule> | undefined;
let calls: Promise<CallModule> | undefined;

function orFatal(error: unknown): never {
  throw new FatalExecutionError(error);
}

/**
 * What runs blocks.
 * @throws FatalExecutionError when this machine cannot load it: the block says nothing about that
 */
export function loadEvm(): Promise<EvmModule> {
  evm ??= import('./evmHost.ts').catch(orFatal);
  return evm;
}

/**
 * What runs calls without a transaction.
 * @throws FatalExecutionError when this machine cannot load it
 */
export function loadCalls(): Promise<CallModule> {
  calls ??= import('./callSession.ts').catch(orFatal);
  return calls;
}
