// How many calls run and wait at once.
import { describe, expect, it } from 'vitest';
import { CallSlots } from '../../../node/execution/callSlots.ts';
import { toErrorObject } from '../../../rpc/errors.ts';

/** Work that ends when told to, and notes when it begins. */
function works(slots: CallSlots) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const start = (n: number): Promise<number> =>
    slots.run(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => {
        ends[n] = resolve;
      });
      return n;
    });
  return { begun, ends, start };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('call slots', () => {
  it('run at most so many, the others in the order in which they came', async () => {
    const { begun, ends, start } = works(new CallSlots({ runningMax: 2, waitingMax: 3 }));
    const all = [0, 1, 2, 3, 4].map(start);
    await settle();
    expect(begun).toEqual([0, 1]);
    ends[1]?.();
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    for (const n of [0, 2, 3, 4]) {
      ends[n]?.();
      await settle();
    }
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4]);
  });

  it('TOO_MANY_CALLS one past the queue, which clients see as a limit; later there is room again', async () => {
    const { ends, start } = works(new CallSlots({ runningMax: 1, waitingMax: 1 }));
    const [first, second] = [start(0), start(1)];
    const refused = await start(2).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'TOO_MANY_CALLS' });
    expect(toErrorObject(refused)).toMatchObject({ object: { code: -32005 }, isUnexpected: false });
    ends[0]?.();
    await first;
    await settle();
    const third = start(3);
    ends[1]?.();
    await second;
    await settle();
    ends[3]?.();
    expect(await third).toBe(3);
  });

  it('are free again after work that failed', async () => {
    const slots = new CallSlots({ runningMax: 1, waitingMax: 0 });
    const failing = (): Promise<never> => slots.run(() => Promise.reject(new Error('failed')));
    await expect(failing()).rejects.toThrow('failed');
    await expect(failing()).rejects.toThrow('failed');
  });
});
