// Messages that need no interpreter: plain transfers, and calls straight to a native contract. Same prologue, same
// epilogue, same result as the interpreter's, at a fraction of its cost.
import type { NativePrecompile } from '../../precompiles/framework/host.ts';
import type { Address, Gas } from '../../primitives/types.ts';
import { EMPTY_CODE_HASH, sameHash } from '../state/account.ts';
import type { JournaledState } from '../state/types.ts';
import type { EvmHost } from './evmHost.ts';
import { isActive } from './forkRules.ts';
import type { ExecutionOutcome, TransitionContext, TransitionMessage } from './transition.ts';

/** Where a message goes that needs no interpreter. */
export type DirectRoute =
  | { readonly kind: 'transfer'; readonly to: Address }
  | { readonly kind: 'native'; readonly to: Address; readonly native: NativePrecompile };

const NO_BYTES = new Uint8Array(0);
const TRANSFERRED: ExecutionOutcome = { gasUsed: 0n, refund: 0n, output: NO_BYTES, logs: [] };
/** A balance that a transfer could overflow is left to the EVM, which fails it. */
const BALANCE_MAX = 2n ** 256n - 1n;

/**
 * The direct route of a message, or undefined when the interpreter must run: creations, accounts with code or a
 * delegation (system contracts among them), built-in precompiles, and forks before Byzantium with their own rules for
 * empty accounts.
 */
export function directRoute(
  message: TransitionMessage,
  { host, state, rules }: TransitionContext,
): DirectRoute | undefined {
  const { to, value } = message;
  if (to === undefined || !isActive(rules, 'byzantium')) return undefined;
  const recipient = state.account(to);
  if (recipient !== undefined && recipient.balanceWei + value > BALANCE_MAX) return undefined;
  const native = host.nativeAt(to);
  if (native !== undefined) return { kind: 'native', to, native };
  if (host.isPrecompile(to)) return undefined;
  if (recipient !== undefined && !sameHash(recipient.codeHash, EMPTY_CODE_HASH)) return undefined;
  return { kind: 'transfer', to };
}

/** Runs what {@link directRoute} found; a native call that did not succeed leaves no trace but its gas. */
export function runDirect(
  route: DirectRoute,
  { sender, value, data }: TransitionMessage,
  gasLimit: Gas,
  state: JournaledState,
  host: EvmHost,
): ExecutionOutcome {
  const mark = state.mark();
  state.subtractBalance(sender, value);
  state.addBalance(route.to, value);
  if (route.kind === 'transfer') return TRANSFERRED;
  const { result, logs } = host.runNative(route.native, {
    caller: sender,
    origin: sender,
    valueWei: value,
    isStatic: false,
    isOwnContext: true,
    depth: 0,
    data,
    gasLimit,
  });
  if (result.outcome !== 'success') state.revertTo(mark);
  return {
    gasUsed: result.gasUsed,
    refund: 0n,
    output: result.outcome === 'failure' ? NO_BYTES : result.output,
    logs,
    exception: result.outcome === 'success' ? undefined : result.outcome === 'revert' ? 'revert' : 'out of gas',
  };
}
