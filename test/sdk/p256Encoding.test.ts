import { createPublicKey, sign } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { hexToBytes } from 'viem';
import { describe, expect, it } from 'vitest';
import { bigIntToFixedBytes, concatBytes } from '../../primitives/bytes.ts';
import { P256_N, verifyP256Message } from '../../primitives/crypto/p256.ts';
import { keyedSignature, secureElementSigner } from '../../sdk/deviceSigner.ts';
import { derToRaw, parseP256PublicKey, parseRawP256Signature } from '../../sdk/p256Encoding.ts';
import { generateP256Signer } from '../../sdk/signers/p256.ts';
import { messagePayload } from '../../sdk/typedData.ts';

const refusesSignature = expect.objectContaining({ code: 'INVALID_SIGNATURE_ENCODING' });
const refusesKey = expect.objectContaining({ code: 'INVALID_PUBLIC_KEY' });

const der = (hex: string) => hexToBytes(`0x${hex}`);
const word = (value: bigint) => bigIntToFixedBytes(value, 32);

/** DER as X.690 writes it, by the shortest path. */
function encodeDer(r: bigint, s: bigint): Uint8Array {
  const integer = (value: bigint): Uint8Array => {
    const hex = value.toString(16);
    const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
    const content = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
    return Buffer.concat([Buffer.of(2, content.length), content]);
  };
  const content = Buffer.concat([integer(r), integer(s)]);
  return Uint8Array.from(Buffer.concat([Buffer.of(0x30, content.length), content]));
}

describe('DER signatures', () => {
  it('are read back for every r and s in range', () => {
    const scalar = fc.oneof(
      fc.bigInt(1n, P256_N - 1n),
      fc.bigInt(1n, 2n ** 16n),
      fc.constant(P256_N - 1n),
      fc.constant(1n),
    );
    fc.assert(
      fc.property(scalar, scalar, (r, s) => {
        expect(derToRaw(encodeDer(r, s))).toEqual(concatBytes(word(r), word(s)));
      }),
    );
  });

  it.each([
    ['empty', ''],
    ['no sequence', '3106020101020101'],
    ['only its head', '30'],
    ['a length too large', '3007020101020101'],
    ['a length too small', '3005020101020101'],
    ['a long form of the length', '308106020101020101'],
    ['an indefinite length', '30800201010201010000'],
    ['bytes behind', '300602010102010100'],
    ['bytes behind inside', '300802010102010102'],
    ['a third integer', '3009020101020101020101'],
    ['one integer', '3003020101'],
    ['another tag', '3006040101020101'],
    ['an empty integer', '30050200020101'],
    ['an integer past the end', '3006020101020201'],
    ['a negative r', '3006020180020101'],
    ['a needless zero', '300702020001020101'],
    ['r of 0', '3006020100020101'],
    ['s of 0', '3006020101020100'],
    ['s of n', `3026020101022100${P256_N.toString(16)}`],
    ['r of 33 bytes', `302602210101${'00'.repeat(31)}020101`],
    ['longer than any', `3047022100${'ff'.repeat(32)}022100${'ff'.repeat(32)}00`],
  ])('refuses %s', (_, hex) => {
    expect(() => derToRaw(der(hex))).toThrow(refusesSignature);
  });

  it('takes s of n - 1, one below', () => {
    expect(derToRaw(encodeDer(1n, P256_N - 1n)).subarray(32)).toEqual(word(P256_N - 1n));
  });

  it('no changed byte makes a second encoding of a signature', () => {
    const good = encodeDer(P256_N - 5n, 7n);
    const expected = derToRaw(good);
    for (const [index, byte] of good.entries()) {
      for (const change of [1, 0x80, 0xff]) {
        const changed = good.slice();
        changed[index] = byte ^ change;
        let read: Uint8Array | undefined;
        try {
          read = derToRaw(changed);
        } catch {
          continue;
        }
        expect(read).not.toEqual(expected);
      }
    }
  });
});

describe('raw signatures', () => {
  it.each([
    ['63 bytes', new Uint8Array(63).fill(1)],
    ['65 bytes', new Uint8Array(65).fill(1)],
    ['r of 0', concatBytes(word(0n), word(1n))],
    ['s of n', concatBytes(word(1n), word(P256_N))],
  ])('refuses %s', (_, raw) => {
    expect(() => parseRawP256Signature(raw)).toThrow(refusesSignature);
  });
});

describe('P-256 public keys', () => {
  const signer = generateP256Signer();
  const sec1 = concatBytes(Uint8Array.of(4), signer.publicKey);
  const spki = Uint8Array.from(createPublicKey(signer.exportPem()).export({ format: 'der', type: 'spki' }));

  it.each([
    ['raw', signer.publicKey],
    ['an uncompressed SEC1 point', sec1],
    ['a compressed SEC1 point', p256.Point.fromBytes(sec1).toBytes(true)],
    ['SubjectPublicKeyInfo', spki],
  ])('are read from %s', (_, bytes) => {
    expect(parseP256PublicKey(bytes)).toEqual(signer.publicKey);
  });

  const offCurve = signer.publicKey.slice();
  offCurve[63] = (offCurve[63] as number) ^ 1;
  it.each([
    ['no bytes', new Uint8Array()],
    ['a point off the curve', offCurve],
    ['63 bytes', signer.publicKey.slice(1)],
    [
      'a SubjectPublicKeyInfo of another curve',
      Uint8Array.from(spki, (byte, index) => (index === 20 ? byte ^ 1 : byte)),
    ],
  ])('refuses %s', (_, bytes) => {
    expect(() => parseP256PublicKey(bytes)).toThrow(refusesKey);
  });
});

describe('secure elements', () => {
  const chip = generateP256Signer();
  const { publicKey } = chip;
  const payload = messagePayload(Uint8Array.of(1, 2, 3));
  const derOf = (message: Uint8Array) => Uint8Array.from(sign('sha256', message, chip.exportPem()));

  it.each([
    ['given messages, answering DER', { publicKey, format: 'der', signMessage: derOf }],
    [
      'given messages, answering raw',
      { publicKey, format: 'raw', signMessage: async (m: Uint8Array) => derToRaw(derOf(m)) },
    ],
    [
      'given digests, answering raw',
      {
        publicKey,
        format: 'raw',
        signDigest: (digest: Uint8Array) => p256.sign(digest, chip.exportPrivateKey(), { prehash: false, lowS: false }),
      },
    ],
    [
      'given digests, answering DER',
      {
        publicKey,
        format: 'der',
        signDigest: (digest: Uint8Array) =>
          p256.sign(digest, chip.exportPrivateKey(), { prehash: false, lowS: false, format: 'der' }),
      },
    ],
  ] as const)('%s', async (_, element) => {
    const signature = await secureElementSigner(element).sign(payload);
    expect(verifyP256Message(payload.sha256.bytes, signature, publicKey)).toBe(true);
  });

  it('that answer in another format are refused, not sent on', async () => {
    const signer = secureElementSigner({ publicKey, format: 'raw', signMessage: derOf });
    await expect(signer.sign(payload)).rejects.toThrow(refusesSignature);
  });

  it('need a raw public key', () => {
    expect(() => secureElementSigner({ publicKey: new Uint8Array(65), format: 'der', signMessage: derOf })).toThrow(
      refusesKey,
    );
  });

  it('key ids stand in four bytes before a signature', () => {
    expect(keyedSignature(0x01020304, Uint8Array.of(9))).toEqual(Uint8Array.of(1, 2, 3, 4, 9));
    expect(keyedSignature(0xffffffff, new Uint8Array())).toEqual(Uint8Array.of(255, 255, 255, 255));
    for (const keyId of [-1, 1.5, 2 ** 32]) {
      expect(() => keyedSignature(keyId, new Uint8Array())).toThrow(
        expect.objectContaining({ code: 'INVALID_KEY_ID' }),
      );
    }
  });
});
