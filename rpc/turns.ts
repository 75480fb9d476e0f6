// Shares the event loop between requests and everything else. However many clients ask at once, when answering them has
// taken a few milliseconds timers, sockets and block production go first, and then the requests that wait, in their order.

export class Turns {
  readonly #turnMsMax: number;
  readonly #waiting = new Set<() => void>();
  #spentMs = 0;
  #isScheduled = false;

  constructor(turnMsMax: number) {
    this.#turnMsMax = turnMsMax;
  }

  /** Whether a new request has to wait. */
  get isBusy(): boolean {
    return this.#waiting.size > 0 || this.#spentMs > this.#turnMsMax;
  }

  /** Whether what has been running for `elapsedMs`, which are not spent yet, should go on later. */
  isOver(elapsedMs: number): boolean {
    return this.#spentMs + elapsedMs > this.#turnMsMax;
  }

  /** Time that was used for answering. Only after half a turn is the end of the turn asked for, so little costs nothing. */
  spend(elapsedMs: number): void {
    this.#spentMs += elapsedMs;
    if (this.#spentMs > this.#turnMsMax / 2) this.#schedule();
  }

  /** Does `work`, which never throws, in a later turn, after what waits already; resolves with what it answers. */
  later<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    this.#schedule();
    return new Promise((resolve) => this.#waiting.add(() => resolve(work())));
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#next);
  }

  readonly #next = (): void => {
    this.#isScheduled = false;
    this.#spentMs = 0;
    for (const work of this.#waiting) {
      this.#waiting.delete(work);
      work();
      if (this.#spentMs > this.#turnMsMax) return;
    }
  };
}
