// The order in which a block builder takes transactions: by effective tip, then by arrival, each sender's by nonce.
import type { Gas, Wei } from '../../primitives/types.ts';
import { blobGasOf } from '../execution/validateTransaction.ts';
import { type HeapMember, IndexedHeap } from './indexedHeap.ts';
import { type BlockFees, coversFees, effectiveTip, type PoolEntry, type SenderQueue } from './senderQueue.ts';

/** What a block has left. */
export interface RoomLeft {
  readonly gas: Gas;
  readonly blobGas: Gas;
}

/** One sender's transactions, from the one that is next. */
interface Lane extends HeapMember {
  readonly entries: readonly PoolEntry[];
  position: number;
  tipWei: Wei;
  arrival: number;
}

/**
 * A snapshot of what is pending, handed out one by one; later changes of the pool do not reach it. Making it is linear in
 * the transactions pending, every step logarithmic in the senders.
 */
export class BestTransactions {
  readonly #fees: BlockFees;
  readonly #lanes: IndexedHeap<Lane>;
  #last: Lane | undefined;

  constructor(queues: Iterable<SenderQueue>, fees: BlockFees) {
    this.#fees = fees;
    const lanes: Lane[] = [];
    for (const { entries, pendingCount } of queues) {
      const lane = { entries: entries.slice(0, pendingCount), position: 0, tipWei: 0n, arrival: 0, heapIndex: -1 };
      if (this.#price(lane)) lanes.push(lane);
    }
    this.#lanes = new IndexedHeap<Lane>(pays, lanes);
  }

  /**
   * The best transaction that fits; a sender whose next one does not fit is out, since its later ones must wait for it.
   * Undefined when nothing is left.
   */
  next(room: RoomLeft): PoolEntry | undefined {
    for (;;) {
      const lane = this.#lanes.peek();
      if (lane === undefined) return undefined;
      const entry = lane.entries[lane.position] as PoolEntry;
      const { transaction } = entry;
      if (transaction.gasLimit > room.gas || blobGasOf(transaction) > room.blobGas) {
        this.#lanes.remove(lane);
        continue;
      }
      lane.position++;
      if (this.#price(lane)) this.#lanes.update(lane);
      else this.#lanes.remove(lane);
      this.#last = lane;
      return entry;
    }
  }

  /** Leaves out the other transactions of the sender of the last one: it could not be included, so they cannot. */
  skipSender(): void {
    if (this.#last !== undefined) this.#lanes.remove(this.#last);
  }

  /** Looks at the lane's next transaction; false when there is none that this block could take. */
  #price(lane: Lane): boolean {
    const entry = lane.entries[lane.position];
    if (entry === undefined || !coversFees(entry.transaction, this.#fees)) return false;
    lane.tipWei = effectiveTip(entry.transaction, this.#fees.baseFeePerGas);
    lane.arrival = entry.arrival;
    return true;
  }
}

function pays(a: Lane, b: Lane): boolean {
  return a.tipWei === b.tipWei ? a.arrival < b.arrival : a.tipWei > b.tipWei;
}
