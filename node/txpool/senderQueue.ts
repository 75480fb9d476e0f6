// The transactions of one sender by nonce, and how many of them the next block could take.
import { assert } from '../../primitives/errors.ts';
import type { Address, Wei } from '../../primitives/types.ts';
import type { BlobSidecar, SignedTransaction } from '../block/types.ts';
import { upfrontCost } from '../execution/validateTransaction.ts';
import { footprintOf, sizeOfSidecar } from './footprint.ts';
import type { HeapMember } from './indexedHeap.ts';

/** A transaction in the pool, with what the pool computed about it. */
export interface PoolEntry {
  readonly transaction: SignedTransaction;
  readonly sidecar: BlobSidecar | undefined;
  /** What it takes of the pool's bytes, and its sidecar of the sidecars' (footprint.ts). */
  readonly bytes: number;
  readonly sidecarBytes: number;
  /** Accounts that it would delegate. */
  readonly authorities: readonly Address[];
  /** The most that it can cost its sender. */
  readonly costWei: Wei;
  /** Order of arrival. */
  readonly arrival: number;
  /** Since when it waits; meaningless while pending. */
  queuedSinceMs: number;
  /** Whether listeners have heard of it: they hear once. */
  isAnnounced: boolean;
  /** Whether it is in the pool, and whether the journal says so. */
  isPooled: boolean;
  isJournaled: boolean;
  /** The lowest effective tip among this and the sender's transactions before it: it pays only once those have. */
  chainTipWei: Wei;
  /** What it and all pending before it can cost; meaningless unless pending. */
  cumulativeCostWei: Wei;
}

export function newEntry(
  transaction: SignedTransaction,
  sidecar: BlobSidecar | undefined,
  authorities: readonly Address[],
  arrival: number,
  nowMs: number,
): PoolEntry {
  return {
    transaction,
    sidecar,
    bytes: footprintOf(transaction),
    sidecarBytes: sizeOfSidecar(sidecar),
    authorities,
    costWei: upfrontCost(transaction),
    arrival,
    queuedSinceMs: nowMs,
    isAnnounced: false,
    isPooled: false,
    isJournaled: false,
    chainTipWei: 0n,
    cumulativeCostWei: 0n,
  };
}

/** Prices of the next block. */
export interface BlockFees {
  readonly baseFeePerGas: Wei | undefined;
  readonly blobBaseFee: Wei | undefined;
}

/** What the proposer earns per gas (EIP-1559); negative when the fee cap is below the base fee. */
export function effectiveTip(transaction: SignedTransaction, baseFeePerGas: Wei | undefined): Wei {
  const room = transaction.maxFeePerGas - (baseFeePerGas ?? 0n);
  return transaction.maxPriorityFeePerGas < room ? transaction.maxPriorityFeePerGas : room;
}

/** Whether the fee caps of a transaction cover the prices of a block. */
export function coversFees(transaction: SignedTransaction, fees: BlockFees): boolean {
  if (transaction.maxFeePerGas < (fees.baseFeePerGas ?? 0n)) return false;
  return transaction.type !== 3 || transaction.maxFeePerBlobGas >= (fees.blobBaseFee ?? 0n);
}

export class SenderQueue implements HeapMember {
  readonly sender: Address;
  heapIndex = -1;
  /** The account's nonce and balance after the head block. */
  nonce: bigint;
  balanceWei: Wei;
  /** In nonce order, none below `nonce`. */
  #entries: PoolEntry[] = [];
  #pendingCount = 0;
  /** What the order in which senders give way saw of this one. */
  #placed: {
    readonly tail: PoolEntry | undefined;
    readonly chainTipWei: Wei | undefined;
    readonly isAllPending: boolean;
  } = {
    tail: undefined,
    chainTipWei: undefined,
    isAllPending: true,
  };

  constructor(sender: Address, nonce: bigint, balanceWei: Wei) {
    this.sender = sender;
    this.nonce = nonce;
    this.balanceWei = balanceWei;
  }

  get entries(): readonly PoolEntry[] {
    return this.#entries;
  }

  /** How many, from the first, the next block could take one after the other. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  get pendingCostWei(): Wei {
    return this.#entries[this.#pendingCount - 1]?.cumulativeCostWei ?? 0n;
  }

  /** The one with the highest nonce. */
  get tail(): PoolEntry | undefined {
    return this.#entries.at(-1);
  }

  /** Whether what decides when this sender gives way (see `tail`) is other than at the last call. */
  takesNewPlace(): boolean {
    const { tail, isAllPending } = this;
    const chainTipWei = tail?.chainTipWei;
    const placed = this.#placed;
    if (tail === placed.tail && chainTipWei === placed.chainTipWei && isAllPending === placed.isAllPending)
      return false;
    this.#placed = { tail, chainTipWei, isAllPending };
    return true;
  }

  /** Whether the next block could take all of them. */
  get isAllPending(): boolean {
    return this.#pendingCount === this.#entries.length;
  }

  /** How many, from the first, follow the account's nonce without a gap. */
  get gaplessCount(): number {
    if (this.isAllPending) return this.#entries.length;
    let low = 0;
    let high = this.#entries.length;
    // Nonces rise by at least one, so those without a gap before them come first.
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#entries[middle] as PoolEntry;
      if (entry.transaction.nonce === this.nonce + BigInt(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether the first that is not pending would be, were the fees low enough. */
  isFeeBound(fees: BlockFees): boolean {
    const entry = this.#entries[this.#pendingCount];
    if (entry === undefined || entry.transaction.nonce !== this.nonce + BigInt(this.#pendingCount)) return false;
    return !coversFees(entry.transaction, fees) && this.pendingCostWei + entry.costWei <= this.balanceWei;
  }

  at(nonce: bigint): PoolEntry | undefined {
    const entry = this.#entries[this.#indexOf(nonce)];
    return entry?.transaction.nonce === nonce ? entry : undefined;
  }

  isPending(entry: PoolEntry): boolean {
    return this.#indexOf(entry.transaction.nonce) < this.#pendingCount;
  }

  /** Puts an entry in its place, instead of the one with its nonce. Call `refresh` after. Returns the changed index. */
  put(entry: PoolEntry): number {
    const { nonce } = entry.transaction;
    assert(nonce >= this.nonce, 'a transaction below its sender’s nonce was put into the pool');
    const index = this.#indexOf(nonce);
    const isReplacement = this.#entries[index]?.transaction.nonce === nonce;
    if (index === this.#entries.length) this.#entries.push(entry);
    else this.#entries.splice(index, isReplacement ? 1 : 0, entry);
    return index;
  }

  /** Takes an entry out. Call `refresh` after. Returns the changed index. */
  take(entry: PoolEntry): number {
    const index = this.#indexOf(entry.transaction.nonce);
    assert(this.#entries[index] === entry, 'an entry is not in its sender’s queue');
    if (index < this.#pendingCount) this.#pendingCount--;
    if (index === this.#entries.length - 1) this.#entries.pop();
    else this.#entries.splice(index, 1);
    return index;
  }

  /** Takes out those below the account's nonce, which are included, and returns them. Call `refresh` after. */
  takeIncluded(): PoolEntry[] {
    const count = this.#indexOf(this.nonce);
    if (count === 0) return [];
    this.#pendingCount = Math.max(0, this.#pendingCount - count);
    return this.#entries.splice(0, count);
  }

  /** Keeps what `keeps` says and returns the rest. Call `refresh` after. */
  filter(keeps: (entry: PoolEntry) => boolean): PoolEntry[] {
    const dropped: PoolEntry[] = [];
    const kept: PoolEntry[] = [];
    let keptPending = 0;
    for (const [index, entry] of this.#entries.entries()) {
      if (!keeps(entry)) dropped.push(entry);
      else {
        kept.push(entry);
        if (index < this.#pendingCount) keptPending++;
      }
    }
    this.#entries = kept;
    this.#pendingCount = keptPending;
    return dropped;
  }

  /**
   * Finds again which are pending, and what each pays, from the entry at `index` on; entries before it must not have changed.
   * Those that are pending no longer wait from `nowMs` on.
   */
  refresh(fees: BlockFees, nowMs: number, index = 0): void {
    for (let i = index; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as PoolEntry;
      const tip = effectiveTip(entry.transaction, fees.baseFeePerGas);
      const before = this.#entries[i - 1]?.chainTipWei;
      entry.chainTipWei = before !== undefined && before < tip ? before : tip;
    }
    const formerCount = this.#pendingCount;
    let count = Math.min(formerCount, index);
    let spent = this.#entries[count - 1]?.cumulativeCostWei ?? 0n;
    for (; count < this.#entries.length; count++) {
      const entry = this.#entries[count] as PoolEntry;
      const { transaction, costWei } = entry;
      if (transaction.nonce !== this.nonce + BigInt(count)) break;
      if (!coversFees(transaction, fees) || spent + costWei > this.balanceWei) break;
      spent += costWei;
      entry.cumulativeCostWei = spent;
    }
    for (let i = count; i < Math.min(formerCount, this.#entries.length); i++)
      (this.#entries[i] as PoolEntry).queuedSinceMs = nowMs;
    this.#pendingCount = count;
  }

  /** The first index whose nonce is not below `nonce`. */
  #indexOf(nonce: bigint): number {
    let low = 0;
    let high = this.#entries.length;
    // Most transactions come in the order of their nonces: behind the last.
    const last = this.#entries[high - 1];
    if (last === undefined || last.transaction.nonce < nonce) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as PoolEntry).transaction.nonce < nonce) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
