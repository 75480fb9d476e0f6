// Keystore files: the text of one to its address and, where the work asked for is small, to its key, held against ethers.
import { decryptKeystoreJsonSync } from 'ethers';
import fc from 'fast-check';
import { decryptKey, encryptKey, keystoreAddress } from '../../cli/keystore.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { FUZZ_KEY } from '../realData.ts';
import { textOf, utf8 } from '../structures.ts';
import { attempt, attemptLater, expectThat, type FuzzTarget, otherTakes } from '../target.ts';

const PASSWORD = 'correct horse battery staple';
/** scrypt of this n · r · p takes about a millisecond; PBKDF2 of so many rounds too. */
const WORK_MAX = 2 ** 10;

/** A file that geth would take, with next to no work in it. */
const SMALL_WORK = { scrypt: { n: 2, r: 8, p: 1 }, pbkdf2: { c: 1, prf: 'hmac-sha256' } } as const;

async function check(input: Uint8Array): Promise<string> {
  const text = textOf(input);
  const { value: address, refusal } = attempt(/^KEYSTORE_/, () => ({ address: keystoreAddress(text) }));
  if (address === undefined) return refusal;
  if (workOf(text) > WORK_MAX) return 'read, too dear to decrypt here';
  const decrypted = await attemptLater(/^KEYSTORE_/, () => decryptKey(text, PASSWORD));
  if (decrypted.value === undefined) return decrypted.refusal;
  expectThat(decrypted.value.length === 32, 'a private key has 32 bytes');
  // It takes no 0x before the checksum, which geth writes without and we read with.
  const theirs = otherTakes(() => decryptKeystoreJsonSync(text, PASSWORD).privateKey);
  expectThat(theirs === undefined || theirs === bytesToHex(decrypted.value), 'ethers decrypts another key');
  return 'accepted';
}

/** What deriving the key would cost, by the file's own words. */
function workOf(text: string): number {
  const file = JSON.parse(text) as Record<string, { kdfparams?: Record<string, unknown> } | undefined>;
  const { n = 0, r = 0, p = 0, c = 0 } = (file['crypto'] ?? file['Crypto'])?.kdfparams ?? {};
  return Math.max(Number(n) * Number(r) * Number(p), Number(c));
}

const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('hex'));
const count = fc.oneof(fc.nat(20), fc.constantFrom(0, 1, 2, 4, 2 ** 22, 2 ** 31, 2 ** 53, -1, 1.5));
const structures = fc
  .record({
    ciphertext: fc.oneof(hex(32), hex(31)),
    iv: fc.oneof(hex(16), hex(12)),
    mac: hex(32),
    salt: fc.oneof(hex(32), hex(256), hex(257)),
    kdf: fc.constantFrom('scrypt', 'pbkdf2', 'argon2'),
    dklen: fc.constantFrom(32, 16, 64),
    work: fc.record({ n: count, r: count, p: count, c: count }),
  })
  .map(({ ciphertext, iv, mac, salt, kdf, dklen, work }) =>
    utf8(
      JSON.stringify({
        version: 3,
        crypto: {
          cipher: 'aes-128-ctr',
          cipherparams: { iv },
          ciphertext,
          kdf,
          kdfparams: { dklen, salt, prf: 'hmac-sha256', ...work },
          mac,
        },
      }),
    ),
  );

/** Encrypts the fuzzing key with next to no work. */
async function smallKeystores(): Promise<Uint8Array[]> {
  const { Wallet, encryptKeystoreJsonSync } = await import('ethers');
  const wallet = new Wallet(bytesToHex(FUZZ_KEY));
  const scrypt = encryptKeystoreJsonSync(wallet, PASSWORD, { scrypt: { N: 2, r: 8, p: 1 } });
  const light = JSON.stringify(await encryptKey(FUZZ_KEY, PASSWORD, { isLight: true }));
  return [scrypt, light, scrypt.replace('"crypto"', '"Crypto"'), await pbkdf2Keystore(scrypt)].map(utf8);
}

/** The same key under PBKDF2, as older wallets wrote it. */
async function pbkdf2Keystore(from: string): Promise<string> {
  const { createCipheriv, pbkdf2Sync } = await import('node:crypto');
  const { keccak256 } = await import('../../primitives/crypto/keccak.ts');
  const file = JSON.parse(from.replace('"Crypto"', '"crypto"')) as { crypto: Record<string, unknown> };
  const [salt, iv] = [Buffer.alloc(32, 7), Buffer.alloc(16, 9)];
  const derived = pbkdf2Sync(PASSWORD, salt, SMALL_WORK.pbkdf2.c, 32, 'sha256');
  const ciphertext = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv).update(FUZZ_KEY);
  const mac = Buffer.from(keccak256(Buffer.concat([derived.subarray(16), ciphertext]))).toString('hex');
  const kdfparams = { dklen: 32, salt: salt.toString('hex'), ...SMALL_WORK.pbkdf2 };
  const crypto = { cipher: 'aes-128-ctr', cipherparams: { iv: iv.toString('hex') }, kdf: 'pbkdf2', kdfparams, mac };
  return JSON.stringify({ ...file, crypto: { ...crypto, ciphertext: ciphertext.toString('hex') } });
}

export const keystoreTarget: FuzzTarget = {
  name: 'keystore',
  about: 'keystore files (scrypt, PBKDF2), decrypted where that is cheap, held against ethers',
  shape: 'json',
  inputBytesMax: 80 * 1024,
  inputBudgetMs: 300,
  open: async () => ({
    corpus: await smallKeystores(),
    structures,
    dictionary: ['"n":1', '"p":1', '"dklen":32', '"version":3', '0x', 'scrypt', 'pbkdf2', 'address'].map(utf8),
    check,
  }),
};
