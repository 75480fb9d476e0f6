// The traps of native contracts on the stock EVM, each by its name (chain-peers §2.9, performance §4.3).
import { describe, expect, it } from 'vitest';
import { commonFor } from '../../../node/execution/evmCommon.ts';
import { EvmState } from '../../../node/execution/evmState.ts';
import { FatalExecutionError } from '../../../node/execution/executionErrors.ts';
import { NATIVE_STUB_CODE } from '../../../node/execution/nativeCall.ts';
import type { HostCall, PrecompileHost, PrecompileResult } from '../../../precompiles/framework/host.ts';
import { bytesToBigInt, concatBytes, equalBytes, parseAddress } from '../../../primitives/bytes.ts';
import { InvariantError } from '../../../primitives/errors.ts';
import { deployer } from './support/assembler.ts';
import { BLOCK, native, openBench, transaction } from './support/bench.ts';
import { CONTRACTS } from './support/contracts.ts';
import { ACTORS } from './support/randomTransactions.ts';
import { METHODS, TEST_PRECOMPILE_ADDRESS, testPrecompile } from './support/testPrecompile.ts';

const SUCCESS: PrecompileResult = { outcome: 'success', gasUsed: 10n, workMicroseconds: 1, output: new Uint8Array(0) };
/** After whatever was done. */
const succeed = (_done: unknown): PrecompileResult => SUCCESS;
const slot0 = new Uint8Array(32);
const writeOne = concatBytes(Uint8Array.of(METHODS.write, 0), new Uint8Array(31), Uint8Array.of(9));

/** Calldata that goes through forwarding contracts, outermost first, to the native contract. */
function through(names: readonly string[], payload: Uint8Array, mode = 0): { to: Uint8Array; data: Uint8Array } {
  let to: Uint8Array = TEST_PRECOMPILE_ADDRESS;
  let data = payload;
  for (const name of names.toReversed()) {
    data = concatBytes(Uint8Array.of(mode), to, data);
    to = CONTRACTS[name]!.address;
  }
  return { to, data };
}

async function callsSeen(names: readonly string[], mode = 0): Promise<HostCall[]> {
  const seen: HostCall[] = [];
  const recorder = native((host) => {
    seen.push(host.call);
    return SUCCESS;
  });
  const execution = await openBench([recorder]).begin();
  const { to, data } = through(names, Uint8Array.of(1, 2, 3), mode);
  const result = await execution.apply(transaction({ to: to as never, data }));
  expect(result.included).toBe(true);
  return seen;
}

describe('what a native contract is told', () => {
  it('caller, origin, depth and data of a direct transaction', async () => {
    const [call] = await callsSeen([]);
    expect(call).toMatchObject({
      depth: 0,
      isStatic: false,
      isOwnContext: true,
      valueWei: 0n,
      data: Uint8Array.of(1, 2, 3),
    });
    expect(call!.caller).toEqual(ACTORS[0]!.address);
    expect(call!.origin).toEqual(ACTORS[0]!.address);
  });

  it('CALL: the calling contract, its value and its depth', async () => {
    const [call] = await callsSeen(['call', 'call'], 1);
    expect(call).toMatchObject({ depth: 2, isStatic: false, isOwnContext: true, valueWei: 1n });
    expect(call!.caller).toEqual(CONTRACTS.call!.address);
    expect(call!.origin).toEqual(ACTORS[0]!.address);
  });

  it('S8: DELEGATECALL is not its own context, whoever the caller seems to be', async () => {
    const [call] = await callsSeen(['delegateCall']);
    expect(call!.isOwnContext).toBe(false);
    expect(call!.caller).toEqual(ACTORS[0]!.address);
  });

  it('S9: CALLCODE is not its own context, though it is not marked as a delegatecall', async () => {
    expect((await callsSeen(['callCode']))[0]!.isOwnContext).toBe(false);
  });

  it('S11: STATICCALL is inherited by a CALL below it', async () => {
    expect((await callsSeen(['staticCall']))[0]!.isStatic).toBe(true);
    expect((await callsSeen(['staticCall', 'call']))[0]!.isStatic).toBe(true);
    expect((await callsSeen(['call', 'staticCall', 'delegateCall']))[0]!.isStatic).toBe(true);
  });

  it('performance §4.3.2: nothing of a frame outlives it, so the next transaction sees its own', async () => {
    const seen: HostCall[] = [];
    const bench = openBench([native((host) => succeed(seen.push(host.call)))]);
    const execution = await bench.begin({ allowsDirectPath: false });
    const { to, data } = through(['call'], new Uint8Array(0), 2);
    await execution.apply(transaction({ to: to as never, data }));
    await execution.apply(transaction({ nonce: 0n }, ACTORS[1]!));
    expect(seen.map(({ depth, caller }) => [depth, caller])).toEqual([
      [1, CONTRACTS.call!.address],
      [0, ACTORS[1]!.address],
    ]);
  });
});

describe.each([true, false])('what becomes of its faults (direct path %s)', (allowsDirectPath) => {
  async function outcomeOf(run: (host: PrecompileHost) => PrecompileResult, gasLimit = 100_000n) {
    const bench = openBench([native(run)]);
    const execution = await bench.begin({ allowsDirectPath });
    const result = await execution.apply(transaction({ gasLimit }));
    if (!result.included) throw result.refusal;
    return { ...result, bench, execution };
  }

  it('trap 2: an exception that follows from the input consumes all gas, raises an alarm and leaves no checkpoint open', async () => {
    const { receipt, bench, execution } = await outcomeOf(() => {
      throw new TypeError('bad input');
    });
    expect(receipt).toMatchObject({ succeeded: false, gasUsed: 100_000n });
    expect(bench.alarms).toMatchObject([{ precompile: 'Test', cause: { message: 'bad input' } }]);
    expect(await execution.apply(transaction({ nonce: 1n, gasLimit: 50_000n }))).toMatchObject({ included: true });
  });

  it.each([
    new InvariantError('broken'),
    new RangeError('Array buffer allocation failed'),
    new RangeError('Maximum call stack size exceeded'),
    Object.assign(new Error('corruption'), { code: 'LEVEL_CORRUPTION' }),
    Object.assign(new Error('unreachable'), { name: 'RuntimeError' }),
  ])('a failure of the machine stops the node: %s', async (fault) => {
    await expect(
      outcomeOf(() => {
        throw fault;
      }),
    ).rejects.toThrow(FatalExecutionError);
  });

  it('a range error that follows from the input is no failure of the machine', async () => {
    const { receipt } = await outcomeOf(() => {
      throw new RangeError('Invalid array length');
    });
    expect(receipt.succeeded).toBe(false);
  });

  it.each([100_000n + 1n, -1n])(
    'trap 3, S15: gas outside its limit (%i) fails the call instead of being believed',
    async (gasUsed) => {
      const { receipt, bench } = await outcomeOf(() => ({ ...SUCCESS, gasUsed }));
      expect(receipt).toMatchObject({ succeeded: false, gasUsed: 100_000n });
      expect(bench.alarms).toHaveLength(1);
    },
  );

  it.each([Number.NaN, -1, 0.5])('declared work that is no count (%d) fails the call', async (workMicroseconds) => {
    const { receipt, outcome } = await outcomeOf(() => ({ ...SUCCESS, workMicroseconds }));
    expect(receipt.succeeded).toBe(false);
    expect(outcome.nativeWorkMicroseconds).toBe(0);
  });

  it('writes and logs of a call that reverts are undone; its gas is what it used', async () => {
    const { receipt, bench } = await outcomeOf(({ state }) => {
      state.sstore(TEST_PRECOMPILE_ADDRESS, 0n, 5n);
      state.emit(TEST_PRECOMPILE_ADDRESS, [], new Uint8Array(1));
      return { ...SUCCESS, outcome: 'revert' };
    });
    expect(receipt).toMatchObject({ succeeded: false, gasUsed: 21_010n, logs: [] });
    expect(bench.state.slot(TEST_PRECOMPILE_ADDRESS, slot0)).toHaveLength(0);
  });

  it('S1: a native write is in the same journal as everything else', async () => {
    const { receipt, bench } = await outcomeOf(({ state }) => {
      state.sstore(TEST_PRECOMPILE_ADDRESS, 0n, 5n);
      state.emit(TEST_PRECOMPILE_ADDRESS, [], new Uint8Array(1));
      return SUCCESS;
    });
    expect(receipt.logs).toHaveLength(1);
    expect(bytesToBigInt(bench.state.slot(TEST_PRECOMPILE_ADDRESS, slot0))).toBe(5n);
    expect(bench.state.changes().slots.size).toBe(1);
  });

  it('a write to another account is a bug of ours and stops the node', async () => {
    const other = parseAddress('0x0000000000000000000000000000000000000d01');
    const run = outcomeOf(({ state }) => succeed(state.sstore(other, 0n, 1n)));
    await expect(run).rejects.toThrow(FatalExecutionError);
  });

  it('S5: a slot holds no negative and no wider number; a transfer no negative amount', async () => {
    const own = TEST_PRECOMPILE_ADDRESS;
    for (const value of [-1n, 2n ** 256n]) {
      const { receipt } = await outcomeOf(({ state }) => succeed(state.sstore(own, 0n, value)));
      expect(receipt.succeeded).toBe(false);
    }
    const { receipt } = await outcomeOf(({ state }) => succeed(state.transfer(own, own, -1n)));
    expect(receipt.succeeded).toBe(false);
  });
});

describe('the second lock on writes', () => {
  const careless = native(({ state }) => succeed(state.sstore(TEST_PRECOMPILE_ADDRESS, 0n, 1n)));

  it.each(['staticCall', 'delegateCall', 'callCode'])(
    'S10: a native contract that forgets to refuse %s writes nothing',
    async (kind) => {
      const bench = openBench([careless]);
      const execution = await bench.begin();
      const { to, data } = through([kind], new Uint8Array(0));
      await execution.apply(transaction({ to: to as never, data }));
      expect(bench.state.slot(TEST_PRECOMPILE_ADDRESS, slot0)).toHaveLength(0);
      expect(bench.alarms).toHaveLength(1);
    },
  );
});

describe('around the native contract', () => {
  it.each([
    [0, 9n],
    [2, 0n],
  ])('S3: a caller that catches or reverts (mode %i) leaves slot 0 at %i', async (mode, expected) => {
    const bench = openBench();
    const execution = await bench.begin();
    const { to, data } = through(['call'], writeOne, mode);
    await execution.apply(transaction({ to: to as never, data }));
    expect(bytesToBigInt(bench.state.slot(TEST_PRECOMPILE_ADDRESS, slot0))).toBe(expected);
  });

  it('S3: at every gas limit the call writes everything or nothing', async () => {
    for (let gasLimit = 25_900n; gasLimit < 26_600n; gasLimit += 50n) {
      const bench = openBench();
      const execution = await bench.begin();
      const result = await execution.apply(transaction({ gasLimit, data: writeOne }));
      if (!result.included) continue;
      const written = bench.state.slot(TEST_PRECOMPILE_ADDRESS, slot0).length > 0;
      expect(written).toBe(result.receipt.succeeded);
      expect(result.receipt.logs.length > 0).toBe(result.receipt.succeeded);
    }
  });

  it('traps 4 and 5: its account has nonce 1 and code, and survives the end of the transaction with its storage', async () => {
    const bench = openBench();
    const execution = await bench.begin();
    await execution.apply(transaction({ data: writeOne }));
    const record = bench.state.account(TEST_PRECOMPILE_ADDRESS)!;
    expect(record.nonce).toBe(1n);
    expect(bench.state.code(record.codeHash)).toEqual(NATIVE_STUB_CODE);
    expect(bytesToBigInt(bench.state.slot(TEST_PRECOMPILE_ADDRESS, slot0))).toBe(9n);
  });

  it('performance §4.3.6: an account that delegates to it runs the stub and reverts, on no direct path', async () => {
    const bench = openBench();
    bench.state.setCode(ACTORS[1]!.address, concatBytes(Uint8Array.of(0xef, 1, 0), TEST_PRECOMPILE_ADDRESS));
    const execution = await bench.begin();
    const result = await execution.apply(transaction({ to: ACTORS[1]!.address, data: writeOne }));
    expect(result).toMatchObject({ included: true, outcome: { exception: 'revert', nativeWorkMicroseconds: 0 } });
  });

  it('performance §4.1: native contracts are warm in every transaction: a cold touch would cost 2,500 more', async () => {
    const gas: bigint[] = [];
    for (const target of [TEST_PRECOMPILE_ADDRESS, parseAddress('0x00000000000000000000000000000000000000aa')]) {
      const execution = await openBench([{ ...testPrecompile, run: () => ({ ...SUCCESS, gasUsed: 0n }) }]).begin();
      const data = concatBytes(Uint8Array.of(0), target);
      const result = await execution.apply(transaction({ to: CONTRACTS.call!.address, data }));
      if (result.included) gas.push(result.receipt.gasUsed);
    }
    const byteGas = BigInt(2 * (16 - 4) - (16 - 4));
    expect(gas[1]! - gas[0]! + byteGas).toBe(2_500n);
  });

  it('S19: a call within a constructor reaches the native contract', async () => {
    const bench = openBench();
    const execution = await bench.begin();
    const runtime = deployer(CONTRACTS.call!.code);
    expect(await execution.apply(transaction({ to: undefined, data: runtime }))).toMatchObject({ included: true });
    expect(bench.alarms).toEqual([]);
  });

  it('trap 1: a copy of the state manager works on the same journal, and the tables are shared and not copied', async () => {
    const { state } = openBench();
    const copy = new EvmState(state).shallowCopy();
    const common = commonFor(1n, 'osaka');
    expect(common.copy()).toBe(common);
    expect(commonFor(1n, 'osaka')).toBe(common);
    expect((await copy.getAccount({ bytes: ACTORS[0]!.address } as never))!.balance).toBe(10n ** 20n);
  });

  it('a fault of the interpreter fails its transaction; the EVM is replaced by a copy that keeps the host (trap 1)', async () => {
    const seen: HostCall[] = [];
    const bench = openBench([native(({ call }) => succeed(seen.push(call)))]);
    const blockHash = () => {
      throw new TypeError('no such block');
    };
    const execution = await bench.begin({ block: { ...BLOCK, blockHash } });
    const faulty = await execution.apply(transaction({ to: CONTRACTS.environment!.address, gasLimit: 100_000n }));
    expect(faulty).toMatchObject({ included: true, receipt: { succeeded: false, gasUsed: 100_000n } });
    expect(bench.alarms).toMatchObject([{ precompile: 'interpreter' }]);
    const { to, data } = through(['call'], new Uint8Array(0));
    expect(await execution.apply(transaction({ nonce: 1n, to: to as never, data }))).toMatchObject({ included: true });
    expect(seen.map(({ caller, depth }) => [caller, depth])).toEqual([[CONTRACTS.call!.address, 1]]);
  });

  it('S20: two machines come to the same bytes', async () => {
    const receipts = await Promise.all(
      [1, 2].map(async () => {
        const execution = await openBench().begin();
        await execution.apply(transaction({ data: writeOne }));
        return (await execution.finish({ withdrawals: [] })).receiptsRoot;
      }),
    );
    expect(equalBytes(receipts[0]!, receipts[1]!)).toBe(true);
  });
});
