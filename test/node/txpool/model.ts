// The pool again, as naive as can be: one list, everything found by searching it. What it answers is what the pool must.

import type { SignedTransaction } from '../../../node/block/types.ts';
import { effectiveTip } from '../../../node/txpool/senderQueue.ts';
import { bytesToHex } from '../../../primitives/bytes.ts';

export interface ModelAccount {
  nonce: bigint;
  balance: bigint;
}

interface ModelEntry {
  readonly tx: SignedTransaction;
  readonly arrival: number;
  wasPending: boolean;
  since: number;
}

export interface ModelLimits {
  readonly countMax: number;
  readonly bytesMax: number;
  readonly senderCountMax: number;
  readonly senderGappedMax: number;
  readonly queuedLifetimeMs: number;
}

const cost = (tx: SignedTransaction): bigint => tx.gasLimit * tx.maxFeePerGas + tx.value;

export class PoolModel {
  entries: ModelEntry[] = [];
  readonly announced = new Set<string>();
  arrivals = 0;
  now = 0;
  baseFee: bigint;
  readonly accounts: ModelAccount[];
  readonly limits: ModelLimits;
  readonly senderOf: (tx: SignedTransaction) => number;

  constructor(
    accounts: ModelAccount[],
    baseFee: bigint,
    limits: ModelLimits,
    senderOf: (tx: SignedTransaction) => number,
  ) {
    this.accounts = accounts;
    this.baseFee = baseFee;
    this.limits = limits;
    this.senderOf = senderOf;
  }

  of(sender: number): ModelEntry[] {
    const own = this.entries.filter(({ tx }) => this.senderOf(tx) === sender);
    return own.sort((a, b) => (a.tx.nonce < b.tx.nonce ? -1 : 1));
  }

  pendingOf(sender: number): ModelEntry[] {
    const { nonce, balance } = this.accounts[sender] as ModelAccount;
    const pending: ModelEntry[] = [];
    let spent = 0n;
    for (;;) {
      const next = this.of(sender).find(({ tx }) => tx.nonce === nonce + BigInt(pending.length));
      if (next === undefined || next.tx.maxFeePerGas < this.baseFee || spent + cost(next.tx) > balance) return pending;
      spent += cost(next.tx);
      pending.push(next);
    }
  }

  nextNonce(sender: number): bigint {
    let { nonce } = this.accounts[sender] as ModelAccount;
    while (this.of(sender).some(({ tx }) => tx.nonce === nonce)) nonce++;
    return nonce;
  }

  add(tx: SignedTransaction): string {
    const before = [...this.entries];
    const sender = this.senderOf(tx);
    const { nonce, balance } = this.accounts[sender] as ModelAccount;
    if (tx.maxFeePerGas < this.baseFee) return 'FEE_CAP_TOO_LOW';
    if (tx.nonce < nonce) return 'NONCE_TOO_LOW';
    const own = this.of(sender);
    const replaced = own.find((entry) => entry.tx.nonce === tx.nonce);
    if (replaced !== undefined) {
      for (const field of ['maxFeePerGas', 'maxPriorityFeePerGas'] as const) {
        const old = replaced.tx[field];
        if (tx[field] <= old || tx[field] < (old * 110n) / 100n) return 'REPLACEMENT_UNDERPRICED';
      }
    } else {
      const next = this.nextNonce(sender);
      const gapped = own.filter((entry) => entry.tx.nonce > next).length;
      if (own.length >= this.limits.senderCountMax) return 'SENDER_LIMIT';
      if (tx.nonce !== next && gapped >= this.limits.senderGappedMax) return 'SENDER_LIMIT';
    }
    const others = this.pendingOf(sender).filter((entry) => entry !== replaced);
    const spent = others.reduce((sum, entry) => sum + cost(entry.tx), 0n);
    if (spent + cost(tx) > balance) return 'INSUFFICIENT_FUNDS';
    const entry = { tx, arrival: this.arrivals++, wasPending: false, since: this.now };
    this.entries = [...this.entries.filter((other) => other !== replaced), entry];
    while (this.entries.length > this.limits.countMax || this.bytes() > this.limits.bytesMax) {
      const victim = this.victim();
      this.entries = this.entries.filter((other) => other !== victim);
      if (victim === entry) {
        this.entries = before;
        return 'UNDERPRICED';
      }
    }
    this.settle();
    return 'accepted';
  }

  bytes(): number {
    return this.entries.reduce((sum, { tx }) => sum + tx.raw.length, 0);
  }

  /** Among the last of every sender: waiting before pending, then the least tip of the chain, then the latest. */
  victim(): ModelEntry | undefined {
    const candidates = this.accounts.flatMap((_, sender) => {
      const own = this.of(sender);
      const tail = own.at(-1);
      if (tail === undefined) return [];
      const isPending = this.pendingOf(sender).length === own.length;
      const tips = own.map(({ tx }) => effectiveTip(tx, this.baseFee));
      const chainTip = tips.reduce((least, tip) => (tip < least ? tip : least));
      return [{ tail, isPending, chainTip }];
    });
    candidates.sort(
      (a, b) =>
        Number(a.isPending) - Number(b.isPending) || Number(a.chainTip - b.chainTip) || b.tail.arrival - a.tail.arrival,
    );
    return candidates[0]?.tail;
  }

  /** After the accounts, the base fee or the clock changed. */
  reset(): void {
    this.entries = this.entries.filter((entry) => {
      const { nonce, balance } = this.accounts[this.senderOf(entry.tx)] as ModelAccount;
      if (entry.tx.nonce < nonce || cost(entry.tx) > balance) return false;
      return entry.wasPending || this.now - entry.since <= this.limits.queuedLifetimeMs;
    });
    this.settle();
  }

  /** Notes who stopped being pending, and announces who became it. */
  settle(): void {
    const pending = new Set(this.accounts.flatMap((_, sender) => this.pendingOf(sender)));
    for (const entry of this.entries) {
      if (entry.wasPending && !pending.has(entry)) entry.since = this.now;
      entry.wasPending = pending.has(entry);
      if (entry.wasPending) this.announced.add(bytesToHex(entry.tx.hash));
    }
  }

  /** What a builder takes: again and again the best of the senders' next ones. */
  best(): SignedTransaction[] {
    const lanes = this.accounts.map((_, sender) => this.pendingOf(sender));
    const taken: SignedTransaction[] = [];
    for (;;) {
      const heads = lanes.flatMap((lane) => lane.slice(0, 1));
      heads.sort(
        (a, b) => Number(effectiveTip(b.tx, this.baseFee) - effectiveTip(a.tx, this.baseFee)) || a.arrival - b.arrival,
      );
      const [head] = heads;
      if (head === undefined) return taken;
      taken.push(head.tx);
      lanes.find((lane) => lane[0] === head)?.shift();
    }
  }

  shown(): string[] {
    return this.accounts.flatMap((_, sender) => {
      const pending = new Set(this.pendingOf(sender));
      return this.of(sender).map((entry) => `${bytesToHex(entry.tx.hash)} ${pending.has(entry)}`);
    });
  }
}
