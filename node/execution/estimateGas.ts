// The lowest gas limit with which a call succeeds, found as geth finds it: one run at the top, a good guess, then halving.
import { ZERO_ADDRESS } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Gas } from '../../primitives/types.ts';
import { EMPTY_CODE_HASH, sameHash } from '../state/account.ts';
import type { CallSession } from './callSession.ts';
import { isActive } from './forkRules.ts';
import { TRANSACTION_GAS } from './intrinsicGas.ts';
import type { TransitionOutcome } from './transition.ts';
import { TRANSACTION_GAS_MAX } from './validateTransaction.ts';

/** Of the gas of a call that sends value, this much is given to the callee for nothing (Yellow Paper, appendix G). */
const CALL_STIPEND: Gas = 2_300n;
/** The search ends when what is left to halve is less than 15/1000 of the upper bound: geth's tolerance. */
const TOLERANCE_NUMERATOR = 15n;
const TOLERANCE_DENOMINATOR = 1_000n;

export type Estimate = { readonly gas: Gas } | { readonly failed: TransitionOutcome };

/**
 * Estimates; when the call fails at any limit, its outcome instead.
 * @throws ChainError `GAS_ALLOWANCE_EXCEEDED` when it needs more gas than the sender can pay for or the node allows
 */
export async function estimate(session: CallSession, gasMax: Gas): Promise<Estimate> {
  let high = upperBound(session, gasMax);
  if (isPlainTransfer(session) && high >= TRANSACTION_GAS) {
    const outcome = await tryAt(session, TRANSACTION_GAS);
    if (outcome !== undefined && outcome.exception === undefined) return { gas: TRANSACTION_GAS };
  }
  const top = await tryAt(session, high);
  if (top === undefined || top.exception === 'out of gas')
    throw new ChainError('GAS_ALLOWANCE_EXCEEDED', `gas required exceeds allowance (${high})`, { allowance: high });
  if (top.exception !== undefined) return { failed: top };

  let low = top.gasUsed - 1n;
  // A call may forward all but a 64th of its gas (EIP-150): what was used at the peak has to be there with that on top.
  const guess = ((top.gasUsedAtPeak + CALL_STIPEND) * 64n) / 63n;
  if (guess < high) {
    if (await succeedsAt(session, guess)) high = guess;
    else low = guess;
  }
  while (low + 1n < high && (high - low) * TOLERANCE_DENOMINATOR >= high * TOLERANCE_NUMERATOR) {
    let middle = (high + low) / 2n;
    // Most calls need little more than they use: approach from below.
    if (middle > low * 2n) middle = low * 2n;
    if (await succeedsAt(session, middle)) high = middle;
    else low = middle;
  }
  return { gas: high };
}

function upperBound({ request, fees, rules, state }: CallSession, gasMax: Gas): Gas {
  const { gas, value = 0n, from = ZERO_ADDRESS } = request;
  let high = gas !== undefined && gas >= TRANSACTION_GAS ? gas : fees.block.gasLimit;
  if (fees.maxFeePerGas > 0n) {
    const balanceWei = state.account(from)?.balanceWei ?? 0n;
    if (balanceWei < value)
      throw new ChainError('INSUFFICIENT_FUNDS', `balance: expected at least ${value} wei, got ${balanceWei}`, {
        expected: value,
        got: balanceWei,
      });
    const affordable = (balanceWei - value) / fees.maxFeePerGas;
    if (affordable < high) high = affordable;
  }
  if (isActive(rules, 'osaka') && high > TRANSACTION_GAS_MAX) high = TRANSACTION_GAS_MAX;
  return high > gasMax ? gasMax : high;
}

/** A transfer costs the base gas, provided that nothing runs at its recipient. */
function isPlainTransfer({ request, state, host }: CallSession): boolean {
  const { to, data, accessList = [], authorizationList = [] } = request;
  if (to === undefined || (data?.length ?? 0) > 0 || accessList.length > 0 || authorizationList.length > 0)
    return false;
  if (host.isPrecompile(to)) return false;
  const account = state.account(to);
  return account === undefined || sameHash(account.codeHash, EMPTY_CODE_HASH);
}

/** The outcome at a limit, or undefined when the limit does not even cover the intrinsic gas. */
async function tryAt(session: CallSession, gasLimit: Gas): Promise<TransitionOutcome | undefined> {
  try {
    return await session.run(gasLimit);
  } catch (error) {
    if (error instanceof ChainError && error.code === 'INTRINSIC_GAS_TOO_LOW') return undefined;
    throw error;
  }
}

async function succeedsAt(session: CallSession, gasLimit: Gas): Promise<boolean> {
  const outcome = await tryAt(session, gasLimit);
  return outcome !== undefined && outcome.exception === undefined;
}
