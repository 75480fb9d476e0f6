import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runTarget } from '../../fuzz/runner.ts';
import type { FuzzTarget } from '../../fuzz/target.ts';
import { hexToBytes, utf8ToBytes } from '../../primitives/bytes.ts';

/** A decoder that is wrong about inputs which hold 0xbad anywhere. */
function target(check: (input: Uint8Array) => string): FuzzTarget {
  return {
    name: 'made-up',
    about: 'a decoder of the test',
    shape: 'bytes',
    inputBytesMax: 64,
    inputBudgetMs: 1_000,
    open: () => ({
      corpus: [utf8ToBytes('some real data to begin with')],
      structures: fc.uint8Array({ maxLength: 32 }),
      dictionary: [Uint8Array.of(0x0b, 0xad)],
      check,
    }),
  };
}

const isBad = (input: Uint8Array): boolean => Buffer.from(input).includes(Buffer.of(0x0b, 0xad));

describe('a run', () => {
  it('finds a fault, cuts its input down and counts it once', async () => {
    const check = (input: Uint8Array): string => {
      if (isBad(input)) throw new TypeError(`bad at ${input.length}`);
      return 'accepted';
    };
    const report = await runTarget(target(check), { seed: 7, executions: 5_000 });
    expect(report.findings).toHaveLength(1);
    expect(report.findings[0]).toMatchObject({ target: 'made-up', seed: 7, minimisedHex: '0x0bad' });
    expect(report.findings[0]?.what).toMatch(/^TypeError: bad at/);
    expect(isBad(hexToBytes(report.findings[0]?.inputHex as `0x${string}`))).toBe(true);
  });

  it('makes the same inputs from the same seed, and others from another', async () => {
    const inputsOf = async (seed: number): Promise<string> => {
      const inputs: string[] = [];
      const check = (input: Uint8Array): string => {
        inputs.push(Buffer.from(input).toString('hex'));
        return input.length > 10 ? 'long' : 'accepted';
      };
      await runTarget(target(check), { seed, executions: 1_000 });
      return inputs.join();
    };
    expect(await inputsOf(1)).toBe(await inputsOf(1));
    expect(await inputsOf(1)).not.toBe(await inputsOf(2));
  });

  it('takes a slow input for a finding only when it is slow each time', async () => {
    const runs = new Map<number, number>();
    let workMs = 0;
    const check = (input: Uint8Array): string => {
      const count = (runs.get(input.length) ?? 0) + 1;
      runs.set(input.length, count);
      if (input.length === 0 || (input.length === 1 && count === 1)) workMs += 11;
      return 'accepted';
    };
    const slow: FuzzTarget = { ...target(check), inputBudgetMs: 10, inputBytesMax: 1 };
    const report = await runTarget(slow, { seed: 3, executions: 60, workMs: () => workMs });
    expect(report.findings.map(({ what, minimisedHex }) => [what, minimisedHex])).toEqual([
      ['Error: slow: over the budget of 10 ms', '0x'],
    ]);
  });
});
