// Blocks, transactions and receipts as Ethereum defines them, decoded once into plain immutable data.
import type { Address, Gas, Hash, Wei } from '../../primitives/types.ts';

/** EIP-2930. Storage keys are 32 bytes. */
export interface AccessListEntry {
  readonly address: Address;
  readonly storageKeys: readonly Uint8Array[];
}

/** EIP-7702. `authority` is recovered from the signature when it is first needed. */
export interface Authorization {
  readonly chainId: bigint;
  readonly address: Address;
  readonly nonce: bigint;
  readonly yParity: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

/** 0 legacy, 1 EIP-2930, 2 EIP-1559, 3 EIP-4844, 4 EIP-7702. */
export type TransactionType = 0 | 1 | 2 | 3 | 4;

/** A decoded transaction, without its sender. */
export interface Transaction {
  readonly type: TransactionType;
  /** The canonical EIP-2718 encoding as it stands in blocks (without a blob sidecar). */
  readonly raw: Uint8Array;
  readonly hash: Hash;
  /** What the sender signed. */
  readonly signingHash: Hash;
  /** Absent on legacy transactions without EIP-155 protection. */
  readonly chainId?: bigint | undefined;
  readonly nonce: bigint;
  readonly gasLimit: Gas;
  /** `maxFeePerGas`, or the gas price of types 0 and 1. */
  readonly maxFeePerGas: Wei;
  /** `maxPriorityFeePerGas`, or the gas price of types 0 and 1. */
  readonly maxPriorityFeePerGas: Wei;
  /** Absent for contract creation. */
  readonly to?: Address | undefined;
  readonly value: Wei;
  readonly data: Uint8Array;
  readonly accessList: readonly AccessListEntry[];
  readonly authorizationList: readonly Authorization[];
  readonly blobVersionedHashes: readonly Hash[];
  readonly maxFeePerBlobGas: Wei;
  /** 0 or 1. */
  readonly yParity: number;
  /** `v` as legacy transactions carry it; equal to `yParity` for the typed ones. */
  readonly v: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

/** A transaction whose sender has been recovered; nothing downstream recovers it again. */
export interface SignedTransaction extends Transaction {
  readonly sender: Address;
}

/** EIP-4844 / EIP-7594: what travels with a blob transaction outside of blocks. */
export interface BlobSidecar {
  /** 0 with one proof per blob, 1 with 128 cell proofs per blob (Osaka). */
  readonly version: 0 | 1;
  readonly blobs: readonly Uint8Array[];
  readonly commitments: readonly Uint8Array[];
  readonly proofs: readonly Uint8Array[];
}

/** EIP-4895. The amount is in Gwei, as the header commits to it. */
export interface Withdrawal {
  readonly index: bigint;
  readonly validatorIndex: bigint;
  readonly address: Address;
  readonly amountGwei: bigint;
}

/** Field docs: Yellow Paper §4.3 and the EIP named. Fields of later forks are absent before them. */
export interface Header {
  readonly parentHash: Hash;
  readonly ommersHash: Hash;
  readonly coinbase: Address;
  readonly stateRoot: Hash;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
  /** 256 bytes. */
  readonly logsBloom: Uint8Array;
  readonly difficulty: bigint;
  readonly number: bigint;
  readonly gasLimit: Gas;
  readonly gasUsed: Gas;
  readonly timestampSeconds: bigint;
  readonly extraData: Uint8Array;
  /** `mixHash` before Paris, `prevRandao` from it on (EIP-4399). */
  readonly mixHash: Hash;
  /** 8 bytes. */
  readonly nonce: Uint8Array;
  /** EIP-1559, London. */
  readonly baseFeePerGas?: Wei | undefined;
  /** EIP-4895, Shanghai. */
  readonly withdrawalsRoot?: Hash | undefined;
  /** EIP-4844, Cancun. */
  readonly blobGasUsed?: Gas | undefined;
  readonly excessBlobGas?: Gas | undefined;
  /** EIP-4788, Cancun. */
  readonly parentBeaconBlockRoot?: Hash | undefined;
  /** EIP-7685, Prague. */
  readonly requestsHash?: Hash | undefined;
}

export interface Log {
  readonly address: Address;
  /** 32 bytes each, at most 4. */
  readonly topics: readonly Uint8Array[];
  readonly data: Uint8Array;
}

export interface Receipt {
  readonly type: TransactionType;
  /** Byzantium on; before it, `stateRoot` stands in the encoding instead. */
  readonly succeeded: boolean;
  readonly stateRoot?: Hash | undefined;
  readonly cumulativeGasUsed: Gas;
  readonly logs: readonly Log[];
  /** 256 bytes. */
  readonly logsBloom: Uint8Array;
  /** What this transaction used, after refunds. Not part of the consensus encoding. */
  readonly gasUsed: Gas;
  /** What each unit of gas cost the sender. Not part of the consensus encoding. */
  readonly effectiveGasPrice: Wei;
  /** Where a creation put its code. Not part of the consensus encoding. */
  readonly contractAddress?: Address | undefined;
}

/** A whole block. `hash` is keccak256(rlp(header)). */
export interface Block {
  readonly hash: Hash;
  readonly header: Header;
  readonly transactions: readonly SignedTransaction[];
  /** Only on imported proof-of-work chains. */
  readonly ommers: readonly Header[];
  /** Present from Shanghai on. */
  readonly withdrawals?: readonly Withdrawal[] | undefined;
}
