// Reproducible randomness for tests: a failure prints its seed, and the same seed makes the same run.

export interface Random {
  readonly seed: number;
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  bytes(length: number): Uint8Array;
}

/** The seed of this run: `GNOMON_TEST_SEED`, or another one each time. */
export function testSeed(): number {
  return Number(process.env.GNOMON_TEST_SEED ?? Date.now() % 2 ** 31);
}

/** mulberry32: 32 bits of state, good enough to choose cases with. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    seed,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)] as never,
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}
