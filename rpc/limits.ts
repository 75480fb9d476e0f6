// Everything that a client can make large has its limit here, each with its reason. An operator may change them; tests
// check each at the limit and one past it.
import { MEMORY_MIB_DEFAULT } from '../node/memoryLimits.ts';

export interface RpcLimits {
  /** Largest HTTP body or WebSocket message. A blob transaction with six blobs in hex is 1.6 MB; geth allows 5 MB. */
  readonly bodyBytesMax: number;
  /** Requests in one batch: bounds the work that one message can ask for. */
  readonly batchRequestsMax: number;
  /** Answers of one batch together, so that 100 large answers are never held at once (geth: 25 MB). */
  readonly batchResponseBytesMax: number;
  /** After this long no further request of a batch begins, in milliseconds: 100 endless calls would take minutes. */
  readonly batchTimeMsMax: number;
  /**
   * How long requests, of all clients together, are answered before timers, sockets and block production have their turn,
   * in milliseconds: a thousand clients that ask for whole blocks must not stop the chain.
   */
  readonly turnMsMax: number;
  /** Brackets open at once in a JSON message; the deepest real one (typed data within a batch) stays under 20. */
  readonly jsonDepthMax: number;
  /** Open TCP connections, HTTP and WebSocket together: each may hold one body in memory. */
  readonly connectionsMax: number;
  /**
   * Bytes of unfinished requests, of requests that wait for their answer and of unread answers, of all connections
   * together: past it whoever has made the server hold theirs longest is cut. Fifty bodies or ten batches of full size.
   */
  readonly heldBytesMax: number;
  /** Size of all HTTP header lines together, in bytes. */
  readonly headerBytesMax: number;
  /** Time to receive the headers, and the whole request, in milliseconds: ends clients that trickle bytes. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long an idle connection is kept for the next request; above the 60 s of common load balancers. */
  readonly keepAliveTimeoutMs: number;
  /** A socket on which nothing moves for this long is closed: ends clients that do not read their answers. */
  readonly socketIdleTimeoutMs: number;
  /** Unsent bytes of one WebSocket before it is cut: a client that cannot follow must not grow our memory. */
  readonly socketBacklogBytesMax: number;
  /** Requests of one WebSocket that run at once; further messages wait unread in the socket. */
  readonly socketRequestsMax: number;
  /** How often a WebSocket is pinged; one that missed the last ping is cut. */
  readonly socketPingMs: number;
  /** Subscriptions of one connection: each commit costs work per subscription. */
  readonly subscriptionsMax: number;
  /**
   * Subscriptions of all clients together, by what they cost: one message a block, one for each log of a block, one for
   * each transaction of the pool.
   */
  readonly headSubscriptionsMax: number;
  readonly logSubscriptionsMax: number;
  readonly pendingSubscriptionsMax: number;
  /**
   * Blocks of which log subscriptions have yet to be told: past it the oldest is given up, and the clients that it was for
   * are cut, so that they know. 1,000 subscriptions to 1,400 logs take seconds, and the next block does not wait for them.
   */
  readonly logNotificationBlocksMax: number;
  /**
   * Log searches and fee histories that run in turns at once, of each kind, and that wait: each holds what it has found,
   * and every turn of the event loop waits for a slice of each.
   */
  readonly searchesMax: number;
  readonly searchesWaitingMax: number;
  /** Installed filters of all clients together. */
  readonly filtersMax: number;
  /** A filter that nobody asks for so long is removed. */
  readonly filterIdleMs: number;
  /** Hashes kept for pending-transaction filters, shared by all: a slower client misses the oldest. */
  readonly pendingHashesMax: number;
  /** Blocks that one poll of a filter goes on by: it runs at once. */
  readonly filterBlocksMax: number;
  /**
   * Blocks that one log query may span, and logs that it may return. The index makes a span cheap; what a search may read has
   * limits of its own (node/chain/logSearch.ts).
   */
  readonly logBlocksMax: number;
  readonly logResultsMax: number;
  /** Addresses in one log filter, and alternatives in one of its positions (geth: 1,000). */
  readonly filterAlternativesMax: number;
  /** Accounts, and slots of all accounts, that one call may override. */
  readonly overrideAccountsMax: number;
  readonly overrideSlotsMax: number;
  /** Entries of an access list or authorization list in a call. */
  readonly listEntriesMax: number;
  /** Storage slots of one proof or of one `eth_getStorageValues` (geth: 1,024). */
  readonly slotsMax: number;
  /** JSON of `txpool_content`, about: a full pool of large transactions would be 130 MB. 30,000 transfers fit. */
  readonly poolContentBytesMax: number;
  /** Blocks and percentiles of one fee history (geth: 1,024 and 100). */
  readonly feeHistoryBlocksMax: number;
  readonly feeHistoryPercentilesMax: number;
  /** JSON of the newest blocks and their receipts, kept because every client asks for them. Follows `--memory` downwards. */
  readonly jsonCacheBytesMax: number;
  /** Longest and default wait of `eth_sendRawTransactionSync`, in milliseconds (geth: 60 s and 20 s). */
  readonly receiptWaitMsMax: number;
  readonly receiptWaitMs: number;
  /** Blocks that one dev-chain mining request may make: mining holds the node. */
  readonly mineBlocksMax: bigint;
}

/** What a node that is to stay within `mebibytes` of memory may keep as JSON, in bytes. */
export function jsonCacheBytes(mebibytes: number): number {
  return Math.floor(RPC_LIMITS.jsonCacheBytesMax * Math.min(1, mebibytes / MEMORY_MIB_DEFAULT));
}

export const RPC_LIMITS: RpcLimits = {
  bodyBytesMax: 5 * 1024 * 1024,
  batchRequestsMax: 100,
  batchResponseBytesMax: 25 * 1024 * 1024,
  batchTimeMsMax: 30_000,
  turnMsMax: 10,
  jsonDepthMax: 64,
  connectionsMax: 1_000,
  heldBytesMax: 256 * 1024 * 1024,
  headerBytesMax: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  socketIdleTimeoutMs: 120_000,
  socketBacklogBytesMax: 16 * 1024 * 1024,
  socketRequestsMax: 100,
  socketPingMs: 30_000,
  subscriptionsMax: 100,
  headSubscriptionsMax: 10_000,
  logSubscriptionsMax: 1_000,
  pendingSubscriptionsMax: 100,
  logNotificationBlocksMax: 16,
  searchesMax: 4,
  searchesWaitingMax: 256,
  filtersMax: 1_000,
  filterIdleMs: 120_000,
  pendingHashesMax: 65_536,
  filterBlocksMax: 10_000,
  logBlocksMax: 10_000_000,
  logResultsMax: 10_000,
  filterAlternativesMax: 1_000,
  overrideAccountsMax: 1_000,
  overrideSlotsMax: 10_000,
  listEntriesMax: 10_000,
  slotsMax: 1_024,
  poolContentBytesMax: 25 * 1024 * 1024,
  feeHistoryBlocksMax: 1_024,
  feeHistoryPercentilesMax: 100,
  jsonCacheBytesMax: 16 * 1024 * 1024,
  receiptWaitMsMax: 60_000,
  receiptWaitMs: 20_000,
  mineBlocksMax: 100_000n,
};
