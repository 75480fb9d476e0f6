// Real data to mutate: transactions of every type signed by our own code, and, where they are there, other people's blocks.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { authorizationSigningHash } from '../node/block/authorization.ts';
import { versionedHashOf } from '../node/block/sidecar.ts';
import { encodeNetworkTransaction, signTransaction, type UnsignedTransaction } from '../node/block/transaction.ts';
import type { Authorization, BlobSidecar, Transaction } from '../node/block/types.ts';
import { bytesToBigInt, EMPTY_BYTES, toAddress } from '../primitives/bytes.ts';
import { BLOB_BYTES } from '../primitives/crypto/kzg.ts';
import { signDigest } from '../primitives/crypto/secp256k1.ts';
import { rlpSpan } from '../primitives/rlp.ts';

/** A file of the execution-apis vectors, or undefined where they are absent. */
export function vectorFile(...segments: readonly string[]): Uint8Array | undefined {
  const base = process.env['GNOMON_VECTORS'] ?? join(process.cwd(), '..', 'shared', 'vectors');
  const path = join(base, ...segments);
  return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
}

const BLOCKS_MAX = 120;

/** Blocks of a real chain file: evenly taken from all of it. */
export function realBlocks(): Uint8Array[] {
  const file = vectorFile('execution-apis', 'chain.rlp');
  if (file === undefined) return [];
  const blocks: Uint8Array[] = [];
  for (let offset = 0; offset < file.length; ) {
    const { end } = rlpSpan(file, offset);
    blocks.push(file.slice(offset, end));
    offset = end;
  }
  const step = Math.max(1, Math.floor(blocks.length / BLOCKS_MAX));
  return blocks.filter((_, index) => index % step === 0);
}

export const FUZZ_KEY = new Uint8Array(32).fill(0x46);
const ADDRESS = toAddress(new Uint8Array(20).fill(0x35));

function unsigned(fields: Partial<UnsignedTransaction>): UnsignedTransaction {
  return {
    type: 2,
    chainId: 4766n,
    nonce: 7n,
    gasLimit: 100_000n,
    maxFeePerGas: 10n ** 10n,
    maxPriorityFeePerGas: 10n ** 9n,
    to: ADDRESS,
    value: 10n ** 18n,
    data: Uint8Array.of(0xa9, 0x05, 0x9c, 0xbb),
    accessList: [],
    authorizationList: [],
    blobVersionedHashes: [],
    maxFeePerBlobGas: 0n,
    ...fields,
  };
}

/** An authorization that its account really signed. */
export function realAuthorization(nonce: bigint): Authorization {
  const tuple = { chainId: 4766n, address: ADDRESS, nonce };
  const { signature, recovery } = signDigest(authorizationSigningHash(tuple), FUZZ_KEY);
  const [r, s] = [bytesToBigInt(signature.subarray(0, 32)), bytesToBigInt(signature.subarray(32))];
  return { ...tuple, yParity: BigInt(recovery), r, s };
}

/** The form of a sidecar with `count` blobs of zeros: proofs are not checked by decoders. */
function sidecar(count: number, version: 0 | 1): BlobSidecar {
  const points = (length: number): Uint8Array[] =>
    Array.from({ length }, () => Uint8Array.of(0xc0, ...new Uint8Array(47)));
  return {
    version,
    blobs: Array.from({ length: count }, () => new Uint8Array(BLOB_BYTES)),
    commitments: points(count),
    proofs: points(version === 0 ? count : 128 * count),
  };
}

function blobTransaction(count: number, version: 0 | 1): { transaction: Transaction; sidecar: BlobSidecar } {
  const own = sidecar(count, version);
  const fields = unsigned({
    type: 3,
    maxFeePerBlobGas: 1n,
    blobVersionedHashes: own.commitments.map(versionedHashOf),
  });
  return { transaction: signTransaction(fields, FUZZ_KEY), sidecar: own };
}

/** Signed transactions of all types as they stand in blocks. */
export function realTransactions(): Uint8Array[] {
  const accessList = [
    { address: ADDRESS, storageKeys: [new Uint8Array(32), new Uint8Array(32).fill(1)] },
    { address: ADDRESS, storageKeys: [] },
  ];
  const all: readonly Partial<UnsignedTransaction>[] = [
    { type: 0, maxPriorityFeePerGas: 10n ** 10n },
    { type: 0, maxPriorityFeePerGas: 10n ** 10n, chainId: undefined },
    { type: 0, maxPriorityFeePerGas: 10n ** 10n, to: undefined, data: new Uint8Array(100).fill(0x5b) },
    { type: 1, maxPriorityFeePerGas: 10n ** 10n, accessList },
    { type: 2, accessList },
    { type: 2, to: undefined, value: 0n, data: EMPTY_BYTES, nonce: 0n },
    { type: 4, authorizationList: [realAuthorization(0n), realAuthorization(8n)], accessList },
  ];
  const signed = all.map((fields) => signTransaction(unsigned(fields), FUZZ_KEY).raw);
  return [...signed, blobTransaction(2, 0).transaction.raw];
}

/** Blob transactions in their network form, of both versions. */
export function realNetworkTransactions(): Uint8Array[] {
  return ([0, 1] as const).map((version) => {
    const { transaction, sidecar: own } = blobTransaction(1, version);
    return encodeNetworkTransaction(transaction, own);
  });
}
