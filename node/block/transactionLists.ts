// The lists inside typed transactions: access lists (EIP-2930), blob hashes (EIP-4844), authorizations (EIP-7702).
import { bigIntToBytes } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { RlpItem } from '../../primitives/rlp.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { closeList, hasMore, openList, type RlpCursor, readFixed, readInteger } from './rlpCursor.ts';
import type { AccessListEntry, Authorization } from './types.ts';

/** EIP-4844: the first byte of a versioned hash made from a KZG commitment. */
export const VERSIONED_HASH_VERSION_KZG = 0x01;

function fault(reason: string): never {
  throw new ChainError('INVALID_TRANSACTION', `invalid transaction: ${reason}`);
}

const NO_ACCESS_LIST: readonly AccessListEntry[] = [];

export function readAccessList(cursor: RlpCursor): readonly AccessListEntry[] {
  const entries = openList(cursor, 'accessList');
  if (!hasMore(entries)) return NO_ACCESS_LIST;
  const accessList: AccessListEntry[] = [];
  while (hasMore(entries)) {
    const entry = openList(entries, 'accessList entry');
    const address = readFixed(entry, 'accessList address', 20) as Address;
    const keys = openList(entry, 'accessList storageKeys');
    const storageKeys: Uint8Array[] = [];
    while (hasMore(keys)) storageKeys.push(readFixed(keys, 'accessList storage key', 32));
    closeList(entry, 'accessList entry');
    accessList.push({ address, storageKeys });
  }
  return accessList;
}

export function readVersionedHashes(cursor: RlpCursor): Hash[] {
  const list = openList(cursor, 'blobVersionedHashes');
  const hashes: Hash[] = [];
  while (hasMore(list)) {
    const hash = readFixed(list, 'blobVersionedHash', 32) as Hash;
    if (hash[0] !== VERSIONED_HASH_VERSION_KZG) fault(`blob versioned hash of version ${hash[0]}, expected 1`);
    hashes.push(hash);
  }
  if (hashes.length === 0) fault('type 3 has no blob');
  return hashes;
}

/** EIP-7702: a tuple with an impossible signature is skipped when executed; here it only has to fit its types. */
export function readAuthorizationList(cursor: RlpCursor): Authorization[] {
  const list = openList(cursor, 'authorizationList');
  const authorizations: Authorization[] = [];
  while (hasMore(list)) {
    const tuple = openList(list, 'authorization');
    authorizations.push({
      chainId: readInteger(tuple, 'authorization chainId', 32),
      address: readFixed(tuple, 'authorization address', 20) as Address,
      nonce: readInteger(tuple, 'authorization nonce', 8),
      yParity: readInteger(tuple, 'authorization yParity', 1),
      r: readInteger(tuple, 'authorization r', 32),
      s: readInteger(tuple, 'authorization s', 32),
    });
    closeList(tuple, 'authorization');
  }
  if (authorizations.length === 0) fault('type 4 has no authorization');
  return authorizations;
}

export function accessListItem(accessList: readonly AccessListEntry[]): RlpItem {
  return accessList.map(({ address, storageKeys }) => [address, storageKeys]);
}

export function authorizationListItem(authorizationList: readonly Authorization[]): RlpItem {
  return authorizationList.map(({ chainId, address, nonce, yParity, r, s }) => [
    bigIntToBytes(chainId),
    address,
    ...[nonce, yParity, r, s].map(bigIntToBytes),
  ]);
}
