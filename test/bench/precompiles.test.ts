import { describe, expect, it } from 'vitest';
import { leastMicroseconds } from '../../bench/precompiles/cpuTime.ts';
import { DID_CASES } from '../../bench/precompiles/didCases.ts';
import { callsThatFit } from '../../bench/precompiles/filledBlock.ts';
import { measureNativeCall } from '../../bench/precompiles/nativeCalls.ts';
import { dearest, type Row } from '../../bench/precompiles/precompiles.ts';
import { deviceDid } from '../../precompiles/did/contract.ts';
import { ZERO_ADDRESS } from '../../primitives/bytes.ts';

describe('dearest', () => {
  const row = (name: string, says: string, ratio: number): Row => ({ name, says, gas: 10, microseconds: ratio, ratio });

  it('keeps the dearest input of each method, dearest method first', () => {
    const rows = [row('a', '1', 0.5), row('b', '1', 0.7), row('a', '2', 0.9), row('a', '3', 0.1)];
    expect(dearest(rows).map(({ name, says }) => name + says)).toEqual(['a2', 'b1']);
  });

  it('takes what has a ratio before what has none', () => {
    expect(dearest([row('a', 'free', Number.NaN), row('a', 'paid', 0.1)])[0]?.says).toBe('paid');
  });
});

describe('callsThatFit', () => {
  const call = { from: ZERO_ADDRESS, data: new Uint8Array(100), valueWei: 0n };
  const result = (gasUsed: bigint, workMicroseconds: number) =>
    ({ outcome: 'success', gasUsed, workMicroseconds, output: new Uint8Array(0) }) as const;

  it('is bound by work where calls are dear and by gas where they are cheap', () => {
    // 400,000 µs of work; 15,000,000 gas at 21,000 + 100 × 40 + the call's own.
    expect(callsThatFit(call, result(20_000n, 2_000))).toEqual({ count: 200, isFilledByWork: true });
    expect(callsThatFit(call, result(5_000n, 10))).toEqual({ count: 500, isFilledByWork: false });
  });
});

describe('leastMicroseconds', () => {
  it('gives every run an input of its own', async () => {
    const made: object[] = [];
    const seen: object[] = [];
    const prepare = () => {
      const input = {};
      made.push(input);
      return input;
    };
    const least = await leastMicroseconds({ rounds: 2, runs: 3 }, prepare, (input) => seen.push(input));
    // Two rounds and the one before them.
    expect(new Set(seen).size).toBe(9);
    expect(seen).toEqual(made);
    expect(least).toBeGreaterThanOrEqual(0);
  });
});

describe('cases of DeviceDID', () => {
  const methods = (deviceDid.abi as readonly { type: string; name?: string }[])
    .filter(({ type }) => type === 'function')
    .map(({ name }) => name);

  it('cover every method', () => {
    expect([...new Set(DID_CASES.map(({ method }) => method))].sort()).toEqual([...methods].sort());
  });

  it('run on state in a database as they do in memory', async () => {
    const didCase = DID_CASES.find(({ says }) => says === 'the largest identity');
    if (didCase === undefined) throw new Error('no case of the largest identity');
    const { chain, call } = didCase.prepare();
    const { result, microseconds } = await measureNativeCall(deviceDid, chain.host, call, { rounds: 1, roundMs: 1 });
    expect(microseconds).toBeGreaterThan(0);
    expect(result).toEqual(chain.raw(call.data, { from: call.from }));
  });
});
