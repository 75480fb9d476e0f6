// EIP-712 against viem, on the example of the EIP and on random types.
import fc from 'fast-check';
import { hashTypedData } from 'viem';
import { describe, expect, test } from 'vitest';
import { bytesToHex } from '../../primitives/bytes.ts';
import { typedData, typedDataDigest } from '../../rpc/typedData.ts';

const digestOf = (value: unknown): string => bytesToHex(typedDataDigest(typedData(value, 'argument 1')));

const DOMAIN_TYPE = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
];
const MAIL = {
  types: {
    EIP712Domain: DOMAIN_TYPE,
    Person: [
      { name: 'name', type: 'string' },
      { name: 'wallet', type: 'address' },
    ],
    Mail: [
      { name: 'from', type: 'Person' },
      { name: 'to', type: 'Person' },
      { name: 'contents', type: 'string' },
    ],
  },
  primaryType: 'Mail',
  domain: {
    name: 'Ether Mail',
    version: '1',
    chainId: 1,
    verifyingContract: '0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC',
  },
  message: {
    from: { name: 'Cow', wallet: '0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826' },
    to: { name: 'Bob', wallet: '0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB' },
    contents: 'Hello, Bob!',
  },
} as const;

describe('digests', () => {
  test('the example of EIP-712, as an object and as text', () => {
    const digest = '0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2';
    expect(digestOf(MAIL)).toBe(digest);
    expect(digestOf(JSON.stringify(MAIL))).toBe(digest);
  });
  test('a domain without its type has the fields that stand there', () => {
    const { EIP712Domain: _, ...types } = MAIL.types;
    expect(digestOf({ ...MAIL, types })).toBe(digestOf(MAIL));
  });
  test('the domain alone', () => {
    const data = {
      types: { EIP712Domain: DOMAIN_TYPE },
      primaryType: 'EIP712Domain',
      domain: MAIL.domain,
      message: {},
    };
    expect(digestOf(data)).toBe(hashTypedData(data as never));
  });

  const hexOf = (bytes: number): fc.Arbitrary<string> =>
    fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => bytesToHex(value));
  const integerOf = (bits: number, signed: boolean): fc.Arbitrary<string> =>
    fc
      .bigInt(
        signed
          ? { min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n }
          : { min: 0n, max: 2n ** BigInt(bits) - 1n },
      )
      .map(String);
  const atom: fc.Arbitrary<{ type: string; value: unknown }> = fc.oneof(
    fc.string().map((value) => ({ type: 'string', value })),
    fc.uint8Array({ maxLength: 70 }).map((value) => ({ type: 'bytes', value: bytesToHex(value) })),
    hexOf(20).map((value) => ({ type: 'address', value })),
    fc.boolean().map((value) => ({ type: 'bool', value })),
    fc.integer({ min: 1, max: 32 }).chain((n) => hexOf(n).map((value) => ({ type: `bytes${n}`, value }))),
    fc
      .integer({ min: 1, max: 32 })
      .chain((n) => integerOf(8 * n, false).map((value) => ({ type: `uint${8 * n}`, value }))),
    fc
      .integer({ min: 1, max: 32 })
      .chain((n) => integerOf(8 * n, true).map((value) => ({ type: `int${8 * n}`, value }))),
  );
  const member = fc.oneof(
    atom,
    atom.map(({ type, value }) => ({ type: `${type}[]`, value: [value, value] })),
    atom.map(({ type, value }) => ({ type: `${type}[2][]`, value: [[value, value]] })),
    atom.map(({ type }) => ({ type: `${type}[]`, value: [] })),
  );
  test('random structs agree with viem', () => {
    fc.assert(
      fc.property(
        fc.array(member, { minLength: 1, maxLength: 5 }),
        fc.array(member, { maxLength: 3 }),
        (outer, inner) => {
          const members = (list: readonly { type: string }[]): { name: string; type: string }[] =>
            list.map(({ type }, index) => ({ name: `m${index}`, type }));
          const values = (list: readonly { value: unknown }[]): Record<string, unknown> =>
            Object.fromEntries(list.map(({ value }, index) => [`m${index}`, value]));
          const data = {
            types: {
              EIP712Domain: DOMAIN_TYPE,
              Inner: [...members(inner), { name: 'flag', type: 'bool' }],
              Outer: [...members(outer), { name: 'one', type: 'Inner' }, { name: 'many', type: 'Inner[]' }],
            },
            primaryType: 'Outer',
            domain: MAIL.domain,
            message: {
              ...values(outer),
              one: { ...values(inner), flag: true },
              many: [{ ...values(inner), flag: false }],
            },
          };
          expect(digestOf(data)).toBe(hashTypedData(data as never));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('refusals name the member', () => {
  const withMember = (type: string, value: unknown): unknown => ({
    types: { EIP712Domain: [], T: [{ name: 'x', type }] },
    primaryType: 'T',
    domain: {},
    message: { x: value },
  });
  const refused: [string, string, unknown][] = [
    ['a value above its type', 'uint8', 256],
    ['a negative unsigned value', 'uint8', '-1'],
    ['a value below its type', 'int8', -129],
    ['an unsafe number', 'uint256', 2 ** 60],
    ['a short fixed value', 'bytes4', '0x000000'],
    ['a long fixed value', 'bytes4', '0x0000000000'],
    ['a short address', 'address', '0x00'],
    ['text for a truth value', 'bool', 'true'],
    ['a number for text', 'string', 5],
    ['a missing value', 'string', undefined],
    ['an array of the wrong length', 'uint8[2]', [1]],
    ['no array', 'uint8[]', 1],
    ['a type of 0 bits', 'uint0', 0],
    ['a type of 264 bits', 'uint264', 0],
    ['a type of 7 bits', 'uint7', 0],
    ['33 bytes', 'bytes33', '0x'],
    ['an unknown type', 'Nothing', {}],
  ];
  test.each(refused)('%s', (_name, type, value) => {
    expect(() => digestOf(withMember(type, value))).toThrow(/message\.x/);
  });
  test.each([
    [null],
    ['{'],
    [{}],
    [{ ...MAIL, primaryType: 'Nothing' }],
    [{ ...MAIL, types: { Mail: 1 } }],
    [{ ...MAIL, types: { Mail: [{ name: 'x' }] } }],
  ])('%j', (value) => {
    expect(() => digestOf(value)).toThrow(/argument 1/);
  });
  test('types that contain themselves end where the message does', () => {
    const data = {
      types: { EIP712Domain: [], Node: [{ name: 'next', type: 'Node[]' }] },
      primaryType: 'Node',
      domain: {},
      message: { next: [{ next: [] }] },
    };
    expect(digestOf(data)).toBe(hashTypedData(data as never));
  });
});
