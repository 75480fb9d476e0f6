// The reference implementation, and the fallback where mcl does not run.
import { bn254 } from '@noble/curves/bn254.js';
import { bigIntToFixedBytes, bytesToBigInt, concatBytes } from '../../bytes.ts';
import type { NamedBn254 } from './backend.ts';
import { booleanWord, G1_POINT_BYTES, invalidPoint, isAllZero, PAIR_BYTES, padRight, pairCount } from './encoding.ts';

type G1Point = InstanceType<typeof bn254.G1.Point>;
type G2Point = InstanceType<typeof bn254.G2.Point>;
const PRIME = bn254.fields.Fp.ORDER;

function coordinate(bytes: Uint8Array, offset: number): bigint {
  const value = bytesToBigInt(bytes.subarray(offset, offset + 32));
  return value < PRIME ? value : invalidPoint('a coordinate');
}

function readG1(bytes: Uint8Array, offset: number): G1Point {
  if (isAllZero(bytes, offset, 64)) return bn254.G1.Point.ZERO;
  const [x, y] = [coordinate(bytes, offset), coordinate(bytes, offset + 32)];
  try {
    const point = bn254.G1.Point.fromAffine({ x, y });
    point.assertValidity();
    return point;
  } catch {
    return invalidPoint('a G1 point');
  }
}

/** EIP-197 puts the imaginary part of a coordinate first. */
function readG2(bytes: Uint8Array, offset: number): G2Point {
  if (isAllZero(bytes, offset, 128)) return bn254.G2.Point.ZERO;
  const [x1, x0, y1, y0] = [0, 32, 64, 96].map((at) => coordinate(bytes, offset + at)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  try {
    const point = bn254.G2.Point.fromAffine({ x: { c0: x0, c1: x1 }, y: { c0: y0, c1: y1 } });
    point.assertValidity();
    return point;
  } catch {
    return invalidPoint('a G2 point');
  }
}

function writeG1(point: G1Point): Uint8Array {
  if (point.is0()) return new Uint8Array(64);
  const { x, y } = point.toAffine();
  return concatBytes(bigIntToFixedBytes(x, 32), bigIntToFixedBytes(y, 32));
}

export function createNobleBn254(): NamedBn254 {
  return {
    name: 'noble',
    add(input) {
      const bytes = padRight(input, 128);
      return writeG1(readG1(bytes, 0).add(readG1(bytes, 64)));
    },
    mul(input) {
      const bytes = padRight(input, 96);
      const point = readG1(bytes, 0);
      const scalar = bytesToBigInt(bytes.subarray(64, 96)) % bn254.fields.Fr.ORDER;
      return writeG1(scalar === 0n ? bn254.G1.Point.ZERO : point.multiplyUnsafe(scalar));
    },
    pairing(input) {
      const pairs: { g1: G1Point; g2: G2Point }[] = [];
      for (let pair = 0; pair < pairCount(input); pair++) {
        const g1 = readG1(input, pair * PAIR_BYTES);
        const g2 = readG2(input, pair * PAIR_BYTES + G1_POINT_BYTES);
        if (!g1.is0() && !g2.is0()) pairs.push({ g1, g2 });
      }
      const product = bn254.pairingBatch(pairs);
      return booleanWord(bn254.fields.Fp12.eql(product, bn254.fields.Fp12.ONE));
    },
  };
}
