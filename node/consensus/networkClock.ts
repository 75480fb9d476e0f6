// The machine's clock as blocks of a network see it. Time in a chain never goes back, so one wrong second that gets into a
// block stays: a clock that jumps is believed only once it has kept to its new time for a while.
import type { Clock } from './soloEngine.ts';

/** Between two blocks a clock that is kept right moves by no more than this against one that only counts. */
export const CLOCK_JUMP_MIN_MS = 5_000;
/** How long a clock must keep to its new time: longer than it takes a time service to put a wrong one right again. */
export const CLOCK_BELIEVED_AFTER_MS = 60_000;

export interface NetworkClockOptions {
  readonly clock: Clock;
  /** A clock that never goes back, in milliseconds. */
  readonly steadyNowMs: () => number;
  readonly warn: (message: string, detail: Readonly<Record<string, unknown>>) => void;
}

export class NetworkClock implements Clock {
  readonly #options: NetworkClockOptions;
  /** How far the clock is ahead of the steady one, as it is believed. */
  #leadMs: number;
  /** A lead that is not believed yet, and since when it is seen. */
  #doubted: { readonly leadMs: number; readonly sinceMs: number } | undefined;

  constructor(options: NetworkClockOptions) {
    this.#options = options;
    this.#leadMs = options.clock.nowMs() - options.steadyNowMs();
  }

  nowMs(): number {
    const { clock, steadyNowMs } = this.#options;
    const steadyMs = steadyNowMs();
    const leadMs = clock.nowMs() - steadyMs;
    if (Math.abs(leadMs - this.#leadMs) <= CLOCK_JUMP_MIN_MS || this.#isProven(leadMs, steadyMs)) {
      this.#leadMs = leadMs;
      this.#doubted = undefined;
    }
    return Math.floor(steadyMs + this.#leadMs);
  }

  #isProven(leadMs: number, steadyMs: number): boolean {
    const { warn } = this.#options;
    const seconds = Math.round((leadMs - this.#leadMs) / 1000);
    if (this.#doubted === undefined || Math.abs(leadMs - this.#doubted.leadMs) > CLOCK_JUMP_MIN_MS) {
      this.#doubted = { leadMs, sinceMs: steadyMs };
      warn('the clock jumped: blocks keep to the old time until it has stayed for a minute', { seconds });
      return false;
    }
    if (steadyMs - this.#doubted.sinceMs < CLOCK_BELIEVED_AFTER_MS) return false;
    warn('the clock kept to its new time: blocks follow it from now on', { seconds });
    return true;
  }
}
