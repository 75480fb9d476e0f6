// KZG commitments of blobs (EIP-4844, EIP-7594). The library and its trusted setup take hundreds of milliseconds and tens
// of megabytes, so they are loaded when the first blob or point evaluation needs them.
import { bytesToHex, hexToBytes } from '../bytes.ts';
import { assert } from '../errors.ts';

/** 4,096 field elements of 32 bytes. */
export const BLOB_BYTES = 131_072;
/** A compressed point of BLS12-381 G1: a commitment or a proof. */
export const KZG_POINT_BYTES = 48;
/** EIP-7594: cells of an extended blob, and thus proofs of one blob in a version 1 sidecar. */
export const CELLS_PER_BLOB = 128;

type KzgLibrary = Awaited<ReturnType<typeof import('kzg-wasm')['loadKZG']>>;

/** Every function answers false for input that is well-sized but wrong. Sizes are the caller's to check: see the asserts. */
export interface Kzg {
  blobToCommitment(blob: Uint8Array): Uint8Array;
  computeBlobProof(blob: Uint8Array, commitment: Uint8Array): Uint8Array;
  /** The 128 cell proofs of a blob. */
  computeCellProofs(blob: Uint8Array): Uint8Array[];
  verifyBlobProof(blob: Uint8Array, commitment: Uint8Array, proof: Uint8Array): boolean;
  /** Whether `proofs` are the 128 cell proofs of `blob` under `commitment`. */
  verifyCellProofs(blob: Uint8Array, commitment: Uint8Array, proofs: readonly Uint8Array[]): boolean;
  /** The object that `@ethereumjs/common` takes as `customCrypto.kzg`. */
  readonly library: KzgLibrary;
}

let loading: Promise<Kzg> | undefined;

/** Loads the library and the ceremony's trusted setup once per process. */
export function loadKzg(): Promise<Kzg> {
  loading ??= import('kzg-wasm').then(async ({ loadKZG }) => wrap(await loadKZG()));
  return loading;
}

function sized(bytes: Uint8Array, length: number, what: string): string {
  assert(bytes.length === length, `${what} has ${bytes.length} bytes, expected ${length}`);
  return bytesToHex(bytes);
}

function wrap(library: KzgLibrary): Kzg {
  const blobHex = (blob: Uint8Array) => sized(blob, BLOB_BYTES, 'blob');
  const pointHex = (point: Uint8Array) => sized(point, KZG_POINT_BYTES, 'KZG point');
  return {
    library,
    blobToCommitment: (blob) => hexToBytes(library.blobToKZGCommitment(blobHex(blob))),
    computeBlobProof: (blob, commitment) =>
      hexToBytes(library.computeBlobKZGProof(blobHex(blob), pointHex(commitment))),
    computeCellProofs: (blob) => library.computeCellsAndKZGProofs(blobHex(blob)).proofs.map(hexToBytes),
    verifyBlobProof: (blob, commitment, proof) =>
      library.verifyBlobKZGProof(blobHex(blob), pointHex(commitment), pointHex(proof)),
    verifyCellProofs(blob, commitment, proofs) {
      assert(proofs.length === CELLS_PER_BLOB, `expected ${CELLS_PER_BLOB} cell proofs, got ${proofs.length}`);
      const { cells } = library.computeCellsAndKZGProofs(blobHex(blob));
      return library.verifyCellKZGProof(pointHex(commitment), cells, proofs.map(pointHex));
    },
  };
}
