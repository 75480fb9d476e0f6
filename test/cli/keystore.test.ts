import { decryptKeystoreJson, encryptKeystoreJson, Wallet } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  decryptKey,
  encryptKey,
  KEYSTORE_LENGTH_MAX,
  type Keystore,
  keystoreAddress,
  PBKDF2_ROUNDS_MAX,
  SALT_BYTES_MAX,
} from '../../cli/keystore.ts';
import { bytesToHex, hexToBytes } from '../../primitives/bytes.ts';

// The two test vectors of the Web3 secret storage definition; both hold one key under "testpassword".
const SECRET = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d';
const PBKDF2 = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};
const SCRYPT = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262144,
      r: 1,
      p: 8,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  );

describe('vectors of the definition', () => {
  it.each([
    ['PBKDF2', PBKDF2],
    ['scrypt', SCRYPT],
    ['a capital C', { ...PBKDF2, crypto: undefined, Crypto: PBKDF2.crypto }],
  ])('%s', async (_, file) => {
    expect(bytesToHex(await decryptKey(JSON.stringify(file), 'testpassword'))).toBe(SECRET);
  });
});

describe('round trips', () => {
  const key = hexToBytes(SECRET);
  const address = new Wallet(SECRET).address;
  // Beyond ASCII, in the composed form that ethers normalises to.
  const password = 'Grüße, 世界';
  let light: Keystore;
  beforeAll(async () => {
    light = await encryptKey(key, password, { isLight: true });
  });

  it('ours, read by us and by ethers', async () => {
    expect(light.crypto.kdfparams).toMatchObject({ n: 4096, r: 8, p: 1, dklen: 32 });
    const text = JSON.stringify(light);
    expect(bytesToHex(await decryptKey(text, password))).toBe(SECRET);
    expect(await decryptKeystoreJson(text, password)).toMatchObject({ privateKey: SECRET, address });
    expect(bytesToHex(keystoreAddress(text) ?? key)).toBe(address.toLowerCase());
  });

  it('standard strength is n = 2^18', async () => {
    const file = await encryptKey(key, password);
    expect(file.crypto.kdfparams).toMatchObject({ n: 262144, r: 8, p: 1, dklen: 32 });
    expect(bytesToHex(await decryptKey(JSON.stringify(file), password))).toBe(SECRET);
  });

  it('that of ethers, read by us', async () => {
    const options = { scrypt: { N: 4096, r: 8, p: 1 } };
    const text = await encryptKeystoreJson({ address, privateKey: SECRET }, password, options);
    expect(bytesToHex(await decryptKey(text, password))).toBe(SECRET);
  });

  it('never makes the same file twice', async () => {
    const again = await encryptKey(key, password, { isLight: true });
    expect(again.id).not.toBe(light.id);
    expect(again.crypto.ciphertext).not.toBe(light.crypto.ciphertext);
    expect(again.crypto.kdfparams.salt).not.toBe(light.crypto.kdfparams.salt);
  });

  it('tells a wrong password, and a file that was altered anywhere in what it protects', async () => {
    expect(await codeOf(decryptKey(JSON.stringify(light), 'other'))).toBe('KEYSTORE_WRONG_PASSWORD');
    const { crypto } = light;
    const flip = (hex: string): string => (hex[0] === '0' ? '1' : '0') + hex.slice(1);
    const altered = [
      { ...crypto, ciphertext: flip(crypto.ciphertext) },
      { ...crypto, mac: flip(crypto.mac) },
      { ...crypto, kdfparams: { ...crypto.kdfparams, salt: flip(crypto.kdfparams.salt) } },
      { ...crypto, kdfparams: { ...crypto.kdfparams, n: 8192 } },
    ];
    for (const part of altered)
      expect(await codeOf(decryptKey(JSON.stringify({ ...light, crypto: part }), password))).toBe(
        'KEYSTORE_WRONG_PASSWORD',
      );
    // The checksum does not cover the iv and the address: the key that comes out gives them away.
    const iv = { ...crypto, cipherparams: { iv: flip(crypto.cipherparams.iv) } };
    for (const file of [
      { ...light, crypto: iv },
      { ...light, address: '00'.repeat(20) },
    ])
      expect(await codeOf(decryptKey(JSON.stringify(file), password))).toBe('KEYSTORE_WRONG_KEY');
  });

  it.each([new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(31).fill(1), new Uint8Array(33).fill(1)])(
    'refuses what is no private key',
    async (bytes) => {
      expect(await codeOf(encryptKey(bytes, password, { isLight: true }))).toBe('KEYSTORE_WRONG_KEY');
    },
  );
});

describe('refused before any work is done', () => {
  const scrypt = (params: object): object => ({
    ...SCRYPT,
    crypto: { ...SCRYPT.crypto, kdfparams: { ...SCRYPT.crypto.kdfparams, ...params } },
  });
  const pbkdf2 = (params: object): object => ({
    ...PBKDF2,
    crypto: { ...PBKDF2.crypto, kdfparams: { ...PBKDF2.crypto.kdfparams, ...params } },
  });
  const crypto = (fields: object): object => ({ ...SCRYPT, crypto: { ...SCRYPT.crypto, ...fields } });
  const cases: readonly [string, unknown, string][] = [
    ['version 1', { ...SCRYPT, version: 1 }, 'KEYSTORE_VERSION'],
    ['version 4', { ...SCRYPT, version: 4 }, 'KEYSTORE_VERSION'],
    ['version "3"', { ...SCRYPT, version: '3' }, 'KEYSTORE_VERSION'],
    ['no version', { ...SCRYPT, version: undefined }, 'KEYSTORE_VERSION'],
    ['a list', [], 'KEYSTORE_MALFORMED'],
    ['null', null, 'KEYSTORE_MALFORMED'],
    ['no crypto', { version: 3 }, 'KEYSTORE_MALFORMED'],
    ['another cipher', crypto({ cipher: 'aes-256-gcm' }), 'KEYSTORE_UNSUPPORTED'],
    ['another derivation', crypto({ kdf: 'argon2id' }), 'KEYSTORE_UNSUPPORTED'],
    ['another hash', pbkdf2({ prf: 'hmac-sha1' }), 'KEYSTORE_UNSUPPORTED'],
    ['a longer derived key', scrypt({ dklen: 64 }), 'KEYSTORE_UNSUPPORTED'],
    ['n = 0', scrypt({ n: 0 }), 'KEYSTORE_MALFORMED'],
    ['n = 1', scrypt({ n: 1 }), 'KEYSTORE_MALFORMED'],
    ['n that is no power of two', scrypt({ n: 262143 }), 'KEYSTORE_MALFORMED'],
    ['n as text', scrypt({ n: '262144' }), 'KEYSTORE_MALFORMED'],
    ['a negative r', scrypt({ r: -8 }), 'KEYSTORE_MALFORMED'],
    ['more memory than allowed', scrypt({ n: 2 ** 22, r: 2, p: 1 }), 'KEYSTORE_KDF_LIMIT'],
    ['more time than allowed', scrypt({ n: 2 ** 18, r: 8, p: 5 }), 'KEYSTORE_KDF_LIMIT'],
    ['an endless product', scrypt({ n: 2 ** 40, r: 2 ** 40, p: 2 ** 40 }), 'KEYSTORE_KDF_LIMIT'],
    ['too many rounds', pbkdf2({ c: PBKDF2_ROUNDS_MAX + 1 }), 'KEYSTORE_KDF_LIMIT'],
    ['too long a salt', scrypt({ salt: '00'.repeat(SALT_BYTES_MAX + 1) }), 'KEYSTORE_KDF_LIMIT'],
    ['a salt that is no hex', scrypt({ salt: 'zz' }), 'KEYSTORE_MALFORMED'],
    ['a short iv', crypto({ cipherparams: { iv: '00' } }), 'KEYSTORE_MALFORMED'],
    ['a short ciphertext', crypto({ ciphertext: '00' }), 'KEYSTORE_MALFORMED'],
    ['a short checksum', crypto({ mac: '00' }), 'KEYSTORE_MALFORMED'],
    ['a short address', { ...SCRYPT, address: '00' }, 'KEYSTORE_MALFORMED'],
  ];
  it.each(cases)('%s', async (_, file, code) => {
    expect(await codeOf(decryptKey(JSON.stringify(file), 'testpassword'))).toBe(code);
  });

  it('text that is no JSON, and text that is too long', async () => {
    expect(await codeOf(decryptKey('{', ''))).toBe('KEYSTORE_MALFORMED');
    const fill = (length: number): string => JSON.stringify(pbkdf2({ c: 1 })).padEnd(length, ' ');
    expect(await codeOf(decryptKey(fill(KEYSTORE_LENGTH_MAX), 'x'))).toBe('KEYSTORE_WRONG_PASSWORD');
    expect(await codeOf(decryptKey(fill(KEYSTORE_LENGTH_MAX + 1), 'x'))).toBe('KEYSTORE_MALFORMED');
  });

  it('not the limits themselves', async () => {
    const most = [
      scrypt({ n: 2 ** 19, r: 8, p: 1 }),
      scrypt({ n: 2 ** 10, r: 8, p: 2 ** 10 }),
      scrypt({ n: 2, r: 1, p: 2 ** 10, salt: '00'.repeat(SALT_BYTES_MAX) }),
      pbkdf2({ c: 1 }),
    ];
    for (const file of most)
      expect(await codeOf(decryptKey(JSON.stringify(file), 'x'))).toBe('KEYSTORE_WRONG_PASSWORD');
  });
});
