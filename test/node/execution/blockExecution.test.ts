// The steps of a block: what is refused leaves nothing, what may be missing halts nothing.
import { describe, expect, it } from 'vitest';
import { SYSTEM_CONTRACTS } from '../../../genesis/systemContracts.ts';
import type { Withdrawal } from '../../../node/block/types.ts';
import { FatalExecutionError } from '../../../node/execution/executionErrors.ts';
import { BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS, SYSTEM_ADDRESS } from '../../../node/execution/systemCalls.ts';
import { EMPTY_TRIE_ROOT } from '../../../node/state/account.ts';
import {
  bigIntToFixedBytes,
  bytesToBigInt,
  bytesToHex,
  hexToBytes,
  parseAddress,
  toHash,
} from '../../../primitives/bytes.ts';
import { ChainError } from '../../../primitives/errors.ts';
import { BLOCK, COINBASE, openBench, RULES, transaction } from './support/bench.ts';
import { CONTRACTS } from './support/contracts.ts';
import { ACTORS } from './support/randomTransactions.ts';
import { METHODS, TEST_PRECOMPILE_ADDRESS, TEST_PRECOMPILE_WORK } from './support/testPrecompile.ts';

const SENDER = ACTORS[0]!.address;
const write = Uint8Array.of(METHODS.write, 0, 1);
const someHash = (byte: number) => toHash(new Uint8Array(32).fill(byte));

describe('native work', () => {
  it('is bounded per block: the transaction that goes over it is refused and leaves no trace', async () => {
    const bench = openBench();
    const execution = await bench.begin({ nativeWorkMicrosecondsMax: 2 * TEST_PRECOMPILE_WORK });
    for (const nonce of [0n, 1n])
      expect(await execution.apply(transaction({ nonce, data: write }))).toMatchObject({ included: true });
    const before = bench.state.account(SENDER);
    const refused = await execution.apply(transaction({ nonce: 2n, data: write }));
    expect(refused).toMatchObject({
      included: false,
      refusal: { code: 'NATIVE_WORK_LIMIT', data: { expected: 0, got: 100 } },
    });
    expect(bench.state.account(SENDER)).toEqual(before);
    expect(await execution.apply(transaction({ nonce: 2n, to: COINBASE }))).toMatchObject({ included: true });
    expect((await execution.finish({ withdrawals: [] })).nativeWorkMicroseconds).toBe(200);
  });

  it('that no block has room for is told apart', async () => {
    const execution = await openBench().begin({ nativeWorkMicrosecondsMax: TEST_PRECOMPILE_WORK - 1 });
    const refused = await execution.apply(transaction({ data: write }));
    expect(refused).toMatchObject({ included: false, refusal: { code: 'NATIVE_WORK_LIMIT_ALONE' } });
  });

  it('counts in frames that were reverted: S24, try and catch does not make it free', async () => {
    const execution = await openBench().begin();
    const data = Uint8Array.of(2, ...TEST_PRECOMPILE_ADDRESS, ...write);
    const result = await execution.apply(transaction({ to: CONTRACTS.call!.address, data }));
    expect(result).toMatchObject({ outcome: { exception: 'revert', nativeWorkMicroseconds: TEST_PRECOMPILE_WORK } });
  });
});

describe('a refused transaction', () => {
  it('leaves state, gas and receipts as they were, and the next one runs', async () => {
    const bench = openBench();
    const execution = await bench.begin();
    const refused = await execution.apply(transaction({ nonce: 7n }));
    expect(refused).toMatchObject({ included: false, refusal: { code: 'NONCE_TOO_HIGH' } });
    expect(execution.gasUsed).toBe(0n);
    expect(await execution.apply(transaction())).toMatchObject({ included: true });
  });

  it('may be too large for what the block has left, though not for the block', async () => {
    const execution = await openBench().begin({ block: { ...BLOCK, gasLimit: 50_000n } });
    expect(await execution.apply(transaction({ to: COINBASE, gasLimit: 50_000n }))).toMatchObject({ included: true });
    const refused = await execution.apply(transaction({ nonce: 1n, to: COINBASE, gasLimit: 29_001n }));
    expect(refused).toMatchObject({ included: false, refusal: { code: 'GAS_LIMIT_ABOVE_BLOCK' } });
    expect(await execution.apply(transaction({ nonce: 1n, to: COINBASE, gasLimit: 29_000n }))).toMatchObject({
      included: true,
    });
  });
});

describe('a failure of the machine', () => {
  it.each(['DATABASE_CORRUPTED', 'DATABASE_FAILED', 'STATE_PRUNED'])(
    'is never taken for the transaction’s: %s',
    async (code) => {
      for (const read of ['account', 'slot', 'code'] as const) {
        const bench = openBench();
        const execution = await bench.begin();
        const tx = transaction({
          to: CONTRACTS.call!.address,
          data: Uint8Array.of(2, ...TEST_PRECOMPILE_ADDRESS, ...write),
        });
        bench.state[read] = () => {
          throw new ChainError(code, 'the disk is damaged');
        };
        await expect(execution.apply(tx), read).rejects.toBeInstanceOf(FatalExecutionError);
      }
    },
  );
});

describe('system contracts', () => {
  function withSystemContracts() {
    const bench = openBench();
    for (const { address, code } of SYSTEM_CONTRACTS) bench.state.setCode(address, code);
    return bench;
  }

  it('record the parents before the first transaction (EIP-4788, EIP-2935), and the system account does not stay', async () => {
    const bench = withSystemContracts();
    await bench.begin({ parentHash: someHash(7), parentBeaconBlockRoot: someHash(8) });
    const slot = (number: bigint) => bigIntToFixedBytes(number, 32);
    expect(bench.state.slot(BEACON_ROOTS_ADDRESS, slot(1_000n))).toEqual(hexToBytes('0x03e8'));
    expect(bench.state.slot(BEACON_ROOTS_ADDRESS, slot(1_000n + 8_191n))).toEqual(someHash(8));
    expect(bench.state.slot(HISTORY_STORAGE_ADDRESS, slot(4n))).toEqual(someHash(7));
    expect(bench.state.account(SYSTEM_ADDRESS)).toBeUndefined();
  });

  it('collect requests at the end; without any the requests hash is that of nothing', async () => {
    const execution = await withSystemContracts().begin();
    const executed = await execution.finish({ withdrawals: [] });
    const empty = '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(bytesToHex(executed.requestsHash!)).toBe(empty);
  });

  it('that are missing make no requests on a Gnomon chain, and an alarm', async () => {
    const bench = openBench();
    const execution = await bench.begin();
    expect((await execution.finish({ withdrawals: [] })).requests.map(({ data }) => data.length)).toEqual([0, 0, 0]);
    expect(bench.alarms).toHaveLength(2);
  });

  it('that fail make no requests on a Gnomon chain, and a foreign block invalid', async () => {
    for (const isGnomon of [true, false]) {
      const bench = withSystemContracts();
      for (const { address } of SYSTEM_CONTRACTS) bench.state.setCode(address, Uint8Array.of(0xfe));
      const execution = await bench.begin({ rules: { ...RULES, isGnomon } });
      const finished = execution.finish({ withdrawals: [] });
      if (isGnomon) expect((await finished).requests).toHaveLength(3);
      else await expect(finished).rejects.toMatchObject({ code: 'SYSTEM_CALL_FAILED' });
    }
  });
});

describe('balances without transactions', () => {
  it('credits withdrawals in Gwei; one of zero creates nothing', async () => {
    const bench = openBench([]);
    const execution = await bench.begin();
    const nobody = parseAddress('0x00000000000000000000000000000000000000b0');
    const payee = parseAddress('0x00000000000000000000000000000000000000b1');
    const withdrawals: Withdrawal[] = [
      { index: 0n, validatorIndex: 0n, address: payee, amountGwei: 3n },
      { index: 1n, validatorIndex: 0n, address: nobody, amountGwei: 0n },
    ];
    const executed = await execution.finish({ withdrawals });
    expect(bench.state.account(payee)?.balanceWei).toBe(3_000_000_000n);
    expect(bench.state.account(nobody)).toBeUndefined();
    expect(executed.withdrawalsRoot).not.toEqual(EMPTY_TRIE_ROOT);
  });

  it('gives block-start steps the parent’s state and returns what they pay', async () => {
    const bench = openBench();
    const paid: Withdrawal = { index: 0n, validatorIndex: 1n, address: SENDER, amountGwei: 5n };
    const execution = await bench.begin({
      blockStartSteps: [
        ({ state, block }) => {
          state.setSlot(TEST_PRECOMPILE_ADDRESS, new Uint8Array(32), bigIntToFixedBytes(block.number, 32));
          return [paid];
        },
      ],
    });
    expect(execution.dueWithdrawals).toEqual([paid]);
    expect(bytesToBigInt(bench.state.slot(TEST_PRECOMPILE_ADDRESS, new Uint8Array(32)))).toBe(BLOCK.number);
  });

  it.each<[Parameters<typeof Object>[0] & ('frontier' | 'byzantium' | 'constantinople'), bigint]>([
    ['frontier', 5n],
    ['byzantium', 3n],
    ['constantinople', 2n],
  ])('rewards block and ommers in %s with %i ether', async (fork, ether) => {
    const bench = openBench([]);
    const execution = await bench.begin({ rules: { ...RULES, fork }, block: { ...BLOCK, baseFeePerGas: undefined } });
    const finder = parseAddress('0x00000000000000000000000000000000000000b2');
    await execution.finish({ ommers: [{ number: BLOCK.number - 1n, coinbase: finder }] });
    const reward = ether * 10n ** 18n;
    expect(bench.state.account(finder)?.balanceWei).toBe((reward * 7n) / 8n);
    expect(bench.state.account(COINBASE)?.balanceWei).toBe(reward + reward / 32n);
  });
});
