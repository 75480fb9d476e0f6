// The account record of the Yellow Paper (§4.1): its constants and its two encodings.
import { bigIntToBytes, EMPTY_BYTES, HASH_LENGTH, parseHash, toHash } from '../../primitives/bytes.ts';
import { decodeRlp, encodeRlp, rlpBytes, rlpInteger, rlpList } from '../../primitives/rlp.ts';
import type { Hash } from '../../primitives/types.ts';
import type { AccountRecord } from './types.ts';

/** keccak256(rlp('')): the root of a trie without entries. */
export const EMPTY_TRIE_ROOT: Hash = parseHash('0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');

/** keccak256(''): the code hash of an account without code. */
export const EMPTY_CODE_HASH: Hash = parseHash('0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');

/** What a new account starts from. */
export const EMPTY_ACCOUNT: AccountRecord = {
  nonce: 0n,
  balanceWei: 0n,
  storageRoot: EMPTY_TRIE_ROOT,
  codeHash: EMPTY_CODE_HASH,
};

/** Whether two hashes are equal; the first word decides nearly always. */
export function sameHash(a: Hash, b: Hash): boolean {
  if (a === b) return true;
  for (let i = 0; i < HASH_LENGTH; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether two records are the same account. */
export function sameAccount(a: AccountRecord | undefined, b: AccountRecord | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return (
    a.nonce === b.nonce &&
    a.balanceWei === b.balanceWei &&
    sameHash(a.codeHash, b.codeHash) &&
    sameHash(a.storageRoot, b.storageRoot)
  );
}

/** Dead in the sense of EIP-161: no nonce, no balance, no code. */
export function isEmptyAccount(record: AccountRecord): boolean {
  return record.nonce === 0n && record.balanceWei === 0n && sameHash(record.codeHash, EMPTY_CODE_HASH);
}

/** The RLP list of four members that the account trie holds (Yellow Paper §4.1). */
export function encodeAccount(record: AccountRecord): Uint8Array {
  return encodeRlp([
    bigIntToBytes(record.nonce),
    bigIntToBytes(record.balanceWei),
    record.storageRoot,
    record.codeHash,
  ]);
}

/**
 * Decodes {@link encodeAccount}.
 * @throws ChainError `INVALID_RLP`
 */
export function decodeAccount(bytes: Uint8Array): AccountRecord {
  const members = rlpList(decodeRlp(bytes), 'account', 4);
  return {
    nonce: rlpInteger(members[0], 'account nonce', 8),
    balanceWei: rlpInteger(members[1], 'account balance'),
    storageRoot: toHash(rlpBytes(members[2], 'account storage root', HASH_LENGTH)),
    codeHash: toHash(rlpBytes(members[3], 'account code hash', HASH_LENGTH)),
  };
}

function unlessDefault(hash: Hash, fallback: Hash): Uint8Array {
  return sameHash(hash, fallback) ? EMPTY_BYTES : hash;
}

/** The database form: as {@link encodeAccount}, with the hashes of "no storage" and "no code" left empty (64 bytes less for most accounts). */
export function encodeSlimAccount(record: AccountRecord): Uint8Array {
  return encodeRlp([
    bigIntToBytes(record.nonce),
    bigIntToBytes(record.balanceWei),
    unlessDefault(record.storageRoot, EMPTY_TRIE_ROOT),
    unlessDefault(record.codeHash, EMPTY_CODE_HASH),
  ]);
}

/**
 * Decodes {@link encodeSlimAccount}.
 * @throws ChainError `INVALID_RLP`
 */
export function decodeSlimAccount(bytes: Uint8Array): AccountRecord {
  const members = rlpList(decodeRlp(bytes), 'account', 4);
  const storageRoot = rlpBytes(members[2], 'account storage root');
  const codeHash = rlpBytes(members[3], 'account code hash');
  return {
    nonce: rlpInteger(members[0], 'account nonce', 8),
    balanceWei: rlpInteger(members[1], 'account balance'),
    storageRoot: storageRoot.length === 0 ? EMPTY_TRIE_ROOT : toHash(storageRoot),
    codeHash: codeHash.length === 0 ? EMPTY_CODE_HASH : toHash(codeHash),
  };
}
