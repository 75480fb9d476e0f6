// ZIP-215 at its edges: the eight-torsion, non-canonical encodings, cofactored against cofactorless.
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../primitives/bytes.ts';
import { isEd25519PublicKey, verifyEd25519 } from '../../../primitives/crypto/ed25519.ts';

const ORDER = ed25519.Point.Fn.ORDER;

/** Encodings that ZIP-215 decodes to points of small order, canonical and not (ZIP-215, test vectors). */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
].map((hex) => hexToBytes(`0x${hex}`));

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(bytesToHex(Uint8Array.from(bytes).reverse()));
}

function scalarBytes(value: bigint): Uint8Array {
  return hexToBytes(`0x${value.toString(16).padStart(64, '0')}`)
    .slice()
    .reverse();
}

describe('Ed25519', () => {
  it('accepts what was signed and refuses what was altered, as noble does', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(63),
        (secret, message, at) => {
          const key = ed25519.getPublicKey(secret);
          const signature = ed25519.sign(message, secret).slice();
          expect(verifyEd25519(message, signature, key)).toBe(true);
          signature[at] = (signature[at] as number) ^ 4;
          expect(verifyEd25519(message, signature, key)).toBe(ed25519.verify(signature, message, key));
          expect(isEd25519PublicKey(key)).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('accepts every pair of small-order A and R with S = 0, as ZIP-215 demands, and registers none of them', () => {
    const zero = new Uint8Array(32);
    for (const key of SMALL_ORDER) {
      expect(isEd25519PublicKey(key)).toBe(false);
      for (const commitment of SMALL_ORDER)
        expect(verifyEd25519(Uint8Array.of(7), concatBytes(commitment, zero), key)).toBe(true);
    }
  });

  it('refuses S at and above the group order', () => {
    const secret = new Uint8Array(32).fill(5);
    const key = ed25519.getPublicKey(secret);
    const signature = ed25519.sign(Uint8Array.of(1), secret);
    const s = littleEndian(signature.subarray(32));
    const withS = (value: bigint) => concatBytes(signature.subarray(0, 32), scalarBytes(value));
    expect(verifyEd25519(Uint8Array.of(1), withS(s), key)).toBe(true);
    expect(verifyEd25519(Uint8Array.of(1), withS(s + ORDER), key)).toBe(false);
    const identity = concatBytes(SMALL_ORDER[0] as Uint8Array, scalarBytes(ORDER));
    expect(verifyEd25519(Uint8Array.of(1), identity, SMALL_ORDER[0] as Uint8Array)).toBe(false);
  });

  it('verifies with the cofactor: a commitment shifted by a small-order point still holds', () => {
    // R' = R + T signs under the challenge of R'; only 8·S·B = 8·R' + 8·h·A holds, which OpenSSL alone refuses.
    const secret = 123456789n;
    const key = ed25519.Point.BASE.multiply(secret).toBytes();
    const torsion = ed25519.Point.fromBytes(SMALL_ORDER[10] as Uint8Array, true);
    const nonce = 987654321n;
    const commitment = ed25519.Point.BASE.multiply(nonce).add(torsion).toBytes();
    const message = Uint8Array.of(1, 2, 3);
    const challenge = littleEndian(sha512(concatBytes(commitment, key, message))) % ORDER;
    const signature = concatBytes(commitment, scalarBytes((nonce + challenge * secret) % ORDER));
    expect(verifyEd25519(message, signature, key)).toBe(true);
    expect(verifyEd25519(Uint8Array.of(1, 2, 4), signature, key)).toBe(false);
  });

  it('refuses other sizes and keys that are no point', () => {
    const secret = new Uint8Array(32).fill(9);
    const key = ed25519.getPublicKey(secret);
    const signature = ed25519.sign(Uint8Array.of(1), secret);
    expect(verifyEd25519(Uint8Array.of(1), signature.subarray(1), key)).toBe(false);
    expect(verifyEd25519(Uint8Array.of(1), signature, key.subarray(1))).toBe(false);
    const noPoint = new Uint8Array(32);
    noPoint[0] = 2;
    expect(isEd25519PublicKey(noPoint)).toBe(false);
    expect(verifyEd25519(Uint8Array.of(1), signature, noPoint)).toBe(false);
    expect(isEd25519PublicKey(new Uint8Array(33))).toBe(false);
  });
});
