// A fast seeded generator (xoshiro128**): the same seed always gives the same inputs.

export class FuzzRandom {
  readonly #state: Uint32Array;

  /** `seed` is any integer; seeds that differ in one bit give unrelated sequences. */
  constructor(seed: number) {
    this.#state = new Uint32Array(4);
    let mixed = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      // SplitMix32, which the authors of xoshiro advise for seeding.
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let z = mixed;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      this.#state[i] = z ^ (z >>> 16);
    }
  }

  /** An integer of 0 to 2^32 - 1. */
  uint32(): number {
    const state = this.#state;
    const [a, b, c, d] = state as unknown as [number, number, number, number];
    const five = Math.imul(b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const e = c ^ a;
    const f = d ^ b;
    state[1] = b ^ e;
    state[0] = a ^ f;
    state[2] = e ^ (b << 9);
    state[3] = (f << 11) | (f >>> 21);
    return result;
  }

  /** An integer of 0 to `bound` - 1; `bound` is at least 1. */
  below(bound: number): number {
    return this.uint32() % bound;
  }

  chance(probability: number): boolean {
    return this.uint32() < probability * 2 ** 32;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() & 0xff);
  }

  /** A length that is mostly small, at most `max`. */
  smallLength(max: number): number {
    return Math.min(max, this.below(1 << (1 + this.below(8))));
  }
}
