// Transactions of types 0 to 4 (EIP-2718): bytes to fields and back. Decoding is canonical only, so that a transaction has
// exactly one encoding and one hash; whether its fields may stand in a block is for validation to say.
import { bigIntToBytes, bytesToBigInt, concatBytes, EMPTY_BYTES, putBigInt } from '../../primitives/bytes.ts';
import { keccak256, keccak256OfInput, keccakInput } from '../../primitives/crypto/keccak.ts';
import {
  addressOfPublicKey,
  recoverPublicKey,
  SECP256K1_LOW_S_MAX,
  SECP256K1_N,
  signDigest,
} from '../../primitives/crypto/secp256k1.ts';
import { ChainError } from '../../primitives/errors.ts';
import { encodeRlp, encodeRlpListOfEncoded, type RlpItem, writeRlpListHeader } from '../../primitives/rlp.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import {
  closeList,
  openList,
  openOuterList,
  type RlpCursor,
  readBytes,
  readInteger,
  startsWithList,
} from './rlpCursor.ts';
import { readSidecar, sidecarItems } from './sidecar.ts';
import {
  accessListItem,
  authorizationListItem,
  readAccessList,
  readAuthorizationList,
  readVersionedHashes,
} from './transactionLists.ts';
import type { BlobSidecar, SignedTransaction, Transaction, TransactionType } from './types.ts';

/** Nonces, gas limits: unsigned 64 bits (EIP-2681; gas by every client's convention). */
const UINT64_BYTES = 8;
const UINT256_BYTES = 32;
/** The type byte and the longest list header in front of a transaction's fields. */
const TYPED_HEADER_BYTES_MAX = 6;
/** Most transactions have none of the lists: one array serves them all. */
const NONE: readonly never[] = [];

/** Why bytes are not a transaction. */
export type TransactionError = ChainError<'INVALID_TRANSACTION' | 'INVALID_SIGNATURE'>;

/** What its sender decides; `signTransaction` makes the rest. */
export type UnsignedTransaction = Omit<Transaction, 'raw' | 'hash' | 'signingHash' | 'yParity' | 'v' | 'r' | 's'>;

function fail(reason: string): never {
  throw new ChainError('INVALID_TRANSACTION', `invalid transaction: ${reason}`);
}

/** Runs a decoder and names every RLP fault of it a fault of the transaction. */
export function asTransactionFault<Result>(decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ChainError && error.code === 'INVALID_RLP') fail(error.message);
    throw error;
  }
}

/**
 * Decodes the canonical encoding of a transaction as it stands in blocks. The fields are views into `raw`.
 * @throws ChainError `INVALID_TRANSACTION`
 */
export function decodeTransaction(raw: Uint8Array): Transaction {
  return asTransactionFault(() => {
    const first = raw[0];
    if (first === undefined) fail('it is empty');
    if (first >= 0xc0) return decodeLegacy(raw);
    if (first < 1 || first > 4)
      fail(`unknown type 0x${first.toString(16).padStart(2, '0')}, expected a list or 1 to 4`);
    return decodeTyped(raw, first as 1 | 2 | 3 | 4);
  });
}

/** A transaction as wallets send it: of type 3 with its blobs, of the others as it stands in blocks. */
export interface NetworkTransaction {
  readonly transaction: Transaction;
  readonly sidecar?: BlobSidecar | undefined;
}

/**
 * Decodes the network form (EIP-4844, EIP-7594). A type 3 transaction without its sidecar is decoded too: whether blobs
 * must be there is for the caller to say.
 * @throws ChainError `INVALID_TRANSACTION`
 */
export function decodeNetworkTransaction(raw: Uint8Array): NetworkTransaction {
  if (raw[0] !== 3) return { transaction: decodeTransaction(raw) };
  return asTransactionFault(() => {
    const cursor = openOuterList(raw, 1, 'type 3 transaction');
    if (!startsWithList(cursor)) return { transaction: decodeTransaction(raw) };
    const bodyStart = cursor.offset;
    openList(cursor, 'transaction body');
    const body = raw.subarray(bodyStart, cursor.offset);
    const transaction = decodeTransaction(concatBytes(Uint8Array.of(3), body));
    const sidecar = readSidecar(cursor);
    closeList(cursor, 'type 3 network form');
    return { transaction, sidecar };
  });
}

/** The network form of a blob transaction with its sidecar. */
export function encodeNetworkTransaction(transaction: Transaction, sidecar: BlobSidecar): Uint8Array {
  const members = [transaction.raw.subarray(1), ...sidecarItems(sidecar).map(encodeRlp)];
  return concatBytes(Uint8Array.of(3), encodeRlpListOfEncoded(members));
}

function decodeLegacy(raw: Uint8Array): Transaction {
  const cursor = openOuterList(raw, 0, 'legacy transaction');
  const bodyStart = cursor.offset;
  const nonce = readInteger(cursor, 'nonce', UINT64_BYTES);
  const gasPrice = readInteger(cursor, 'gasPrice', UINT256_BYTES);
  const gasLimit = readInteger(cursor, 'gasLimit', UINT64_BYTES);
  const to = readRecipient(cursor);
  const value = readInteger(cursor, 'value', UINT256_BYTES);
  const data = readBytes(cursor, 'data');
  const body = raw.subarray(bodyStart, cursor.offset);
  const v = readInteger(cursor, 'v', UINT256_BYTES);
  const signature = readSignature(cursor);
  closeList(cursor, 'legacy transaction');
  const { chainId, yParity } = splitLegacyV(v);
  return {
    type: 0,
    raw,
    hash: keccak256(raw),
    signingHash: keccak256(legacySigningPayload(body, chainId)),
    chainId,
    nonce,
    gasLimit,
    maxFeePerGas: gasPrice,
    maxPriorityFeePerGas: gasPrice,
    to,
    value,
    data,
    accessList: NONE,
    authorizationList: NONE,
    blobVersionedHashes: NONE,
    maxFeePerBlobGas: 0n,
    yParity,
    v,
    ...signature,
  };
}

/** EIP-155: v is 27 or 28 without, 35 + 2·chainId (+ 1) with the chain's id in the signature. */
function splitLegacyV(v: bigint): { chainId: bigint | undefined; yParity: 0 | 1 } {
  if (v === 27n || v === 28n) return { chainId: undefined, yParity: v === 28n ? 1 : 0 };
  if (v < 35n) fail(`v is ${v}, expected 27, 28 or 35 + 2 * chainId (+ 1)`);
  return { chainId: (v - 35n) >> 1n, yParity: (v - 35n) & 1n ? 1 : 0 };
}

function legacySigningPayload(encodedFields: Uint8Array, chainId: bigint | undefined): Uint8Array {
  if (chainId === undefined) return encodeRlpListOfEncoded([encodedFields]);
  const suffix = Uint8Array.of(0x80, 0x80);
  return encodeRlpListOfEncoded([encodedFields, encodeRlp(bigIntToBytes(chainId)), suffix]);
}

/** keccak256(type ‖ list of the fields), built where it is hashed if there is room. */
function typedSigningHash(type: number, encodedFields: Uint8Array): Hash {
  if (encodedFields.length > keccakInput.length - TYPED_HEADER_BYTES_MAX)
    return keccak256(concatBytes(Uint8Array.of(type), encodeRlpListOfEncoded([encodedFields])));
  keccakInput[0] = type;
  const start = writeRlpListHeader(keccakInput, 1, encodedFields.length);
  keccakInput.set(encodedFields, start);
  return keccak256OfInput(start + encodedFields.length);
}

function decodeTyped(raw: Uint8Array, type: 1 | 2 | 3 | 4): Transaction {
  const cursor = openOuterList(raw, 1, `type ${type} transaction`);
  const bodyStart = cursor.offset;
  const chainId = readInteger(cursor, 'chainId', UINT256_BYTES);
  const nonce = readInteger(cursor, 'nonce', UINT64_BYTES);
  const maxPriorityFeePerGas = readInteger(cursor, type === 1 ? 'gasPrice' : 'maxPriorityFeePerGas', UINT256_BYTES);
  const maxFeePerGas = type === 1 ? maxPriorityFeePerGas : readInteger(cursor, 'maxFeePerGas', UINT256_BYTES);
  const gasLimit = readInteger(cursor, 'gasLimit', UINT64_BYTES);
  const to = readRecipient(cursor);
  if (to === undefined && type >= 3) fail(`type ${type} cannot create a contract: \`to\` is missing`);
  const value = readInteger(cursor, 'value', UINT256_BYTES);
  const data = readBytes(cursor, 'data');
  const accessList = readAccessList(cursor);
  const maxFeePerBlobGas = type === 3 ? readInteger(cursor, 'maxFeePerBlobGas', UINT256_BYTES) : 0n;
  const blobVersionedHashes = type === 3 ? readVersionedHashes(cursor) : NONE;
  const authorizationList = type === 4 ? readAuthorizationList(cursor) : NONE;
  const body = raw.subarray(bodyStart, cursor.offset);
  const yParity = readInteger(cursor, 'yParity', 1);
  if (yParity > 1n) fail(`yParity is ${yParity}, expected 0 or 1`);
  const signature = readSignature(cursor);
  closeList(cursor, `type ${type} transaction`);
  return {
    type,
    raw,
    hash: keccak256(raw),
    signingHash: typedSigningHash(type, body),
    chainId,
    nonce,
    gasLimit,
    maxFeePerGas,
    maxPriorityFeePerGas,
    to,
    value,
    data,
    accessList,
    authorizationList,
    blobVersionedHashes,
    maxFeePerBlobGas,
    yParity: Number(yParity),
    v: yParity,
    ...signature,
  };
}

function readRecipient(cursor: RlpCursor): Address | undefined {
  const to = readBytes(cursor, 'to');
  if (to.length === 0) return undefined;
  if (to.length !== 20) fail(`\`to\` has ${to.length} bytes, expected 20 or none`);
  return to as Address;
}

function readSignature(cursor: RlpCursor): { r: bigint; s: bigint } {
  const r = readInteger(cursor, 'r', UINT256_BYTES);
  const s = readInteger(cursor, 's', UINT256_BYTES);
  if (r === 0n || r >= SECP256K1_N) fail('r is not in 1 to n - 1');
  if (s === 0n || s >= SECP256K1_N) fail('s is not in 1 to n - 1');
  return { r, s };
}

/** EIP-2: from Homestead on, `s` may not be in the upper half of the order. Frontier allowed it. */
export function hasLowS(transaction: Transaction): boolean {
  return transaction.s <= SECP256K1_LOW_S_MAX;
}

/** The signature as 64 bytes `r ‖ s`. */
export function signatureBytes(transaction: Pick<Transaction, 'r' | 's'>): Uint8Array {
  const signature = new Uint8Array(64);
  putSignature(transaction, signature, 0);
  return signature;
}

/** Writes `r ‖ s` to the 64 bytes at `offset` of `target`, where zeros stand. */
export function putSignature({ r, s }: Pick<Transaction, 'r' | 's'>, target: Uint8Array, offset: number): void {
  putBigInt(r, target, offset, 32);
  putBigInt(s, target, offset + 32, 32);
}

/**
 * The address that signed. Costs as much as everything else about a transfer: recover once, keep it with `withSender`.
 * @throws ChainError `INVALID_SIGNATURE` when no key could have made the signature
 */
export function recoverSender(transaction: Transaction): Address {
  const recovery = transaction.yParity === 0 ? 0 : 1;
  const publicKey = recoverPublicKey(transaction.signingHash, signatureBytes(transaction), recovery);
  if (publicKey === undefined) throw unrecoverable();
  return addressOfPublicKey(publicKey);
}

/** The error of a signature that belongs to no key. */
export function unrecoverable(): ChainError<'INVALID_SIGNATURE'> {
  return new ChainError('INVALID_SIGNATURE', 'invalid transaction: no key can have made its signature');
}

/** The transaction with a sender that was recovered (or, on dev chains, impersonated) before. */
export function withSender(transaction: Transaction, sender: Address): SignedTransaction {
  return { ...transaction, sender };
}

/** The RLP members of an unsigned transaction, in the order of its EIP. */
function unsignedFields(transaction: UnsignedTransaction): RlpItem[] {
  const { type, maxFeePerGas, maxPriorityFeePerGas } = transaction;
  const target = [
    bigIntToBytes(transaction.gasLimit),
    transaction.to ?? EMPTY_BYTES,
    bigIntToBytes(transaction.value),
    transaction.data,
  ];
  if (type === 0) return [bigIntToBytes(transaction.nonce), bigIntToBytes(maxFeePerGas), ...target];
  const fields: RlpItem[] = [bigIntToBytes(transaction.chainId ?? 0n), bigIntToBytes(transaction.nonce)];
  if (type !== 1) fields.push(bigIntToBytes(maxPriorityFeePerGas));
  fields.push(bigIntToBytes(maxFeePerGas), ...target, accessListItem(transaction.accessList));
  if (type === 3) fields.push(bigIntToBytes(transaction.maxFeePerBlobGas), transaction.blobVersionedHashes);
  if (type === 4) fields.push(authorizationListItem(transaction.authorizationList));
  return fields;
}

function typed(type: TransactionType, fields: readonly RlpItem[]): Uint8Array {
  const payload = encodeRlp(fields);
  return type === 0 ? payload : concatBytes(Uint8Array.of(type), payload);
}

/** What the sender signs: keccak256 of the unsigned encoding (EIP-155 for legacy with a chain id). */
export function unsignedTransactionHash(transaction: UnsignedTransaction): Hash {
  const fields = unsignedFields(transaction);
  if (transaction.type === 0 && transaction.chainId !== undefined)
    fields.push(bigIntToBytes(transaction.chainId), EMPTY_BYTES, EMPTY_BYTES);
  return keccak256(typed(transaction.type, fields));
}

/** The canonical encoding of a transaction with a given signature. */
export function encodeTransaction(
  transaction: UnsignedTransaction,
  signature: Pick<Transaction, 'yParity' | 'r' | 's'>,
): Uint8Array {
  const { type, chainId } = transaction;
  const yParity = BigInt(signature.yParity);
  const v = type !== 0 ? yParity : chainId === undefined ? 27n + yParity : 35n + 2n * chainId + yParity;
  return typed(type, [...unsignedFields(transaction), ...[v, signature.r, signature.s].map(bigIntToBytes)]);
}

/**
 * Signs with a 32-byte private key.
 * @throws ChainError `INVALID_TRANSACTION` when the fields are not those of a transaction
 */
export function signTransaction(transaction: UnsignedTransaction, privateKey: Uint8Array): Transaction {
  const { signature, recovery } = signDigest(unsignedTransactionHash(transaction), privateKey);
  const r = bytesToBigInt(signature.subarray(0, 32));
  const s = bytesToBigInt(signature.subarray(32));
  return decodeTransaction(encodeTransaction(transaction, { yParity: recovery, r, s }));
}
