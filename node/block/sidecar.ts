// Blob sidecars (EIP-4844, and with cell proofs EIP-7594): what travels with a blob transaction outside of blocks.
import { bytesToHex, equalBytes } from '../../primitives/bytes.ts';
import { BLOB_BYTES, CELLS_PER_BLOB, KZG_POINT_BYTES, type Kzg } from '../../primitives/crypto/kzg.ts';
import { sha256 } from '../../primitives/crypto/sha256.ts';
import { assert, ChainError } from '../../primitives/errors.ts';
import type { RlpItem } from '../../primitives/rlp.ts';
import type { Hash } from '../../primitives/types.ts';
import { hasMore, openList, type RlpCursor, readFixed, readInteger, startsWithList } from './rlpCursor.ts';
import { VERSIONED_HASH_VERSION_KZG } from './transactionLists.ts';
import type { BlobSidecar, Transaction } from './types.ts';

/** More blobs than any schedule allows in a block (21 so far, EIP-7892); bounds what one input may hold at 4 MiB. */
export const SIDECAR_BLOBS_MAX = 32;

function fail(reason: string): never {
  throw new ChainError('INVALID_SIDECAR', `invalid blob sidecar: ${reason}`);
}

/** Reads the members after the transaction body: `[version], blobs, commitments, proofs`. Counts are checked, proofs not. */
export function readSidecar(cursor: RlpCursor): BlobSidecar {
  const version = startsWithList(cursor) ? 0 : readVersion(cursor);
  const blobs = readList(cursor, 'blobs', BLOB_BYTES, SIDECAR_BLOBS_MAX);
  const commitments = readList(cursor, 'commitments', KZG_POINT_BYTES, SIDECAR_BLOBS_MAX);
  const proofsPerBlob = version === 0 ? 1 : CELLS_PER_BLOB;
  const proofs = readList(cursor, 'proofs', KZG_POINT_BYTES, SIDECAR_BLOBS_MAX * proofsPerBlob);
  return { version, blobs, commitments, proofs };
}

function readVersion(cursor: RlpCursor): 1 {
  const version = readInteger(cursor, 'sidecar version', 1);
  if (version !== 1n) fail(`version ${version}, expected 1 or none`);
  return 1;
}

function readList(cursor: RlpCursor, what: string, size: number, countMax: number): Uint8Array[] {
  const list = openList(cursor, what);
  const members: Uint8Array[] = [];
  while (hasMore(list)) {
    if (members.length === countMax) fail(`more than ${countMax} ${what}`);
    members.push(readFixed(list, what, size));
  }
  return members;
}

/** The RLP members that follow the transaction body in the network form. */
export function sidecarItems(sidecar: BlobSidecar): RlpItem[] {
  const { version, blobs, commitments, proofs } = sidecar;
  return version === 0 ? [blobs, commitments, proofs] : [Uint8Array.of(version), blobs, commitments, proofs];
}

/** EIP-4844: 0x01 ‖ the last 31 bytes of the commitment's SHA-256 hash. */
export function versionedHashOf(commitment: Uint8Array): Hash {
  const hash = sha256(commitment);
  hash[0] = VERSIONED_HASH_VERSION_KZG;
  return hash;
}

/**
 * Checks that the sidecar belongs to the transaction by counts and hashes. Comes before the proofs, which cost milliseconds.
 * @throws ChainError `INVALID_SIDECAR`
 */
export function checkSidecarParts(transaction: Transaction, sidecar: BlobSidecar): void {
  const { version, blobs, commitments, proofs } = sidecar;
  const expected = transaction.blobVersionedHashes.length;
  const proofsPerBlob = version === 0 ? 1 : CELLS_PER_BLOB;
  if (blobs.length !== expected) fail(`${blobs.length} blobs for ${expected} versioned hashes`);
  if (commitments.length !== expected) fail(`${commitments.length} commitments for ${expected} blobs`);
  if (proofs.length !== expected * proofsPerBlob)
    fail(`${proofs.length} proofs, expected ${expected * proofsPerBlob} for ${expected} blobs in version ${version}`);
  for (const [index, commitment] of commitments.entries()) {
    const versionedHash = transaction.blobVersionedHashes[index] as Hash;
    if (!equalBytes(versionedHashOf(commitment), versionedHash))
      fail(`commitment ${index} does not match its versioned hash ${bytesToHex(versionedHash)}`);
  }
}

/**
 * Checks the proof, or the cell proofs, of one blob of a sidecar whose parts have been checked.
 * @throws ChainError `INVALID_SIDECAR`
 */
export function checkBlobProof({ version, blobs, commitments, proofs }: BlobSidecar, index: number, kzg: Kzg): void {
  const blob = blobs[index];
  const commitment = commitments[index];
  const own = version === 0 ? [] : proofs.slice(index * CELLS_PER_BLOB, (index + 1) * CELLS_PER_BLOB);
  const proof = version === 0 ? proofs[index] : own[0];
  assert(blob !== undefined && commitment !== undefined && proof !== undefined, 'the parts have been checked');
  const holds =
    version === 0 ? kzg.verifyBlobProof(blob, commitment, proof) : kzg.verifyCellProofs(blob, commitment, own);
  if (!holds) fail(`the proof of blob ${index} does not hold`);
}
