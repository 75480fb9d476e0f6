// Reading the chain: what RPC, the pool and tools may ask of stored blocks and state. Reads are synchronous.
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import type { Block, Header, Log, Receipt } from '../block/types.ts';
import type { StateReader } from '../state/types.ts';

/** A header with its hash, so that nobody hashes it again. */
export interface SealedHeader {
  readonly hash: Hash;
  readonly header: Header;
}

/** Where a transaction stands. */
export interface TransactionLocation {
  readonly blockNumber: bigint;
  readonly index: number;
}

/** EIP-1186 material at one block; nodes are RLP, root first. */
export interface AccountProof {
  readonly account: { nonce: bigint; balanceWei: bigint; storageRoot: Hash; codeHash: Hash };
  readonly accountProof: readonly Uint8Array[];
  readonly storageProofs: readonly {
    readonly slot: Uint8Array;
    readonly value: Uint8Array;
    readonly proof: readonly Uint8Array[];
  }[];
}

/** Filters of `eth_getLogs`: any of the addresses; per position any of the topics (empty or undefined matches all). */
export interface LogFilter {
  readonly addresses: readonly Address[];
  readonly topics: readonly (readonly Uint8Array[] | undefined)[];
}

export interface LocatedLog {
  readonly log: Log;
  readonly block: SealedHeader;
  readonly transactionHash: Hash;
  readonly transactionIndex: number;
  readonly logIndex: number;
}

/** What a commit tells its listeners. */
export interface CommittedBlock {
  readonly block: Block;
  readonly receipts: readonly Receipt[];
}

export interface ChainReader {
  readonly spec: ChainSpec;
  readonly genesisHash: Hash;
  /** The newest committed block; `latest`, `safe` and `finalized` at once. */
  readonly head: SealedHeader;
  headerByNumber(number: bigint): SealedHeader | undefined;
  headerByHash(hash: Hash): SealedHeader | undefined;
  blockByNumber(number: bigint): Block | undefined;
  blockByHash(hash: Hash): Block | undefined;
  receiptsByNumber(number: bigint): readonly Receipt[] | undefined;
  locateTransaction(hash: Hash): TransactionLocation | undefined;
  /** Total difficulty of imported proof-of-work chains; zero on Gnomon chains. */
  totalDifficulty(number: bigint): bigint | undefined;
  /** The oldest block whose state is kept. */
  readonly oldestStateBlock: bigint;
  /** @throws ChainError `STATE_PRUNED` or `BLOCK_NOT_FOUND` */
  stateAt(number: bigint): StateReader;
  /** @throws ChainError `STATE_PRUNED` or `BLOCK_NOT_FOUND` */
  proofAt(number: bigint, address: Address, slots: readonly Uint8Array[]): AccountProof;
  /**
   * Logs in block order; stops after `limit` + 1 so that the caller can tell that there are more.
   * @throws ChainError `LOG_SEARCH_LIMIT` when the search would read more than one may
   */
  logs(fromBlock: bigint, toBlock: bigint, filter: LogFilter, limit: number): LocatedLog[];
  /** The same, letting others run while it searches. */
  logsInTurns(fromBlock: bigint, toBlock: bigint, filter: LogFilter, limit: number): Promise<LocatedLog[]>;
  /** Calls `listener` after every commit, in order; returns the function that ends it. */
  onCommit(listener: (committed: CommittedBlock) => void): () => void;
  /** Calls `listener` with every block that a rollback removed, newest first, once it is gone; returns what ends it. */
  onRollback(listener: (removed: CommittedBlock) => void): () => void;
}
