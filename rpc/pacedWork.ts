// Work that was not asked for in a request, such as notifications of a block with many logs, in turns: after a few
// milliseconds everything else goes first, and then the work goes on where it was.

export interface Work {
  /** Does a little with each step. */
  readonly steps: Iterator<unknown>;
  /** Called instead of the steps that are left. */
  abandon(): void;
}

/** Asking the clock costs as much as a small step. */
const STEPS_PER_CLOCK_READING = 16;

export class PacedWork {
  readonly #turnMsMax: number;
  readonly #waitingMax: number;
  readonly #waiting: Work[] = [];
  #isScheduled = false;

  constructor(turnMsMax: number, waitingMax: number) {
    this.#turnMsMax = turnMsMax;
    this.#waitingMax = waitingMax;
  }

  /** Begins at once unless other work is under way. When more waits than may, the oldest is abandoned. */
  add(work: Work): void {
    this.#waiting.push(work);
    if (this.#waiting.length > this.#waitingMax) this.#waiting.shift()?.abandon();
    if (!this.#isScheduled) this.#run();
  }

  /** Drops everything. */
  clear(): void {
    this.#waiting.length = 0;
  }

  #run(): void {
    const endMs = performance.now() + this.#turnMsMax;
    for (let work = this.#waiting[0]; work !== undefined; work = this.#waiting[0]) {
      if (isFinished(work)) this.#waiting.shift();
      if (performance.now() < endMs || this.#waiting.length === 0) continue;
      this.#isScheduled = true;
      setImmediate(this.#next);
      return;
    }
  }

  readonly #next = (): void => {
    this.#isScheduled = false;
    this.#run();
  };
}

/** Does some steps; whether they were the last. */
function isFinished({ steps }: Work): boolean {
  for (let i = 0; i < STEPS_PER_CLOCK_READING; i++) if (steps.next().done === true) return true;
  return false;
}
