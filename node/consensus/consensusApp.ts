// The application that a consensus engine drives, shaped as ABCI 2.0 (research: CometBFT 0.38–0.40). Implemented once.
// Heights are consensus heights; the EVM block number is height + the chain spec's offset.

export interface ConsensusTime {
  readonly seconds: bigint;
  readonly nanos: number;
}

export interface ValidatorUpdate {
  readonly keyType: 'ed25519' | 'secp256k1' | 'secp256k1eth';
  readonly publicKey: Uint8Array;
  /** 0 removes the validator. */
  readonly power: bigint;
}

/** BlockIDFlag: 1 absent, 2 commit, 3 nil. */
export type VoteFlag = 1 | 2 | 3;

export interface CommitVote {
  readonly address: Uint8Array;
  readonly power: bigint;
  readonly flag: VoteFlag;
}

/** 1 duplicate vote, 2 light client attack. */
export interface Misbehavior {
  readonly kind: 1 | 2;
  readonly address: Uint8Array;
  readonly power: bigint;
  readonly height: bigint;
  readonly time: ConsensusTime;
  readonly totalPower: bigint;
}

export interface LastCommit {
  readonly round: number;
  readonly votes: readonly CommitVote[];
}

export interface InitChainRequest {
  readonly chainId: string;
  readonly time: ConsensusTime;
  readonly initialHeight: bigint;
  readonly validators: readonly ValidatorUpdate[];
  readonly appState: Uint8Array;
}

export interface PrepareProposalRequest {
  readonly height: bigint;
  readonly time: ConsensusTime;
  /** Limit on the sum of transaction sizes, framing included. */
  readonly maxTxBytes: bigint;
  /** What the engine's own mempool holds; ignored, the node's pool is the truth. */
  readonly txs: readonly Uint8Array[];
  readonly localLastCommit: LastCommit;
  readonly misbehavior: readonly Misbehavior[];
  readonly proposerAddress: Uint8Array;
  readonly nextValidatorsHash: Uint8Array;
}

export interface ProposedBlock {
  readonly height: bigint;
  readonly time: ConsensusTime;
  /** The consensus block's own hash; names a candidate, never appears in `eth_*`. */
  readonly hash: Uint8Array;
  readonly txs: readonly Uint8Array[];
  readonly lastCommit: LastCommit;
  readonly misbehavior: readonly Misbehavior[];
  readonly proposerAddress: Uint8Array;
  readonly nextValidatorsHash: Uint8Array;
}

export type DecidedBlock = ProposedBlock;

/** All four fields enter the next consensus header: they are deterministic. Code 0 for included transactions, reverted or not. */
export interface TxResult {
  readonly code: number;
  readonly data: Uint8Array;
  readonly gasWanted: bigint;
  readonly gasUsed: bigint;
  readonly log?: string | undefined;
}

export interface FinalizedBlock {
  /** One per transaction, in order, always. */
  readonly txResults: readonly TxResult[];
  readonly validatorUpdates: readonly ValidatorUpdate[];
  /** The hash of the Ethereum block. */
  readonly appHash: Uint8Array;
}

export interface ConsensusApp {
  /** Height and app hash of the last commit. */
  info(): Promise<{ height: bigint; appHash: Uint8Array; appVersion: bigint; version: string }>;
  /** May be called again as long as nothing has been committed. */
  initChain(request: InitChainRequest): Promise<{ validators: readonly ValidatorUpdate[]; appHash: Uint8Array }>;
  /** Code 0 when the transaction is executable now (recheck: when the pool still holds it). */
  checkTx(request: { tx: Uint8Array; recheck: boolean }): Promise<{ code: number; gasWanted: bigint; log: string }>;
  /** Chooses transactions by executing them. Writes nothing; answers with an empty list rather than throw. */
  prepareProposal(request: PrepareProposalRequest): Promise<readonly Uint8Array[]>;
  /** A pure function of the block and the state before it. */
  processProposal(request: ProposedBlock): Promise<boolean>;
  /** Re-runnable: persists nothing. */
  finalizeBlock(request: DecidedBlock): Promise<FinalizedBlock>;
  /** Persists the finalized block in one synced batch. The only method that persists. */
  commit(): Promise<{ retainHeight: bigint }>;
}
