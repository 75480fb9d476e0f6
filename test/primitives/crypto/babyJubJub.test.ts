// Against @zk-kit (a separate implementation of circomlib's scheme) and by the rules that circomlib does not check.
import { createRequire } from 'node:module';
import { addPoint, Base8, mulPointEscalar, packPoint, subOrder } from '@zk-kit/baby-jubjub';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bigIntToFixedBytes, concatBytes } from '../../../primitives/bytes.ts';
import {
  BABY_JUB_JUB_SUBORDER,
  isBabyJubJubPublicKey,
  unpackBabyJubJub,
  verifyEddsaPoseidon,
} from '../../../primitives/crypto/babyJubJub.ts';
import { babyJubJubPublicKeyOf, signEddsaPoseidon } from '../../../primitives/crypto/babyJubJubSigner.ts';
import { POSEIDON_FIELD } from '../../../primitives/crypto/poseidon.ts';

// The package's ES module does not load under Node (it imports names from CommonJS); its CommonJS build does.
const { derivePublicKey, signMessage, verifySignature } = createRequire(import.meta.url)(
  '@zk-kit/eddsa-poseidon',
) as typeof import('@zk-kit/eddsa-poseidon');

type Pair = readonly [bigint, bigint];

function packed(point: Pair): Uint8Array {
  return bigIntToFixedBytes(packPoint([point[0], point[1]]), 32)
    .slice()
    .reverse();
}

function signatureOf(signature: { R8: [bigint, bigint]; S: bigint }): Uint8Array {
  return concatBytes(...[signature.R8[0], signature.R8[1], signature.S].map((part) => bigIntToFixedBytes(part, 32)));
}

const key = 'a device key';
const publicKey = derivePublicKey(key) as Pair;
const message = 123456789n;
const signature = signMessage(key, message) as { R8: [bigint, bigint]; S: bigint };

describe('BabyJubJub', () => {
  it('agrees with @zk-kit on keys and signatures', () => {
    expect(BABY_JUB_JUB_SUBORDER).toBe(subOrder);
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.bigInt(0n, POSEIDON_FIELD - 1n),
        (secret, text) => {
          const point = derivePublicKey(Buffer.from(secret)) as Pair;
          const signed = signMessage(Buffer.from(secret), text);
          expect(unpackBabyJubJub(packed(point))).toEqual(point);
          expect(isBabyJubJubPublicKey(packed(point))).toBe(true);
          expect(verifyEddsaPoseidon(text, signatureOf(signed), packed(point))).toBe(true);
          expect(verifyEddsaPoseidon((text + 1n) % POSEIDON_FIELD, signatureOf(signed), packed(point))).toBe(false);
        },
      ),
      { numRuns: 5 },
    );
  });

  it('derives keys and signs as @zk-kit does', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.bigInt(0n, POSEIDON_FIELD - 1n),
        (secret, text) => {
          expect(babyJubJubPublicKeyOf(secret)).toEqual(packed(derivePublicKey(Buffer.from(secret)) as Pair));
          expect(signEddsaPoseidon(text, secret)).toEqual(signatureOf(signMessage(Buffer.from(secret), text)));
          expect(verifyEddsaPoseidon(text, signEddsaPoseidon(text, secret), babyJubJubPublicKeyOf(secret))).toBe(true);
        },
      ),
      { numRuns: 5 },
    );
    const invalid = expect.objectContaining({ code: 'INVALID_PRIVATE_KEY' });
    expect(() => babyJubJubPublicKeyOf(new Uint8Array(31))).toThrowError(invalid);
    expect(() => signEddsaPoseidon(1n, new Uint8Array(33))).toThrowError(invalid);
    expect(() => signEddsaPoseidon(POSEIDON_FIELD, new Uint8Array(32))).toThrowError(/below the field order/);
  });

  it('refuses what circomlib accepts', () => {
    const bytes = packed(publicKey);
    expect(verifyEddsaPoseidon(message, signatureOf(signature), bytes)).toBe(true);
    const reducedFar = { ...signature, S: signature.S + subOrder };
    expect(verifyEddsaPoseidon(message, signatureOf(reducedFar), bytes)).toBe(false);
    const shifted: [bigint, bigint] = [signature.R8[0] + POSEIDON_FIELD, signature.R8[1]];
    expect(verifyEddsaPoseidon(message, signatureOf({ ...signature, R8: shifted }), bytes)).toBe(false);
    expect(verifyEddsaPoseidon(message + POSEIDON_FIELD, signatureOf(signature), bytes)).toBe(false);
    expect(verifySignature(message, signature, publicKey as [bigint, bigint])).toBe(true);
  });

  it('refuses keys outside the prime subgroup, the identity and non-canonical encodings', () => {
    const orderTwo: Pair = [0n, POSEIDON_FIELD - 1n];
    const mixed = addPoint([...publicKey] as [bigint, bigint], [...orderTwo] as [bigint, bigint]) as Pair;
    expect(unpackBabyJubJub(packed(mixed))).toEqual(mixed);
    expect(isBabyJubJubPublicKey(packed(mixed))).toBe(false);
    expect(isBabyJubJubPublicKey(packed(orderTwo))).toBe(false);
    expect(isBabyJubJubPublicKey(packed([0n, 1n]))).toBe(false);
    const signedZero = packed([0n, 1n]);
    signedZero[31] = 0x80;
    expect(unpackBabyJubJub(signedZero)).toBeUndefined();
    const beyond = bigIntToFixedBytes(POSEIDON_FIELD + 1n, 32)
      .slice()
      .reverse();
    expect(unpackBabyJubJub(beyond)).toBeUndefined();
    expect(isBabyJubJubPublicKey(new Uint8Array(31))).toBe(false);
    expect(isBabyJubJubPublicKey(new Uint8Array(33))).toBe(false);
  });

  it('finds every unpacked point on the curve and packs it back, or refuses it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        bytes[31] = (bytes[31] as number) & 0xaf;
        const point = unpackBabyJubJub(bytes);
        if (point !== undefined) expect(packed(point)).toEqual(bytes);
      }),
    );
    expect(isBabyJubJubPublicKey(packed(mulPointEscalar(Base8, 5n) as Pair))).toBe(true);
  });
});
