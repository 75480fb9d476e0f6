// Those who hear of blocks. A block is committed before anyone hears of it, so none of them can undo it, nor keep it from the
// others.
import { isMachineFailure } from '../execution/executionErrors.ts';

export class Listeners<Event> {
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #onError: (error: unknown) => void;

  /** @param onError told of what a listener threw */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** The same function may listen twice; the result ends this one. */
  add(listener: (event: Event) => void): () => void {
    const own = (event: Event): void => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Tells everyone. @throws what a listener threw because the machine failed: the node must stop */
  tell(event: Event): void {
    const failures: unknown[] = [];
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        if (isMachineFailure(error)) failures.push(error);
        else this.#onError(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
