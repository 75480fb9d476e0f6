// What the composed node offers to its front ends (rpc/, cli/): reading the chain, submitting transactions, calls
// without a transaction, and, on dev chains only, the controls of tests and tools. node.ts implements it.
import type { GnomonRules } from '../genesis/chainSpec.ts';
import type { Address, Gas, Hash, Wei } from '../primitives/types.ts';
import type { AccessListEntry, Authorization, BlobSidecar, Log, Receipt, SignedTransaction } from './block/types.ts';
import type { ChainReader, CommittedBlock } from './chain/chainReader.ts';

/** A message call or creation as `eth_call` and its relatives describe it; every absent field has a default. */
export interface CallRequest {
  readonly from?: Address | undefined;
  readonly to?: Address | undefined;
  readonly gas?: Gas | undefined;
  readonly gasPrice?: Wei | undefined;
  readonly maxFeePerGas?: Wei | undefined;
  readonly maxPriorityFeePerGas?: Wei | undefined;
  readonly maxFeePerBlobGas?: Wei | undefined;
  readonly blobVersionedHashes?: readonly Hash[] | undefined;
  readonly value?: Wei | undefined;
  readonly nonce?: bigint | undefined;
  readonly data?: Uint8Array | undefined;
  readonly accessList?: readonly AccessListEntry[] | undefined;
  readonly authorizationList?: readonly Authorization[] | undefined;
}

/**
 * State that a call sees instead of the chain's. `state` replaces all storage, `stateDiff` single slots; both map
 * `bytesKey` of the 32-byte slot to the minimal big-endian value, empty for zero.
 */
export interface AccountOverride {
  readonly address: Address;
  readonly balance?: Wei | undefined;
  readonly nonce?: bigint | undefined;
  readonly code?: Uint8Array | undefined;
  readonly state?: ReadonlyMap<string, Uint8Array> | undefined;
  readonly stateDiff?: ReadonlyMap<string, Uint8Array> | undefined;
  /** Moves a precompile's behaviour to another address before `code` applies, as geth does. */
  readonly movePrecompileTo?: Address | undefined;
}

/** Block fields that a call sees instead of the chain's. */
export interface BlockOverride {
  readonly number?: bigint | undefined;
  readonly timestampSeconds?: bigint | undefined;
  readonly gasLimit?: Gas | undefined;
  readonly coinbase?: Address | undefined;
  readonly prevRandao?: Hash | undefined;
  readonly baseFeePerGas?: Wei | undefined;
  readonly blobBaseFee?: Wei | undefined;
}

export interface CallOptions {
  /** The block whose state and environment the call sees. */
  readonly blockNumber: bigint;
  /** On top of that block: a new block that follows it (`pending`). */
  readonly asNextBlock?: boolean | undefined;
  readonly accountOverrides?: readonly AccountOverride[] | undefined;
  readonly blockOverride?: BlockOverride | undefined;
  /** Gives up with `CALL_TIMEOUT` when it fires. */
  readonly signal?: AbortSignal | undefined;
}

export type CallOutcome =
  | { readonly outcome: 'success'; readonly gasUsed: Gas; readonly output: Uint8Array; readonly logs: readonly Log[] }
  | { readonly outcome: 'revert'; readonly gasUsed: Gas; readonly output: Uint8Array }
  /** Out of gas, invalid opcode …; `reason` is the EVM's own name for it. */
  | { readonly outcome: 'failure'; readonly gasUsed: Gas; readonly reason: string };

/** Executes without a transaction. Throws ChainError for requests that could not be executed at all (funds, fees, gas). */
export interface CallApi {
  call(request: CallRequest, options: CallOptions): Promise<CallOutcome>;
  /** The lowest gas limit with which the call succeeds; a call that fails at any limit is its outcome. */
  estimateGas(
    request: CallRequest,
    options: CallOptions,
  ): Promise<{ gas: Gas } | Exclude<CallOutcome, { outcome: 'success' }>>;
  createAccessList(
    request: CallRequest,
    options: CallOptions,
  ): Promise<{ accessList: readonly AccessListEntry[]; gasUsed: Gas; error?: string | undefined }>;
}

/** A transaction in the pool; `pending` when it could be in the next block. */
export interface PooledTransaction {
  readonly transaction: SignedTransaction;
  readonly sidecar?: BlobSidecar | undefined;
  readonly pending: boolean;
}

export interface PoolApi {
  get(hash: Hash): PooledTransaction | undefined;
  /** By sender, then nonce. */
  content(): readonly PooledTransaction[];
  contentFrom(sender: Address): readonly PooledTransaction[];
  counts(): { pending: number; queued: number };
  /** The nonce after the sender's last gapless pooled transaction, or the account's own. */
  nextNonce(sender: Address): bigint;
  /** Called for every transaction that becomes executable; returns the function that ends it. */
  onPending(listener: (transaction: SignedTransaction) => void): () => void;
}

/** A storage or account edit of a dev chain, journaled with the next block so that a replay can repeat it. */
export type StateEdit =
  | { readonly kind: 'balance'; readonly address: Address; readonly wei: Wei }
  | { readonly kind: 'nonce'; readonly address: Address; readonly nonce: bigint }
  | { readonly kind: 'code'; readonly address: Address; readonly code: Uint8Array }
  | { readonly kind: 'storage'; readonly address: Address; readonly slot: Uint8Array; readonly value: Uint8Array };

/** Only on dev chains (`GnomonRules.devChain`). */
export interface DevApi {
  readonly accounts: readonly Address[];
  /** Signs with an unlocked account; undefined when the key is not known. */
  privateKey(address: Address): Uint8Array | undefined;
  impersonate(address: Address): void;
  stopImpersonating(address: Address): void;
  isImpersonated(address: Address): boolean;
  /** Submits an unsigned transaction of an impersonated account. */
  submitImpersonated(from: Address, request: CallRequest): Promise<Hash>;
  edit(edit: StateEdit): Promise<void>;
  /** Makes blocks now; `intervalSeconds` is the time between several. */
  mine(count: bigint, intervalSeconds?: bigint): Promise<void>;
  snapshot(): bigint;
  /** Rolls the chain back to the snapshot and forgets later ones; false when the id is unknown. */
  revert(id: bigint): Promise<boolean>;
  /** Shifts the clock of all coming blocks; returns the total shift in seconds. */
  increaseTime(seconds: bigint): bigint;
  setNextBlockTimestamp(seconds: bigint): void;
  setNextBlockBaseFeePerGas(wei: Wei): Promise<void>;
  setAutomine(on: boolean): void;
  readonly automine: boolean;
  /** Milliseconds between blocks; 0 turns interval mining off. */
  setIntervalMining(milliseconds: number): void;
  reset(): Promise<void>;
  /** The whole newest state, in a form that only `loadState` promises to read. */
  dumpState(): Promise<Uint8Array>;
  loadState(dump: Uint8Array): Promise<void>;
  /**
   * Called with the calldata of every message to Hardhat's console address (0x…636f6e736f6c652e6c6f67), in the order in
   * which executed transactions and calls made them, reverted ones included; returns the function that ends it.
   */
  onConsoleCall(listener: (calldata: Uint8Array) => void): () => void;
}

/**
 * Where the native coin stands at the head. `totalWei` is the sum of all balances, kept exact by adding what each commit
 * changed to the sum of the genesis alloc, so nothing is ever summed over all accounts.
 */
export interface SupplyTotals {
  readonly blockNumber: bigint;
  readonly genesisWei: Wei;
  /** Base fees and blob fees of all blocks: gas used times price, from the headers. */
  readonly burnedFeesWei: Wei;
  readonly totalWei: Wei;
}

/** One native contract, for `gnomon_precompiles`. */
export interface PrecompileInfo {
  readonly name: string;
  readonly address: Address;
  readonly version: number;
  readonly activationTimestampSeconds: bigint;
  readonly abi: readonly unknown[];
  /** Method signature → gas without per-slot, per-byte and signature parts. */
  readonly gas: Readonly<Record<string, bigint>>;
}

export interface NodeApi {
  readonly clientVersion: string;
  readonly engineKind: 'solo' | 'cometbft' | 'none';
  readonly rules: GnomonRules | undefined;
  readonly chain: ChainReader;
  readonly pool: PoolApi;
  readonly calls: CallApi;
  readonly dev: DevApi | undefined;
  readonly precompiles: readonly PrecompileInfo[];
  /**
   * Decodes, recovers the sender, checks and pools a raw transaction (blob transactions in their network form).
   * @throws ChainError with a code of the pool or the decoder
   */
  submitRawTransaction(raw: Uint8Array): Promise<Hash>;
  /** Resolves with the committed block and receipt once the transaction is in a block, or undefined after the timeout. */
  waitForReceipt(
    hash: Hash,
    timeoutMs: number,
  ): Promise<{ committed: CommittedBlock; receipt: Receipt; index: number } | undefined>;
  /** The base fee of the block after the head, in wei; undefined before London. */
  nextBaseFee(): Wei | undefined;
  /** The blob base fee of the block after the head, in wei; undefined before Cancun. */
  nextBlobBaseFee(): Wei | undefined;
  supply(): SupplyTotals;
  isReady(): boolean;
  peerCount(): Promise<number>;
}
