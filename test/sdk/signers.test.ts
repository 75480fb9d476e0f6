// Keys in and out of software signers, and passkeys as browsers make them.
import { createHash } from 'node:crypto';
import { stringToBytes } from 'viem';
import { describe, expect, it } from 'vitest';
import { SIGNATURE_LENGTH_MAX } from '../../precompiles/did/types.ts';
import { readWebAuthn } from '../../precompiles/did/webAuthn.ts';
import { verifyP256Message } from '../../primitives/crypto/p256.ts';
import { encodePasskeySignature, type PasskeyAssertion, passkeySigner } from '../../sdk/passkey.ts';
import { babyJubJubSigner, generateBabyJubJubSigner } from '../../sdk/signers/babyJubJub.ts';
import { ed25519Signer, generateEd25519Signer } from '../../sdk/signers/ed25519.ts';
import { generateP256Signer, p256Signer } from '../../sdk/signers/p256.ts';
import { generateSecp256k1Signer, secp256k1Signer } from '../../sdk/signers/secp256k1.ts';
import { createSoftwarePasskey } from '../../sdk/signers/softwarePasskey.ts';
import { messagePayload } from '../../sdk/typedData.ts';

const refusesKey = expect.objectContaining({ code: 'INVALID_PRIVATE_KEY' });
const GROUP_ORDER = {
  'P-256': 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  secp256k1: 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
};
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

describe.each([
  ['P-256', generateP256Signer, p256Signer, generateEd25519Signer],
  ['secp256k1', generateSecp256k1Signer, secp256k1Signer, generateP256Signer],
  ['Ed25519', generateEd25519Signer, ed25519Signer, generateSecp256k1Signer],
] as const)('a %s key', (_, generate, load, generateOther) => {
  const signer = generate();

  it('is the same from raw bytes, PEM and JWK', () => {
    const raw = signer.exportPrivateKey();
    expect(raw.length).toBe(32);
    expect(signer.exportPem()).toContain('BEGIN PRIVATE KEY');
    for (const source of [raw, signer.exportPem(), signer.exportJwk()]) {
      const loaded = load(source);
      expect(loaded.publicKey).toEqual(signer.publicKey);
      expect(loaded.exportPrivateKey()).toEqual(raw);
    }
  });

  it('is fresh each time', () => {
    expect(generate().publicKey).not.toEqual(signer.publicKey);
  });

  it.each([
    ['31 bytes', new Uint8Array(31).fill(1)],
    ['33 bytes', new Uint8Array(33).fill(1)],
    ['no PEM', 'a key'],
    ['a key of another curve', generateOther().exportPem()],
    ['a JWK of another curve', generateOther().exportJwk()],
    ['a JWK without its private part', { ...signer.exportJwk(), d: undefined as unknown as string }],
  ])('is not made of %s', (__, source) => {
    expect(() => load(source)).toThrow(refusesKey);
  });
});

describe('scalars', () => {
  it.each([
    ['P-256', p256Signer],
    ['secp256k1', secp256k1Signer],
  ] as const)('of %s are from 1 to n - 1', (curve, load) => {
    const order = bytes(GROUP_ORDER[curve]);
    const greatest = order.slice();
    greatest[31] = (order[31] as number) - 1;
    expect(load(greatest).exportPrivateKey()).toEqual(greatest);
    for (const scalar of [order, new Uint8Array(32), new Uint8Array(32).fill(255)]) {
      expect(() => load(scalar)).toThrow(refusesKey);
    }
  });
});

describe('a BabyJubJub key', () => {
  it('is the same from its secret, which has 32 bytes', () => {
    const signer = generateBabyJubJubSigner();
    const secret = signer.exportPrivateKey();
    expect(babyJubJubSigner(secret).publicKey).toEqual(signer.publicKey);
    expect(generateBabyJubJubSigner().publicKey).not.toEqual(signer.publicKey);
    for (const length of [0, 31, 33]) expect(() => babyJubJubSigner(new Uint8Array(length))).toThrow(refusesKey);
  });
});

describe('passkeys', () => {
  const passkey = createSoftwarePasskey({ rpId: 'gnomon.example', origin: 'https://app.gnomon.example' });
  const payload = messagePayload(stringToBytes('hello'));
  const challenge = payload.eip712.digest;
  const withClientData = (text: string): PasskeyAssertion => ({
    ...(passkey.getAssertion(challenge) as PasskeyAssertion),
    clientDataJSON: stringToBytes(text),
  });
  const start = `{"type":"webauthn.get","challenge":"${Buffer.from(challenge).toString('base64url')}"`;

  it('sign as the chain reads', async () => {
    const signer = passkeySigner(passkey);
    const assertion = readWebAuthn(await signer.sign(payload), challenge);
    expect(assertion).toBeDefined();
    if (assertion === undefined) return;
    expect(verifyP256Message(assertion.message, assertion.signature, signer.publicKey)).toBe(true);
  });

  it('are kept and loaded', () => {
    const again = createSoftwarePasskey({ rpId: 'gnomon.example', privateKey: passkey.exportPrivateKey() });
    expect(again.publicKey).toEqual(passkey.publicKey);
  });

  it('count, name their site and their origin', () => {
    const fresh = createSoftwarePasskey({ rpId: 'a.example' });
    fresh.getAssertion(challenge);
    const { authenticatorData, clientDataJSON } = fresh.getAssertion(challenge) as PasskeyAssertion;
    const site = createHash('sha256').update('a.example').digest();
    expect(Buffer.from(authenticatorData)).toEqual(Buffer.concat([site, Buffer.of(0x05, 0, 0, 0, 2)]));
    expect(JSON.parse(Buffer.from(clientDataJSON).toString())).toMatchObject({ origin: 'https://a.example' });
  });

  it.each([
    ['another type', withClientData(`${start.replace('get', 'create')},"origin":"x"}`)],
    ['another challenge', withClientData(`${start.replace('challenge":"', 'challenge":"A')},"origin":"x"}`)],
    ['other order of members', withClientData(`{"origin":"x",${start.slice(1)}}`)],
    ['spaces', withClientData(`${start.replace(',', ', ')},"origin":"x"}`)],
    ['nothing behind the challenge', withClientData(`${start}}`)],
    ['an open end', withClientData(`${start},"origin":"x"`)],
    ['short authenticator data', { ...withClientData(`${start},"o":1}`), authenticatorData: new Uint8Array(36) }],
  ])('refuses an assertion with %s', (_, assertion) => {
    expect(() => encodePasskeySignature(assertion, challenge)).toThrow(
      expect.objectContaining({ code: 'INVALID_PASSKEY_ASSERTION' }),
    );
  });

  it('takes assertions as long as the chain does, and none longer', () => {
    const fixed = 4 + 2 + 37 + 64 + ',"o":""}'.length;
    const assertionOf = (length: number) => {
      const text = `${start},"o":"${'x'.repeat(length)}"}`;
      const { authenticatorData } = withClientData(text);
      return encodePasskeySignature({ ...withClientData(text), authenticatorData }, challenge);
    };
    expect(assertionOf(SIGNATURE_LENGTH_MAX - fixed).length).toBe(SIGNATURE_LENGTH_MAX - 4);
    expect(() => assertionOf(SIGNATURE_LENGTH_MAX - fixed + 1)).toThrow(
      expect.objectContaining({ code: 'INVALID_PASSKEY_ASSERTION' }),
    );
  });

  it('refuses a signature that is not DER', () => {
    const assertion = {
      ...(passkey.getAssertion(challenge) as PasskeyAssertion),
      signature: new Uint8Array(64).fill(1),
    };
    expect(() => encodePasskeySignature(assertion, challenge)).toThrow(
      expect.objectContaining({ code: 'INVALID_SIGNATURE_ENCODING' }),
    );
  });
});
