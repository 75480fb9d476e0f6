// The rules in force for one block, taken from the chain spec once and then passed to everything that executes.
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { type BlobSchedule, blobScheduleAt, type Fork, forkAt, includesFork } from '../../genesis/forks.ts';
import type { Address } from '../../primitives/types.ts';

export interface ForkRules {
  readonly fork: Fork;
  readonly chainId: bigint;
  /** In force at the block's time; undefined before Cancun. */
  readonly blobSchedule: BlobSchedule | undefined;
  readonly depositContractAddress: Address | undefined;
  /** A Gnomon chain: no blob transactions, and no block is invalid for want of a system contract (DESIGN §2). */
  readonly isGnomon: boolean;
  /** A dev chain: transactions of impersonated accounts are valid, contracts included. */
  readonly allowsImpersonation: boolean;
}

/** The rules for the block of that number and time. */
export function forkRulesAt(spec: ChainSpec, blockNumber: bigint, timestampSeconds: bigint): ForkRules {
  const fork = forkAt(spec.forks, blockNumber, timestampSeconds);
  return {
    fork,
    chainId: spec.chainId,
    blobSchedule: includesFork(fork, 'cancun') ? blobScheduleAt(spec.blobSchedules, timestampSeconds) : undefined,
    depositContractAddress: spec.depositContractAddress,
    isGnomon: spec.gnomon !== undefined,
    allowsImpersonation: spec.gnomon?.devChain === true,
  };
}

/** Whether the block follows the rules of `fork` (and those before it). */
export function isActive(rules: ForkRules, fork: Fork): boolean {
  return includesFork(rules.fork, fork);
}
