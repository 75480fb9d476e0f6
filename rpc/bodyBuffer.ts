// A body that arrives in pieces, in one buffer that grows with what has come: neither a client that announces much nor
// one that sends single bytes makes the server hold more than twice what it has sent (and the first 64 KiB).

const FIRST_BYTES = 64 * 1024;

export class BodyBuffer {
  readonly #bytesMax: number;
  #buffer: Buffer;
  #length = 0;

  /** `bytesMax` is what the body may have at most. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#buffer = Buffer.allocUnsafe(Math.min(bytesMax, FIRST_BYTES));
  }

  get length(): number {
    return this.#length;
  }

  /** Memory in use, in bytes. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** Adds a piece; false when the body would be longer than allowed, and then nothing is added. */
  add(piece: Uint8Array): boolean {
    const length = this.#length + piece.length;
    if (length > this.#bytesMax) return false;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.#bytesMax, Math.max(length, this.#buffer.length * 2)));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = length;
    return true;
  }

  text(): string {
    return this.#buffer.toString('utf8', 0, this.#length);
  }
}
