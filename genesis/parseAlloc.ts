// The accounts of the genesis state, from `alloc` of a geth genesis file.
import { bytesKey, bytesToHex, compareBytes, toAddress } from '../primitives/bytes.ts';
import type { Address } from '../primitives/types.ts';
import type { GenesisAccount } from './chainSpec.ts';
import {
  asObject,
  FieldReader,
  parseBytes,
  parseFixedBytes,
  parseInteger,
  UINT64_MAX,
  UINT256_MAX,
} from './fieldReader.ts';
import { refuse } from './genesisError.ts';

/** Genesis is built in memory; mainnet had 8,893 accounts. */
export const GENESIS_ACCOUNTS_MAX = 1_000_000;

/**
 * Reads `alloc` into address order. Keys may lack 0x; slots and values may be short; zero values are dropped, since a slot
 * of zero does not exist.
 * @param refusesUnknown whether unknown fields of an account are refused (geth ignores them)
 * @throws ChainError `GENESIS_DUPLICATE_KEY`, `GENESIS_TOO_LARGE` and those of the field reader
 */
export function parseAlloc(value: unknown, refusesUnknown: boolean): GenesisAccount[] {
  const entries = Object.entries(asObject(value, 'alloc'));
  if (entries.length > GENESIS_ACCOUNTS_MAX)
    refuse('GENESIS_TOO_LARGE', 'alloc', `at most ${GENESIS_ACCOUNTS_MAX} accounts`, entries.length);
  const seen = new Map<string, string>();
  const accounts = entries.map(([key, account]) => {
    const address = parseKey(key, seen);
    return parseAccount(address, new FieldReader(account, `alloc.${bytesToHex(address)}`), refusesUnknown);
  });
  return accounts.sort((a, b) => compareBytes(a.address, b.address));
}

function parseKey(key: string, seen: Map<string, string>): Address {
  const address = toAddress(parseFixedBytes(key, `alloc.${key}`, 20, true));
  const other = seen.get(bytesKey(address));
  if (other !== undefined) {
    const path = `alloc.${bytesToHex(address)}`;
    refuse('GENESIS_DUPLICATE_KEY', path, 'each account once', `${other} and ${key}`);
  }
  seen.set(bytesKey(address), key);
  return address;
}

function parseAccount(address: Address, fields: FieldReader, refusesUnknown: boolean): GenesisAccount {
  const balance = fields.required('balance', 'the balance in wei');
  const code = fields.optional('code');
  const storage = fields.optional('storage');
  // geth accepts a private key beside an account, for its own tests, and does nothing with it.
  fields.optional('secretKey');
  const account = {
    address,
    balanceWei: parseInteger(balance, fields.at('balance'), UINT256_MAX),
    nonce: fields.integer('nonce', UINT64_MAX, 0n),
    code: code === undefined ? new Uint8Array(0) : parseBytes(code, fields.at('code')),
    storage: storage === undefined ? [] : parseStorage(storage, fields.at('storage')),
  };
  if (refusesUnknown) fields.refuseUnknown();
  return account;
}

function parseStorage(value: unknown, path: string): GenesisAccount['storage'][number][] {
  const seen = new Set<string>();
  const storage: GenesisAccount['storage'][number][] = [];
  for (const [key, text] of Object.entries(asObject(value, path))) {
    const slot = parseWord(key, `${path}.${key}`);
    if (seen.has(bytesKey(slot))) refuse('GENESIS_DUPLICATE_KEY', `${path}.${key}`, 'each slot once', key);
    seen.add(bytesKey(slot));
    const word = parseWord(text, `${path}.${key}`);
    if (word.some((byte) => byte !== 0)) storage.push({ slot, value: word });
  }
  return storage.sort((a, b) => compareBytes(a.slot, b.slot));
}

/** Up to 32 bytes of hex, right-aligned; the 0x prefix may be absent. */
function parseWord(value: unknown, path: string): Uint8Array {
  const digits = typeof value === 'string' ? /^(?:0x)?((?:[0-9a-fA-F]{2}){0,32})$/.exec(value)?.[1] : undefined;
  if (digits === undefined) refuse('GENESIS_INVALID_HEX', path, 'at most 32 bytes of hex', value);
  return parseFixedBytes(`0x${digits.padStart(64, '0')}`, path, 32);
}
