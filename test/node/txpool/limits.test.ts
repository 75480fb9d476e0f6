import { describe, expect, it } from 'vitest';
import { POOL_LIMITS } from '../../../node/txpool/limits.ts';
import { account, codeOf, GNM, messageOf, PoolFixture, tx } from './helpers.ts';

describe('limits', () => {
  it('count: the cheapest gives way, and a cheaper newcomer changes nothing', () => {
    const fixture = new PoolFixture({}, { countMax: 3 });
    const { pool } = fixture;
    for (const [index, tip] of [12n, 11n, 13n].entries())
      pool.add(tx({ sender: account(index), maxPriorityFeePerGas: tip }));
    const before = pool.content();
    expect(codeOf(() => pool.add(tx({ sender: account(3), maxPriorityFeePerGas: 11n })))).toBe('UNDERPRICED');
    expect(messageOf(() => pool.add(tx({ sender: account(3), maxPriorityFeePerGas: 10n })))).toContain(
      'transaction underpriced',
    );
    expect(pool.content()).toEqual(before);
    expect(codeOf(() => pool.add(tx({ sender: account(3), maxPriorityFeePerGas: 12n })))).toBe('accepted');
    expect([0, 1, 2, 3].map((index) => fixture.shown(account(index)))).toEqual(['0', '', '0', '0']);
  });

  it('waiting ones give way before pending ones, whatever they offer', () => {
    const fixture = new PoolFixture({}, { countMax: 2 });
    fixture.pool.add(tx({ sender: account(0), nonce: 5n, maxPriorityFeePerGas: 50n }));
    fixture.pool.add(tx({ sender: account(1) }));
    fixture.pool.add(tx({ sender: account(2), maxPriorityFeePerGas: 1n }));
    expect([0, 1, 2].map((index) => fixture.shown(account(index)))).toEqual(['', '0', '0']);
    expect(codeOf(() => fixture.pool.add(tx({ sender: account(3), nonce: 1n })))).toBe('UNDERPRICED');
  });

  it('a dear last transaction does not shelter the cheap ones before it', () => {
    const fixture = new PoolFixture({}, { countMax: 3 });
    for (let nonce = 0n; nonce < 3n; nonce++)
      fixture.pool.add(tx({ nonce, maxFeePerGas: 1_000n, maxPriorityFeePerGas: nonce === 2n ? 900n : 1n }));
    fixture.pool.add(tx({ sender: account(1), maxPriorityFeePerGas: 2n }));
    expect(fixture.shown()).toBe('0 1');
    expect(fixture.shown(account(1))).toBe('0');
  });

  it('bytes: as many give way as it takes, or none', () => {
    const fixture = new PoolFixture({}, { bytesMax: 400 });
    const { pool } = fixture;
    for (const [index, tip] of [1n, 2n, 30n].entries())
      pool.add(tx({ sender: account(index), maxPriorityFeePerGas: tip }));
    const before = pool.content();
    expect(codeOf(() => pool.add(tx({ sender: account(3), size: 301, maxPriorityFeePerGas: 20n })))).toBe(
      'UNDERPRICED',
    );
    expect(pool.content()).toEqual(before);
    expect(pool.sizes().bytes).toBe(300);
    expect(codeOf(() => pool.add(tx({ sender: account(3), size: 300, maxPriorityFeePerGas: 20n })))).toBe('accepted');
    expect([0, 1, 2, 3].map((index) => fixture.shown(account(index)))).toEqual(['', '', '0', '0']);
    expect(pool.sizes().bytes).toBe(400);
  });

  it('a replacement that does not fit leaves the former', () => {
    const { pool } = new PoolFixture({}, { bytesMax: 200 });
    const former = tx();
    pool.add(former);
    pool.add(tx({ sender: account(1), maxFeePerGas: 500n, maxPriorityFeePerGas: 300n }));
    const latter = tx({ size: 150, maxFeePerGas: 110n, maxPriorityFeePerGas: 11n });
    expect(codeOf(() => pool.add(latter))).toBe('UNDERPRICED');
    expect(pool.has(former.hash)).toBe(true);
    expect(pool.counts()).toEqual({ pending: 2, queued: 0 });
    expect(pool.sizes().bytes).toBe(200);
  });

  it('transactions of one sender', () => {
    const { pool } = new PoolFixture({}, { senderCountMax: 3 });
    for (let nonce = 0n; nonce < 3n; nonce++) pool.add(tx({ nonce }));
    expect(codeOf(() => pool.add(tx({ nonce: 3n })))).toBe('SENDER_LIMIT');
    expect(messageOf(() => pool.add(tx({ nonce: 3n })))).toContain('account limit exceeded');
    expect(codeOf(() => pool.add(tx({ sender: account(1) })))).toBe('accepted');
  });

  it('transactions behind a gap, which closing it lifts', () => {
    const { pool } = new PoolFixture({}, { senderGappedMax: 2 });
    pool.add(tx({ nonce: 2n }));
    pool.add(tx({ nonce: 5n }));
    expect(codeOf(() => pool.add(tx({ nonce: 7n })))).toBe('SENDER_LIMIT');
    pool.add(tx({ nonce: 0n }));
    pool.add(tx({ nonce: 1n }));
    expect(codeOf(() => pool.add(tx({ nonce: 7n })))).toBe('accepted');
  });

  it('the real bounds hold against a flood', () => {
    const { pool, state } = new PoolFixture();
    const { countMax, senderCountMax } = POOL_LIMITS;
    for (let sender = 0; sender < countMax / senderCountMax; sender++) {
      state.setAccount(account(sender), { balanceWei: GNM * 1_000n });
      for (let nonce = 0n; nonce < senderCountMax; nonce++) pool.add(tx({ sender: account(sender), nonce }));
      expect(codeOf(() => pool.add(tx({ sender: account(sender), nonce: BigInt(senderCountMax) })))).toBe(
        'SENDER_LIMIT',
      );
    }
    expect(pool.counts()).toEqual({ pending: countMax, queued: 0 });
    expect(codeOf(() => pool.add(tx({ sender: account(19) })))).toBe('UNDERPRICED');
    expect(codeOf(() => pool.add(tx({ sender: account(19), maxPriorityFeePerGas: 11n })))).toBe('accepted');
    expect(pool.counts()).toEqual({ pending: countMax, queued: 0 });
    // A new sender’s gapped flood ends at its own bound and moves nobody: waiting ones are the first to go.
    expect(codeOf(() => pool.add(tx({ sender: account(18), nonce: 3n, maxPriorityFeePerGas: 40n })))).toBe(
      'UNDERPRICED',
    );
  });

  it('the real bound behind a gap', () => {
    const { pool } = new PoolFixture();
    for (let i = 1n; i <= POOL_LIMITS.senderGappedMax; i++) pool.add(tx({ nonce: i }));
    expect(codeOf(() => pool.add(tx({ nonce: 5_000n })))).toBe('SENDER_LIMIT');
    expect(codeOf(() => pool.add(tx({ nonce: 0n })))).toBe('accepted');
    expect(pool.counts()).toEqual({ pending: POOL_LIMITS.senderGappedMax + 1, queued: 0 });
  });
});
