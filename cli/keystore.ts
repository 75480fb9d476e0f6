// Private keys in encrypted files: the Web3 secret storage definition, version 3, as geth, ethers and MetaMask read and write it.
import {
  createCipheriv,
  createDecipheriv,
  pbkdf2,
  randomBytes,
  randomUUID,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import { scryptAsync as scryptOfNoble } from '@noble/hashes/scrypt.js';
import { bytesToBigInt, bytesToHex, concatBytes, hexToBytes, quote, utf8ToBytes } from '../primitives/bytes.ts';
import { keccak256 } from '../primitives/crypto/keccak.ts';
import { addressOfPublicKey, publicKeyOf, SECP256K1_N } from '../primitives/crypto/secp256k1.ts';
import { ChainError } from '../primitives/errors.ts';
import type { Address } from '../primitives/types.ts';

export type KeystoreErrorCode =
  /** Not JSON, or a field is absent or malformed. */
  | 'KEYSTORE_MALFORMED'
  /** Another version than 3. */
  | 'KEYSTORE_VERSION'
  /** A cipher or key derivation that the definition does not have. */
  | 'KEYSTORE_UNSUPPORTED'
  /** Key derivation that would take more time or memory than an honest file asks. */
  | 'KEYSTORE_KDF_LIMIT'
  /** The password is wrong, or the encrypted part was altered: the two look alike. */
  | 'KEYSTORE_WRONG_PASSWORD'
  /** What was decrypted is not a private key, or not that of the address in the file. */
  | 'KEYSTORE_WRONG_KEY';

/** A file has 500 bytes; more is not a keystore. */
export const KEYSTORE_LENGTH_MAX = 65_536;
/** scrypt takes 128 · n · r bytes: 512 MiB, twice what geth's standard files take. */
export const SCRYPT_BLOCKS_MAX = 2 ** 22;
/** n · r · p, its time: four times that of geth's standard files. */
export const SCRYPT_WORK_MAX = 2 ** 23;
/** Rounds of PBKDF2: about ten seconds; files in use have 262,144. */
export const PBKDF2_ROUNDS_MAX = 10_000_000;
/** Salts in use have 32 bytes. */
export const SALT_BYTES_MAX = 256;

const SCRYPT_N_STANDARD = 2 ** 18;
const SCRYPT_N_LIGHT = 2 ** 12;
const SCRYPT_R = 8;
const KEY_BYTES = 32;
const IV_BYTES = 16;
const MAC_BYTES = 32;

/** The JSON of a keystore file. */
export interface Keystore {
  readonly version: 3;
  readonly id: string;
  readonly address: string;
  readonly crypto: {
    readonly cipher: 'aes-128-ctr';
    readonly cipherparams: { readonly iv: string };
    readonly ciphertext: string;
    readonly kdf: 'scrypt';
    readonly kdfparams: {
      readonly dklen: number;
      readonly n: number;
      readonly r: number;
      readonly p: number;
      readonly salt: string;
    };
    readonly mac: string;
  };
}

/**
 * scrypt by OpenSSL, but for n of 2^(16 · r) and more: RFC 7914 excludes those and OpenSSL refuses them, yet a test vector of
 * the definition has them.
 */
async function deriveByScrypt(password: Uint8Array, salt: Uint8Array, { n, r, p }: ScryptParams): Promise<Uint8Array> {
  // Both count a little more than n and p blocks of 128 · r bytes.
  const maxmem = 128 * (n * r + r * p) + 2 ** 20;
  if (n >= 2 ** (16 * r)) return scryptOfNoble(password, salt, { N: n, r, p, dkLen: KEY_BYTES, maxmem });
  return scryptOfOpenSsl(password, salt, KEY_BYTES, { N: n, r, p, maxmem });
}

const scryptOfOpenSsl = promisify<Uint8Array, Uint8Array, number, ScryptOptions, Buffer>(scrypt);
const deriveByPbkdf2 = promisify(pbkdf2);

interface ScryptParams {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/**
 * Encrypts a private key of 32 bytes. The password is taken as UTF-8, as geth takes it.
 * @param options.isLight scrypt with n = 2^12 instead of 2^18: fast, and easier to guess
 * @throws ChainError `KEYSTORE_WRONG_KEY` when the bytes are no private key
 */
export async function encryptKey(
  privateKey: Uint8Array,
  password: string,
  options: { readonly isLight?: boolean } = {},
): Promise<Keystore> {
  const address = addressOf(privateKey);
  const salt = randomBytes(32);
  const iv = randomBytes(IV_BYTES);
  const params = { n: options.isLight ? SCRYPT_N_LIGHT : SCRYPT_N_STANDARD, r: SCRYPT_R, p: 1 };
  const derived = await deriveByScrypt(utf8ToBytes(password), salt, params);
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv);
  const ciphertext = concatBytes(cipher.update(privateKey), cipher.final());
  return {
    version: 3,
    id: randomUUID(),
    address: bare(address),
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: bare(iv) },
      ciphertext: bare(ciphertext),
      kdf: 'scrypt',
      kdfparams: { dklen: KEY_BYTES, ...params, salt: bare(salt) },
      mac: bare(macOf(derived, ciphertext)),
    },
  };
}

/**
 * Decrypts the private key in the text of a keystore file (scrypt or PBKDF2).
 * @throws ChainError with a `KeystoreErrorCode`
 */
export async function decryptKey(text: string, password: string): Promise<Uint8Array> {
  const file = parseKeystore(text);
  const derived = await file.derive(utf8ToBytes(password));
  if (!timingSafeEqual(macOf(derived, file.ciphertext), file.mac)) {
    const message = 'the password is wrong, or the keystore file is damaged: its checksum does not match';
    throw new ChainError('KEYSTORE_WRONG_PASSWORD', message);
  }
  const decipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), file.iv);
  const privateKey = concatBytes(decipher.update(file.ciphertext), decipher.final());
  const address = bare(addressOf(privateKey));
  if (file.address !== undefined && file.address !== address) {
    const message = `the keystore file says address 0x${file.address}, but holds the key of 0x${address}`;
    throw new ChainError('KEYSTORE_WRONG_KEY', message, { expected: file.address, got: address });
  }
  return privateKey;
}

/**
 * The address that a keystore file names, without its password; undefined when it names none.
 * @throws ChainError with a `KeystoreErrorCode`
 */
export function keystoreAddress(text: string): Address | undefined {
  const { address } = parseKeystore(text);
  return address === undefined ? undefined : (hexToBytes(`0x${address}`) as Address);
}

interface ParsedKeystore {
  readonly address: string | undefined;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly mac: Uint8Array;
  readonly derive: (password: Uint8Array) => Promise<Uint8Array>;
}

function parseKeystore(text: string): ParsedKeystore {
  const file = objectOf(parseJson(text), 'the file');
  if (file.version !== 3) {
    const message = `keystore version ${show(file.version)} is not supported, expected 3`;
    throw new ChainError('KEYSTORE_VERSION', message, { version: file.version });
  }
  // Early geth versions wrote a capital C.
  const crypto = objectOf(file.crypto ?? file.Crypto, 'crypto');
  if (crypto.cipher !== 'aes-128-ctr') unsupported('cipher', 'aes-128-ctr', crypto.cipher);
  return {
    address: file.address === undefined ? undefined : bare(hexOf(file.address, 'address', 20)),
    iv: hexOf(objectOf(crypto.cipherparams, 'cipherparams').iv, 'iv', IV_BYTES),
    ciphertext: hexOf(crypto.ciphertext, 'ciphertext', KEY_BYTES),
    mac: hexOf(crypto.mac, 'mac', MAC_BYTES),
    derive: parseKdf(crypto.kdf, objectOf(crypto.kdfparams, 'kdfparams')),
  };
}

function parseKdf(kdf: unknown, params: Record<string, unknown>): ParsedKeystore['derive'] {
  const salt = hexOf(params.salt, 'salt');
  if (salt.length > SALT_BYTES_MAX) overLimit('salt', `at most ${SALT_BYTES_MAX} bytes`, salt.length);
  const length = integerOf(params.dklen, 'dklen');
  if (length !== KEY_BYTES) unsupported('dklen', KEY_BYTES, length);
  if (kdf === 'scrypt') {
    const n = integerOf(params.n, 'n');
    const r = integerOf(params.r, 'r');
    const p = integerOf(params.p, 'p');
    if (n < 2 || !Number.isInteger(Math.log2(n))) malformed('n', 'a power of two', n);
    if (n * r > SCRYPT_BLOCKS_MAX) overLimit('n · r', `at most ${SCRYPT_BLOCKS_MAX}`, n * r);
    if (n * r * p > SCRYPT_WORK_MAX) overLimit('n · r · p', `at most ${SCRYPT_WORK_MAX}`, n * r * p);
    return (password) => deriveByScrypt(password, salt, { n, r, p });
  }
  if (kdf !== 'pbkdf2') unsupported('kdf', 'scrypt or pbkdf2', kdf);
  if (params.prf !== 'hmac-sha256') unsupported('prf', 'hmac-sha256', params.prf);
  const rounds = integerOf(params.c, 'c');
  if (rounds > PBKDF2_ROUNDS_MAX) overLimit('c', `at most ${PBKDF2_ROUNDS_MAX}`, rounds);
  return (password) => deriveByPbkdf2(password, salt, rounds, KEY_BYTES, 'sha256');
}

function macOf(derived: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return keccak256(concatBytes(derived.subarray(16, 32), ciphertext));
}

function isPrivateKey(bytes: Uint8Array): boolean {
  const scalar = bytesToBigInt(bytes);
  return bytes.length === KEY_BYTES && scalar > 0n && scalar < SECP256K1_N;
}

function addressOf(privateKey: Uint8Array): Address {
  if (!isPrivateKey(privateKey))
    throw new ChainError('KEYSTORE_WRONG_KEY', 'expected a private key of 32 bytes between 1 and the group order');
  return addressOfPublicKey(publicKeyOf(privateKey));
}

function bare(bytes: Uint8Array): string {
  return bytesToHex(bytes).slice(2);
}

function parseJson(text: string): unknown {
  if (text.length > KEYSTORE_LENGTH_MAX)
    malformed('the file', `at most ${KEYSTORE_LENGTH_MAX} characters`, text.length);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ChainError('KEYSTORE_MALFORMED', 'the keystore file is not JSON', {}, { cause: error });
  }
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) malformed(what, 'an object', value);
  return value as Record<string, unknown>;
}

/** Hex with or without 0x, of `length` bytes when given. */
function hexOf(value: unknown, what: string, length?: number): Uint8Array {
  const digits = typeof value === 'string' ? /^(?:0x)?((?:[0-9a-fA-F]{2})*)$/.exec(value)?.[1] : undefined;
  if (digits === undefined || (length !== undefined && digits.length !== length * 2))
    malformed(what, length === undefined ? 'hex' : `${length} bytes of hex`, value);
  return hexToBytes(`0x${digits}`);
}

function integerOf(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1)
    malformed(what, 'a positive integer', value);
  return value;
}

function show(value: unknown): string {
  return typeof value === 'string' ? quote(value) : typeof value === 'number' ? String(value) : typeof value;
}

function malformed(what: string, expected: string, got: unknown): never {
  const message = `malformed keystore file: ${what}: expected ${expected}, got ${show(got)}`;
  throw new ChainError('KEYSTORE_MALFORMED', message, { what, expected });
}

function unsupported(what: string, expected: unknown, got: unknown): never {
  const message = `unsupported keystore file: ${what}: expected ${expected}, got ${show(got)}`;
  throw new ChainError('KEYSTORE_UNSUPPORTED', message, { what, expected });
}

function overLimit(what: string, expected: string, got: number): never {
  const message = `the keystore file asks for too much work: ${what}: expected ${expected}, got ${got}`;
  throw new ChainError('KEYSTORE_KDF_LIMIT', message, { what, expected, got });
}
