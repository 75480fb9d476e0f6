// Execution against the second opinion: an input is a fork and a seed, of which random blocks are made (../blocks.ts).
import fc from 'fast-check';
import { FORKS, type Fork } from '../../genesis/forks.ts';
import { runChain } from '../blocks.ts';
import { type FuzzTarget, outcomeOf } from '../target.ts';

/** A byte for the fork, four for the seed. */
const INPUT_BYTES = 5;
const BLOCKS_PER_INPUT = 4;

function seedOf(input: Uint8Array): number {
  let seed = 0;
  for (const byte of input.subarray(1, INPUT_BYTES)) seed = seed * 256 + byte;
  return seed;
}

export const blocksTarget: FuzzTarget = {
  name: 'blocks',
  about: 'random blocks of every fork through our execution, against the stock VM',
  shape: 'bytes',
  inputBytesMax: INPUT_BYTES,
  // Blocks are executed three times, once by the stock VM in plain JavaScript.
  inputBudgetMs: 20_000,
  open: () => ({
    corpus: FORKS.map((_fork, index) => Uint8Array.of(index, 0, 0, 0, index)),
    structures: fc.uint8Array({ minLength: INPUT_BYTES, maxLength: INPUT_BYTES }),
    async check(input) {
      const fork = FORKS[(input[0] ?? 0) % FORKS.length] as Fork;
      const { counts } = await runChain(fork, seedOf(input), BLOCKS_PER_INPUT);
      return outcomeOf(fork, [...counts.keys()].sort().join(' '));
    },
  }),
};
