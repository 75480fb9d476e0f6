// Random blocks through our execution, with and without the direct path, and through the stock @ethereumjs/vm with the
// same native contract. The stock VM throws when a root, bloom, gas or requests hash is not the one in our header.
import { describe, expect, it } from 'vitest';
import { FORKS, type Fork } from '../../../genesis/forks.ts';
import { RandomChain } from './support/randomChain.ts';

/** Another seed gives other chains: GNOMON_SEED=7 npx vitest run test/node/execution/differential.test.ts */
const SEED = Number(process.env.GNOMON_SEED ?? 1);
const TRANSACTIONS_PER_BLOCK = 6;
const PLAN: readonly (readonly [Fork, number])[] = [
  ['frontier', 8],
  ['homestead', 8],
  ['tangerineWhistle', 8],
  ['spuriousDragon', 8],
  ['byzantium', 10],
  ['constantinople', 8],
  ['petersburg', 10],
  ['istanbul', 10],
  ['berlin', 15],
  ['london', 15],
  ['paris', 15],
  ['shanghai', 20],
  ['cancun', 45],
  ['prague', 45],
  ['osaka', 80],
];

describe('our execution and the stock VM agree on random blocks', () => {
  it.each(PLAN)('%s, %i blocks', { timeout: 120_000 }, async (fork, blocks) => {
    const chain = new RandomChain(fork, SEED);
    for (let i = 0; i < blocks; i++) {
      try {
        await chain.grow(TRANSACTIONS_PER_BLOCK);
      } catch (error) {
        throw new Error(`seed ${SEED}, fork ${fork}, block ${i + 1} differs`, { cause: error });
      }
    }
    const { counts } = chain;
    const expected = [
      'success',
      'native',
      'type 0',
      ...(blocks >= 10 ? ['revert', 'out of gas'] : []),
      ...(blocks >= 40 ? ['device'] : []),
    ];
    for (const happened of expected) expect(counts.get(happened) ?? 0, happened).toBeGreaterThan(0);
    if (process.env.GNOMON_SEED !== undefined) console.log(fork, Object.fromEntries(counts));
  });

  it('covers every fork, and at least 300 blocks', () => {
    expect(PLAN.reduce((sum, [, blocks]) => sum + blocks, 0)).toBeGreaterThanOrEqual(300);
    // Forks that moved the difficulty bomb alone are those before them.
    expect(PLAN.length).toBe(FORKS.length - 3);
  });
});
