// Polling filters. A filter remembers where its client has read to; blocks and logs are read from the chain when asked
// for, and pending hashes stand in one ring that all filters share, so an idle filter costs next to nothing.
import { randomBytes } from 'node:crypto';
import type { NodeApi } from '../node/api.ts';
import type { CommittedBlock, LocatedLog } from '../node/chain/chainReader.ts';
import { bytesToHex } from '../primitives/bytes.ts';
import { ChainError } from '../primitives/errors.ts';
import type { Hash, Hex } from '../primitives/types.ts';
import { RPC_CODES, RpcError } from './errors.ts';
import type { RpcLimits } from './limits.ts';
import { bloomMayMatch, matchesLog, queryLogs } from './logQueries.ts';
import { JsonText } from './method.ts';
import type { LogQuery } from './params/filter.ts';
import { locateLogs, logsJson } from './serialize/receipt.ts';

/** Milliseconds of some steady clock. */
export type Clock = () => number;

interface LogPosition {
  readonly kind: 'logs';
  readonly query: LogQuery;
  /** The client has been told of the blocks from `firstBlock` to before `nextBlock`. */
  firstBlock: bigint;
  nextBlock: bigint;
  /** Logs that the client was told of and whose blocks are gone: for its next poll. */
  removed: LocatedLog[];
}

type Filter = { usedAtMs: number } & (
  | LogPosition
  | { readonly kind: 'blocks'; nextBlock: bigint }
  | { readonly kind: 'pending'; nextHash: number }
);

/** An identifier that no other client can guess. */
export function randomId(): Hex {
  return bytesToHex(randomBytes(16));
}

export class Filters {
  readonly #node: NodeApi;
  readonly #limits: RpcLimits;
  readonly #clock: Clock;
  readonly #filters = new Map<string, Filter>();
  /** The newest pending hashes; the one with sequence number n stands at n modulo the ring's size. */
  readonly #pendingRing: Hash[] = [];
  #pendingCount = 0;
  readonly #endListening: readonly (() => void)[];

  constructor(node: NodeApi, limits: RpcLimits, clock: Clock) {
    this.#node = node;
    this.#limits = limits;
    this.#clock = clock;
    this.#endListening = [
      node.pool.onPending(({ hash }) => {
        this.#pendingRing[this.#pendingCount++ % limits.pendingHashesMax] = hash;
      }),
      node.chain.onRollback((removed) => this.#goBack(removed)),
    ];
  }

  get size(): number {
    return this.#filters.size;
  }

  /** @throws RpcError -32005 when too many filters are installed, here and below */
  installLogs(query: LogQuery): Hex {
    const next = this.#nextBlock();
    const usedAtMs = this.#clock();
    return this.#install({ kind: 'logs', query, firstBlock: next, nextBlock: next, removed: [], usedAtMs });
  }

  installBlocks(): Hex {
    return this.#install({ kind: 'blocks', nextBlock: this.#nextBlock(), usedAtMs: this.#clock() });
  }

  installPending(): Hex {
    return this.#install({ kind: 'pending', nextHash: this.#pendingCount, usedAtMs: this.#clock() });
  }

  uninstall(id: string): boolean {
    this.#removeIdle();
    return this.#filters.delete(id);
  }

  /**
   * What happened since the last time, as far as one poll goes; the rest comes with the next call.
   * @throws RpcError -32000 "filter not found", -32005 when one block alone holds too many logs
   */
  changes(id: string): readonly Hex[] | JsonText {
    const filter = this.#use(id);
    if (filter.kind === 'pending') return this.#pendingSince(filter);
    if (filter.kind === 'logs' && filter.removed.length > 0)
      return new JsonText(logsJson(filter.removed.splice(0), true));
    const head = this.#node.chain.head.header.number;
    const last = min(head, filter.nextBlock + BigInt(this.#limits.filterBlocksMax) - 1n);
    if (filter.nextBlock > last) return [];
    return filter.kind === 'blocks' ? this.#blocksTo(filter, last) : this.#logsTo(filter, last);
  }

  /**
   * All logs that a log filter's own query means.
   * @throws RpcError -32000 "filter not found", and those of the query
   */
  async logs(id: string): Promise<JsonText> {
    const filter = this.#use(id);
    if (filter.kind !== 'logs') throw notFound(id);
    return new JsonText(logsJson(await queryLogs(this.#node.chain, filter.query, this.#limits), false));
  }

  close(): void {
    for (const end of this.#endListening) end();
    this.#filters.clear();
  }

  #install(filter: Filter): Hex {
    this.#removeIdle();
    if (this.#filters.size >= this.#limits.filtersMax)
      throw new RpcError(
        RPC_CODES.limitExceeded,
        `${this.#limits.filtersMax} filters are installed already; uninstall some with eth_uninstallFilter`,
      );
    const id = randomId();
    this.#filters.set(id, filter);
    return id;
  }

  #use(id: string): Filter {
    this.#removeIdle();
    const filter = this.#filters.get(id);
    if (filter === undefined) throw notFound(id);
    filter.usedAtMs = this.#clock();
    return filter;
  }

  #removeIdle(): void {
    const oldestMs = this.#clock() - this.#limits.filterIdleMs;
    for (const [id, filter] of this.#filters) if (filter.usedAtMs < oldestMs) this.#filters.delete(id);
  }

  /** Numbers that filters have passed come again: a rolled-back block is not reported unless it was, and then as removed. */
  #goBack(removed: CommittedBlock): void {
    const { number } = removed.block.header;
    for (const filter of this.#filters.values()) {
      if (filter.kind === 'pending' || filter.nextBlock <= number) continue;
      filter.nextBlock = number;
      if (filter.kind !== 'logs') continue;
      if (number >= filter.firstBlock) this.#addRemoved(filter, removed);
      else filter.firstBlock = number;
    }
  }

  /** A client that does not poll while more is removed than one answer may hold misses the oldest blocks' logs. */
  #addRemoved({ query, removed }: LogPosition, { block, receipts }: CommittedBlock): void {
    const { number, logsBloom } = block.header;
    const { fromBlock, toBlock } = query;
    if (fromBlock.kind === 'number' && number < fromBlock.number) return;
    if (toBlock.kind === 'number' && number > toBlock.number) return;
    if (!bloomMayMatch(query, logsBloom)) return;
    for (const located of locateLogs(block, receipts))
      if (removed.length < this.#limits.logResultsMax && matchesLog(query, located.log)) removed.push(located);
  }

  #nextBlock(): bigint {
    return this.#node.chain.head.header.number + 1n;
  }

  #pendingSince(filter: Filter & { kind: 'pending' }): readonly Hex[] {
    const size = this.#limits.pendingHashesMax;
    const hashes: Hex[] = [];
    for (let n = Math.max(filter.nextHash, this.#pendingCount - size); n < this.#pendingCount; n++)
      hashes.push(bytesToHex(this.#pendingRing[n % size] as Hash));
    filter.nextHash = this.#pendingCount;
    return hashes;
  }

  #blocksTo(filter: Filter & { kind: 'blocks' }, last: bigint): readonly Hex[] {
    const hashes: Hex[] = [];
    for (; filter.nextBlock <= last; filter.nextBlock++) {
      const sealed = this.#node.chain.headerByNumber(filter.nextBlock);
      if (sealed !== undefined) hashes.push(bytesToHex(sealed.hash));
    }
    return hashes;
  }

  #logsTo(filter: Filter & { kind: 'logs' }, last: bigint): JsonText {
    const { fromBlock, toBlock } = filter.query;
    const from =
      fromBlock.kind === 'number' && fromBlock.number > filter.nextBlock ? fromBlock.number : filter.nextBlock;
    const to = toBlock.kind === 'number' ? min(toBlock.number, last) : last;
    let { found, readTo } = from > to ? { found: [], readTo: last } : this.#searchLogs(from, to, last, filter.query);
    const surplus = found[this.#limits.logResultsMax];
    if (surplus !== undefined) {
      readTo = surplus.block.header.number - 1n;
      if (readTo < from) {
        filter.nextBlock = from + 1n;
        throw new RpcError(
          RPC_CODES.limitExceeded,
          `block ${from} holds more than ${this.#limits.logResultsMax} logs of this filter; the filter goes on after it`,
        );
      }
      found = found.filter(({ block }) => block.header.number <= readTo);
    }
    filter.nextBlock = readTo + 1n;
    return new JsonText(logsJson(found, false));
  }

  /** The logs as far as one search goes; with them all blocks to `last` are read unless it had to stop before. */
  #searchLogs(from: bigint, to: bigint, last: bigint, query: LogQuery): { found: LocatedLog[]; readTo: bigint } {
    const { chain } = this.#node;
    const search = (end: bigint): LocatedLog[] => chain.logs(from, end, query, this.#limits.logResultsMax);
    try {
      return { found: search(to), readTo: last };
    } catch (error) {
      if (!(error instanceof ChainError) || error.code !== 'LOG_SEARCH_LIMIT') throw error;
      const { searchedTo } = error.data as { searchedTo: bigint };
      if (searchedTo < from) throw error;
      return { found: search(searchedTo), readTo: searchedTo };
    }
  }
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function notFound(id: string): RpcError {
  return new RpcError(
    RPC_CODES.serverError,
    `filter not found: no filter ${id.slice(0, 40)} of this kind; filters end when nobody asks for them`,
  );
}
