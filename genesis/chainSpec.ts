// What a chain is: its identity, its rules over time and its first state. Made by parseGenesis.ts from a geth-format
// genesis.json; everything here is parsed, checked and frozen.
import type { Address, Gas, Hash, Hex, Wei } from '../primitives/types.ts';
import type { BlobSchedule, ForkActivation } from './forks.ts';

/** An account of the genesis state. Slots and values are 32 bytes. */
export interface GenesisAccount {
  readonly address: Address;
  readonly balanceWei: Wei;
  readonly nonce: bigint;
  readonly code: Uint8Array;
  readonly storage: readonly { readonly slot: Uint8Array; readonly value: Uint8Array }[];
}

/** The header fields that a genesis file sets. The state root is computed by the node. */
export interface GenesisHeader {
  readonly number: bigint;
  readonly timestampSeconds: bigint;
  readonly gasLimit: Gas;
  /** Always 0 in real chains; geth's format has it and hashes it. */
  readonly gasUsed?: Gas | undefined;
  readonly difficulty: bigint;
  readonly nonce: Uint8Array;
  readonly mixHash: Hash;
  readonly coinbase: Address;
  readonly extraData: Uint8Array;
  readonly parentHash: Hash;
  readonly baseFeePerGas?: Wei | undefined;
  readonly excessBlobGas?: bigint | undefined;
  readonly blobGasUsed?: bigint | undefined;
}

/** When a precompile is in force, and in which version of its rules. Entries are append-only. */
export interface PrecompileActivation {
  readonly name: string;
  readonly timestampSeconds: bigint;
  readonly version: number;
}

/** What `config.gnomon` adds to a geth genesis. A chain without it is a plain Ethereum chain. */
export interface GnomonRules {
  /** Dev chains allow state edits and the dev-only RPC methods. */
  readonly devChain: boolean;
  /** EVM block number = consensus height + this (DESIGN §3). */
  readonly heightOffset: bigint;
  /** Who is paid the tips while no staking precompile names the proposer's recipient. */
  readonly feeRecipient: Address;
  /** Limit of declared native work per second of block time, in microseconds (DESIGN §2). */
  readonly nativeWorkMicrosecondsPerSecond: number;
  /** Expected time between blocks in milliseconds; at least 1,000 on networks. */
  readonly blockTimeMs: number;
  readonly precompiles: readonly PrecompileActivation[];
}

/** Proof of work on imported chains: `fake` skips the seal as hive does, since no block is made on such chains. */
export interface ChainSpec {
  readonly chainId: bigint;
  /** In fork order; the first is `frontier` at block 0 unless a later fork starts there too. */
  readonly forks: readonly ForkActivation[];
  /** In time order. */
  readonly blobSchedules: readonly BlobSchedule[];
  readonly terminalTotalDifficulty?: bigint | undefined;
  readonly depositContractAddress?: Address | undefined;
  readonly gnomon?: GnomonRules | undefined;
  readonly genesis: GenesisHeader;
  readonly alloc: readonly GenesisAccount[];
  /** Keccak-256 over every rule above except the alloc and genesis header, which the genesis hash commits to. */
  readonly specHash: Hash;
  /** `config` as it stood in the file, for export and `eth_config`. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Parsed JSON of a genesis file, before validation. */
export interface GenesisJson {
  readonly config: Record<string, unknown>;
  readonly alloc: Record<string, { balance?: string; nonce?: string; code?: Hex; storage?: Record<string, string> }>;
  readonly [field: string]: unknown;
}
