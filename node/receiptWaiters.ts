// Callers that wait for a transaction to be in a block (EIP-7966, tests, the command line).
import { bytesKey } from '../primitives/bytes.ts';
import type { Hash } from '../primitives/types.ts';
import type { Receipt } from './block/types.ts';
import type { Chain } from './chain/chain.ts';
import type { CommittedBlock } from './chain/chainReader.ts';

export interface AwaitedReceipt {
  readonly committed: CommittedBlock;
  readonly receipt: Receipt;
  readonly index: number;
}

type Waiter = (found: AwaitedReceipt | undefined) => void;

export class ReceiptWaiters {
  readonly #chain: Chain;
  readonly #waiting = new Map<string, Set<Waiter>>();
  readonly #endListening: () => void;

  constructor(chain: Chain) {
    this.#chain = chain;
    this.#endListening = chain.onCommit((committed) => this.#settle(committed));
  }

  /** Resolves once the transaction is committed, at once if it is already, with undefined after `timeoutMs`. */
  wait(hash: Hash, timeoutMs: number): Promise<AwaitedReceipt | undefined> {
    const found = this.#find(hash);
    if (found !== undefined || timeoutMs <= 0) return Promise.resolve(found);
    const key = bytesKey(hash);
    return new Promise((resolve) => {
      const waiters = this.#waiting.get(key) ?? new Set<Waiter>();
      const timer = setTimeout(() => finish(undefined), timeoutMs);
      const finish: Waiter = (result) => {
        clearTimeout(timer);
        waiters.delete(finish);
        if (waiters.size === 0) this.#waiting.delete(key);
        resolve(result);
      };
      waiters.add(finish);
      this.#waiting.set(key, waiters);
    });
  }

  /** Lets everyone go empty-handed. */
  close(): void {
    this.#endListening();
    for (const waiters of [...this.#waiting.values()]) for (const finish of [...waiters]) finish(undefined);
  }

  #find(hash: Hash): AwaitedReceipt | undefined {
    const location = this.#chain.locateTransaction(hash);
    if (location === undefined) return undefined;
    const block = this.#chain.blockByNumber(location.blockNumber);
    const receipts = this.#chain.receiptsByNumber(location.blockNumber);
    const receipt = receipts?.[location.index];
    if (block === undefined || receipts === undefined || receipt === undefined) return undefined;
    return { committed: { block, receipts }, receipt, index: location.index };
  }

  #settle(committed: CommittedBlock): void {
    if (this.#waiting.size === 0) return;
    for (const [index, { hash }] of committed.block.transactions.entries()) {
      const waiters = this.#waiting.get(bytesKey(hash));
      const receipt = committed.receipts[index];
      if (waiters === undefined || receipt === undefined) continue;
      for (const finish of [...waiters]) finish({ committed, receipt, index });
    }
  }
}
