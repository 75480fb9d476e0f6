// The transaction pool: what waits, by sender and nonce; what the next block could take; what gives way when it is full.
import { bytesKey, compareBytes } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import type { PoolApi, PooledTransaction } from '../api.ts';
import type { BlobSidecar, SignedTransaction, Transaction } from '../block/types.ts';
import type { ForkRules } from '../execution/forkRules.ts';
import { EMPTY_ACCOUNT } from '../state/account.ts';
import type { AccountRecord } from '../state/types.ts';
import {
  checkAccount,
  checkAlone,
  checkAmongOwn,
  checkAuthorities,
  fitsRules,
  type PoolHead,
  type PoolPolicy,
} from './admission.ts';
import { AuthorityIndex, authoritiesOf } from './authorities.ts';
import { BestTransactions } from './bestTransactions.ts';
import { sizeOfSidecar } from './footprint.ts';
import { IndexedHeap } from './indexedHeap.ts';
import { POOL_LIMITS } from './limits.ts';
import { refusePooling } from './poolErrors.ts';
import { type BlockFees, newEntry, type PoolEntry, SenderQueue } from './senderQueue.ts';
import { SidecarChecks } from './sidecarChecks.ts';

export interface TxPoolOptions extends Partial<PoolPolicy> {
  /** Milliseconds of any clock that does not go back; only lifetimes are measured with it. */
  readonly now: () => number;
}

/**
 * Deterministic: the same calls at the same times give the same pool. Listeners are called last, when the pool is
 * consistent, and must neither throw nor change it.
 * @see docs/spec/txpool.md
 */
export class TxPool implements PoolApi {
  readonly #policy: PoolPolicy;
  readonly #now: () => number;
  readonly #queues = new Map<string, SenderQueue>();
  readonly #byHash = new Map<string, PoolEntry>();
  /** Senders by their last transaction, the one to give way first in front. */
  readonly #evictable = new IndexedHeap<SenderQueue>(givesWay);
  readonly #authorities = new AuthorityIndex();
  readonly #sidecarChecks: SidecarChecks;
  readonly #listeners = new Set<(transaction: SignedTransaction) => void>();
  #head: PoolHead;
  #onChange: ((entry: PoolEntry) => void) | undefined;
  #arrivals = 0;
  #bytes = 0;
  #sidecarBytes = 0;
  #pendingCount = 0;
  #evictedCount = 0;

  constructor(head: PoolHead, options: TxPoolOptions) {
    const { limits = POOL_LIMITS, minTipWei = 0n, allowsUnprotected = false, now } = options;
    this.#policy = { limits, minTipWei, allowsUnprotected };
    this.#now = now;
    this.#sidecarChecks = new SidecarChecks(limits.checkedBlobsMax);
    this.#head = head;
  }

  /**
   * The checks that need no sender, for callers who have yet to recover it: refusing costs microseconds, recovering fifty.
   * @throws ChainError with a `PoolRefusal`
   */
  screen(transaction: Transaction, sidecar?: BlobSidecar, mayWaitForFees = false): void {
    if (this.has(transaction.hash)) refusePooling('ALREADY_KNOWN', 'a new transaction', 'one that is in the pool');
    const head = mayWaitForFees ? { ...this.#head, baseFeePerGas: undefined } : this.#head;
    checkAlone(transaction, sidecar, head, this.#policy);
  }

  /**
   * Checks and pools a transaction; blobs come with their sidecar, whose proofs are checked last.
   * @throws ChainError with a `PoolRefusal`, `INVALID_SIDECAR`, or `TOO_MANY_SUBMISSIONS` while too many blobs are being checked
   */
  async submit(transaction: SignedTransaction, sidecar?: BlobSidecar): Promise<void> {
    if (sidecar !== undefined) {
      this.#check(transaction, sidecar);
      await this.#sidecarChecks.verify(transaction, sidecar);
    }
    // The pool may have changed while the proofs were checked: everything else is checked again.
    this.#add(transaction, sidecar);
  }

  /**
   * Checks and pools a transaction without blobs.
   * @throws ChainError with a `PoolRefusal`
   */
  add(transaction: SignedTransaction): void {
    this.#add(transaction, undefined);
  }

  /**
   * As `add`, of one that was in a pool before: it may wait for lower fees.
   * @throws ChainError with a `PoolRefusal`
   */
  addAgain(transaction: SignedTransaction): void {
    this.#add(transaction, undefined, true);
  }

  /** Takes a transaction out; those after it wait for their nonce. False when it was not there. */
  discard(hash: Hash): boolean {
    const entry = this.#byHash.get(bytesKey(hash));
    if (entry === undefined) return false;
    this.#take(entry);
    return true;
  }

  /** Takes everything out. */
  clear(): void {
    for (const entry of [...this.#byHash.values()].reverse()) this.#take(entry);
  }

  /**
   * Follows the chain: every sender's nonce and balance are read again, what is included or can no longer be is dropped,
   * and what the new prices allow is pending. Call it after every commit, rollback and state edit.
   */
  reset(head: PoolHead): void {
    const isStricter = !sameRules(head.rules, this.#head.rules) || head.gasLimit < this.#head.gasLimit;
    this.#head = head;
    for (const queue of [...this.#queues.values()]) this.#follow(queue, isStricter);
    for (const queue of this.#queues.values()) this.#announce(queue, 0);
  }

  /** A snapshot of what is pending, in the order in which a builder should take it, for a block with these prices. */
  best(fees: BlockFees = this.#head): BestTransactions {
    return new BestTransactions(this.#queues.values(), fees);
  }

  has(hash: Hash): boolean {
    return this.#byHash.has(bytesKey(hash));
  }

  get(hash: Hash): PooledTransaction | undefined {
    const entry = this.#byHash.get(bytesKey(hash));
    if (entry === undefined) return undefined;
    const { transaction, sidecar } = entry;
    return { transaction, sidecar, pending: this.#queueOf(transaction.sender)?.isPending(entry) ?? false };
  }

  /** Everything, by arrival. */
  entries(): readonly PoolEntry[] {
    return [...this.#byHash.values()].sort((a, b) => a.arrival - b.arrival);
  }

  /** Tells one listener of every entry that came or went, `isPooled` says which; some of them went and came back at once. */
  onChange(listener: (entry: PoolEntry) => void): void {
    this.#onChange = listener;
  }

  content(): readonly PooledTransaction[] {
    const queues = [...this.#queues.values()].sort((a, b) => compareBytes(a.sender, b.sender));
    return queues.flatMap(describe);
  }

  contentFrom(sender: Address): readonly PooledTransaction[] {
    const queue = this.#queueOf(sender);
    return queue === undefined ? [] : describe(queue);
  }

  counts(): { pending: number; queued: number } {
    return { pending: this.#pendingCount, queued: this.#byHash.size - this.#pendingCount };
  }

  /** Bytes of all encodings and decoded lists, and of all sidecars. */
  sizes(): { bytes: number; sidecarBytes: number } {
    return { bytes: this.#bytes, sidecarBytes: this.#sidecarBytes };
  }

  /** Transactions that gave way to better ones since the start. */
  get evictedCount(): number {
    return this.#evictedCount;
  }

  nextNonce(sender: Address): bigint {
    const queue = this.#queueOf(sender);
    if (queue !== undefined) return queue.nonce + BigInt(queue.gaplessCount);
    return this.#head.state.account(sender)?.nonce ?? 0n;
  }

  /**
   * Whether some sender's next transaction waits for lower fees and nothing else. A chain that makes blocks on demand
   * must make one then: fees fall with blocks only.
   */
  hasFeeBound(): boolean {
    for (const queue of this.#queues.values()) if (queue.isFeeBound(this.#head)) return true;
    return false;
  }

  onPending(listener: (transaction: SignedTransaction) => void): () => void {
    // A wrapper of its own, so that one function may listen twice and end each alone.
    const own = (transaction: SignedTransaction): void => listener(transaction);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  #add(transaction: SignedTransaction, sidecar: BlobSidecar | undefined, mayWaitForFees = false): void {
    const { queue, replaced, authorities } = this.#check(transaction, sidecar, mayWaitForFees);
    const entry = newEntry(transaction, sidecar, authorities, this.#arrivals++, this.#now());
    if (replaced !== undefined) this.#forget(replaced);
    this.#queues.set(bytesKey(queue.sender), queue);
    const index = this.#put(queue, entry);
    this.#makeRoom(entry, replaced);
    this.#announce(queue, index);
  }

  /** Reads a sender's account again and drops what is obsolete. `isStricter` when the head's rules may bar what was allowed. */
  #follow(queue: SenderQueue, isStricter: boolean): void {
    const account = this.#head.state.account(queue.sender) ?? EMPTY_ACCOUNT;
    const now = this.#now();
    const formerPending = queue.pendingCount;
    const isWaiting = !queue.isAllPending;
    const costWei = queue.pendingCostWei;
    queue.nonce = account.nonce;
    queue.balanceWei = account.balanceWei;
    const included = queue.takeIncluded();
    for (const entry of included) this.#forget(entry);
    const costLeftWei = costWei - (included.at(-1)?.cumulativeCostWei ?? 0n);
    // Where all were pending and all can still be paid, nothing else can be obsolete: no need to look at each.
    if (isStricter || isWaiting || costLeftWei > account.balanceWei) {
      const dropped = queue.filter((entry) => !this.#isObsolete(queue, entry, isStricter, now));
      for (const entry of dropped) this.#forget(entry);
    }
    this.#refresh(queue, 0, formerPending);
  }

  /** The sender's queue as the state now is: on dev chains it may have been edited since the last block. */
  #currentQueue(sender: Address, account: AccountRecord): SenderQueue | undefined {
    const queue = this.#queueOf(sender);
    if (queue === undefined) return undefined;
    if (queue.nonce === account.nonce && queue.balanceWei === account.balanceWei) return queue;
    this.#follow(queue, false);
    this.#announce(queue, 0);
    return this.#queueOf(sender);
  }

  /** All checks; the transaction leaves no trace in the pool. */
  #check(
    transaction: SignedTransaction,
    sidecar: BlobSidecar | undefined,
    mayWaitForFees = false,
  ): { queue: SenderQueue; replaced: PoolEntry | undefined; authorities: readonly Address[] } {
    const { state, rules } = this.#head;
    const { limits } = this.#policy;
    this.screen(transaction, sidecar, mayWaitForFees);
    const account = state.account(transaction.sender) ?? EMPTY_ACCOUNT;
    const { isDelegated } = checkAccount(transaction, account, state, rules);
    const known = this.#currentQueue(transaction.sender, account);
    const queue = known ?? new SenderQueue(transaction.sender, account.nonce, account.balanceWei);
    const mayBeDelegated = isDelegated || this.#authorities.has(transaction.sender);
    const replaced = checkAmongOwn(transaction, queue, mayBeDelegated, limits);
    const sidecarBytes = this.#sidecarBytes - (replaced?.sidecarBytes ?? 0) + sizeOfSidecar(sidecar);
    if (sidecar !== undefined && sidecarBytes > limits.sidecarBytesMax)
      refusePooling('BLOB_POOL_FULL', `at most ${limits.sidecarBytesMax} bytes of sidecars`, sidecarBytes);
    const authorities = authoritiesOf(transaction, rules.chainId, state);
    checkAuthorities(authorities, (authority) => this.#queueOf(authority)?.entries.length ?? 0, limits);
    return { queue, replaced, authorities };
  }

  /** While the pool is over its limits, the cheapest give way; if that is the newcomer, everything is as it was. */
  #makeRoom(newcomer: PoolEntry, replaced: PoolEntry | undefined): void {
    const { countMax, bytesMax } = this.#policy.limits;
    const evicted: PoolEntry[] = [];
    while (this.#byHash.size > countMax || this.#bytes > bytesMax) {
      const victim = this.#evictable.peek()?.tail;
      assert(victim !== undefined, 'the pool is over its limits and holds nothing that could give way');
      this.#take(victim);
      if (victim !== newcomer) {
        evicted.push(victim);
        continue;
      }
      const restored = replaced === undefined ? evicted : [...evicted, replaced];
      for (const entry of restored.reverse()) this.#restore(entry);
      refusePooling('UNDERPRICED', 'more than the cheapest in a full pool', `${newcomer.chainTipWei} wei of tip`);
    }
    this.#evictedCount += evicted.length;
  }

  #restore(entry: PoolEntry): void {
    const { sender } = entry.transaction;
    const key = bytesKey(sender);
    const account = this.#head.state.account(sender) ?? EMPTY_ACCOUNT;
    const queue = this.#queues.get(key) ?? new SenderQueue(sender, account.nonce, account.balanceWei);
    this.#queues.set(key, queue);
    this.#put(queue, entry);
  }

  /**
   * Puts an entry into its queue and the books; of one with the same nonce, the books must have been cleared before.
   * Returns its index: none before it became pending.
   */
  #put(queue: SenderQueue, entry: PoolEntry): number {
    this.#byHash.set(bytesKey(entry.transaction.hash), entry);
    this.#bytes += entry.bytes;
    this.#sidecarBytes += entry.sidecarBytes;
    this.#authorities.add(entry.authorities);
    entry.isPooled = true;
    this.#onChange?.(entry);
    const formerPending = queue.pendingCount;
    const index = queue.put(entry);
    this.#refresh(queue, index, formerPending);
    return index;
  }

  #take(entry: PoolEntry): void {
    const queue = this.#queueOf(entry.transaction.sender);
    assert(queue !== undefined, 'a pooled transaction has no queue');
    this.#forget(entry);
    const formerPending = queue.pendingCount;
    this.#refresh(queue, queue.take(entry), formerPending);
  }

  #refresh(queue: SenderQueue, index: number, formerPending: number): void {
    queue.refresh(this.#head, this.#now(), index);
    this.#pendingCount += queue.pendingCount - formerPending;
    this.#settle(queue);
  }

  /** Clears the books of an entry; the queue is another matter. */
  #forget(entry: PoolEntry): void {
    this.#byHash.delete(bytesKey(entry.transaction.hash));
    this.#bytes -= entry.bytes;
    this.#sidecarBytes -= entry.sidecarBytes;
    this.#authorities.remove(entry.authorities);
    entry.isPooled = false;
    this.#onChange?.(entry);
  }

  /** After a queue changed: an empty one goes, another finds its place in the order of giving way. */
  #settle(queue: SenderQueue): void {
    if (queue.entries.length > 0) {
      // Most stay where they are after a block: tips change only where a fee cap binds.
      if (queue.takesNewPlace() || queue.heapIndex === -1) this.#evictable.update(queue);
      return;
    }
    this.#evictable.remove(queue);
    this.#queues.delete(bytesKey(queue.sender));
  }

  /** Whether an entry can never be included, or has waited too long. */
  #isObsolete(queue: SenderQueue, entry: PoolEntry, isStricter: boolean, now: number): boolean {
    const { transaction, sidecar, costWei } = entry;
    const { gasLimit, rules } = this.#head;
    if (transaction.gasLimit > gasLimit || costWei > queue.balanceWei) return true;
    if (isStricter && !fitsRules(transaction, sidecar, rules)) return true;
    return !queue.isPending(entry) && now - entry.queuedSinceMs > this.#policy.limits.queuedLifetimeMs;
  }

  /** Tells the listeners of what became pending in a queue, from the entry at `index` on. */
  #announce(queue: SenderQueue, index: number): void {
    for (let i = index; i < queue.pendingCount; i++) {
      const entry = queue.entries[i] as PoolEntry;
      if (entry.isAnnounced) continue;
      entry.isAnnounced = true;
      for (const listener of this.#listeners) listener(entry.transaction);
    }
  }

  #queueOf(sender: Address): SenderQueue | undefined {
    return this.#queues.get(bytesKey(sender));
  }
}

function sameRules(a: ForkRules, b: ForkRules): boolean {
  return a.fork === b.fork && a.blobSchedule === b.blobSchedule;
}

/** Waiting ones give way before pending ones, then those that pay less, then those that came later. */
function givesWay(a: SenderQueue, b: SenderQueue): boolean {
  if (a.isAllPending !== b.isAllPending) return !a.isAllPending;
  const [first, second] = [a.tail, b.tail];
  if (first === undefined || second === undefined) return second !== undefined;
  if (first.chainTipWei !== second.chainTipWei) return first.chainTipWei < second.chainTipWei;
  return first.arrival > second.arrival;
}

function describe(queue: SenderQueue): PooledTransaction[] {
  return queue.entries.map(({ transaction, sidecar }, index) => ({
    transaction,
    sidecar,
    pending: index < queue.pendingCount,
  }));
}
