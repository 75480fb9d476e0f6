// The base fee per gas of a block, from its parent (EIP-1559).
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { forkAt, includesFork } from '../../genesis/forks.ts';
import { assert } from '../../primitives/errors.ts';
import type { Wei } from '../../primitives/types.ts';
import type { Header } from './types.ts';

export const INITIAL_BASE_FEE_WEI: Wei = 1_000_000_000n;
/** The gas target is the limit divided by this. */
export const ELASTICITY_MULTIPLIER = 2n;
const BASE_FEE_MAX_CHANGE_DENOMINATOR = 8n;

/** The part of a parent header that its child's base fee follows from. */
export type BaseFeeParent = Pick<Header, 'gasLimit' | 'gasUsed' | 'baseFeePerGas'>;

/**
 * The base fee of a London child of `parent`, in wei per gas: one eighth more at most when the parent was full, one eighth
 * less at most when it was empty, rounded down. A parent from before London gives the initial base fee.
 */
export function nextBaseFee(parent: BaseFeeParent): Wei {
  const { baseFeePerGas, gasLimit, gasUsed } = parent;
  if (baseFeePerGas === undefined) return INITIAL_BASE_FEE_WEI;
  const target = gasLimit / ELASTICITY_MULTIPLIER;
  assert(target > 0n, 'a header without a gas target was not validated');
  if (gasUsed === target) return baseFeePerGas;
  if (gasUsed > target) {
    const delta = (baseFeePerGas * (gasUsed - target)) / target / BASE_FEE_MAX_CHANGE_DENOMINATOR;
    return baseFeePerGas + (delta > 1n ? delta : 1n);
  }
  return baseFeePerGas - (baseFeePerGas * (target - gasUsed)) / target / BASE_FEE_MAX_CHANGE_DENOMINATOR;
}

/** The base fee of the child of `parent` at `timestampSeconds`, or undefined while London is not in force. */
export function baseFeeAfter(spec: ChainSpec, parent: Header, timestampSeconds: bigint): Wei | undefined {
  const fork = forkAt(spec.forks, parent.number + 1n, timestampSeconds);
  return includesFork(fork, 'london') ? nextBaseFee(parent) : undefined;
}
