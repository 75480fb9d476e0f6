// Every method of a precompile, called in every way (chain-peers §2.9). A target is what carries the calls out: the chain in
// memory, or a real EVM over the node's state.
import type { Abi, AbiFunction, AbiParameter } from 'abitype';
import { decodeErrorResult, decodeFunctionData, encodeFunctionData } from 'viem';
import { describe, expect, it } from 'vitest';
import type { DefinedPrecompile } from '../../../precompiles/framework/definePrecompile.ts';
import type { PrecompileResult } from '../../../precompiles/framework/host.ts';
import { bytesToHex, concatBytes, hexToBytes } from '../../../primitives/bytes.ts';
import type { Address } from '../../../primitives/types.ts';
import type { CallScheme, MemoryHost } from './memoryHost.ts';

export interface TargetCall {
  readonly from: Address;
  readonly data: Uint8Array;
  readonly scheme?: CallScheme;
  readonly valueWei?: bigint;
  readonly gas?: bigint;
  /** The frame that made the call reverts after it. */
  readonly revertAfter?: boolean;
}

/** Carries calls out on the state that a row prepared. */
export interface Target {
  call(call: TargetCall): Promise<PrecompileResult>;
  /** Everything that consensus sees, comparable. */
  fingerprint(): string;
  totalSupplyWei(): bigint;
}

export interface MatrixRow {
  readonly method: string;
  /** The exact gas of the working call. */
  readonly gas: bigint;
  prepare(): { readonly host: MemoryHost; readonly args: readonly unknown[]; readonly from: Address };
}

export interface Matrix {
  readonly precompile: DefinedPrecompile;
  readonly rows: readonly MatrixRow[];
  /** Length limits of every method, by parameter path. */
  readonly limits: Readonly<Record<string, Readonly<Record<string, number>>>>;
  target(host: MemoryHost): Target;
}

const GAS_STEPS = 24n;

export function describeMatrix(title: string, matrix: Matrix): void {
  const { abi, methods } = matrix.precompile;
  describe(title, () => {
    it('has a row for every method', () => {
      expect(matrix.rows.map((row) => row.method).sort()).toEqual(methods.map((method) => method.name).sort());
    });
    describe.each(matrix.rows.map((row) => [row.method, row] as const))('%s', (_, row) =>
      describeRow(matrix, abi, row),
    );
  });
}

function describeRow(matrix: Matrix, abi: Abi, row: MatrixRow): void {
  const item = abi.find((entry): entry is AbiFunction => entry.type === 'function' && entry.name === row.method);
  if (item === undefined) throw new Error(`no method ${row.method}`);
  const isWrite = item.stateMutability === 'nonpayable' || item.stateMutability === 'payable';
  const open = () => {
    const { host, args, from } = row.prepare();
    const target = matrix.target(host);
    const data = hexToBytes(encodeFunctionData({ abi, functionName: row.method, args } as never));
    return { target, data, args, from, before: target.fingerprint(), supply: target.totalSupplyWei() };
  };
  const errorOf = (result: PrecompileResult): string => {
    if (result.outcome !== 'revert') return result.outcome;
    return decodeErrorResult({ abi, data: bytesToHex(result.output) }).errorName;
  };

  it('costs exactly what the table says; one gas less changes nothing and takes it all', async () => {
    const first = open();
    const result = await first.target.call({ from: first.from, data: first.data, gas: row.gas });
    expect(result.outcome, errorOf(result)).toBe('success');
    expect(result.gasUsed).toBe(row.gas);
    expect(first.target.totalSupplyWei()).toBe(first.supply);
    if (isWrite) expect(first.target.fingerprint()).not.toBe(first.before);
    else expect(first.target.fingerprint()).toBe(first.before);
    const second = open();
    const short = await second.target.call({ from: second.from, data: second.data, gas: row.gas - 1n });
    expect(short).toMatchObject({ outcome: 'failure', gasUsed: row.gas - 1n });
    expect(second.target.fingerprint()).toBe(second.before);
  });

  it('S3: no gas limit below the cost leaves anything behind', async () => {
    const { target, data, from, before } = open();
    for (let step = 0n; step < GAS_STEPS; step++) {
      const gas = (row.gas * step) / GAS_STEPS;
      expect(await target.call({ from, data, gas })).toMatchObject({ outcome: 'failure', gasUsed: gas });
    }
    expect(target.fingerprint()).toBe(before);
  });

  it(isWrite ? 'S10: STATICCALL is refused by name' : 'STATICCALL answers as CALL does', async () => {
    const { target, data, from, before } = open();
    const result = await target.call({ from, data, scheme: 'STATICCALL' });
    expect(errorOf(result)).toBe(isWrite ? 'WriteInStaticCall' : 'success');
    expect(target.fingerprint()).toBe(before);
    const plain = await target.call({ from, data });
    if (!isWrite && result.outcome === 'success' && plain.outcome === 'success')
      expect(result.output).toEqual(plain.output);
  });

  it.each(['DELEGATECALL', 'CALLCODE'] as const)('S8, S9: %s is refused by name', async (scheme) => {
    const { target, data, from, before } = open();
    expect(errorOf(await target.call({ from, data, scheme }))).toBe('DelegateCallNotAllowed');
    expect(target.fingerprint()).toBe(before);
  });

  it('S21: value is refused by name unless payable, and never changes the supply', async () => {
    const { target, data, from, before, supply } = open();
    const result = await target.call({ from, data, valueWei: 1n });
    expect(errorOf(result)).toBe(item.stateMutability === 'payable' ? 'success' : 'ValueNotAccepted');
    if (result.outcome !== 'success') expect(target.fingerprint()).toBe(before);
    expect(target.totalSupplyWei()).toBe(supply);
  });

  it('S7: trailing and truncated calldata is refused by name', async () => {
    const { target, data, from, before } = open();
    const cuts = [1, 31, 32, 33, 64].filter((cut) => cut <= data.length - 4).map((cut) => data.slice(0, -cut));
    for (const bad of [concatBytes(data, new Uint8Array(1)), concatBytes(data, new Uint8Array(32)), ...cuts]) {
      expect(errorOf(await target.call({ from, data: bad }))).toBe('InvalidCalldata');
    }
    expect(target.fingerprint()).toBe(before);
  });

  it('S12: dirty high bits of any word are refused, or are another canonical value', async () => {
    const words = Math.floor((open().data.length - 4) / 32);
    for (let word = 0; word < words; word++) {
      const { target, data, from } = open();
      const dirty = data.slice();
      const at = 4 + word * 32;
      dirty[at] = (dirty[at] as number) ^ 0x80;
      const name = errorOf(await target.call({ from, data: dirty }));
      if (name === 'InvalidCalldata' || name === 'LengthOverLimit') continue;
      const hex = bytesToHex(dirty);
      const decoded = decodeFunctionData({ abi, data: hex });
      expect(encodeFunctionData({ abi, ...decoded } as never), `word ${word}: ${name}`).toBe(hex);
    }
  });

  const limits = Object.entries(matrix.limits[row.method] ?? {});
  it.skipIf(limits.length === 0).each(limits)(
    'S13: %s of %i is taken, one more is refused by name',
    async (path, limit) => {
      const at = open();
      const long = (length: number): Uint8Array =>
        hexToBytes(
          encodeFunctionData({
            abi,
            functionName: row.method,
            args: withLength(item.inputs, at.args, path, length),
          } as never),
        );
      expect(errorOf(await at.target.call({ from: at.from, data: long(limit) }))).not.toBe('LengthOverLimit');
      const over = open();
      expect(errorOf(await over.target.call({ from: over.from, data: long(limit + 1) }))).toBe('LengthOverLimit');
      expect(over.target.fingerprint()).toBe(over.before);
    },
  );

  it('S1, S6, S24: a revert of the frame around it undoes all of it', async () => {
    const { target, data, from, before } = open();
    await target.call({ from, data, revertAfter: true });
    expect(target.fingerprint()).toBe(before);
  });
}

/** The arguments with the value at `path` (`r.docUri`) made `length` bytes long. */
function withLength(
  inputs: readonly AbiParameter[],
  args: readonly unknown[],
  path: string,
  length: number,
): unknown[] {
  const [head, ...rest] = path.split('.');
  return inputs.map((input, index) => {
    if (input.name !== head) return args[index];
    return rest.length === 0 ? filled(input, length) : nested(input, args[index], rest.join('.'), length);
  });
}

function nested(input: AbiParameter, value: unknown, path: string, length: number): unknown {
  const components = 'components' in input ? input.components : [];
  const fields = value as Record<string, unknown>;
  const values = withLength(
    components,
    components.map(({ name }) => fields[name ?? '']),
    path,
    length,
  );
  return Object.fromEntries(components.map(({ name }, index) => [name, values[index]]));
}

function filled({ type }: AbiParameter, length: number): string {
  return type === 'string' ? 'x'.repeat(length) : `0x${'11'.repeat(length)}`;
}
