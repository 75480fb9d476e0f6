// A map that forgets. Two generations: what is read moves to the young one; when that is full, the old one is dropped. It
// costs one map operation per hit and never more entries than its limit.

export interface CacheUsage {
  readonly entries: number;
  readonly hits: number;
  readonly misses: number;
}

export class BoundedCache<Value> {
  readonly #generationMax: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  #hits = 0;
  #misses = 0;

  /** @param entriesMax at least 2 */
  constructor(entriesMax: number) {
    this.#generationMax = Math.max(1, entriesMax >> 1);
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) {
      this.#hits++;
      return young;
    }
    const old = this.#old.get(key);
    if (old === undefined) this.#misses++;
    else {
      this.#hits++;
      this.set(key, old);
    }
    return old;
  }

  set(key: string, value: Value): void {
    this.#young.set(key, value);
    if (this.#young.size < this.#generationMax) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
  }

  /** Entries held, and what `get` found and did not find since the start. */
  get usage(): CacheUsage {
    return { entries: this.size, hits: this.#hits, misses: this.#misses };
  }

  /** Entries held, at most the limit; one that is in both generations counts twice. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
