// The EVM's own precompiles with the inputs that cost the most for their gas. Their prices are Ethereum's; what they cost
// here depends on the backends.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bn254 } from '@noble/curves/bn254.js';
import { p256 } from '@noble/curves/nist.js';
import { bigIntToFixedBytes, concatBytes, hexToBytes } from '../../primitives/bytes.ts';
import { signDigest } from '../../primitives/crypto/secp256k1.ts';
import { sha256 } from '../../primitives/crypto/sha256.ts';
import { PROJECT_DIRECTORY } from '../harness/peers.ts';

export interface BuiltinCase {
  /** The last two bytes of the address. */
  readonly address: number;
  readonly name: string;
  readonly says: string;
  readonly input: Uint8Array;
}

const word = (value: bigint | number): Uint8Array => bigIntToFixedBytes(BigInt(value), 32);
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const many = (count: number, make: (index: number) => Uint8Array): Uint8Array =>
  concatBytes(...Array.from({ length: count }, (_, index) => make(index)));
/** All bits of a scalar below every group order count. */
const SCALAR = 2n ** 252n - 1n;

function ecrecoverInput(): Uint8Array {
  const digest = filled(32, 0x42);
  const { signature, recovery } = signDigest(digest, filled(32, 7));
  return concatBytes(digest, word(27 + recovery), signature);
}

function modexp(base: Uint8Array, exponent: Uint8Array, modulus: Uint8Array): Uint8Array {
  return concatBytes(word(base.length), word(exponent.length), word(modulus.length), base, exponent, modulus);
}

/** EIP-7823 bounds each operand by 1,024 bytes. */
const MODEXP: readonly (readonly [string, Uint8Array])[] = [
  ['1 byte each', modexp(filled(1, 3), filled(1, 3), filled(1, 5))],
  ['32 bytes each', modexp(filled(32, 0xff), filled(32, 0xff), filled(32, 0xfd))],
  ['32 bytes, exponent 3', modexp(filled(32, 0xff), filled(1, 3), filled(32, 0xfd))],
  ['64 bytes, exponent 32', modexp(filled(64, 0xff), filled(32, 0xff), filled(64, 0xfd))],
  ['256 bytes, exponent 32', modexp(filled(256, 0xff), filled(32, 0xff), filled(256, 0xfd))],
  ['256 bytes, even modulus', modexp(filled(256, 0xff), filled(32, 0xff), filled(256, 0xfe))],
  ['1,024 bytes, exponent 1', modexp(filled(1024, 0xff), filled(1, 1), filled(1024, 0xfd))],
  ['1,024 bytes, exponent 32', modexp(filled(1024, 0xff), filled(32, 0xff), filled(1024, 0xfd))],
  ['8 bytes, exponent 1,024', modexp(filled(8, 0xff), filled(1024, 0xff), filled(8, 0xfd))],
  ['base of 1,024, modulus of 1', modexp(filled(1024, 0xff), filled(1, 3), filled(1, 5))],
];

type Affine<Field> = { readonly x: Field; readonly y: Field };
type Fp2 = { readonly c0: bigint; readonly c1: bigint };

const bn1 = ({ x, y }: Affine<bigint>): Uint8Array => concatBytes(word(x), word(y));
/** EIP-197 writes the imaginary part first. */
const bn2 = ({ x, y }: Affine<Fp2>): Uint8Array => concatBytes(word(x.c1), word(x.c0), word(y.c1), word(y.c0));
const bnG1 = (k: number): Uint8Array => bn1(bn254.G1.Point.BASE.multiply(BigInt(k + 2)).toAffine());
const bnG2 = (k: number): Uint8Array => bn2(bn254.G2.Point.BASE.multiply(BigInt(k + 2)).toAffine());

const field64 = (value: bigint): Uint8Array => bigIntToFixedBytes(value, 64);
const bls1 = ({ x, y }: Affine<bigint>): Uint8Array => concatBytes(field64(x), field64(y));
const bls2 = ({ x, y }: Affine<Fp2>): Uint8Array => concatBytes(...[x.c0, x.c1, y.c0, y.c1].map(field64));
const blsG1 = (k: number): Uint8Array => bls1(bls12_381.G1.Point.BASE.multiply(BigInt(k + 2)).toAffine());
const blsG2 = (k: number): Uint8Array => bls2(bls12_381.G2.Point.BASE.multiply(BigInt(k + 2)).toAffine());
const FIELD_ELEMENT = 2n ** 380n - 7n;

/** F of BLAKE2b (EIP-152) with every state word set. */
const blake2f = (rounds: number): Uint8Array =>
  concatBytes(bigIntToFixedBytes(BigInt(rounds), 4), filled(64 + 128 + 16, 0xa5), Uint8Array.of(1));

function p256Input(isValid: boolean): Uint8Array {
  const secret = filled(32, 9);
  const digest = filled(32, 0x33);
  const signature = p256.sign(digest, secret, { prehash: false, lowS: false });
  return concatBytes(isValid ? digest : filled(32, 0x34), signature, p256.getPublicKey(secret, false).slice(1));
}

/** The polynomial X, whose quotient by X − z is 1: the commitment is the setup's first power, the proof the generator. */
function pointEvaluationInput(): Uint8Array {
  const file = readFileSync(join(PROJECT_DIRECTORY, 'test/vectors/kzg/proofs.json'), 'utf8');
  const { points } = JSON.parse(file) as { points: { tau: string; generator: string } };
  const commitment = hexToBytes(points.tau);
  const versionedHash = sha256(commitment).slice();
  versionedHash[0] = 1;
  return concatBytes(versionedHash, word(SCALAR), word(SCALAR), commitment, hexToBytes(points.generator));
}

const bytesCases = (address: number, name: string): BuiltinCase[] =>
  [0, 64, 32_768].map((length) => ({ address, name, says: `${length} bytes`, input: filled(length, 0xc3) }));

const counted = (
  address: number,
  name: string,
  counts: readonly number[],
  unit: string,
  item: (index: number) => Uint8Array,
): BuiltinCase[] =>
  counts.map((count) => ({
    address,
    name,
    says: `${count} ${unit}${count === 1 ? '' : 's'}`,
    input: many(count, item),
  }));

/** Every precompile of Osaka. Making the inputs takes a second or two. */
export function builtinCases(): BuiltinCase[] {
  const scalar = word(SCALAR);
  return [
    { address: 1, name: 'ECRECOVER', says: 'valid', input: ecrecoverInput() },
    ...bytesCases(2, 'SHA256'),
    ...bytesCases(3, 'RIPEMD160'),
    ...bytesCases(4, 'IDENTITY'),
    ...MODEXP.map(([says, input]) => ({ address: 5, name: 'MODEXP', says, input })),
    { address: 6, name: 'BN254_ADD', says: 'two points', input: concatBytes(bnG1(0), bnG1(1)) },
    { address: 7, name: 'BN254_MUL', says: 'full scalar', input: concatBytes(bnG1(0), scalar) },
    ...counted(8, 'BN254_PAIRING', [0, 1, 2, 8], 'pair', (k) => concatBytes(bnG1(k), bnG2(k))),
    ...[0, 12, 100_000].map((rounds) => ({
      address: 9,
      name: 'BLAKE2F',
      says: `${rounds} rounds`,
      input: blake2f(rounds),
    })),
    { address: 10, name: 'POINT_EVALUATION', says: 'valid', input: pointEvaluationInput() },
    { address: 11, name: 'BLS12_G1ADD', says: 'two points', input: concatBytes(blsG1(0), blsG1(1)) },
    ...counted(12, 'BLS12_G1MSM', [1, 2, 16, 128], 'point', (k) => concatBytes(blsG1(k), scalar)),
    { address: 13, name: 'BLS12_G2ADD', says: 'two points', input: concatBytes(blsG2(0), blsG2(1)) },
    ...counted(14, 'BLS12_G2MSM', [1, 2, 16, 128], 'point', (k) => concatBytes(blsG2(k), scalar)),
    ...counted(15, 'BLS12_PAIRING', [1, 2, 8], 'pair', (k) => concatBytes(blsG1(k), blsG2(k))),
    { address: 16, name: 'BLS12_MAP_FP_TO_G1', says: 'one element', input: field64(FIELD_ELEMENT) },
    {
      address: 17,
      name: 'BLS12_MAP_FP2_TO_G2',
      says: 'one element',
      input: concatBytes(field64(FIELD_ELEMENT), field64(FIELD_ELEMENT - 2n)),
    },
    { address: 0x100, name: 'P256VERIFY', says: 'valid', input: p256Input(true) },
    { address: 0x100, name: 'P256VERIFY', says: 'another digest', input: p256Input(false) },
  ];
}
