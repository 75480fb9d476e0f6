// EdDSA with Poseidon over BabyJubJub (EIP-2494 with circomlib's base point): the signature that is cheap inside circuits.
// The group law is noble's generic twisted Edwards curve; the rules around it are ours, and stricter than circomlib's.
import type { EdwardsPointCons } from '@noble/curves/abstract/edwards.js';
import { bigIntToFixedBytes, bytesToBigInt } from '../bytes.ts';
import { lazyModule } from '../lazyModule.ts';
import { POSEIDON_FIELD, poseidon } from './poseidon.ts';

/** The order of the prime subgroup, in which every key and every signature's point lies. */
export const BABY_JUB_JUB_SUBORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041n;

const noble = lazyModule<typeof import('@noble/curves/abstract/edwards.js')>('@noble/curves/abstract/edwards.js');
let group: EdwardsPointCons | undefined;

/** The curve, made when a key or a signature first needs it. */
function curve(): EdwardsPointCons {
  group ??= noble().edwards({
    p: POSEIDON_FIELD,
    n: BABY_JUB_JUB_SUBORDER,
    h: 8n,
    a: 168700n,
    d: 168696n,
    Gx: 5299619240641551281634865583518297030282874472190772894086521144482721001553n,
    Gy: 16950150798460657717958625567821834550301663161624707787222815936182638968203n,
  });
  return group;
}

/** A point is "negative" when x is in the upper half of the field; circomlib keeps that as the sign. */
const X_POSITIVE_MAX = (POSEIDON_FIELD - 1n) / 2n;

/**
 * The point of circomlib's packed form: y in 32 little-endian bytes, the sign of x in the top bit of the last byte.
 * Undefined unless the encoding is canonical (y below the field order, no sign on x = 0) and the point on the curve.
 */
export function unpackBabyJubJub(bytes32: Uint8Array): readonly [bigint, bigint] | undefined {
  if (bytes32.length !== 32) return undefined;
  const bigEndian = Uint8Array.from(bytes32).reverse();
  const first = bigEndian[0] as number;
  const isNegative = (first & 0x80) !== 0;
  bigEndian[0] = first & 0x7f;
  const y = bytesToBigInt(bigEndian);
  if (y >= POSEIDON_FIELD) return undefined;
  // a·x² + y² = 1 + d·x²·y², hence x² = (1 - y²) / (a - d·y²); the divisor is never 0 because a/d is no square.
  const { Fp } = curve();
  const ySquared = Fp.sqr(y);
  const xSquared = Fp.div(Fp.sub(1n, ySquared), Fp.sub(168700n, Fp.mul(168696n, ySquared)));
  const root = squareRoot(xSquared);
  if (root === undefined || (root === 0n && isNegative)) return undefined;
  return [root > X_POSITIVE_MAX === isNegative ? root : Fp.neg(root), y];
}

function squareRoot(value: bigint): bigint | undefined {
  const { Fp } = curve();
  try {
    return Fp.sqrt(value);
  } catch {
    return undefined;
  }
}

/** circomlib's packed form of a point of the curve, see {@link unpackBabyJubJub}. */
export function packBabyJubJub([x, y]: readonly [bigint, bigint]): Uint8Array {
  const packed = Uint8Array.from(bigIntToFixedBytes(y, 32)).reverse();
  if (x > X_POSITIVE_MAX) packed[31] = (packed[31] as number) | 0x80;
  return packed;
}

/** `scalar` times circomlib's base point. */
export function multiplyBabyJubJubBase(scalar: bigint): readonly [bigint, bigint] {
  const { x, y } = curve()
    .BASE.multiplyUnsafe(scalar % BABY_JUB_JUB_SUBORDER)
    .toAffine();
  return [x, y];
}

/** The subgroup point of a packed key, or undefined when it may not be a key. */
function keyPoint(bytes32: Uint8Array): InstanceType<EdwardsPointCons> | undefined {
  const unpacked = unpackBabyJubJub(bytes32);
  if (unpacked === undefined) return undefined;
  const point = curve().fromAffine({ x: unpacked[0], y: unpacked[1] });
  return point.is0() || !point.isTorsionFree() ? undefined : point;
}

/** Whether 32 packed bytes are canonical, on the curve, in the prime-order subgroup and not the identity. */
export function isBabyJubJubPublicKey(bytes32: Uint8Array): boolean {
  return keyPoint(bytes32) !== undefined;
}

/**
 * Whether S·B8 = R8 + 8·Poseidon(R8, A, message)·A. `signature` is R8.x ‖ R8.y ‖ S, 32 bytes big-endian each; all three
 * and `message` must be canonical, S below the subgroup order, and `publicKey32` as {@link isBabyJubJubPublicKey} says.
 */
export function verifyEddsaPoseidon(message: bigint, signature: Uint8Array, publicKey32: Uint8Array): boolean {
  if (signature.length !== 96 || message < 0n || message >= POSEIDON_FIELD) return false;
  const x = bytesToBigInt(signature.subarray(0, 32));
  const y = bytesToBigInt(signature.subarray(32, 64));
  const scalar = bytesToBigInt(signature.subarray(64));
  if (x >= POSEIDON_FIELD || y >= POSEIDON_FIELD || scalar >= BABY_JUB_JUB_SUBORDER) return false;
  const key = keyPoint(publicKey32);
  if (key === undefined) return false;
  const commitment = curve().fromAffine({ x, y });
  if (!isOnCurve(x, y)) return false;
  const { x: keyX, y: keyY } = key.toAffine();
  const challenge = poseidon([x, y, keyX, keyY, message]) % BABY_JUB_JUB_SUBORDER;
  const right = commitment.add(key.multiplyUnsafe(challenge).multiplyUnsafe(8n));
  return curve().BASE.multiplyUnsafe(scalar).equals(right);
}

function isOnCurve(x: bigint, y: bigint): boolean {
  const { Fp } = curve();
  const xx = Fp.sqr(x);
  const yy = Fp.sqr(y);
  return Fp.add(Fp.mul(168700n, xx), yy) === Fp.add(1n, Fp.mul(168696n, Fp.mul(xx, yy)));
}
