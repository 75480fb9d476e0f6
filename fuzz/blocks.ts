// Random blocks of every fork: made by our execution, run again by it without the direct path and by the second opinion, every
// header field, root, receipt and gas figure compared. `npm run fuzz -- --only blocks` calls it; a seed repeats a run.
import { FORKS, type Fork } from '../genesis/forks.ts';
import { RandomChain } from '../test/node/execution/support/randomChain.ts';

/** Blocks of one chain: what they leave behind meets what comes later. */
export const BLOCKS_PER_CHAIN = 12;
export const TRANSACTIONS_PER_BLOCK = 6;

export interface BlocksReport {
  readonly blocks: number;
  /** How often each thing happened in them. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Runs one chain. @throws Error naming fork, seed and block at the first difference */
export async function runChain(fork: Fork, seed: number, blocks = BLOCKS_PER_CHAIN): Promise<BlocksReport> {
  const chain = new RandomChain(fork, seed);
  for (let block = 1; block <= blocks; block++) {
    try {
      await chain.grow(TRANSACTIONS_PER_BLOCK);
    } catch (error) {
      throw new Error(`seed ${seed}, fork ${fork}: block ${block} differs`, { cause: error });
    }
  }
  return { blocks, counts: chain.counts };
}

/**
 * Runs chains of one fork after the other until the time is over, at least one of each.
 * @param deadlineMs on the scale of `performance.now()`
 */
export async function run(seed: number, deadlineMs: number): Promise<BlocksReport> {
  const counts = new Map<string, number>();
  let blocks = 0;
  for (let round = 0; round === 0 || performance.now() < deadlineMs; round++)
    for (const fork of FORKS) {
      if (round > 0 && performance.now() >= deadlineMs) break;
      const report = await runChain(fork, seed + round);
      blocks += report.blocks;
      for (const [what, count] of report.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    }
  return { blocks, counts };
}
