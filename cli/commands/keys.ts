// `gnomon keys new|list|show|import|export`: accounts in keystore files (Web3 secret storage v3).
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex, equalBytes, hexToBytes, parseAddress } from '../../primitives/bytes.ts';
import { checksumAddress } from '../../primitives/checksum.ts';
import { addressOfPublicKey, publicKeyOf, SECP256K1_N } from '../../primitives/crypto/secp256k1.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Address } from '../../primitives/types.ts';
import { createWholeFile, PARTIAL_SUFFIX } from '../../primitives/wholeFile.ts';
import { homeAt } from '../home.ts';
import { decryptKey, encryptKey, KEYSTORE_LENGTH_MAX, keystoreAddress } from '../keystore.ts';
import { print, printJson } from '../output.ts';
import { existingPassword, newPassword } from '../password.ts';

export interface KeyOptions {
  readonly home?: string;
  readonly passwordFile?: string;
  readonly light?: boolean;
  readonly json?: boolean;
  readonly privateKey?: boolean;
  readonly out?: string;
}

/** Only the owner may read keys. */
const KEY_FILE_MODE = 0o600;
const KEY_DIRECTORY_MODE = 0o700;

interface StoredKey {
  readonly address: Address;
  readonly file: string;
}

function storedKeys(home: string | undefined): StoredKey[] {
  const { keystoreDirectory } = homeAt(home);
  if (!existsSync(keystoreDirectory)) return [];
  const found: StoredKey[] = [];
  for (const name of readdirSync(keystoreDirectory).sort()) {
    if (name.endsWith(PARTIAL_SUFFIX)) continue;
    const file = join(keystoreDirectory, name);
    const address = keystoreAddress(readFileSync(file, 'utf8').slice(0, KEYSTORE_LENGTH_MAX));
    if (address !== undefined) found.push({ address, file });
  }
  return found;
}

function findKey(text: string, home: string | undefined): StoredKey {
  const address = parseAddress(text);
  const found = storedKeys(home).find((key) => equalBytes(key.address, address));
  if (found !== undefined) return found;
  throw new ChainError(
    'KEY_NOT_FOUND',
    `${homeAt(home).keystoreDirectory} has no key of ${checksumAddress(address)}; "gnomon keys list" shows what it has`,
  );
}

function addressOf(privateKey: Uint8Array): Address {
  return addressOfPublicKey(publicKeyOf(privateKey));
}

/** The private key of a stored account, for verbs that sign. */
export async function readStoredKey(
  address: string,
  options: Pick<KeyOptions, 'home' | 'passwordFile'>,
): Promise<Uint8Array> {
  const { file } = findKey(address, options.home);
  return decryptKey(readFileSync(file, 'utf8'), await existingPassword(options.passwordFile));
}

async function store(privateKey: Uint8Array, options: KeyOptions): Promise<number> {
  const { keystoreDirectory } = homeAt(options.home);
  const address = addressOf(privateKey);
  if (storedKeys(options.home).some((key) => equalBytes(key.address, address))) {
    throw new ChainError(
      'KEY_EXISTS',
      `${keystoreDirectory} has a key of ${checksumAddress(address)} already; nothing was written`,
    );
  }
  const keystore = await encryptKey(privateKey, await newPassword(options.passwordFile), {
    isLight: options.light === true,
  });
  mkdirSync(keystoreDirectory, { recursive: true, mode: KEY_DIRECTORY_MODE });
  const time = new Date().toISOString().replaceAll(':', '-');
  const file = join(keystoreDirectory, `UTC--${time}--${bytesToHex(address).slice(2)}`);
  createWholeFile(file, `${JSON.stringify(keystore)}\n`, KEY_FILE_MODE);
  if (options.json === true) printJson({ address: bytesToHex(address), file });
  else {
    print(checksumAddress(address));
    print(`  ${file}`);
    print('  Keep the file and its password: without both, what the account owns is lost.');
  }
  return 0;
}

export async function create(options: KeyOptions): Promise<number> {
  for (;;) {
    const privateKey = randomBytes(32);
    const value = BigInt(`0x${privateKey.toString('hex')}`);
    if (value > 0n && value < SECP256K1_N) return store(new Uint8Array(privateKey), options);
  }
}

export async function list(options: KeyOptions): Promise<number> {
  const keys = storedKeys(options.home);
  if (options.json === true) printJson(keys.map(({ address, file }) => ({ address: bytesToHex(address), file })));
  else if (keys.length === 0)
    print(`No keys in ${homeAt(options.home).keystoreDirectory}; make one with "gnomon keys new"`);
  else for (const { address, file } of keys) print(`${checksumAddress(address)}  ${file}`);
  return 0;
}

export async function show(address: string, options: KeyOptions): Promise<number> {
  const key = findKey(address, options.home);
  const facts: Record<string, string> = { address: bytesToHex(key.address), file: key.file };
  if (options.privateKey === true) {
    facts['privateKey'] = bytesToHex(await readStoredKey(address, options));
  }
  if (options.json === true) printJson(facts);
  else for (const [name, value] of Object.entries(facts)) print(`${name.padEnd(10)}  ${value}`);
  return 0;
}

/** A private key in hex, or a keystore file, which keeps its password. */
export async function importKey(file: string, options: KeyOptions): Promise<number> {
  const text = readFileSync(file, 'utf8').trim();
  if (text.startsWith('{')) {
    const privateKey = await decryptKey(text, await existingPassword(options.passwordFile));
    return store(privateKey, options);
  }
  const hex = text.startsWith('0x') ? text : `0x${text}`;
  if (!/^0x[0-9a-fA-F]{64}$/.test(hex) || BigInt(hex) === 0n || BigInt(hex) >= SECP256K1_N) {
    throw new ChainError(
      'INVALID_PRIVATE_KEY',
      `${file}: expected a private key of 64 hex digits within the curve's order, or a keystore file`,
    );
  }
  return store(hexToBytes(hex), options);
}

export async function exportKey(address: string, options: KeyOptions): Promise<number> {
  const key = findKey(address, options.home);
  const text = readFileSync(key.file, 'utf8');
  if (options.out === undefined) process.stdout.write(text);
  else {
    createWholeFile(options.out, text, KEY_FILE_MODE);
    print(`Wrote ${options.out}; it opens with the same password`);
  }
  return 0;
}
