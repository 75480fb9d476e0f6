// The accounts that send, and their transactions, signed before any clock runs. All servers that share a chain id get the
// same bytes.
import { signTransaction } from '../../node/block/transaction.ts';
import { bytesToHex, hexToBytes, utf8ToBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { addressOfPublicKey, publicKeyOf } from '../../primitives/crypto/secp256k1.ts';
import type { Address } from '../../primitives/types.ts';

export interface Sender {
  readonly privateKey: Uint8Array;
  readonly address: Address;
}

export interface PresignedTransaction {
  readonly raw: string;
  readonly hash: string;
}

export interface TransactionRequest {
  readonly nonce: number;
  readonly to?: Address | undefined;
  readonly valueWei?: bigint | undefined;
  readonly data?: Uint8Array | undefined;
  readonly gasLimit: number;
}

/** Covers any base fee that a benchmark's own load can bring about. */
const MAX_FEE_PER_GAS_WEI = 100_000_000_000n;
const PRIORITY_FEE_PER_GAS_WEI = 1_000_000_000n;

export function senderOf(privateKey: Uint8Array): Sender {
  return { privateKey, address: addressOfPublicKey(publicKeyOf(privateKey)) };
}

/** The account that every peer's development chain funds: the first of the well-known test mnemonic. */
export const TEST_FUNDER: Sender = senderOf(
  hexToBytes('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'),
);

/** The same accounts in every run. */
export function makeSenders(count: number): Sender[] {
  return Array.from({ length: count }, (_, index) => senderOf(keccak256(utf8ToBytes(`benchmark sender ${index}`))));
}

export function presign(chainId: bigint, sender: Sender, request: TransactionRequest): PresignedTransaction {
  const signed = signTransaction(
    {
      type: 2,
      chainId,
      nonce: BigInt(request.nonce),
      gasLimit: BigInt(request.gasLimit),
      maxFeePerGas: MAX_FEE_PER_GAS_WEI,
      maxPriorityFeePerGas: PRIORITY_FEE_PER_GAS_WEI,
      to: request.to,
      value: request.valueWei ?? 0n,
      data: request.data ?? new Uint8Array(0),
      accessList: [],
      authorizationList: [],
      blobVersionedHashes: [],
      maxFeePerBlobGas: 0n,
    },
    sender.privateKey,
  );
  return { raw: bytesToHex(signed.raw), hash: bytesToHex(signed.hash) };
}
