// Balance changes that no transaction makes: withdrawals (EIP-4895), and on imported proof-of-work chains the block and
// ommer rewards (Yellow Paper §11.3).
import { includesFork } from '../../genesis/forks.ts';
import type { Address, Wei } from '../../primitives/types.ts';
import type { Header, Withdrawal } from '../block/types.ts';
import { isEmptyAccount } from '../state/account.ts';
import type { JournaledState } from '../state/types.ts';
import type { ForkRules } from './forkRules.ts';

const WEI_PER_GWEI = 1_000_000_000n;
const WEI_PER_ETHER = 10n ** 18n;
/** An ommer of depth d earns (8 - d) eighths of the reward, and the block that names it a 32nd. */
const OMMER_DEPTH_LIMIT = 8n;
const NEPHEW_SHARE = 32n;

/** Credits withdrawals in order. One of 0 Gwei creates no account; it touches the one that is there, as EIP-161 has it. */
export function creditWithdrawals(state: JournaledState, withdrawals: readonly Withdrawal[]): void {
  for (const { address, amountGwei } of withdrawals) {
    state.addBalance(address, amountGwei * WEI_PER_GWEI);
    deleteIfEmpty(state, address);
  }
}

/** Deletes a touched account that is empty (EIP-161). */
export function deleteIfEmpty(state: JournaledState, address: Address): void {
  const record = state.account(address);
  if (record !== undefined && isEmptyAccount(record)) state.deleteAccount(address);
}

/** EIP-649, EIP-1234; 0 from Paris on. */
export function blockReward({ fork }: ForkRules): Wei {
  if (includesFork(fork, 'paris')) return 0n;
  if (includesFork(fork, 'constantinople')) return 2n * WEI_PER_ETHER;
  if (includesFork(fork, 'byzantium')) return 3n * WEI_PER_ETHER;
  return 5n * WEI_PER_ETHER;
}

/** Credits the rewards of a proof-of-work block; every share is rounded down, the remainder is never minted. */
export function creditBlockRewards(
  state: JournaledState,
  rules: ForkRules,
  block: { readonly number: bigint; readonly coinbase: Address },
  ommers: readonly Pick<Header, 'number' | 'coinbase'>[],
): void {
  const reward = blockReward(rules);
  let minerReward = reward;
  for (const { number, coinbase } of ommers) {
    state.addBalance(coinbase, (reward * (number + OMMER_DEPTH_LIMIT - block.number)) / OMMER_DEPTH_LIMIT);
    minerReward += reward / NEPHEW_SHARE;
  }
  state.addBalance(block.coinbase, minerReward);
}
