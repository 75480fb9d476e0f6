// Walking through the log index: for one term, for any of several, and for all of several at once. Every step goes to the
// next block at or after a given one, so that a rare term makes the others skip what lies between its blocks.
import { keyBytes } from '../../primitives/bytes.ts';
import type { Database } from '../state/database.ts';
import type { LogIndex, Term } from './logIndex.ts';
import { decodeBody, readPart } from './postingList.ts';

/** Counts what a search has read. */
export interface ReadMeter {
  indexReads: number;
}

/** Blocks in ascending order. */
interface BlockCursor {
  /** The first block at or after `target`, which never goes back; undefined when there is none. */
  seek(target: number): number | undefined;
}

/** The blocks of one term. Its parts are searched by halving, and read once each when they are walked through. */
class TermCursor implements BlockCursor {
  readonly #database: Database;
  readonly #term: Uint8Array;
  readonly #meter: ReadMeter;
  readonly #head: readonly number[];
  readonly #partCount: number;
  #partIndex = -1;
  #numbers: readonly number[] = [];
  #at = 0;

  constructor(database: Database, index: LogIndex, term: Term, meter: ReadMeter) {
    this.#database = database;
    this.#term = keyBytes(term);
    this.#meter = meter;
    meter.indexReads++;
    const head = index.head(term);
    this.#head = head === undefined ? [] : decodeBody(head.body);
    this.#partCount = head?.partCount ?? 0;
  }

  seek(target: number): number | undefined {
    const last = this.#numbers.at(-1);
    if (last === undefined || last < target) this.#openPart(target);
    const numbers = this.#numbers;
    while (this.#at < numbers.length && (numbers[this.#at] as number) < target) this.#at++;
    return numbers[this.#at];
  }

  /** Goes to the first part that ends at or after `target`; the head comes after all others. */
  #openPart(target: number): void {
    if ((this.#head[0] ?? 0) <= target || this.#partIndex === this.#partCount) {
      this.#use(this.#partCount);
      return;
    }
    let low = this.#partIndex + 1;
    // The next part is the one, unless something skips ahead.
    if (low < this.#partCount) {
      this.#use(low);
      if ((this.#numbers.at(-1) as number) >= target) return;
      low++;
    }
    let high = this.#partCount;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      this.#use(middle);
      if ((this.#numbers.at(-1) as number) >= target) high = middle;
      else low = middle + 1;
    }
    if (low !== this.#partIndex) this.#use(low);
  }

  #use(index: number): void {
    if (index === this.#partIndex) return;
    this.#partIndex = index;
    this.#at = 0;
    if (index === this.#partCount) this.#numbers = this.#head;
    else {
      this.#meter.indexReads++;
      this.#numbers = readPart(this.#database, this.#term, index);
    }
  }
}

/** The blocks of any of several terms. */
class UnionCursor implements BlockCursor {
  #open: { readonly cursor: BlockCursor; next: number }[];

  constructor(cursors: readonly BlockCursor[]) {
    this.#open = cursors.map((cursor) => ({ cursor, next: -1 }));
  }

  seek(target: number): number | undefined {
    let first: number | undefined;
    let hasEnded = false;
    for (const each of this.#open) {
      if (each.next < target) each.next = each.cursor.seek(target) ?? Number.POSITIVE_INFINITY;
      if (each.next === Number.POSITIVE_INFINITY) hasEnded = true;
      else if (first === undefined || each.next < first) first = each.next;
    }
    if (hasEnded) this.#open = this.#open.filter(({ next }) => next !== Number.POSITIVE_INFINITY);
    return first;
  }
}

/** The blocks that have, of each of the clauses, any of the terms. */
export class ClauseCursor {
  readonly #clauses: readonly BlockCursor[];

  constructor(database: Database, index: LogIndex, clauses: readonly (readonly Term[])[], meter: ReadMeter) {
    this.#clauses = clauses.map(
      (terms) => new UnionCursor(terms.map((term) => new TermCursor(database, index, term, meter))),
    );
  }

  /**
   * One step towards the first block at or after `target`: that block if all clauses have it, else one before which no block
   * has all. Undefined when there is none. The caller repeats it, so that nothing here runs long.
   */
  step(target: number): { readonly block: number; readonly isInAll: boolean } | undefined {
    let block = target;
    let isInAll = true;
    for (const [position, clause] of this.#clauses.entries()) {
      const next = clause.seek(block);
      if (next === undefined) return undefined;
      if (next > block && position > 0) isInAll = false;
      block = next;
    }
    return { block, isInAll };
  }
}
