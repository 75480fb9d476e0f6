// mcl and node:crypto against noble: the same accept set on random input and at every edge of EIP-7951.
import { p256 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bigIntToFixedBytes, bytesToBigInt, concatBytes } from '../../../primitives/bytes.ts';
import {
  chooseP256DigestVerifier,
  createMclP256,
  createNobleP256,
} from '../../../primitives/crypto/p256/digestVerifier.ts';
import { createNodeMessageVerifier } from '../../../primitives/crypto/p256/messageVerifier.ts';
import {
  isP256PublicKey,
  P256_N,
  p256DigestVerifier,
  verifyP256Digest,
  verifyP256Message,
} from '../../../primitives/crypto/p256.ts';
import { sha256 } from '../../../primitives/crypto/sha256.ts';

const FIELD = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const mcl = createMclP256();
const noble = createNobleP256();
const word = (value: bigint) => bigIntToFixedBytes(value, 32);
const pair = (a: bigint, b: bigint) => concatBytes(word(a), word(b));
const privateKeys = fc.bigInt(1n, P256_N - 1n).map(word);
const publicKeyOf = (privateKey: Uint8Array) => p256.getPublicKey(privateKey, false).subarray(1);

/** What all implementations say of a digest, which must be one answer. */
function verifyAll(digest: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean {
  const answer = noble.verify(digest, signature, key);
  expect(mcl.verify(digest, signature, key)).toBe(answer);
  expect(verifyP256Digest(digest, signature, key)).toBe(answer);
  return answer;
}

/** What all implementations say of a message, which must be one answer. */
function verifyMessageAll(message: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean {
  const answer = verifyAll(sha256(message), signature, key);
  expect(verifyP256Message(message, signature, key)).toBe(answer);
  return answer;
}

describe('P-256', () => {
  it('runs on mcl and node:crypto', () => {
    expect(p256DigestVerifier().name).toBe('mcl');
    expect(createNodeMessageVerifier()?.name).toBe('node:crypto');
  });

  it('falls back to noble', () => {
    const absent = () => {
      throw new Error('no module');
    };
    const wrong = () => ({ name: 'mcl' as const, verify: () => true });
    expect(chooseP256DigestVerifier([absent, wrong, createNobleP256]).name).toBe('noble');
    expect(() => chooseP256DigestVerifier([absent])).toThrowError(
      expect.objectContaining({ code: 'NO_CRYPTO_BACKEND' }),
    );
  });

  it('accepts signatures with low and high s, and refuses altered ones', () => {
    fc.assert(
      fc.property(privateKeys, fc.uint8Array({ maxLength: 300 }), fc.nat(63), (privateKey, message, at) => {
        const key = publicKeyOf(privateKey);
        const signature = p256.sign(message, privateKey, { lowS: true });
        const s = bytesToBigInt(signature.subarray(32));
        expect(verifyMessageAll(message, signature, key)).toBe(true);
        expect(verifyMessageAll(message, concatBytes(signature.subarray(0, 32), word(P256_N - s)), key)).toBe(true);
        const altered = signature.slice();
        altered[at] = (altered[at] as number) ^ 0x10;
        expect(verifyMessageAll(message, altered, key)).toBe(false);
        expect(verifyMessageAll(concatBytes(message, Uint8Array.of(0)), signature, key)).toBe(false);
        const alteredKey = key.slice();
        alteredKey[at] = (alteredKey[at] as number) ^ 0x10;
        expect(verifyMessageAll(message, signature, alteredKey)).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  const key = publicKeyOf(word(7n));
  it.each([
    ['r = 0', 0n, 1n],
    ['s = 0', 1n, 0n],
    ['r = s = 0', 0n, 0n],
    ['r = n', P256_N, 1n],
    ['s = n', 1n, P256_N],
    ['r = n + 1', P256_N + 1n, 1n],
    ['r = p', FIELD, 1n],
    ['r = s = 2^256 - 1', 2n ** 256n - 1n, 2n ** 256n - 1n],
    ['r = s = 1', 1n, 1n],
    ['r = s = n - 1', P256_N - 1n, P256_N - 1n],
  ])('refuses %s', (_name, r, s) => {
    expect(verifyMessageAll(Uint8Array.of(1), pair(r, s), key)).toBe(false);
  });

  it('refuses keys that are not points or not canonical, also when the maths would hold modulo p', () => {
    // A signature by the key k over any digest, made with a point whose x and x + p both fit in 32 bytes.
    const small = smallXPoint();
    const { x, y } = small;
    expect(x + FIELD < 2n ** 256n).toBe(true);
    expect(isP256PublicKey(pair(x, y))).toBe(true);
    expect(isP256PublicKey(pair(x + FIELD, y))).toBe(false);
    // (r, s) with u1 = 0: over the digest 0 the signature R = (1/1)·Q, r = s = x(Q) mod n verifies under Q.
    const r = x % P256_N;
    expect(verifyAll(word(0n), pair(r, r), pair(x, y))).toBe(true);
    expect(verifyAll(word(0n), pair(r, r), pair(x + FIELD, y))).toBe(false);
    expect(verifyAll(word(0n), pair(r, r), pair(x, FIELD - y))).toBe(true);
    expect(verifyAll(word(0n), pair(r, r), new Uint8Array(64))).toBe(false);
    expect(verifyP256Message(new Uint8Array(1), pair(r, r), new Uint8Array(64))).toBe(false);
  });

  it('computes the sums that end at infinity, at a doubling and at x above n', () => {
    const G = p256.Point.BASE.toAffine();
    const generator = pair(G.x, G.y);
    // u1·G + u2·G with e = -r: infinity, refused. With e = r: a doubling.
    for (const r of [1n, 2n, G.x % P256_N]) {
      expect(verifyAll(word(P256_N - r), pair(r, 5n), generator)).toBe(false);
      verifyAll(word(r), pair(r, r), generator);
    }
    const double = p256.Point.BASE.double().toAffine().x % P256_N;
    expect(verifyAll(word(double), pair(double, double), generator)).toBe(true);
    for (const digest of [0n, P256_N, P256_N + 1n, 2n ** 256n - 1n]) {
      const signature = p256.sign(word(digest), word(9n), { prehash: false, lowS: false });
      expect(verifyAll(word(digest), signature, publicKeyOf(word(9n)))).toBe(true);
    }
  });

  it('agrees on random bytes', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(bytes(32), bytes(64), bytes(64), fc.boolean(), (digest, signature, random, realKey) => {
        const publicKey = realKey ? key : random;
        expect(verifyAll(digest, signature, publicKey)).toBe(false);
        expect(isP256PublicKey(publicKey)).toBe(realKey);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses other sizes', () => {
    const signature = p256.sign(Uint8Array.of(1), word(7n), {});
    expect(verifyP256Message(Uint8Array.of(1), signature, key)).toBe(true);
    expect(verifyP256Message(Uint8Array.of(1), signature.subarray(1), key)).toBe(false);
    expect(verifyP256Message(Uint8Array.of(1), signature, key.subarray(1))).toBe(false);
    expect(verifyP256Digest(new Uint8Array(31), signature, key)).toBe(false);
    expect(isP256PublicKey(key.subarray(1))).toBe(false);
  });
});

/** The point with the least positive x that is on the curve: x + p then fits in 32 bytes. */
function smallXPoint(): { x: bigint; y: bigint } {
  for (let x = 1n; ; x++) {
    try {
      return p256.Point.fromHex(`02${x.toString(16).padStart(64, '0')}`).toAffine();
    } catch {
      // not on the curve
    }
  }
}
