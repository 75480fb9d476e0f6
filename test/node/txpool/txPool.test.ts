import { describe, expect, it } from 'vitest';
import type { SignedTransaction } from '../../../node/block/types.ts';
import { account, codeOf, GNM, messageOf, PoolFixture, RULES, tx } from './helpers.ts';

describe('nonces', () => {
  it('pending without a gap, queued behind one, pending when it closes', () => {
    const fixture = new PoolFixture();
    const { pool } = fixture;
    const heard: bigint[] = [];
    const stop = pool.onPending(({ nonce }) => heard.push(nonce));
    pool.add(tx({ nonce: 2n }));
    pool.add(tx({ nonce: 0n }));
    expect(fixture.shown()).toBe('0 (2)');
    expect(pool.nextNonce(account(0))).toBe(1n);
    expect(pool.counts()).toEqual({ pending: 1, queued: 1 });
    pool.add(tx({ nonce: 1n }));
    expect(fixture.shown()).toBe('0 1 2');
    expect(pool.nextNonce(account(0))).toBe(3n);
    expect(heard).toEqual([0n, 1n, 2n]);
    stop();
    pool.add(tx({ nonce: 3n }));
    expect(heard).toHaveLength(3);
    expect(pool.nextNonce(account(5))).toBe(0n);
  });

  it('a block takes what it includes, and demotes what it made unaffordable', () => {
    const fixture = new PoolFixture();
    const { pool, state } = fixture;
    for (let nonce = 0n; nonce < 5n; nonce++) pool.add(tx({ nonce, value: GNM / 10n }));
    state.setAccount(account(0), { nonce: 2n, balanceWei: GNM / 10n + 3_000_000n });
    fixture.reset();
    expect(fixture.shown()).toBe('2 (3) (4)');
    state.setAccount(account(0), { balanceWei: GNM });
    fixture.reset();
    expect(fixture.shown()).toBe('2 3 4');
    state.setAccount(account(0), { balanceWei: GNM / 20n });
    fixture.reset();
    expect(fixture.shown()).toBe('');
    expect(pool.counts()).toEqual({ pending: 0, queued: 0 });
  });

  it('a rising base fee demotes, a falling one promotes, and each is announced once', () => {
    const fixture = new PoolFixture();
    const heard: bigint[] = [];
    fixture.pool.onPending(({ nonce }) => heard.push(nonce));
    for (let nonce = 0n; nonce < 3n; nonce++) fixture.pool.add(tx({ nonce, maxFeePerGas: nonce === 1n ? 60n : 100n }));
    fixture.reset({ baseFeePerGas: 61n });
    expect(fixture.shown()).toBe('0 (1) (2)');
    expect(fixture.pool.nextNonce(account(0))).toBe(3n);
    fixture.reset({ baseFeePerGas: 60n });
    expect(fixture.shown()).toBe('0 1 2');
    expect(heard).toEqual([0n, 1n, 2n]);
  });

  it('tells when a sender waits for nothing but lower fees', () => {
    const fixture = new PoolFixture();
    const { pool } = fixture;
    pool.add(tx({ nonce: 0n, maxFeePerGas: 60n }));
    pool.add(tx({ nonce: 2n, maxFeePerGas: 60n }));
    expect(pool.hasFeeBound()).toBe(false);
    fixture.reset({ baseFeePerGas: 61n });
    expect(pool.hasFeeBound()).toBe(true);
    // Nonce 2 alone waits for nonce 1 as well.
    fixture.state.setAccount(account(0), { nonce: 1n });
    fixture.reset();
    expect(fixture.shown()).toBe('(2)');
    expect(pool.hasFeeBound()).toBe(false);
    fixture.state.setAccount(account(0), { nonce: 2n });
    fixture.reset();
    expect(pool.hasFeeBound()).toBe(true);
    fixture.reset({ baseFeePerGas: 60n });
    expect(pool.hasFeeBound()).toBe(false);
    pool.add(tx({ nonce: 3n, maxFeePerGas: 60n, value: GNM / 2n }));
    fixture.state.setAccount(account(0), { balanceWei: GNM / 2n + 1_300_000n });
    fixture.reset({ baseFeePerGas: 50n });
    // Nonce 3 waits for money.
    expect(fixture.shown()).toBe('2 (3)');
    expect(pool.hasFeeBound()).toBe(false);
  });

  it('a rollback leaves a gap; a smaller block drops what no longer fits; a fork drops what it forbids', () => {
    const fixture = new PoolFixture({ rules: { ...RULES, fork: 'prague' } });
    fixture.state.setAccount(account(0), { nonce: 4n });
    fixture.pool.add(tx({ nonce: 4n, gasLimit: 20_000_000n }));
    fixture.pool.add(tx({ nonce: 5n }));
    fixture.state.setAccount(account(0), { nonce: 3n });
    fixture.reset();
    expect(fixture.shown()).toBe('(4) (5)');
    fixture.state.setAccount(account(0), { nonce: 4n });
    fixture.reset();
    expect(fixture.shown()).toBe('4 5');
    fixture.reset({ rules: RULES });
    expect(fixture.shown()).toBe('(5)');
    fixture.reset({ gasLimit: 20_999n });
    expect(fixture.shown()).toBe('');
  });

  it('waiting ends after its lifetime, pending does not', () => {
    const fixture = new PoolFixture({}, { queuedLifetimeMs: 1_000 });
    fixture.pool.add(tx({ nonce: 0n }));
    fixture.pool.add(tx({ nonce: 1n, maxFeePerGas: 60n }));
    fixture.pool.add(tx({ nonce: 9n }));
    fixture.nowMs = 1_000;
    fixture.reset({ baseFeePerGas: 61n });
    expect(fixture.shown()).toBe('0 (1) (9)');
    fixture.nowMs = 1_001;
    fixture.reset();
    expect(fixture.shown()).toBe('0 (1)');
    // 1 waits since the base fee rose.
    fixture.nowMs = 2_000;
    fixture.reset();
    expect(fixture.shown()).toBe('0 (1)');
    fixture.nowMs = 2_001;
    fixture.reset();
    expect(fixture.shown()).toBe('0');
  });

  it('what leaves the pending ones shifts nobody else’s waiting', () => {
    const fixture = new PoolFixture({}, { queuedLifetimeMs: 1_000 });
    for (const nonce of [0n, 1n, 3n]) fixture.pool.add(tx({ nonce }));
    fixture.nowMs = 900;
    fixture.state.setAccount(account(0), { nonce: 2n });
    fixture.reset();
    expect(fixture.shown()).toBe('(3)');
    fixture.nowMs = 1_001;
    fixture.reset();
    expect(fixture.shown()).toBe('');
  });

  it('an edited account is seen when its sender sends again', () => {
    const fixture = new PoolFixture();
    fixture.state.setAccount(account(0), { nonce: 5n });
    for (const nonce of [5n, 6n]) fixture.pool.add(tx({ nonce }));
    fixture.state.setAccount(account(0), { nonce: 4n });
    fixture.pool.add(tx({ nonce: 4n }));
    expect(fixture.shown()).toBe('4 5 6');
    fixture.state.setAccount(account(0), { nonce: 7n });
    fixture.pool.add(tx({ nonce: 7n }));
    expect(fixture.shown()).toBe('7');
    expect(fixture.pool.counts()).toEqual({ pending: 1, queued: 0 });
  });

  it('discarding one makes the later ones wait; clearing leaves nothing', () => {
    const fixture = new PoolFixture();
    const sent = [0n, 1n, 2n].map((nonce) => tx({ nonce }));
    for (const one of sent) fixture.pool.add(one);
    expect(fixture.pool.discard(sent[1]!.hash)).toBe(true);
    expect(fixture.pool.discard(sent[1]!.hash)).toBe(false);
    expect(fixture.shown()).toBe('0 (2)');
    fixture.pool.clear();
    expect(fixture.pool.content()).toEqual([]);
    expect(fixture.pool.counts()).toEqual({ pending: 0, queued: 0 });
    expect(fixture.pool.sizes()).toEqual({ bytes: 0, sidecarBytes: 0 });
  });
});

describe('replacement', () => {
  it.each([
    [110n, 11n, 'accepted'],
    [109n, 11n, 'REPLACEMENT_UNDERPRICED'],
    [110n, 10n, 'REPLACEMENT_UNDERPRICED'],
    [200n, 10n, 'REPLACEMENT_UNDERPRICED'],
  ])('of 100 and 10 by %d and %d: %s', (maxFeePerGas, maxPriorityFeePerGas, code) => {
    const { pool } = new PoolFixture();
    const former = tx();
    pool.add(former);
    const latter = tx({ maxFeePerGas, maxPriorityFeePerGas });
    expect(codeOf(() => pool.add(latter))).toBe(code);
    expect([pool.has(former.hash), pool.has(latter.hash)]).toEqual([code !== 'accepted', code === 'accepted']);
    expect(pool.counts().pending).toBe(1);
    const again = tx({ maxFeePerGas: 109n });
    if (code !== 'accepted') expect(messageOf(() => pool.add(again))).toContain('replacement transaction underpriced');
  });

  it('an equal offer never replaces, however small', () => {
    const { pool } = new PoolFixture({ baseFeePerGas: 0n });
    pool.add(tx({ maxFeePerGas: 5n, maxPriorityFeePerGas: 0n }));
    expect(codeOf(() => pool.add(tx({ maxFeePerGas: 5n, maxPriorityFeePerGas: 1n })))).toBe('REPLACEMENT_UNDERPRICED');
    expect(codeOf(() => pool.add(tx({ maxFeePerGas: 6n, maxPriorityFeePerGas: 0n })))).toBe('REPLACEMENT_UNDERPRICED');
    expect(codeOf(() => pool.add(tx({ maxFeePerGas: 6n, maxPriorityFeePerGas: 1n })))).toBe('accepted');
  });

  it('announces the new one', () => {
    const { pool } = new PoolFixture();
    const heard: SignedTransaction[] = [];
    pool.add(tx());
    pool.add(tx({ nonce: 1n }));
    pool.onPending((transaction) => heard.push(transaction));
    const latter = tx({ maxFeePerGas: 110n, maxPriorityFeePerGas: 11n });
    pool.add(latter);
    expect(heard).toEqual([latter]);
  });
});
