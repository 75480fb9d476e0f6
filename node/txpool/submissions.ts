// What has arrived and is not in the pool yet: it waits for the threads that recover senders, or for its blobs to be checked.
// Signatures can be sent faster than they are recovered, so this waiting has its own bounds.
import { ChainError } from '../../primitives/errors.ts';
import type { PoolLimits } from './limits.ts';

export class Submissions {
  readonly #limits: Pick<PoolLimits, 'submissionSignaturesMax' | 'submissionBytesMax'>;
  #count = 0;
  #bytes = 0;

  constructor(limits: Pick<PoolLimits, 'submissionSignaturesMax' | 'submissionBytesMax'>) {
    this.#limits = limits;
  }

  /** Signatures under way: of transactions, and of their authorizations (EIP-7702). */
  get count(): number {
    return this.#count;
  }

  /**
   * Runs `admit` for a transaction of `bytes` bytes with `signatures` to recover.
   * @throws ChainError `TOO_MANY_SUBMISSIONS` while as many are under way as may be, and whatever `admit` throws
   */
  async run<Result>(bytes: number, signatures: number, admit: () => Promise<Result>): Promise<Result> {
    const { submissionSignaturesMax, submissionBytesMax } = this.#limits;
    if (this.#count + signatures > submissionSignaturesMax || this.#bytes + bytes > submissionBytesMax) {
      const message = `too many transactions are being checked: at most ${submissionSignaturesMax} signatures or ${submissionBytesMax} bytes at once; send this one again in a moment`;
      throw new ChainError('TOO_MANY_SUBMISSIONS', message, { count: this.#count, bytes: this.#bytes });
    }
    this.#count += signatures;
    this.#bytes += bytes;
    try {
      return await admit();
    } finally {
      this.#count -= signatures;
      this.#bytes -= bytes;
    }
  }
}
