// Which blocks hold logs of an address, of a topic at its position, or of an address with a first topic: posting lists that
// are written in the batch of their block and taken back by its rollback, so index and blocks are never apart.
import { bytesKey, keyBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import type { Log } from '../block/types.ts';
import { BoundedCache } from '../state/boundedCache.ts';
import type { Database, WriteBatch } from '../state/database.ts';
import { appendNumber, decodeHead, encodeHead, headKey, type PostingHead, removeNumber } from './postingList.ts';

/** Heads of lists kept at hand, some 300 bytes each at most: terms that occur in block after block need no read. */
export const LOG_TERMS_CACHED_MAX = 8_192;

/**
 * Bytes of a term's hash. Topics are whoever writes them to choose, so terms that share a hash can be made (2^32 hashes find
 * a pair): they share a list, which only costs a look at blocks that do not match.
 */
const TERM_BYTES = 8;

/** What a term is about is the first character of what is hashed. */
const ANY_LOG = '\x00';
const ADDRESS = '\x01';
const ADDRESS_AND_TOPIC = '\x02';
const FIRST_TOPIC = 3;

/** A term of the index, as a `bytesKey` of its stored form. */
export type Term = string;

function toTerm(text: string, termBytes = TERM_BYTES): Term {
  return bytesKey(keccak256(keyBytes(text)).subarray(0, termBytes));
}

/** Every block that has a log. */
export const ANY_LOG_TERM: Term = toTerm(ANY_LOG);

export function addressTerm(address: Uint8Array): Term {
  return toTerm(ADDRESS + bytesKey(address));
}

/** Logs of an address with this first topic: the usual question, and far rarer than either alone. */
export function eventTerm(address: Uint8Array, topic: Uint8Array): Term {
  return toTerm(ADDRESS_AND_TOPIC + bytesKey(address) + bytesKey(topic));
}

export function topicTerm(position: number, topic: Uint8Array): Term {
  return toTerm(String.fromCharCode(FIRST_TOPIC + position) + bytesKey(topic));
}

/** The distinct terms of a block's logs, each once whatever shares its hash. */
function termsOf(logs: readonly (readonly Log[])[], termBytes: number): Set<Term> {
  const texts = new Set<string>();
  for (const ofReceipt of logs) {
    for (const { address, topics } of ofReceipt) {
      const addressText = bytesKey(address);
      texts.add(ADDRESS + addressText);
      for (const [position, topic] of topics.entries()) {
        const topicText = bytesKey(topic);
        texts.add(String.fromCharCode(FIRST_TOPIC + position) + topicText);
        if (position === 0) texts.add(ADDRESS_AND_TOPIC + addressText + topicText);
      }
    }
  }
  if (texts.size > 0) texts.add(ANY_LOG);
  const terms = new Set<Term>();
  for (const text of texts) terms.add(toTerm(text, termBytes));
  return terms;
}

/** Changes of the index on their way into one batch. */
export interface PendingTerms {
  readonly heads: Map<Term, PostingHead | undefined>;
}

export class LogIndex {
  readonly #database: Database;
  readonly #termBytes: number;
  readonly #heads = new BoundedCache<PostingHead>(LOG_TERMS_CACHED_MAX);

  /** @param termBytes shorter only in tests, where terms have to collide */
  constructor(database: Database, termBytes = TERM_BYTES) {
    this.#database = database;
    this.#termBytes = termBytes;
  }

  /** The newest part of a term's list; undefined when no block has the term. At most one database read. */
  head(term: Term): PostingHead | undefined {
    const known = this.#heads.get(term);
    if (known !== undefined) return known;
    const record = this.#database.getSync(headKey(keyBytes(term)));
    if (record === undefined) return undefined;
    const head = decodeHead(record);
    this.#heads.set(term, head);
    return head;
  }

  /** Begins the changes of one batch. */
  begin(): PendingTerms {
    return { heads: new Map() };
  }

  /** Adds a block, newer than all before it. */
  append(pending: PendingTerms, batch: WriteBatch, blockNumber: bigint, logs: readonly (readonly Log[])[]): void {
    const number = Number(blockNumber);
    for (const term of termsOf(logs, this.#termBytes)) {
      const before = pending.heads.has(term) ? pending.heads.get(term) : this.head(term);
      pending.heads.set(term, appendNumber(batch, keyBytes(term), before, number));
    }
  }

  /** Takes the newest block back. */
  remove(pending: PendingTerms, batch: WriteBatch, blockNumber: bigint, logs: readonly (readonly Log[])[]): void {
    const number = Number(blockNumber);
    for (const term of termsOf(logs, this.#termBytes)) {
      const head = removeNumber(this.#database, batch, keyBytes(term), this.head(term), number);
      pending.heads.set(term, head);
    }
  }

  /** Adds what {@link append} or {@link remove} changed to the batch. */
  finish(pending: PendingTerms, batch: WriteBatch): void {
    for (const [term, head] of pending.heads) {
      const key = headKey(keyBytes(term));
      if (head === undefined) batch.delete(key);
      else batch.put(key, encodeHead(head));
    }
  }

  /** After the batch was written. */
  accept({ heads }: PendingTerms): void {
    for (const [term, head] of heads) {
      if (head === undefined) this.#heads.delete(term);
      else this.#heads.set(term, head);
    }
  }
}
