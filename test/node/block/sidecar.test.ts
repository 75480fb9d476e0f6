import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkBlobProof, checkSidecarParts, SIDECAR_BLOBS_MAX, versionedHashOf } from '../../../node/block/sidecar.ts';
import {
  decodeNetworkTransaction,
  encodeNetworkTransaction,
  signTransaction,
  type UnsignedTransaction,
} from '../../../node/block/transaction.ts';
import type { BlobSidecar, Transaction } from '../../../node/block/types.ts';
import { concatBytes, hexToBytes } from '../../../primitives/bytes.ts';
import { BLOB_BYTES, CELLS_PER_BLOB, createKzg } from '../../../primitives/crypto/kzg.ts';
import { encodeRlp, type RlpItem } from '../../../primitives/rlp.ts';
import type { Address, Hash } from '../../../primitives/types.ts';
import { vectorPath } from '../../vectors.ts';

const kzg = createKzg();
/** Commitment and every proof of the blob of zeros. */
const INFINITY = Uint8Array.of(0xc0, ...new Uint8Array(47));
const ZERO_BLOB = new Uint8Array(BLOB_BYTES);

function blobTransaction(blobVersionedHashes: readonly Hash[]): Transaction {
  const unsigned: UnsignedTransaction = {
    type: 3,
    chainId: 1n,
    nonce: 0n,
    gasLimit: 21_000n,
    maxFeePerGas: 10n,
    maxPriorityFeePerGas: 1n,
    to: new Uint8Array(20) as Address,
    value: 0n,
    data: new Uint8Array(0),
    accessList: [],
    authorizationList: [],
    blobVersionedHashes,
    maxFeePerBlobGas: 1n,
  };
  return signTransaction(unsigned, new Uint8Array(32).fill(1));
}

function zeroSidecar(version: 0 | 1, count: number): BlobSidecar {
  const repeat = (item: Uint8Array, times: number) => Array.from({ length: times }, () => item);
  return {
    version,
    blobs: repeat(ZERO_BLOB, count),
    commitments: repeat(INFINITY, count),
    proofs: repeat(INFINITY, version === 0 ? count : count * CELLS_PER_BLOB),
  };
}

function transactionFor(sidecar: BlobSidecar): Transaction {
  return blobTransaction(sidecar.commitments.map(versionedHashOf));
}

function verifySidecar(transaction: Transaction, sidecar: BlobSidecar): void {
  checkSidecarParts(transaction, sidecar);
  for (const index of sidecar.blobs.keys()) checkBlobProof(sidecar, index, kzg);
}

const invalidSidecar = (reason: RegExp) =>
  expect.objectContaining({ code: 'INVALID_SIDECAR', message: expect.stringMatching(reason) });

describe.each([0, 1] as const)('sidecar version %i', (version) => {
  const sidecar = zeroSidecar(version, 2);
  const transaction = transactionFor(sidecar);

  it('round-trips in the network form and verifies', () => {
    const raw = encodeNetworkTransaction(transaction, sidecar);
    const decoded = decodeNetworkTransaction(raw);
    expect(decoded).toEqual({ transaction, sidecar });
    verifySidecar(decoded.transaction, decoded.sidecar as BlobSidecar);
    // What goes into blocks does not hold on to the megabytes of the network form.
    expect(decoded.transaction.raw.buffer.byteLength).toBeLessThan(1_000);
  });

  it.each<[string, Partial<BlobSidecar>, RegExp]>([
    ['a blob too few', { blobs: sidecar.blobs.slice(1) }, /1 blobs for 2/],
    ['a commitment too many', { commitments: [...sidecar.commitments, INFINITY] }, /3 commitments/],
    ['a proof too few', { proofs: sidecar.proofs.slice(1) }, /proofs, expected/],
    ['another commitment', { commitments: [INFINITY, new Uint8Array(48)] }, /commitment 1 does not match/],
    ['another blob', { blobs: [ZERO_BLOB, new Uint8Array(BLOB_BYTES).fill(1)] }, /proof of blob 1 does not hold/],
    [
      'a proof that is no point',
      { proofs: sidecar.proofs.with(0, new Uint8Array(48)) },
      /proof of blob 0 does not hold/,
    ],
  ])('is refused with %s', (_name, change, reason) => {
    expect(() => verifySidecar(transaction, { ...sidecar, ...change })).toThrowError(invalidSidecar(reason));
  });

  it('is refused under the other version', () => {
    const other = { ...sidecar, version: version === 0 ? (1 as const) : (0 as const) };
    expect(() => verifySidecar(transaction, other)).toThrowError(invalidSidecar(/proofs, expected/));
  });

  it('is decoded with as many blobs as allowed and refused with one more', () => {
    const most = zeroSidecar(version, SIDECAR_BLOBS_MAX);
    expect(decodeNetworkTransaction(encodeNetworkTransaction(transaction, most)).sidecar?.blobs.length).toBe(
      SIDECAR_BLOBS_MAX,
    );
    const beyond = zeroSidecar(version, SIDECAR_BLOBS_MAX + 1);
    expect(() => decodeNetworkTransaction(encodeNetworkTransaction(transaction, beyond))).toThrowError(
      invalidSidecar(/more than 32 blobs/),
    );
  });
});

describe('the network form', () => {
  const sidecar = zeroSidecar(0, 1);
  const transaction = transactionFor(sidecar);
  const wrap = (...members: RlpItem[]) => {
    const body = transaction.raw.subarray(1);
    const encoded = members.map((member) => encodeRlp(member));
    const payload = concatBytes(body, ...encoded);
    const header =
      payload.length < 65_536
        ? [0xf9, payload.length >> 8, payload.length & 0xff]
        : [0xfa, payload.length >> 16, (payload.length >> 8) & 0xff, payload.length & 0xff];
    return concatBytes(Uint8Array.of(3, ...header), payload);
  };

  it('may leave the sidecar out: the transaction alone is decoded', () => {
    expect(decodeNetworkTransaction(transaction.raw)).toEqual({ transaction });
  });

  it.each<[string, RlpItem[]]>([
    ['a member too many', [[ZERO_BLOB], [INFINITY], [INFINITY], []]],
    ['no proofs', [[ZERO_BLOB], [INFINITY]]],
    ['a blob that is too short', [[ZERO_BLOB.subarray(1)], [INFINITY], [INFINITY]]],
    ['a commitment that is too long', [[ZERO_BLOB], [new Uint8Array(49)], [INFINITY]]],
    ['a list in place of a proof', [[ZERO_BLOB], [INFINITY], [[]]]],
    ['version 2', [Uint8Array.of(2), [ZERO_BLOB], [INFINITY], [INFINITY]]],
    ['version 0 written out', [new Uint8Array(0), [ZERO_BLOB], [INFINITY], [INFINITY]]],
  ])('is refused with %s', (_name, members) => {
    expect(decodeNetworkTransaction(wrap([ZERO_BLOB], [INFINITY], [INFINITY])).sidecar).toEqual(sidecar);
    expect(() => decodeNetworkTransaction(wrap(...members))).toThrowError(
      expect.objectContaining({ code: expect.stringMatching(/^INVALID_(SIDECAR|TRANSACTION)$/) }),
    );
  });

  const vector = vectorPath('execution-apis', 'eth_sendRawTransaction', 'send-blob-tx.io');
  it.skipIf(vector === undefined)('of the execution-apis vector verifies', () => {
    const request = readFileSync(vector as string, 'utf8')
      .split('\n')
      .find((line) => line.startsWith('>>'));
    const raw = hexToBytes(JSON.parse((request as string).slice(3)).params[0]);
    const decoded = decodeNetworkTransaction(raw);
    expect(decoded.sidecar?.version).toBe(1);
    verifySidecar(decoded.transaction, decoded.sidecar as BlobSidecar);
    expect(encodeNetworkTransaction(decoded.transaction, decoded.sidecar as BlobSidecar)).toEqual(raw);
  });
});
