// The JSON of the newest blocks. Many clients ask for each new block, and writing a large one takes several times what
// sending it does.

/** One text may take half of the cache at most, or a single block would empty it. */
const TEXT_SHARE = 2;

/** Texts by key, within a limit of bytes; what was not asked for longest goes first. */
export class JsonCache {
  readonly #bytesMax: number;
  /** In the order in which they were last asked for. */
  readonly #texts = new Map<string, string>();
  #bytes = 0;

  /** @param bytesMax of all texts together, which are ASCII */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The text that is kept under `key`, or the one that `write` writes now. */
  get(key: string, write: () => string): string {
    const known = this.#texts.get(key);
    const text = known ?? write();
    if (known !== undefined) this.#texts.delete(key);
    else if (text.length * TEXT_SHARE > this.#bytesMax) return text;
    else this.#bytes += text.length;
    this.#texts.set(key, text);
    if (known === undefined) this.#shrink();
    return text;
  }

  #shrink(): void {
    for (const [key, text] of this.#texts) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#texts.delete(key);
      this.#bytes -= text.length;
    }
  }
}
