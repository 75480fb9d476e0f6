// A test node whose calls run until the test ends them.
import type { CallOptions, CallOutcome, CallRequest } from '../../../node/api.ts';
import { TestNode } from './testNode.ts';

export class WaitingNode extends TestNode {
  readonly waiting: { readonly options: CallOptions; readonly end: () => void }[] = [];
  #asked: () => void = () => undefined;

  constructor() {
    super();
    this.calls.call = (_request: CallRequest, options: CallOptions): Promise<CallOutcome> =>
      new Promise((resolve) => {
        const end = (): void =>
          resolve({ outcome: 'success', gasUsed: 21_000n, output: Uint8Array.of(this.waiting.length), logs: [] });
        this.waiting.push({ options, end });
        this.#asked();
      });
  }

  /** Resolves when `count` calls run. */
  async running(count: number): Promise<void> {
    while (this.waiting.length < count)
      await new Promise<void>((resolve) => {
        this.#asked = resolve;
      });
  }
}
