import { expect, it } from 'vitest';
import { cryptoBackends } from '../../../primitives/crypto/backends.ts';
import { verifyP256Digest, verifyP256Message } from '../../../primitives/crypto/p256.ts';

it('names what is in use, and what has not been needed yet', () => {
  const before = cryptoBackends();
  expect(before.keccak256).toBe('wasm');
  expect(['addon', 'mcl', 'noble']).toContain(before.secp256k1);
  expect(before.p256Digest).toBe('chosen at first use');
  // r = s = 1 under the generator: in range, on the curve, and wrong.
  const generator = new Uint8Array(
    Buffer.from(
      '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
      'hex',
    ),
  );
  const ones = new Uint8Array(64);
  ones[31] = 1;
  ones[63] = 1;
  expect(verifyP256Digest(new Uint8Array(32), ones, generator)).toBe(false);
  expect(verifyP256Message(new Uint8Array(1), ones, generator)).toBe(false);
  expect(cryptoBackends()).toMatchObject({ p256Digest: 'mcl', p256Message: 'node:crypto' });
});
