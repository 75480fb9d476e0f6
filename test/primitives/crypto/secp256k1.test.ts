// Every backend against every other, on random input and at the edges where implementations differ.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bigIntToFixedBytes, bytesToBigInt, concatBytes, hexToBytes } from '../../../primitives/bytes.ts';
import { createAddonBackend } from '../../../primitives/crypto/secp256k1/addonBackend.ts';
import { passesSecp256k1SelfTest, type Secp256k1Backend } from '../../../primitives/crypto/secp256k1/backend.ts';
import { createMclBackend } from '../../../primitives/crypto/secp256k1/mclBackend.ts';
import { createNobleBackend } from '../../../primitives/crypto/secp256k1/nobleBackend.ts';
import {
  addressOfPublicKey,
  chooseSecp256k1Backend,
  isSecp256k1PublicKey,
  publicKeyOf,
  recoverPublicKey,
  SECP256K1_LOW_S_MAX,
  SECP256K1_N,
  secp256k1Backend,
  signDigest,
} from '../../../primitives/crypto/secp256k1.ts';

const noble = createNobleBackend();
const backends: Secp256k1Backend[] = [createMclBackend(), noble];
let addonMissing = false;
try {
  backends.unshift(createAddonBackend());
} catch {
  addonMissing = true;
}

const FIELD = 2n ** 256n - 2n ** 32n - 977n;
const word = (value: bigint) => bigIntToFixedBytes(value, 32);
const pair = (r: bigint, s: bigint) => concatBytes(word(r), word(s));
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const privateKeys = fc.bigInt(1n, SECP256K1_N - 1n).map(word);

/** All backends' answers, which must be one. */
function recoverAll(digest: Uint8Array, signature: Uint8Array, recovery: 0 | 1): Uint8Array | undefined {
  const answers = backends.map((backend) => backend.recover(digest, signature, recovery)?.slice());
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  return answers[0];
}

describe('secp256k1 backends', () => {
  it.skipIf(addonMissing)('takes the addon first', () => {
    expect(secp256k1Backend().name).toBe('addon');
  });

  it.each(backends)('$name passes its self-test', (backend) => {
    expect(passesSecp256k1SelfTest(backend)).toBe(true);
  });

  it('takes the next backend when one is absent or fails its self-test', () => {
    const absent = () => {
      throw new Error('no binary');
    };
    const wrong = (): Secp256k1Backend => ({ ...noble, name: 'addon', recover: () => new Uint8Array(64) });
    expect(chooseSecp256k1Backend([absent, wrong, () => noble]).name).toBe('noble');
    expect(() => chooseSecp256k1Backend([absent])).toThrowError(expect.objectContaining({ code: 'NO_CRYPTO_BACKEND' }));
  });

  it('agree on signatures, keys and recovery', () => {
    fc.assert(
      fc.property(privateKeys, bytes32, (privateKey, digest) => {
        const publicKey = noble.publicKeyOf(privateKey);
        const expected = noble.sign(digest, privateKey);
        expect(bytesToBigInt(expected.signature.subarray(32)) <= SECP256K1_LOW_S_MAX).toBe(true);
        for (const backend of backends) {
          expect(backend.publicKeyOf(privateKey)).toEqual(publicKey);
          expect(backend.sign(digest, privateKey)).toEqual(expected);
        }
        expect(recoverAll(digest, expected.signature, expected.recovery)).toEqual(publicKey);
        const other = recoverAll(digest, expected.signature, expected.recovery === 0 ? 1 : 0);
        expect(other).not.toEqual(publicKey);
        const [r, s] = [expected.signature.subarray(0, 32), bytesToBigInt(expected.signature.subarray(32))];
        const highS = concatBytes(r, word(SECP256K1_N - s));
        expect(recoverAll(digest, highS, expected.recovery === 0 ? 1 : 0)).toEqual(publicKey);
      }),
      { numRuns: 40 },
    );
  });

  it('agree on random bytes as signatures', () => {
    fc.assert(
      fc.property(bytes32, bytes32, bytes32, fc.constantFrom(0 as const, 1 as const), (digest, r, s, recovery) => {
        recoverAll(digest, concatBytes(r, s), recovery);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['r = 0', 0n, 1n],
    ['s = 0', 1n, 0n],
    ['r = n', SECP256K1_N, 1n],
    ['s = n', 1n, SECP256K1_N],
    ['r = p', FIELD, 1n],
    ['r = 2^256 - 1', 2n ** 256n - 1n, 1n],
    ['s = 2^256 - 1', 1n, 2n ** 256n - 1n],
    ['r that is no x of the curve', 5n, 1n],
  ])('recover nothing from %s', (_name, r, s) => {
    for (const recovery of [0, 1] as const) expect(recoverAll(word(3n), pair(r, s), recovery)).toBeUndefined();
  });

  it('recover nothing when the key would be the point at infinity', () => {
    // With R = G: Q = r⁻¹(s·R - e·G) is infinity exactly when s = e.
    const { x, y } = secp256k1.Point.BASE.toAffine();
    const parity = y & 1n ? 1 : 0;
    expect(recoverAll(word(12345n), pair(x, 12345n), parity)).toBeUndefined();
    expect(recoverAll(word(12345n), pair(x, 12346n), parity)).toBeDefined();
  });

  it.each([
    ['0', 0n],
    ['n', SECP256K1_N],
    ['n + 1', SECP256K1_N + 1n],
    ['2^256 - 1', 2n ** 256n - 1n],
  ])('agree on the digest %s', (_name, digest) => {
    const { x } = secp256k1.Point.BASE.toAffine();
    expect(recoverAll(word(digest), pair(x, 7n), 0)).toBeDefined();
  });
});

describe('secp256k1 facade', () => {
  const privateKey = hexToBytes(`0x${'46'.repeat(32)}`);

  it('derives the address of the EIP-155 example', () => {
    expect(addressOfPublicKey(publicKeyOf(privateKey))).toEqual(
      hexToBytes('0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f'),
    );
  });

  it.each([
    ['zero', word(0n)],
    ['the order', word(SECP256K1_N)],
    ['31 bytes', new Uint8Array(31).fill(1)],
    ['33 bytes', new Uint8Array(33).fill(1)],
  ])('refuses %s as a private key', (_name, key) => {
    const invalid = expect.objectContaining({ code: 'INVALID_PRIVATE_KEY' });
    expect(() => publicKeyOf(key)).toThrowError(invalid);
    expect(() => signDigest(word(1n), key)).toThrowError(invalid);
  });

  it('recovers nothing from inputs of another size', () => {
    const { signature, recovery } = signDigest(word(1n), privateKey);
    expect(recoverPublicKey(word(1n), signature, recovery)).toEqual(publicKeyOf(privateKey));
    expect(recoverPublicKey(new Uint8Array(31), signature, recovery)).toBeUndefined();
    expect(recoverPublicKey(word(1n), signature.subarray(1), recovery)).toBeUndefined();
    expect(recoverPublicKey(word(1n), concatBytes(signature, new Uint8Array(1)), recovery)).toBeUndefined();
  });

  it('knows points of the curve', () => {
    fc.assert(
      fc.property(privateKeys, fc.nat(63), (key, at) => {
        const point = publicKeyOf(key).slice();
        expect(isSecp256k1PublicKey(point)).toBe(true);
        point[at] = (point[at] as number) ^ 1;
        expect(isSecp256k1PublicKey(point)).toBe(false);
      }),
      { numRuns: 20 },
    );
    expect(isSecp256k1PublicKey(new Uint8Array(64))).toBe(false);
    expect(isSecp256k1PublicKey(new Uint8Array(65))).toBe(false);
    // x = 1 is on the curve; x + p is the same residue in another encoding and must be refused.
    const y = secp256k1.Point.fromHex(`02${'00'.repeat(31)}01`).y;
    expect(isSecp256k1PublicKey(pair(1n, y))).toBe(true);
    expect(isSecp256k1PublicKey(pair(1n + FIELD, y))).toBe(false);
  });
});
