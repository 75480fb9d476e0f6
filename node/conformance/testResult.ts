// What a fixture came to, in the words of geth's `evm statetest` and `evm blocktest`.
import type { Hex } from '../../primitives/types.ts';

export interface TestResult {
  readonly name: string;
  readonly pass: boolean;
  readonly fork: string;
  /** After the test; absent where it did not get so far. */
  readonly stateRoot?: Hex | undefined;
  /** Why it did not pass. */
  readonly error?: string | undefined;
}
