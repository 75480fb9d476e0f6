import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES } from '../../../primitives/bytes.ts';
import { account, PoolFixture, tx } from './helpers.ts';

describe('best', () => {
  const ROOM = { gas: 30_000_000n, blobGas: 0n };
  const order = (fixture: PoolFixture, room = ROOM, fees?: { baseFeePerGas: bigint; blobBaseFee: bigint }): string => {
    const best = fixture.pool.best(fees);
    const taken: string[] = [];
    for (let entry = best.next(room); entry !== undefined; entry = best.next(room))
      taken.push(`${entry.transaction.sender[19]}:${entry.transaction.nonce}`);
    return taken.join(' ');
  };

  it('by effective tip, then arrival, each sender by nonce', () => {
    const fixture = new PoolFixture();
    fixture.pool.add(tx({ sender: account(0), nonce: 0n, maxPriorityFeePerGas: 5n }));
    fixture.pool.add(tx({ sender: account(0), nonce: 1n, maxPriorityFeePerGas: 50n }));
    fixture.pool.add(tx({ sender: account(1), nonce: 0n, maxPriorityFeePerGas: 10n }));
    fixture.pool.add(tx({ sender: account(2), nonce: 0n, maxFeePerGas: 55n, maxPriorityFeePerGas: 55n }));
    fixture.pool.add(tx({ sender: account(2), nonce: 2n, maxPriorityFeePerGas: 50n }));
    expect(order(fixture)).toBe('2:0 1:0 1:1 3:0');
    // At a base fee of 40 the third sender’s tip is 15.
    expect(order(fixture, ROOM, { baseFeePerGas: 40n, blobBaseFee: 0n })).toBe('3:0 2:0 1:0 1:1');
    expect(order(fixture, ROOM, { baseFeePerGas: 60n, blobBaseFee: 0n })).toBe('2:0 1:0 1:1');
  });

  it('leaves out senders whose next one does not fit, or was skipped', () => {
    const fixture = new PoolFixture();
    fixture.pool.add(tx({ sender: account(0), gasLimit: 100_000n, maxPriorityFeePerGas: 20n }));
    fixture.pool.add(tx({ sender: account(0), nonce: 1n }));
    fixture.pool.add(tx({ sender: account(1), maxPriorityFeePerGas: 15n }));
    fixture.pool.add(tx({ sender: account(1), nonce: 1n, maxPriorityFeePerGas: 15n }));
    fixture.pool.add(tx({ sender: account(2) }));
    expect(order(fixture, { gas: 99_999n, blobGas: 0n })).toBe('2:0 2:1 3:0');
    const best = fixture.pool.best();
    best.skipSender();
    expect(best.next({ gas: 99_999n, blobGas: 0n })?.transaction.sender).toEqual(account(1));
    best.skipSender();
    expect(best.next({ gas: 99_999n, blobGas: 0n })?.transaction.sender).toEqual(account(2));
    best.skipSender();
    expect(best.next(ROOM)).toBeUndefined();
  });

  it('does not see later changes', () => {
    const fixture = new PoolFixture();
    const sent = [0n, 1n].map((nonce) => tx({ nonce }));
    for (const one of sent) fixture.pool.add(one);
    const best = fixture.pool.best();
    fixture.pool.clear();
    fixture.pool.add(tx({ data: EMPTY_BYTES }));
    expect([best.next(ROOM)?.transaction, best.next(ROOM)?.transaction, best.next(ROOM)]).toEqual([...sent, undefined]);
  });
});
