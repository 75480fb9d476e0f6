// A small seeded generator (SplitMix64): the same seed always gives the same chain.
export class SeededRandom {
  #state: bigint;

  constructor(seed: number) {
    this.#state = BigInt(seed);
  }

  #next(): bigint {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e3779b97f4a7c15n);
    let z = this.#state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  /** An integer of 0 to `bound` - 1. */
  below(bound: number): number {
    return Number(this.#next() % BigInt(bound));
  }

  chance(probability: number): boolean {
    return this.below(1_000) < probability * 1_000;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
