// Where the stored chain and the second opinion part, named precisely.
import { bytesToHex, equalBytes } from '../../primitives/bytes.ts';

export interface Difference {
  readonly blockNumber: bigint;
  /** A header field, or what else of the block: `receipts[3].status`, `transactions[0].sender` … */
  readonly field: string;
  /** What the second opinion computed. */
  readonly expected: string;
  /** What the chain holds. */
  readonly got: string;
}

/** Ends the comparison of a chain at its first difference. */
export class DifferenceFound extends Error {
  override readonly name = 'DifferenceFound';
  readonly difference: Difference;

  constructor(difference: Difference) {
    super(describeDifference(difference));
    this.difference = difference;
  }
}

export function describeDifference({ blockNumber, field, expected, got }: Difference): string {
  return `block ${blockNumber}, ${field}: expected ${expected}, got ${got}`;
}

type Value = Uint8Array | bigint | number | string | undefined;

function isEqual(a: Value, b: Value): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? equalBytes(a, b) : a === b;
}

function show(value: Value): string {
  if (value === undefined) return 'none';
  return value instanceof Uint8Array ? bytesToHex(value) : String(value);
}

/** Compares the parts of one block. */
export class BlockComparison {
  readonly #blockNumber: bigint;

  constructor(blockNumber: bigint) {
    this.#blockNumber = blockNumber;
  }

  /** @throws DifferenceFound */
  same(field: string, expected: Value, got: Value): void {
    if (!isEqual(expected, got)) this.differs(field, show(expected), show(got));
  }

  /** @throws DifferenceFound */
  holds(condition: boolean, field: string, expected: string, got: Value): void {
    if (!condition) this.differs(field, expected, show(got));
  }

  /** @throws DifferenceFound */
  differs(field: string, expected: string, got: string): never {
    throw new DifferenceFound({ blockNumber: this.#blockNumber, field, expected, got });
  }
}
