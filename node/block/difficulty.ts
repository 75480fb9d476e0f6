// The difficulty of proof-of-work blocks, for imported chains. The seal itself (ethash) is not checked: no block is made
// on such chains, and whoever imports one names the head that it trusts.
import { type Fork, includesFork } from '../../genesis/forks.ts';
import { equalBytes } from '../../primitives/bytes.ts';
import { EMPTY_OMMERS_HASH } from './ommersHash.ts';
import type { Header } from './types.ts';

const DIFFICULTY_MIN = 131_072n;
const BOUND_DIVISOR = 2_048n;
const FRONTIER_DURATION_LIMIT_SECONDS = 13n;
const FACTOR_MIN = -99n;
const BOMB_PERIOD_BLOCKS = 100_000n;

/** By how many blocks each fork had put off the bomb in total (EIPs 649, 1234, 2384, 3554, 4345, 5133); newest first. */
const BOMB_DELAY_BLOCKS: readonly (readonly [Fork, bigint])[] = [
  ['grayGlacier', 11_400_000n],
  ['arrowGlacier', 10_700_000n],
  ['london', 9_700_000n],
  ['muirGlacier', 9_000_000n],
  ['constantinople', 5_000_000n],
  ['byzantium', 3_000_000n],
];

export type DifficultyParent = Pick<Header, 'difficulty' | 'timestampSeconds' | 'ommersHash' | 'number'>;

/** The difficulty that a block under `fork` (before Paris) must have, given its time in seconds. */
export function nextDifficulty(parent: DifficultyParent, timestampSeconds: bigint, fork: Fork): bigint {
  const step = parent.difficulty / BOUND_DIVISOR;
  const moved = parent.difficulty + step * adjustment(parent, timestampSeconds, fork);
  const floored = moved < DIFFICULTY_MIN ? DIFFICULTY_MIN : moved;
  const withBomb = floored + bomb(parent.number + 1n, fork);
  return withBomb < DIFFICULTY_MIN ? DIFFICULTY_MIN : withBomb;
}

/** By how many steps the difficulty moves: Yellow Paper of Frontier, EIP-2, EIP-100. */
function adjustment(parent: DifficultyParent, timestampSeconds: bigint, fork: Fork): bigint {
  const elapsed = timestampSeconds - parent.timestampSeconds;
  if (!includesFork(fork, 'homestead')) return elapsed < FRONTIER_DURATION_LIMIT_SECONDS ? 1n : -1n;
  const factor = includesFork(fork, 'byzantium')
    ? (equalBytes(parent.ommersHash, EMPTY_OMMERS_HASH) ? 1n : 2n) - elapsed / 9n
    : 1n - elapsed / 10n;
  return factor < FACTOR_MIN ? FACTOR_MIN : factor;
}

function bomb(blockNumber: bigint, fork: Fork): bigint {
  const delay = BOMB_DELAY_BLOCKS.find(([since]) => includesFork(fork, since))?.[1] ?? 0n;
  const counted = blockNumber > delay ? blockNumber - delay : 0n;
  const period = counted / BOMB_PERIOD_BLOCKS;
  return period > 1n ? 2n ** (period - 2n) : 0n;
}
