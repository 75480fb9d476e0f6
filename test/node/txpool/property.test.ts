import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IndexedHeap } from '../../../node/txpool/indexedHeap.ts';
import { bytesToHex } from '../../../primitives/bytes.ts';
import { account, codeOf, PoolFixture, tx } from './helpers.ts';
import { type ModelAccount, PoolModel } from './model.ts';

const SENDERS = 4;
const LIMITS = { countMax: 10, bytesMax: 1_500, senderCountMax: 5, senderGappedMax: 2, queuedLifetimeMs: 50 };
const BALANCE = 30_000_000n;

const sender = fc.integer({ min: 0, max: SENDERS - 1 });
const add = fc.record({
  kind: fc.constant('add' as const),
  sender,
  ahead: fc.integer({ min: -1, max: 5 }),
  fee: fc.integer({ min: 40, max: 200 }),
  tip: fc.integer({ min: 0, max: 40 }),
  value: fc.constantFrom(0n, 1_000_000n, 20_000_000n),
  size: fc.constantFrom(50, 100, 400),
});
const commit = fc.record({
  kind: fc.constant('commit' as const),
  take: fc.integer({ min: 0, max: 4 }),
  baseFee: fc.integer({ min: 30, max: 120 }),
  elapsed: fc.integer({ min: 0, max: 30 }),
  poorer: fc.option(sender, { nil: undefined }),
});
const rollback = fc.record({ kind: fc.constant('rollback' as const), sender });
const discard = fc.record({ kind: fc.constant('discard' as const), index: fc.nat(20) });
const step = fc.oneof({ weight: 8, arbitrary: add }, { weight: 3, arbitrary: commit }, rollback, discard);

const outcomes = new Set<string>();

class Pair {
  readonly accounts: ModelAccount[] = Array.from({ length: SENDERS }, () => ({ nonce: 1n, balance: BALANCE }));
  readonly fixture = new PoolFixture({ baseFeePerGas: 50n }, LIMITS);
  readonly model = new PoolModel(this.accounts, 50n, LIMITS, ({ sender: [...bytes] }) => (bytes.at(-1) as number) - 1);
  readonly heard: string[] = [];

  constructor() {
    this.fixture.pool.onPending(({ hash }) => this.heard.push(bytesToHex(hash)));
    this.write();
    this.fixture.reset();
  }

  write(): void {
    for (const [index, { nonce, balance }] of this.accounts.entries())
      this.fixture.state.setAccount(account(index), { nonce, balanceWei: balance });
  }

  run(action: typeof step extends fc.Arbitrary<infer T> ? T : never): void {
    const { fixture, model, accounts } = this;
    if (action.kind === 'add') {
      const own = accounts[action.sender] as ModelAccount;
      const sent = tx({
        sender: account(action.sender),
        nonce: own.nonce + BigInt(action.ahead),
        maxFeePerGas: BigInt(action.fee),
        maxPriorityFeePerGas: BigInt(action.tip),
        value: action.value,
        size: action.size,
      });
      const code = codeOf(() => fixture.pool.add(sent));
      expect(code).toBe(model.add(sent));
      outcomes.add(code);
      return;
    }
    if (action.kind === 'discard') {
      const victim = model.entries[action.index];
      if (victim === undefined) return;
      fixture.pool.discard(victim.tx.hash);
      model.entries = model.entries.filter((entry) => entry !== victim);
      model.settle();
      return;
    }
    if (action.kind === 'rollback') {
      const own = accounts[action.sender] as ModelAccount;
      if (own.nonce > 1n) own.nonce--;
    } else {
      for (const { sender: from, nonce } of model.best().slice(0, action.take)) {
        const own = accounts[(from[19] as number) - 1] as ModelAccount;
        own.nonce = nonce + 1n;
      }
      const poorer = accounts[action.poorer ?? -1];
      if (poorer !== undefined) poorer.balance = poorer.balance > 10_000_000n ? 5_000_000n : BALANCE;
      fixture.nowMs += action.elapsed;
      model.now = fixture.nowMs;
      model.baseFee = BigInt(action.baseFee);
    }
    this.write();
    model.reset();
    fixture.reset({ baseFeePerGas: model.baseFee });
  }

  compare(): void {
    const { pool } = this.fixture;
    const { model } = this;
    const content = pool.content();
    expect(content.map(({ transaction, pending }) => `${bytesToHex(transaction.hash)} ${pending}`)).toEqual(
      model.shown(),
    );
    const pending = content.filter((entry) => entry.pending).length;
    expect(pool.counts()).toEqual({ pending, queued: content.length - pending });
    expect(pool.sizes()).toEqual({ bytes: model.bytes(), sidecarBytes: 0 });
    expect(content.length).toBeLessThanOrEqual(LIMITS.countMax);
    expect(model.bytes()).toBeLessThanOrEqual(LIMITS.bytesMax);
    for (let index = 0; index < SENDERS; index++) expect(pool.nextNonce(account(index))).toBe(model.nextNonce(index));
    for (const entry of content) expect(pool.get(entry.transaction.hash)).toEqual(entry);
    const best = pool.best();
    const room = { gas: 30_000_000n, blobGas: 0n };
    const taken = Array.from({ length: pending + 1 }, () => best.next(room)?.transaction);
    expect(taken).toEqual([...model.best(), undefined]);
    expect(new Set(this.heard).size).toBe(this.heard.length);
    expect(new Set(this.heard)).toEqual(model.announced);
  }
}

describe('any sequence of calls', () => {
  it('leaves the pool as the naive model says', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const pair = new Pair();
        for (const action of steps) {
          pair.run(action);
          pair.compare();
        }
      }),
      { numRuns: 300 },
    );
    // The sequences reach every way in which one of them can be refused.
    expect([...outcomes].sort()).toEqual([
      'FEE_CAP_TOO_LOW',
      'INSUFFICIENT_FUNDS',
      'NONCE_TOO_LOW',
      'REPLACEMENT_UNDERPRICED',
      'SENDER_LIMIT',
      'UNDERPRICED',
      'accepted',
    ]);
  });

  it('gives the same pool when it is made again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const shapes = [new Pair(), new Pair()].map((pair) => {
          for (const action of steps) pair.run(action);
          return pair.fixture.pool
            .content()
            .map(({ transaction: { sender: from, nonce, maxFeePerGas }, pending }) =>
              [bytesToHex(from), nonce, maxFeePerGas, pending].join(' '),
            );
        });
        expect(shapes[0]).toEqual(shapes[1]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('heap', () => {
  it('is always led by the least, whatever is added, changed and removed', () => {
    const actions = fc.array(fc.record({ slot: fc.nat(15), value: fc.nat(100), removes: fc.boolean() }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(actions, fc.array(fc.nat(100), { maxLength: 16 }), (list, initial) => {
        const members = Array.from({ length: 16 }, () => ({ value: 0, heapIndex: -1 }));
        const start = initial.map((value, index) =>
          Object.assign(members[index] as { value: number; heapIndex: number }, { value }),
        );
        const heap = new IndexedHeap<(typeof members)[number]>((a, b) => a.value < b.value, start);
        for (const { slot, value, removes } of list) {
          const member = members[slot] as (typeof members)[number];
          if (removes) heap.remove(member);
          else heap.update(Object.assign(member, { value }));
          const held = members.filter(({ heapIndex }) => heapIndex >= 0);
          expect(heap.size).toBe(held.length);
          expect(new Set(held.map(({ heapIndex }) => heapIndex)).size).toBe(held.length);
          expect(heap.peek()?.value).toBe(held.length === 0 ? undefined : Math.min(...held.map((one) => one.value)));
        }
      }),
    );
  });
});
