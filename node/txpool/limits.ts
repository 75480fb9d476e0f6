// The bounds of the pool. Each is there because someone else decides how much arrives.

/** Bounds of one pool; {@link POOL_LIMITS} unless a test or an operator says otherwise. */
export interface PoolLimits {
  /** Transactions in all. */
  readonly countMax: number;
  /** Memory of all encodings and decoded lists, without sidecars (footprint.ts). */
  readonly bytesMax: number;
  /** Transactions of one sender, whatever they wait for. */
  readonly senderCountMax: number;
  /** Transactions of one sender behind a nonce gap. */
  readonly senderGappedMax: number;
  /** Transactions of one sender whose account is delegated (EIP-7702), or would be by a pooled transaction. */
  readonly delegatedSenderCountMax: number;
  /** Authorizations (EIP-7702) of one transaction. */
  readonly authorizationsMax: number;
  /** The canonical encoding of one transaction. */
  readonly transactionBytesMax: number;
  /** Blobs, commitments and proofs in all. */
  readonly sidecarBytesMax: number;
  /** Signatures (authorizations too), and bytes, of transactions that are being checked and are not in the pool yet. */
  readonly submissionSignaturesMax: number;
  readonly submissionBytesMax: number;
  /** Blobs whose proofs are being checked or wait for it. */
  readonly checkedBlobsMax: number;
  /** How long a transaction may wait for something before it is dropped. */
  readonly queuedLifetimeMs: number;
}

export const POOL_LIMITS: PoolLimits = {
  /** Three seconds of the fastest execution measured (10k transfers a second); about 2 KiB of heap each. */
  countMax: 32_768,
  /** Room for 500 transactions of the largest size without lists; keeps the pool small beside the state cache. */
  bytesMax: 64 * 1024 * 1024,
  /** A load script sends thousands from one account; the eighth part of the pool leaves room for others. */
  senderCountMax: 4_096,
  /** Gapped transactions cost their sender nothing; 64 is what tools rely on, 1,024 lets a batch arrive in any order. */
  senderGappedMax: 1_024,
  /**
   * Others can spend a delegated account's balance and so void all of its pooled transactions: at about 35,000 gas for each
   * account, 4 transfers of 21,000 are hardly worth it. geth allows 1.
   */
  delegatedSenderCountMax: 4,
  /** Each is a signature to recover before the transaction is taken, 2 ms of a thread for all; 32 accounts delegate at once. */
  authorizationsMax: 32,
  /** As geth: four slots of 32 KiB. More than two contracts of the largest size. */
  transactionBytesMax: 128 * 1024,
  /** 80 transactions of 6 blobs. */
  sidecarBytesMax: 64 * 1024 * 1024,
  /** Half a second of one recovery thread; 80 full batches of RPC. */
  submissionSignaturesMax: 8_192,
  /** As much again as the pool itself. */
  submissionBytesMax: 64 * 1024 * 1024,
  /** Ten transactions of 6 blobs: 1.3 s of the main thread at 21 ms for each blob with cell proofs, in turns of one blob. */
  checkedBlobsMax: 60,
  /** As geth: three hours. */
  queuedLifetimeMs: 3 * 60 * 60 * 1_000,
};

/** A replacement must offer this much more of fee cap and tip: every replacement is gossiped again. */
export const REPLACEMENT_BUMP_PERCENT = 10n;
/** As above where blobs are involved: 128 KiB are gossiped again for each. */
export const BLOB_REPLACEMENT_BUMP_PERCENT = 100n;
