// What clients make the server hold, one by one and all together.
import { describe, expect, test } from 'vitest';
import { BodyBuffer } from '../../rpc/bodyBuffer.ts';
import { HeldBytes, type Holder } from '../../rpc/heldBytes.ts';

function holders(count: number): { cut: string[]; all: Holder[] } {
  const cut: string[] = [];
  return { cut, all: Array.from({ length: count }, (_, n) => ({ cut: () => cut.push(`${n}`) })) };
}

describe('all connections together', () => {
  test('may hold what is allowed, and one byte more cuts who has held longest', () => {
    const { cut, all } = holders(3);
    const held = new HeldBytes(100);
    const [first, second, third] = all as [Holder, Holder, Holder];
    held.hold(first, 10);
    held.hold(second, 40);
    held.hold(third, 50);
    expect(cut).toEqual([]);
    held.hold(third, 51);
    expect(cut).toEqual(['0']);
    expect(held.total).toBe(91);
  });
  test('as many are cut as it takes, in the order in which they began', () => {
    const { cut, all } = holders(3);
    const held = new HeldBytes(100);
    const [first, second, third] = all as [Holder, Holder, Holder];
    held.hold(first, 40);
    held.hold(second, 40);
    held.hold(first, 50);
    held.hold(third, 90);
    expect(cut).toEqual(['0', '1']);
    expect(held.total).toBe(90);
  });
  test('one alone that holds too much is cut itself', () => {
    const { cut, all } = holders(1);
    const held = new HeldBytes(100);
    held.hold(all[0] as Holder, 101);
    expect(cut).toEqual(['0']);
    expect(held.total).toBe(0);
  });
  test('what is released counts no more, and twice is once', () => {
    const { cut, all } = holders(2);
    const held = new HeldBytes(100);
    const [first, second] = all as [Holder, Holder];
    held.hold(first, 100);
    held.release(first);
    held.release(first);
    held.hold(second, 100);
    expect(cut).toEqual([]);
    expect(held.total).toBe(100);
  });
});

describe('a body in pieces', () => {
  test('is the pieces in their order, whatever their size', () => {
    const body = new BodyBuffer(1_000_000);
    const text = 'aé😀'.repeat(20_000);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 997) expect(body.add(bytes.subarray(at, at + 997))).toBe(true);
    expect(body.length).toBe(bytes.length);
    expect(body.text()).toBe(text);
    expect(body.capacity).toBeLessThanOrEqual(2 * bytes.length);
  });
  test('fills to the last byte, and refuses one more', () => {
    const body = new BodyBuffer(3);
    expect(body.add(Buffer.from('ab'))).toBe(true);
    expect(body.add(Buffer.from('c'))).toBe(true);
    expect(body.add(Buffer.from('d'))).toBe(false);
    expect(body.text()).toBe('abc');
  });
  test('takes little room for what was only announced', () => {
    expect(new BodyBuffer(5_000_000).capacity).toBe(65_536);
  });
});
