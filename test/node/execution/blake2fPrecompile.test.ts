// BLAKE2F against the precompile that it replaces, and through the EVM that runs blocks.
import { EVM, getActivePrecompiles, type PrecompileInput } from '@ethereumjs/evm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLAKE2F_ADDRESS, blake2fPrecompile } from '../../../node/execution/blake2fPrecompile.ts';
import { commonFor } from '../../../node/execution/evmCommon.ts';
import { precompileTable } from '../../../node/execution/precompileTable.ts';
import { bytesToHex, concatBytes, ZERO_ADDRESS } from '../../../primitives/bytes.ts';
import { cryptoBackends } from '../../../primitives/crypto/backends.ts';
import { BLAKE2F_SLICE_ROUNDS } from '../../../primitives/crypto/blake2f/blake2fWasm.ts';
import { openBench, RULES } from './support/bench.ts';

const common = commonFor(1n, 'osaka');
const _EVM = new EVM({ common } as never);
const KEY = bytesToHex(BLAKE2F_ADDRESS).slice(2);
const stock = getActivePrecompiles(common).get(KEY)!;
const own = blake2fPrecompile(stock);
const callOf = (data: Uint8Array, gasLimit: bigint): PrecompileInput => ({ data, gasLimit, common, _EVM });

function roundsAnd(rounds: number, rest: Uint8Array): Uint8Array {
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, rounds);
  return concatBytes(head, rest);
}

const REST = new Uint8Array(209).fill(0xa5).fill(1, 208);

describe('BLAKE2F', () => {
  it('answers as the stock precompile on any input, length, flag and gas', async () => {
    const rest = fc.oneof(
      fc.tuple(fc.uint8Array({ minLength: 208, maxLength: 208 }), fc.integer({ min: 0, max: 3 })),
      fc.tuple(fc.uint8Array({ maxLength: 240 }), fc.integer({ min: 0, max: 1 })),
    );
    const property = fc.asyncProperty(
      fc.integer({ min: 0, max: 300 }),
      rest,
      fc.bigInt(0n, 400n),
      async (rounds, [bytes, flag], gasLimit) => {
        const data = roundsAnd(rounds, concatBytes(bytes, Uint8Array.of(flag)));
        expect(await own(callOf(data, gasLimit))).toEqual(await stock(callOf(data, gasLimit)));
      },
    );
    await fc.assert(property, { numRuns: 500 });
  });

  const SLICE = BLAKE2F_SLICE_ROUNDS;
  it.each([0, 1, 9, 10, 11, 19, 20, 21, SLICE - 1, SLICE, SLICE + 1, 2 * SLICE, 10 * SLICE + 3])(
    'agrees with it after %i rounds',
    async (rounds) => {
      const call = callOf(roundsAnd(rounds, REST), BigInt(rounds));
      expect(await own(call)).toEqual(await stock(call));
      expect((await own(call)).executionGasUsed).toBe(BigInt(rounds));
    },
  );

  it('refuses what EIP-152 calls invalid, takes all gas for it, and never runs what is not paid', async () => {
    const valid = roundsAnd(12, REST);
    const tooShort = valid.subarray(1);
    const tooLong = concatBytes(Uint8Array.of(0), valid);
    for (const data of [new Uint8Array(0), tooShort, tooLong, valid.slice().fill(2, 212)])
      expect(await own(callOf(data, 77n))).toMatchObject({
        executionGasUsed: 77n,
        exceptionError: { error: 'value out of range' },
      });
    expect(await own(callOf(roundsAnd(0xffffffff, REST), 0xfffffffen))).toMatchObject({
      executionGasUsed: 0xfffffffen,
      exceptionError: { error: 'out of gas' },
    });
  });

  it('is what contracts reach, from Istanbul on', async () => {
    const bench = openBench([]);
    const host = bench.host();
    host.beginTransaction();
    const message = { caller: ZERO_ADDRESS, value: 0n, gasPrice: 0n, blobVersionedHashes: [], to: BLAKE2F_ADDRESS };
    const { output, gasUsed } = await host.call({ ...message, data: roundsAnd(12, REST), gasLimit: 100n });
    expect(output).toEqual((await stock(callOf(roundsAnd(12, REST), 12n))).returnValue);
    expect(gasUsed).toBe(12n);
    expect(bench.alarms).toEqual([]);
    expect(cryptoBackends().blake2f).toBe('wasm');
    expect(precompileTable(RULES, []).functions.get(KEY)).not.toBe(stock);
    expect(precompileTable({ ...RULES, fork: 'petersburg' }, []).functions.has(KEY)).toBe(false);
  });
});
