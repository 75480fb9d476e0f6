// Keeps a call from holding the node: it runs in short slices, and between two of them timers, sockets and block production
// have their turn. Calls only: nothing of this is near the execution of blocks.
import { ChainError } from '../../primitives/errors.ts';
import { ExecutionInterrupted } from './executionErrors.ts';

/** Long enough that turning to the event loop costs nothing, short enough that several calls in a row go unnoticed. */
const SLICE_MS = 2;

export interface PaceOptions {
  /** A clock that never goes back, in milliseconds. */
  readonly nowMs: () => number;
  /** How long the request may take from now on, in milliseconds. */
  readonly timeMaxMs: number;
  readonly signal: AbortSignal | undefined;
  /** The node is about to close what calls read. */
  readonly stopping?: AbortSignal | undefined;
}

export class CallPace {
  readonly #nowMs: () => number;
  readonly #endMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #stopping: AbortSignal | undefined;
  #sliceEndMs = 0;

  constructor({ nowMs, timeMaxMs, signal, stopping }: PaceOptions) {
    this.#nowMs = nowMs;
    this.#endMs = nowMs() + timeMaxMs;
    this.#signal = signal;
    this.#stopping = stopping;
  }

  /**
   * To be called before anything runs.
   * @throws ChainError `CALL_TIMEOUT` when the time went by, or the caller gave up, while the request waited
   */
  begin(): void {
    const now = this.#nowMs();
    if (this.#isOver(now)) throw new ChainError('CALL_TIMEOUT', 'the call was given up before it began');
    this.#sliceEndMs = now + SLICE_MS;
  }

  /**
   * To be called often while code runs; what it returns is to be awaited before the code goes on.
   * @throws ExecutionInterrupted when the time is up or the caller gave up
   */
  turn(): Promise<void> | undefined {
    const now = this.#nowMs();
    if (this.#isOver(now)) throw new ExecutionInterrupted('the time is up');
    return now < this.#sliceEndMs ? undefined : this.#letOthersRun();
  }

  async #letOthersRun(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    const now = this.#nowMs();
    if (this.#isOver(now)) throw new ExecutionInterrupted('the time is up');
    this.#sliceEndMs = now + SLICE_MS;
  }

  #isOver(now: number): boolean {
    return this.#signal?.aborted === true || this.#stopping?.aborted === true || now > this.#endMs;
  }
}
