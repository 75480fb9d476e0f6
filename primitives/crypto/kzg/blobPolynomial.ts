// A blob as a polynomial over the scalar field of BLS12-381 (EIP-4844): 4,096 values at the roots of unity, in bit-reversed
// order, and its coefficients.
import { bytesToBigInt } from '../../bytes.ts';

/** The order of the scalar field. */
export const BLS_SCALAR_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
export const FIELD_ELEMENTS_PER_BLOB = 4_096;
const LOG_ELEMENTS = 12;
/** A generator of the multiplicative group (EIP-4844, PRIMITIVE_ROOT_OF_UNITY). */
const PRIMITIVE_ROOT = 7n;

export function modularPower(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let bits = exponent; bits > 0n; bits >>= 1n) {
    if (bits & 1n) result = (result * base) % BLS_SCALAR_ORDER;
    base = (base * base) % BLS_SCALAR_ORDER;
  }
  return result;
}

/** A primitive root of unity of the given order, a power of two. */
export function rootOfUnity(order: number): bigint {
  return modularPower(PRIMITIVE_ROOT, (BLS_SCALAR_ORDER - 1n) / BigInt(order));
}

/** `value` with its lowest `bits` bits in reverse order. */
export function reverseBits(value: number, bits: number): number {
  let reversed = 0;
  for (let i = 0; i < bits; i++) reversed = (reversed << 1) | ((value >> i) & 1);
  return reversed;
}

/** The values in a blob, or undefined when one is not below the field order. */
function fieldElements(blob: Uint8Array): bigint[] | undefined {
  const elements: bigint[] = [];
  for (let offset = 0; offset < blob.length; offset += 32) {
    const element = bytesToBigInt(blob.subarray(offset, offset + 32));
    if (element >= BLS_SCALAR_ORDER) return undefined;
    elements.push(element);
  }
  return elements;
}

let inverseTwiddles: bigint[] | undefined;

/** ω^-i for i below half of the domain. */
function twiddles(): bigint[] {
  if (inverseTwiddles !== undefined) return inverseTwiddles;
  const inverseRoot = modularPower(rootOfUnity(FIELD_ELEMENTS_PER_BLOB), BLS_SCALAR_ORDER - 2n);
  const powers = [1n];
  for (let i = 1; i < FIELD_ELEMENTS_PER_BLOB / 2; i++)
    powers.push(((powers[i - 1] as bigint) * inverseRoot) % BLS_SCALAR_ORDER);
  inverseTwiddles = powers;
  return powers;
}

/**
 * The 4,096 coefficients of a blob's polynomial, lowest first, or undefined when the blob is not canonical. An inverse
 * number-theoretic transform in place: it wants its input in bit-reversed order, which is how blobs are.
 */
export function blobCoefficients(blob: Uint8Array): bigint[] | undefined {
  const values = fieldElements(blob);
  if (values === undefined) return undefined;
  const powers = twiddles();
  for (let level = 0; level < LOG_ELEMENTS; level++) {
    const half = 1 << level;
    const stride = FIELD_ELEMENTS_PER_BLOB >> (level + 1);
    for (let start = 0; start < FIELD_ELEMENTS_PER_BLOB; start += 2 * half) {
      for (let i = 0; i < half; i++) {
        const upper = values[start + i] as bigint;
        const lower = ((values[start + half + i] as bigint) * (powers[i * stride] as bigint)) % BLS_SCALAR_ORDER;
        const [sum, difference] = [upper + lower, upper - lower];
        values[start + i] = sum >= BLS_SCALAR_ORDER ? sum - BLS_SCALAR_ORDER : sum;
        values[start + half + i] = difference < 0n ? difference + BLS_SCALAR_ORDER : difference;
      }
    }
  }
  const inverseCount = modularPower(BigInt(FIELD_ELEMENTS_PER_BLOB), BLS_SCALAR_ORDER - 2n);
  return values.map((value) => (value * inverseCount) % BLS_SCALAR_ORDER);
}

/** The polynomial's value at a point (Horner). */
export function evaluatePolynomial(coefficients: readonly bigint[], point: bigint): bigint {
  let value = 0n;
  for (let i = coefficients.length - 1; i >= 0; i--)
    value = (value * point + (coefficients[i] as bigint)) % BLS_SCALAR_ORDER;
  return value;
}
