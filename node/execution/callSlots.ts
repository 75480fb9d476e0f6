// How many calls run at once, and how many may wait: first come, first served.
import { ChainError } from '../../primitives/errors.ts';

export interface CallSlotLimits {
  /** Calls that run interleaved; each turn of the event loop waits for one slice of each. */
  readonly runningMax: number;
  /** Calls that wait for their turn: bounds the memory that their requests hold. */
  readonly waitingMax: number;
}

export class CallSlots {
  readonly #limits: CallSlotLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: CallSlotLimits) {
    this.#limits = limits;
  }

  /**
   * Does `work` when a slot is free.
   * @throws ChainError `TOO_MANY_CALLS` when too many wait already, and what `work` throws
   */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    const { runningMax, waitingMax } = this.#limits;
    if (this.#running < runningMax) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= waitingMax)
      throw new ChainError(
        'TOO_MANY_CALLS',
        `${runningMax} calls run and ${waitingMax} wait, more are not taken; try again later`,
        { runningMax, waitingMax },
      );
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The slot passes to who waited longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}
