// mcl against noble and the vectors of EIP-196 and EIP-197.
import { readFileSync } from 'node:fs';
import { bn254 as noble254 } from '@noble/curves/bn254.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bigIntToFixedBytes, concatBytes, hexToBytes } from '../../../primitives/bytes.ts';
import type { NamedBn254 } from '../../../primitives/crypto/bn254/backend.ts';
import { createMclBn254 } from '../../../primitives/crypto/bn254/mclBn254.ts';
import { createNobleBn254 } from '../../../primitives/crypto/bn254/nobleBn254.ts';
import { bn254, bn254BackendInUse, chooseBn254 } from '../../../primitives/crypto/bn254.ts';
import { vectorPath } from '../../vectors.ts';

const mcl = createMclBn254();
const noble = createNobleBn254();
const PRIME = noble254.fields.Fp.ORDER;
const ORDER = noble254.fields.Fr.ORDER;
const word = (value: bigint) => bigIntToFixedBytes(value, 32);

type Operation = 'add' | 'mul' | 'pairing';

/** The result of both implementations, or 'refused'; they must agree. */
function both(operation: Operation, input: Uint8Array): Uint8Array | 'refused' {
  const run = (backend: NamedBn254) => {
    try {
      return backend[operation](input);
    } catch (error) {
      expect(error).toMatchObject({ code: 'INVALID_CURVE_POINT' });
      return 'refused' as const;
    }
  };
  const answer = run(noble);
  expect(run(mcl)).toEqual(answer);
  return answer;
}

function g1(scalar: bigint): Uint8Array {
  const { x, y } = noble254.G1.Point.BASE.multiply(scalar).toAffine();
  return concatBytes(word(x), word(y));
}

function g2(scalar: bigint): Uint8Array {
  const { x, y } = noble254.G2.Point.BASE.multiply(scalar).toAffine();
  return concatBytes(word(x.c1), word(x.c0), word(y.c1), word(y.c0));
}

const folder = vectorPath('zk', 'eip196-197');

describe('bn254', () => {
  it.skipIf(folder === undefined).each([
    ['bn256Add', 'add'],
    ['bn256ScalarMul', 'mul'],
    ['bn256Pairing', 'pairing'],
  ] as const)('gives the answers of %s.json', (file, operation) => {
    const cases = JSON.parse(readFileSync(`${folder}/${file}.json`, 'utf8')) as { Input: string; Expected: string }[];
    expect(cases.length).toBeGreaterThan(10);
    for (const { Input, Expected } of cases)
      expect(both(operation, hexToBytes(`0x${Input}`))).toEqual(hexToBytes(`0x${Expected}`));
  });

  it('runs on mcl, and on noble where mcl fails', () => {
    expect(bn254.mul(concatBytes(g1(1n), word(5n)))).toEqual(g1(5n));
    expect(bn254BackendInUse()).toBe('mcl');
    const broken = (): NamedBn254 => ({ ...mcl, add: () => new Uint8Array(64) });
    expect(chooseBn254([broken, createNobleBn254]).name).toBe('noble');
    expect(() => chooseBn254([broken])).toThrowError(expect.objectContaining({ code: 'NO_CRYPTO_BACKEND' }));
  });

  it('agrees with noble on random points and scalars', () => {
    const scalar = fc.bigInt(1n, ORDER - 1n);
    fc.assert(
      fc.property(scalar, scalar, fc.bigInt(0n, 2n ** 256n - 1n), (a, b, factor) => {
        both('add', concatBytes(g1(a), g1(b)));
        both('add', concatBytes(g1(a), g1(a)));
        both('mul', concatBytes(g1(a), word(factor)));
      }),
      { numRuns: 10 },
    );
  });

  it('adds opposite points to zero, and multiplies by the order, more and zero', () => {
    expect(both('add', concatBytes(g1(7n), g1(ORDER - 7n)))).toEqual(new Uint8Array(64));
    expect(both('mul', concatBytes(g1(7n), word(ORDER)))).toEqual(new Uint8Array(64));
    expect(both('mul', concatBytes(g1(7n), word(0n)))).toEqual(new Uint8Array(64));
    expect(both('mul', concatBytes(g1(7n), word(ORDER + 2n)))).toEqual(g1(14n));
    expect(both('mul', concatBytes(new Uint8Array(64), word(9n)))).toEqual(new Uint8Array(64));
    expect(both('mul', g1(3n))).toEqual(new Uint8Array(64));
    expect(both('add', g1(3n))).toEqual(g1(3n));
    expect(both('add', new Uint8Array(0))).toEqual(new Uint8Array(64));
  });

  it('refuses coordinates at and above the prime, and points off the curve', () => {
    for (const [x, y] of [
      [1n + PRIME, 2n],
      [1n, 2n + PRIME],
      [PRIME, 0n],
      [0n, PRIME],
      [1n, 3n],
      [0n, 1n],
    ] as const) {
      const point = concatBytes(word(x), word(y));
      expect(both('add', concatBytes(point, g1(1n)))).toBe('refused');
      expect(both('add', concatBytes(g1(1n), point))).toBe('refused');
      expect(both('mul', concatBytes(point, word(1n)))).toBe('refused');
      expect(both('pairing', concatBytes(point, g2(1n)))).toBe('refused');
      expect(both('pairing', concatBytes(point, new Uint8Array(128)))).toBe('refused');
    }
  });

  it('refuses G2 points off the curve, outside the subgroup or not canonical', () => {
    const generator = g2(1n);
    for (let member = 0; member < 4; member++) {
      const value = BigInt(`0x${Buffer.from(generator.subarray(member * 32, member * 32 + 32)).toString('hex')}`);
      const shifted = generator.slice();
      if (value + PRIME < 2n ** 256n) shifted.set(word(value + PRIME), member * 32);
      else shifted.set(word(PRIME), member * 32);
      expect(both('pairing', concatBytes(g1(1n), shifted))).toBe('refused');
    }
    expect(both('pairing', concatBytes(g1(1n), offSubgroup()))).toBe('refused');
    expect(both('pairing', concatBytes(new Uint8Array(64), offSubgroup()))).toBe('refused');
  });

  it('decides pairings: bilinear, empty, infinite, of the wrong length', () => {
    const one = word(1n);
    expect(both('pairing', new Uint8Array(0))).toEqual(one);
    expect(both('pairing', new Uint8Array(192))).toEqual(one);
    expect(both('pairing', concatBytes(g1(6n), g2(5n), g1(ORDER - 30n), g2(1n)))).toEqual(one);
    expect(both('pairing', concatBytes(g1(6n), g2(5n), g1(ORDER - 31n), g2(1n)))).toEqual(word(0n));
    expect(both('pairing', concatBytes(g1(6n), g2(5n), new Uint8Array(192)))).toEqual(word(0n));
    expect(both('pairing', new Uint8Array(191))).toBe('refused');
  });
});

/** A point of the twist's curve that is not in the subgroup of prime order. */
function offSubgroup(): Uint8Array {
  const { Fp2 } = noble254.fields;
  const b = noble254.G2.Point.CURVE().b;
  for (let x = 1n; ; x++) {
    try {
      const element = { c0: x, c1: 0n };
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(element), element), b));
      const point = noble254.G2.Point.fromAffine({ x: element, y });
      if (!point.isTorsionFree()) return concatBytes(word(0n), word(x), word(y.c1), word(y.c0));
    } catch {
      // no square root
    }
  }
}
