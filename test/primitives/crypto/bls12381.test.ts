// mcl against the noble implementation that @ethereumjs/evm ships: the same results, and the same inputs refused.
import { NobleBLS } from '@ethereumjs/evm';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bigIntToFixedBytes, concatBytes } from '../../../primitives/bytes.ts';
import { type Bls12381, passesBls12381SelfTest } from '../../../primitives/crypto/bls12381/backend.ts';
import { createMclBls12381 } from '../../../primitives/crypto/bls12381/mclBls12381.ts';
import { lazyBls12381 } from '../../../primitives/crypto/bls12381.ts';

const mcl = createMclBls12381();
const noble = new NobleBLS();
const PRIME = bls12_381.fields.Fp.ORDER;
const ORDER = bls12_381.fields.Fr.ORDER;
const element = (value: bigint) => bigIntToFixedBytes(value, 64);
const word = (value: bigint) => bigIntToFixedBytes(value, 32);
const scalars = fc.bigInt(1n, ORDER - 1n);

function g1(scalar: bigint): Uint8Array {
  const { x, y } = bls12_381.G1.Point.BASE.multiply(scalar).toAffine();
  return concatBytes(element(x), element(y));
}

function g2(scalar: bigint): Uint8Array {
  const { x, y } = bls12_381.G2.Point.BASE.multiply(scalar).toAffine();
  return concatBytes(element(x.c0), element(x.c1), element(y.c0), element(y.c1));
}

/** The result of both, or 'refused'; they must agree. */
function both(operation: keyof Bls12381, input: Uint8Array): Uint8Array | 'refused' {
  const run = (backend: Bls12381) => {
    try {
      return backend[operation](input);
    } catch {
      return 'refused' as const;
    }
  };
  const answer = run(noble);
  expect(run(mcl)).toEqual(answer);
  return answer;
}

function refusedByUs(operation: keyof Bls12381, input: Uint8Array): void {
  expect(() => mcl[operation](input)).toThrowError(expect.objectContaining({ code: 'INVALID_CURVE_POINT' }));
}

/** A point of y² = x³ + 4 outside the subgroup: x = 4 is on the curve. */
function g1OffSubgroup(): Uint8Array {
  const { Fp } = bls12_381.fields;
  const y = Fp.sqrt(4n ** 3n + 4n);
  expect(bls12_381.G1.Point.fromAffine({ x: 4n, y }).isTorsionFree()).toBe(false);
  return concatBytes(element(4n), element(y));
}

function g2OffSubgroup(): Uint8Array {
  const { Fp2 } = bls12_381.fields;
  for (let c0 = 1n; ; c0++) {
    try {
      const x = { c0, c1: 0n };
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), bls12_381.G2.Point.CURVE().b));
      if (!bls12_381.G2.Point.fromAffine({ x, y }).isTorsionFree())
        return concatBytes(element(c0), element(0n), element(y.c0), element(y.c1));
    } catch {
      // no square root
    }
  }
}

describe('BLS12-381', () => {
  it('passes its self-test and is chosen, and the reference where it would not', () => {
    expect(passesBls12381SelfTest(mcl)).toBe(true);
    expect(passesBls12381SelfTest({ ...mcl, mapFPtoG1: () => new Uint8Array(128) })).toBe(false);
    const unused = (): never => {
      throw new Error('the reference was asked');
    };
    const reference = { ...mcl, addG1: unused } as Bls12381;
    expect(lazyBls12381(reference).addG1(concatBytes(g1(2n), g1(3n)))).toEqual(g1(5n));
  });

  it('adds, multiplies and maps as noble does', () => {
    fc.assert(
      fc.property(scalars, scalars, fc.bigInt(0n, 2n ** 256n - 1n), (a, b, factor) => {
        both('addG1', concatBytes(g1(a), g1(b)));
        both('addG2', concatBytes(g2(a), g2(b)));
        both('msmG1', concatBytes(g1(a), word(factor), g1(b), word(a)));
        both('msmG2', concatBytes(g2(a), word(factor), g2(b), word(a)));
      }),
      { numRuns: 5 },
    );
    fc.assert(
      fc.property(fc.bigInt(0n, PRIME - 1n), fc.bigInt(0n, PRIME - 1n), (a, b) => {
        both('mapFPtoG1', element(a));
        both('mapFP2toG2', concatBytes(element(a), element(b)));
      }),
      { numRuns: 10 },
    );
    for (const value of [0n, 1n, PRIME - 1n]) {
      both('mapFPtoG1', element(value));
      both('mapFP2toG2', concatBytes(element(value), element(0n)));
      both('mapFP2toG2', concatBytes(element(0n), element(value)));
    }
  });

  it('handles infinity, opposite and equal points, and scalars of 0, the order and more', () => {
    const zero1 = new Uint8Array(128);
    expect(both('addG1', concatBytes(g1(7n), g1(ORDER - 7n)))).toEqual(zero1);
    expect(both('addG2', concatBytes(g2(7n), g2(ORDER - 7n)))).toEqual(new Uint8Array(256));
    expect(both('addG1', concatBytes(g1(7n), g1(7n)))).toEqual(g1(14n));
    expect(both('addG1', concatBytes(zero1, zero1))).toEqual(zero1);
    expect(both('msmG1', concatBytes(g1(7n), word(0n)))).toEqual(zero1);
    expect(both('msmG1', concatBytes(g1(7n), word(ORDER)))).toEqual(zero1);
    expect(both('msmG1', concatBytes(g1(7n), word(ORDER + 2n)))).toEqual(g1(14n));
    expect(both('msmG1', concatBytes(zero1, word(5n)))).toEqual(zero1);
  });

  it('decides pairings', () => {
    const one = word(1n);
    expect(both('pairingCheck', concatBytes(g1(6n), g2(5n), g1(ORDER - 30n), g2(1n)))).toEqual(one);
    expect(both('pairingCheck', concatBytes(g1(6n), g2(5n), g1(ORDER - 31n), g2(1n)))).toEqual(word(0n));
    expect(both('pairingCheck', new Uint8Array(384))).toEqual(one);
    expect(both('pairingCheck', concatBytes(g1(6n), new Uint8Array(256)))).toEqual(one);
  });

  it('checks the subgroup where EIP-2537 demands it, and not in addition', () => {
    const [off1, off2] = [g1OffSubgroup(), g2OffSubgroup()];
    expect(both('msmG1', concatBytes(off1, word(1n)))).toBe('refused');
    expect(both('msmG2', concatBytes(off2, word(1n)))).toBe('refused');
    expect(both('pairingCheck', concatBytes(off1, g2(1n)))).toBe('refused');
    expect(both('pairingCheck', concatBytes(g1(1n), off2))).toBe('refused');
    expect(both('pairingCheck', concatBytes(new Uint8Array(128), off2))).toBe('refused');
    expect(both('addG1', concatBytes(off1, off1))).not.toBe('refused');
    expect(both('addG2', concatBytes(off2, off2))).not.toBe('refused');
  });

  it('refuses coordinates at the prime, points off the curve, a filled padding and wrong lengths', () => {
    const generator = g1(1n);
    const [x, y] = [generator.slice(0, 64), generator.slice(64)];
    const padded = generator.slice();
    padded[0] = 1;
    for (const bad of [
      concatBytes(element(PRIME), y),
      concatBytes(x, element(PRIME)),
      concatBytes(x, element(1n)),
      concatBytes(y, x),
      padded,
    ]) {
      refusedByUs('addG1', concatBytes(bad, generator));
      refusedByUs('addG1', concatBytes(generator, bad));
      refusedByUs('msmG1', concatBytes(bad, word(0n)));
      refusedByUs('pairingCheck', concatBytes(bad, g2(1n)));
    }
    for (let member = 0; member < 4; member++) {
      const bad = g2(1n).slice();
      bad.set(element(PRIME), member * 64);
      refusedByUs('addG2', concatBytes(bad, g2(1n)));
      bad.set(element(1n), member * 64);
      refusedByUs('msmG2', concatBytes(bad, word(1n)));
    }
    refusedByUs('mapFPtoG1', element(PRIME));
    refusedByUs('mapFP2toG2', concatBytes(element(0n), element(PRIME)));
    for (const operation of ['addG1', 'addG2', 'msmG1', 'msmG2', 'mapFPtoG1', 'mapFP2toG2', 'pairingCheck'] as const) {
      refusedByUs(operation, new Uint8Array(0));
      refusedByUs(operation, new Uint8Array(63));
    }
  });
});
