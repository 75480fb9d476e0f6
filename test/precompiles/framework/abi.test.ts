// The strict codec against viem's: what viem encodes is decoded to the same values, what we encode is what viem encodes, and
// every other byte string is refused.
import type { AbiParameter } from 'abitype';
import fc from 'fast-check';
import { decodeAbiParameters, encodeAbiParameters, hexToBytes as viemBytes } from 'viem';
import { describe, expect, it } from 'vitest';
import {
  AbiDecodeError,
  type AbiValue,
  decodeParameters,
  encodeParameters,
} from '../../../precompiles/framework/abi.ts';
import { type AbiField, compileInputs, compileOutputs } from '../../../precompiles/framework/abiNode.ts';
import { bytesToHex, hexToBytes } from '../../../primitives/bytes.ts';
import { ChainError, InvariantError } from '../../../primitives/errors.ts';

const LIMIT = 40;

/** An ABI parameter with an arbitrary value, in our form and in viem's. */
interface Sample {
  readonly parameter: AbiParameter;
  readonly limits: Record<string, number>;
  readonly ours: AbiValue;
  readonly theirs: unknown;
}

function elementary(name: string): fc.Arbitrary<Sample> {
  const make = (type: string, ours: AbiValue, theirs: unknown): Sample => ({
    parameter: { name, type },
    limits: type === 'bytes' || type === 'string' ? { [name]: LIMIT } : {},
    ours,
    theirs,
  });
  const bits = fc.integer({ min: 1, max: 32 }).map((bytes) => bytes * 8);
  const integer = (width: number, value: bigint, type: string): Sample =>
    make(type, width <= 32 ? Number(value) : value, width <= 48 ? Number(value) : value);
  return fc.oneof(
    bits.chain((width) =>
      fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n }).map((value) => integer(width, value, `uint${width}`)),
    ),
    bits.chain((width) => {
      const half = 1n << BigInt(width - 1);
      return fc.bigInt({ min: -half, max: half - 1n }).map((value) => integer(width, value, `int${width}`));
    }),
    fc.boolean().map((value) => make('bool', value, value)),
    fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => make('address', bytes, bytesToHex(bytes))),
    fc
      .uint8Array({ minLength: 1, maxLength: 32 })
      .map((bytes) => make(`bytes${bytes.length}`, bytes, bytesToHex(bytes))),
    fc.uint8Array({ maxLength: LIMIT }).map((bytes) => make('bytes', bytes, bytesToHex(bytes))),
    fc
      .string({ maxLength: LIMIT / 4, unit: 'grapheme' })
      .filter((text) => Buffer.byteLength(text) <= LIMIT)
      .map((text) => make('string', text, text)),
  );
}

function sample(name: string, depth: number): fc.Arbitrary<Sample> {
  if (depth === 0) return elementary(name);
  const prefixed = (limits: Record<string, number>, prefix: string): Record<string, number> =>
    Object.fromEntries(Object.entries(limits).map(([path, limit]) => [`${prefix}.${path}`, limit]));
  const tuple = fc.tuple(...['a', 'b', 'c'].map((field) => sample(field, depth - 1))).map(
    (fields): Sample => ({
      parameter: { name, type: 'tuple', components: fields.map((field) => field.parameter) },
      limits: Object.assign({}, ...fields.map((field) => prefixed(field.limits, name))),
      ours: Object.fromEntries(fields.map((field) => [field.parameter.name, field.ours])) as AbiValue,
      theirs: Object.fromEntries(fields.map((field) => [field.parameter.name, field.theirs])),
    }),
  );
  const array = fc
    .tuple(sample(name, depth - 1), fc.integer({ min: 0, max: 3 }), fc.boolean())
    .map(([item, count, fixed]): Sample => {
      const isFixed = fixed && count > 0;
      const suffix = isFixed ? `[${count}]` : '[]';
      const limits = Object.fromEntries(
        Object.entries(item.limits).map(([path, limit]) => [path.replace(name, `${name}[]`), limit]),
      );
      return {
        parameter: { ...item.parameter, type: `${item.parameter.type}${suffix}` },
        limits: isFixed ? limits : { ...limits, [name]: LIMIT },
        ours: Array.from({ length: count }, () => item.ours),
        theirs: Array.from({ length: count }, () => item.theirs),
      };
    });
  return fc.oneof(elementary(name), tuple, array);
}

function fieldsOf(entry: Sample): readonly AbiField[] {
  return compileInputs([entry.parameter], entry.limits);
}

describe('the ABI codec against viem', () => {
  it('encodes what viem encodes and decodes it to the same values', () => {
    fc.assert(
      fc.property(sample('p', 2), (entry) => {
        const expected = encodeAbiParameters([entry.parameter], [entry.theirs]);
        expect(bytesToHex(encodeParameters(compileOutputs([entry.parameter]), { p: entry.ours }))).toBe(expected);
        expect(decodeParameters(fieldsOf(entry), viemBytes(expected))).toEqual({ p: entry.ours });
      }),
      { numRuns: 400 },
    );
  });

  it('S7: of all byte strings near an encoding only the encoding itself is accepted', () => {
    const change = fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(sample('p', 2), fc.array(change, { minLength: 1, maxLength: 3 }), (entry, changes) => {
        const fields = fieldsOf(entry);
        const bytes = encodeParameters(fields, { p: entry.ours });
        const altered = bytes.slice();
        for (const { at, value } of changes) altered[at % altered.length] = value;
        let decoded: Readonly<Record<string, AbiValue>>;
        try {
          decoded = decodeParameters(fields, altered);
        } catch (error) {
          expect(error).toBeInstanceOf(AbiDecodeError);
          return;
        }
        // Whatever is accepted is the one encoding of what was decoded, and viem reads the same.
        expect(encodeParameters(fields, decoded)).toEqual(altered);
        expect(encodeAbiParameters([entry.parameter], decodeAbiParameters([entry.parameter], altered) as never)).toBe(
          bytesToHex(altered),
        );
      }),
      { numRuns: 600 },
    );
  });

  it('refuses every truncation and every trailing byte', () => {
    fc.assert(
      fc.property(sample('p', 2), fc.nat(), (entry, at) => {
        const fields = fieldsOf(entry);
        const bytes = encodeParameters(fields, { p: entry.ours });
        expect(() => decodeParameters(fields, bytes.slice(0, at % bytes.length))).toThrow(AbiDecodeError);
        expect(() => decodeParameters(fields, new Uint8Array([...bytes, 0]))).toThrow(AbiDecodeError);
      }),
      { numRuns: 200 },
    );
  });
});

const word = (value: bigint): string => value.toString(16).padStart(64, '0');
const bytesParameter = compileInputs([{ name: 'b', type: 'bytes' }], { b: 64 });
const pair = compileInputs(
  [
    { name: 'x', type: 'bytes' },
    { name: 'y', type: 'bytes' },
  ],
  { x: 32, y: 32 },
);

describe('what is not canonical', () => {
  it.each([
    ['an offset past the head', bytesParameter, word(64n) + word(0n) + word(0n)],
    ['an offset of 2^256 - 32', bytesParameter, word((1n << 256n) - 32n) + word(0n)],
    ['dirty padding behind bytes', bytesParameter, `${word(32n)}${word(1n)}ff${'00'.repeat(30)}01`],
    ['two values that share one tail', pair, word(64n) + word(64n) + word(0n)],
    ['tails in the other order', pair, word(96n) + word(64n) + word(0n) + word(0n)],
    ['bits above an address', compileInputs([{ name: 'a', type: 'address' }], {}), `01${'00'.repeat(31)}`],
    ['bits above a uint8', compileInputs([{ name: 'a', type: 'uint8' }], {}), word(256n)],
    ['a bool of 2', compileInputs([{ name: 'a', type: 'bool' }], {}), word(2n)],
    ['bits behind a bytes4', compileInputs([{ name: 'a', type: 'bytes4' }], {}), word(1n)],
    ['an int8 without its sign', compileInputs([{ name: 'a', type: 'int8' }], {}), word(0xffn)],
    [
      'a string that is not UTF-8',
      compileInputs([{ name: 'a', type: 'string' }], { a: 8 }),
      `${word(32n)}${word(1n)}ff${'00'.repeat(31)}`,
    ],
  ] as const)('%s is refused', (_, fields, hex) => {
    expect(() => decodeParameters(fields, hexToBytes(`0x${hex}`))).toThrow(AbiDecodeError);
  });

  it('a leading byte order mark stays part of the string', () => {
    const fields = compileInputs([{ name: 's', type: 'string' }], { s: 8 });
    const bytes = encodeParameters(fields, { s: '﻿a' });
    expect(decodeParameters(fields, bytes)).toEqual({ s: '﻿a' });
  });
});

describe('length limits', () => {
  it('S13: a huge length is refused before anything is allocated', () => {
    const items = compileInputs([{ name: 'a', type: 'uint256[]' }], { a: 8 });
    for (const length of [9n, 0xffffffffn, 1n << 255n]) {
      const attempt = () => decodeParameters(items, hexToBytes(`0x${word(32n)}${word(length)}`));
      expect(attempt).toThrowError(expect.objectContaining({ offset: 32, excess: { length, limit: 8 } }));
    }
    // Within the limit but not in the calldata: refused by what is there, not by allocating what was promised.
    expect(() => decodeParameters(items, hexToBytes(`0x${word(32n)}${word(8n)}`))).toThrow(AbiDecodeError);
  });

  it('a definition without a limit, or with one that names nothing, does not start', () => {
    const input = [{ name: 'a', type: 'bytes' }];
    expect(() => compileInputs(input, {})).toThrow(InvariantError);
    expect(() => compileInputs(input, { a: 1, b: 1 })).toThrow(InvariantError);
    expect(() => compileInputs([{ name: 'a', type: 'fixed128x18' }], {})).toThrow(InvariantError);
    expect(() => compileInputs([{ name: 'a', type: 'uint8[0]' }], {})).toThrow(InvariantError);
  });

  it('S12: our own code cannot encode a value that does not fit', () => {
    expect(() => encodeParameters(compileOutputs([{ name: 'a', type: 'uint8' }]), { a: 256 })).toThrow(ChainError);
    expect(() => encodeParameters(compileOutputs([{ name: 'a', type: 'uint64' }]), { a: -1n })).toThrow(ChainError);
  });
});
