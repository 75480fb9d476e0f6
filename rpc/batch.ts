// One batch of requests while it is being answered: what comes next, what has been answered, and what it may still cost.
import { RPC_CODES, type RpcErrorObject } from './errors.ts';
import type { RpcLimits } from './limits.ts';

export class Batch {
  readonly #requests: readonly unknown[];
  readonly #limits: RpcLimits;
  readonly #endMs: number;
  readonly #answers: string[] = [];
  #next = 0;
  #answersLength = 0;

  /** `nowMs` is the time on the clock that the methods below are told. */
  constructor(requests: readonly unknown[], limits: RpcLimits, nowMs: number) {
    this.#requests = requests;
    this.#limits = limits;
    this.#endMs = nowMs + limits.batchTimeMsMax;
  }

  get isDone(): boolean {
    return this.#next >= this.#requests.length;
  }

  /** The request to answer now. */
  get request(): unknown {
    return this.#requests[this.#next];
  }

  /** The requests from the current one on that `belongs` holds for. */
  run(belongs: (request: unknown) => boolean): readonly unknown[] {
    let end = this.#next;
    while (end < this.#requests.length && belongs(this.#requests[end])) end++;
    return this.#requests.slice(this.#next, end);
  }

  /** Why the current request may not begin any more, or undefined. */
  refuse(nowMs: number): RpcErrorObject | undefined {
    if (nowMs > this.#endMs)
      return {
        code: RPC_CODES.limitExceeded,
        message: `batch too slow: it has run for ${this.#limits.batchTimeMsMax} ms; ask in smaller batches`,
      };
    return this.refuseSize(0);
  }

  /** Why an answer of `length` characters does not fit any more, or undefined. */
  refuseSize(length: number): RpcErrorObject | undefined {
    if (this.#answersLength + length <= this.#limits.batchResponseBytesMax) return undefined;
    return {
      code: RPC_CODES.limitExceeded,
      message: `response too large: the answers of this batch exceed ${this.#limits.batchResponseBytesMax} bytes; ask in smaller batches`,
    };
  }

  /** Answers the current request, with nothing if it was a notification, and goes on to the next. */
  add(answer: string | undefined): void {
    this.#next++;
    if (answer === undefined) return;
    this.#answers.push(answer);
    this.#answersLength += answer.length;
  }

  /** The answer of the whole batch; undefined when it held nothing but notifications. */
  text(): string | undefined {
    return this.#answers.length === 0 ? undefined : `[${this.#answers.join(',')}]`;
  }
}
