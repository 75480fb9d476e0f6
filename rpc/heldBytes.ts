// Bytes that clients make the server hold: requests that are not complete, answers that are not read. Each connection has
// its own limits; this one is for all of them together.

/** Somebody for whom bytes are held. */
export interface Holder {
  /** Closes the connection at once. */
  cut(): void;
}

export class HeldBytes {
  readonly #max: number;
  /** In the order in which they began to hold. */
  readonly #holders = new Map<Holder, number>();
  #total = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get total(): number {
    return this.#total;
  }

  /**
   * From now on `bytes` are held for `holder`, whatever was before. Where that is too much for all together, those are
   * cut who have held theirs longest: whoever is slow, not whoever comes next.
   */
  hold(holder: Holder, bytes: number): void {
    this.#total += bytes - (this.#holders.get(holder) ?? 0);
    this.#holders.set(holder, bytes);
    while (this.#total > this.#max) {
      const [oldest] = this.#holders.keys();
      if (oldest === undefined) return;
      this.release(oldest);
      oldest.cut();
    }
  }

  release(holder: Holder): void {
    if (!this.#holders.has(holder)) return;
    this.#total -= this.#holders.get(holder) ?? 0;
    this.#holders.delete(holder);
  }
}
