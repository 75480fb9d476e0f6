// What a pooled transaction takes of memory. Its encoding is not the whole of it: decoded lists take several times the bytes
// that they were sent in, and nothing but these figures would stop a pool of them from outgrowing its bound.
import type { BlobSidecar, Transaction } from '../block/types.ts';

/**
 * Bytes of heap for each member of a decoded list, as measured on Node 20: 179, 107, and 285 to 334 with 257 for the authority
 * that is kept once it has been recovered.
 */
export const ACCESS_LIST_ENTRY_BYTES = 180;
export const STORAGE_KEY_BYTES = 110;
export const AUTHORIZATION_BYTES = 600;

/** The encoding and the members of the decoded lists, in bytes; what every transaction takes alike is bounded by their count. */
export function footprintOf({ raw, accessList, authorizationList }: Transaction): number {
  let bytes = raw.length + authorizationList.length * AUTHORIZATION_BYTES;
  for (const { storageKeys } of accessList) bytes += ACCESS_LIST_ENTRY_BYTES + storageKeys.length * STORAGE_KEY_BYTES;
  return bytes;
}

/** Bytes of blobs, commitments and proofs. */
export function sizeOfSidecar(sidecar: BlobSidecar | undefined): number {
  if (sidecar === undefined) return 0;
  const { blobs, commitments, proofs } = sidecar;
  return [...blobs, ...commitments, ...proofs].reduce((bytes, part) => bytes + part.length, 0);
}
