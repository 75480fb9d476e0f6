import { decodeErrorResult, decodeEventLog, decodeFunctionResult, encodeFunctionData, type Hex } from 'viem';
import { describe, expect, it } from 'vitest';
import { isMachineFailure } from '../../../precompiles/framework/failure.ts';
import {
  ACCOUNT_READ,
  CALL_DISPATCH,
  CALLDATA_BYTE,
  LOG,
  LOG_BYTE,
  LOG_TOPIC,
  PAYMENT,
  PAYMENT_NEW_ACCOUNT,
  SLOT_AGAIN,
  SLOT_NEW,
  SLOT_READ,
  SLOT_UPDATE,
  workGas,
} from '../../../precompiles/framework/gas.ts';
import type { PrecompileResult } from '../../../precompiles/framework/host.ts';
import { mappingSlot } from '../../../precompiles/framework/storage.ts';
import { bytesToHex, hexToBytes, parseAddress } from '../../../primitives/bytes.ts';
import { InvariantError } from '../../../primitives/errors.ts';
import {
  ADD_WORK,
  BALANCES_SLOT,
  COUNTER_ADDRESS,
  COUNTER_SLOT,
  counter,
  counterAbi,
  READ_WORK,
} from '../support/counter.ts';
import { type CallScheme, MemoryHost } from '../support/memoryHost.ts';

const ALICE = parseAddress('0x00000000000000000000000000000000000a11ce');
const BOB = parseAddress('0x0000000000000000000000000000000000000b0b');

function data(functionName: string, args: readonly unknown[] = []): Uint8Array {
  return hexToBytes(encodeFunctionData({ abi: counterAbi, functionName, args } as never));
}

function errorOf(result: PrecompileResult): { errorName: string; args?: readonly unknown[] } {
  if (result.outcome !== 'revert') throw new Error(`expected a revert, got ${result.outcome}`);
  return decodeErrorResult({ abi: counterAbi, data: bytesToHex(result.output) }) as never;
}

function call(
  host: MemoryHost,
  input: Uint8Array,
  more: { scheme?: CallScheme; valueWei?: bigint; gas?: bigint } = {},
) {
  return host.call({ precompile: counter, from: ALICE, data: input, ...more });
}

describe('a defined precompile', () => {
  it('runs a method: result, event, slots and gas are what they should be', () => {
    const host = new MemoryHost();
    const input = data('add', [[3n, 4n], 'hello']);
    const result = call(host, input);
    expect(result.outcome).toBe('success');
    if (result.outcome !== 'success') return;
    expect(decodeFunctionResult({ abi: counterAbi, functionName: 'add', data: bytesToHex(result.output) })).toEqual([
      7n,
      expect.stringMatching(/a11ce$/i),
    ]);
    expect(host.slot(COUNTER_ADDRESS, COUNTER_SLOT)).toBe(7n);
    const [log] = host.logs;
    expect(
      decodeEventLog({
        abi: counterAbi,
        topics: (log?.topics ?? []).map(bytesToHex) as [Hex, ...Hex[]],
        data: bytesToHex(log?.data ?? new Uint8Array()),
      }).args,
    ).toMatchObject({ total: 7n, note: 'hello' });

    const dispatch = CALL_DISPATCH + CALLDATA_BYTE * BigInt(input.length) + ADD_WORK;
    const total = SLOT_READ + (SLOT_AGAIN + SLOT_NEW);
    const firstPush = SLOT_READ + (SLOT_READ + SLOT_NEW) + (SLOT_AGAIN + SLOT_NEW);
    const secondPush = SLOT_AGAIN + (SLOT_READ + SLOT_NEW) + (SLOT_AGAIN + SLOT_AGAIN);
    const note = SLOT_READ + SLOT_AGAIN + (SLOT_AGAIN + SLOT_NEW);
    const event = LOG + 2n * LOG_TOPIC + 128n * LOG_BYTE;
    expect(result.gasUsed).toBe(dispatch + 2n * workGas(1) + total + firstPush + secondPush + note + event);
    expect(result.workMicroseconds).toBe(Number((dispatch + 2n * workGas(1) + 9n) / 10n));
  });

  it('S3: every gas limit from 0 to the cost either succeeds exactly or changes nothing', () => {
    const input = data('add', [[3n], 'x']);
    const reference = new MemoryHost();
    const cost = call(reference, input).gasUsed;
    const limits = [0n, 1n, cost - 1n, cost, cost + 1n];
    for (let gas = 0n; gas < cost; gas += 97n) limits.push(gas);
    for (const gas of limits) {
      const host = new MemoryHost();
      const before = host.fingerprint();
      const result = call(host, input, { gas });
      if (gas >= cost) {
        expect(result).toMatchObject({ outcome: 'success', gasUsed: cost });
        expect(host.fingerprint()).toBe(reference.fingerprint());
      } else {
        expect(result).toMatchObject({ outcome: 'failure', gasUsed: gas });
        expect(host.fingerprint()).toBe(before);
      }
    }
  });

  it('charges a view exactly: supplied gas = cost leaves 0, one less is out of gas', () => {
    const cost = CALL_DISPATCH + 4n * CALLDATA_BYTE + READ_WORK + SLOT_READ;
    expect(call(new MemoryHost(), data('value'), { gas: cost })).toMatchObject({ outcome: 'success', gasUsed: cost });
    expect(call(new MemoryHost(), data('value'), { gas: cost - 1n })).toMatchObject({ outcome: 'failure' });
  });

  it.each(['DELEGATECALL', 'CALLCODE'] as const)('S8, S9: %s is refused by name, views included', (scheme) => {
    for (const input of [data('value'), data('add', [[1n], '']), new Uint8Array(3)]) {
      expect(errorOf(call(new MemoryHost(), input, { scheme })).errorName).toBe('DelegateCallNotAllowed');
    }
  });

  it('S10: a write under STATICCALL is refused by name, a read is not', () => {
    const host = new MemoryHost();
    const refused = call(host, data('add', [[1n], '']), { scheme: 'STATICCALL' });
    expect(errorOf(refused).errorName).toBe('WriteInStaticCall');
    expect(call(host, data('value'), { scheme: 'STATICCALL' }).outcome).toBe('success');
  });

  it('S21: value is refused by name unless the method is payable; a plain transfer names no method', () => {
    const host = new MemoryHost();
    host.fund(ALICE, 10n);
    expect(errorOf(call(host, data('add', [[], '']), { valueWei: 1n }))).toMatchObject({
      errorName: 'ValueNotAccepted',
      args: [1n],
    });
    expect(errorOf(call(host, new Uint8Array(), { valueWei: 1n })).errorName).toBe('UnknownSelector');
    expect(host.balanceOf(COUNTER_ADDRESS)).toBe(0n);
    expect(call(host, data('deposit'), { valueWei: 4n }).outcome).toBe('success');
    expect(host.balanceOf(COUNTER_ADDRESS)).toBe(4n);
  });

  it.each(['0x', '0x3fa4f2', '0xdeadbeef', '0x00000000'] as const)('refuses %s as an unknown selector', (hex) => {
    const { errorName, args } = errorOf(call(new MemoryHost(), hexToBytes(hex)));
    expect(errorName).toBe('UnknownSelector');
    expect(args).toEqual([hex.padEnd(10, '0')]);
  });

  it('S7, S12: refuses calldata that is not canonical, and lengths over their limit, by name', () => {
    const input = data('add', [[3n], 'x']);
    const dirty = input.slice();
    dirty[4 + 32 * 3] = 1; // above the 64 bits of the first step
    const cases: readonly Uint8Array[] = [input.slice(0, -1), new Uint8Array([...input, 0]), dirty];
    for (const bad of cases) expect(errorOf(call(new MemoryHost(), bad)).errorName).toBe('InvalidCalldata');
    const host = new MemoryHost();
    expect(call(host, data('add', [[1n, 1n, 1n, 1n], 'n'.repeat(64)])).outcome).toBe('success');
    expect(errorOf(call(host, data('add', [[1n, 1n, 1n, 1n, 1n], ''])))).toEqual(
      expect.objectContaining({ errorName: 'LengthOverLimit', args: [64n, 5n, 4n] }),
    );
    expect(errorOf(call(host, data('add', [[], 'n'.repeat(65)])))).toEqual(
      expect.objectContaining({ errorName: 'LengthOverLimit', args: [96n, 65n, 64n] }),
    );
  });

  it('an exception that follows from the input takes all gas, raises an alarm and changes nothing', () => {
    const host = new MemoryHost();
    const before = host.fingerprint();
    expect(call(host, data('breakInput'), { gas: 50_000n })).toMatchObject({ outcome: 'failure', gasUsed: 50_000n });
    expect(host.alarms).toHaveLength(1);
    expect(host.fingerprint()).toBe(before);
  });

  it('S15, S23: a broken invariant leaves the framework, so that the node stops', () => {
    expect(() => call(new MemoryHost(), data('breakInvariant'))).toThrow(InvariantError);
  });

  it('what the host throws leaves the framework as it is: a failing database is nobody’s input', () => {
    const broken = new Error('no such file');
    class BrokenHost extends MemoryHost {
      override slot(): bigint {
        throw broken;
      }
    }
    expect(() => call(new BrokenHost(), data('value'))).toThrow(broken);
  });

  it.each([
    ['exhausted memory', new RangeError('Array buffer allocation failed'), true],
    ['exhausted stack', new RangeError('Maximum call stack size exceeded'), true],
    ['a failed system call', Object.assign(new Error('read'), { syscall: 'read' }), true],
    ['a closed database', Object.assign(new Error('closed'), { code: 'LEVEL_DATABASE_NOT_OPEN' }), true],
    ['a trap', Object.assign(new Error('unreachable'), { name: 'RuntimeError' }), true],
    ['a value out of range', new RangeError('Invalid array length'), false],
    ['a mistake', new TypeError('undefined is not a function'), false],
    ['no error at all', 'text', false],
  ])('tells the machine’s failures from the input’s: %s', (_, error, isMachine) => {
    expect(isMachineFailure(error)).toBe(isMachine);
  });

  it('S2, S5: pays only what it holds, charges for a new account, and keeps the supply', () => {
    const host = new MemoryHost();
    host.fund(ALICE, 10n);
    const supplyWei = host.totalSupplyWei();
    expect(call(host, data('deposit'), { valueWei: 10n }).outcome).toBe('success');
    const tooMuch = errorOf(call(host, data('withdraw', [bytesToHex(BOB), 11n])));
    expect(tooMuch).toMatchObject({ errorName: 'TooMuch', args: [10n, 11n] });

    const input = data('withdraw', [bytesToHex(BOB), 4n]);
    const fixed = CALL_DISPATCH + CALLDATA_BYTE * BigInt(input.length) + ADD_WORK;
    const cost = fixed + SLOT_READ + SLOT_AGAIN + SLOT_UPDATE + ACCOUNT_READ + PAYMENT;
    expect(call(host, input, { gas: cost + PAYMENT_NEW_ACCOUNT })).toMatchObject({
      outcome: 'success',
      gasUsed: cost + PAYMENT_NEW_ACCOUNT,
    });
    expect(call(host, input, { gas: cost })).toMatchObject({ outcome: 'success', gasUsed: cost });
    expect(host.balanceOf(BOB)).toBe(8n);
    expect(host.slot(COUNTER_ADDRESS, mappingSlot(BALANCES_SLOT, ALICE))).toBe(2n);
    expect(host.totalSupplyWei()).toBe(supplyWei);
  });

  it('S16: books that exceed the balance fail with an alarm and pay nothing', () => {
    const host = new MemoryHost();
    host.slots.set(`${bytesToHex(COUNTER_ADDRESS)}:${mappingSlot(BALANCES_SLOT, ALICE)}`, 5n);
    expect(call(host, data('withdraw', [bytesToHex(BOB), 5n])).outcome).toBe('failure');
    expect(host.alarms).toMatchObject([{ code: 'PRECOMPILE_UNDERFUNDED' }]);
    expect(host.balanceOf(BOB)).toBe(0n);
  });
});
