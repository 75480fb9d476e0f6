// What a transaction must satisfy to enter the pool, cheapest checks first.
import { bytesToHex } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Address, Gas, Wei } from '../../primitives/types.ts';
import type { BlobSidecar, SignedTransaction, Transaction } from '../block/types.ts';
import { type ForkRules, isActive } from '../execution/forkRules.ts';
import { maySend, upfrontCost, validateInBlock, validateStateless } from '../execution/validateTransaction.ts';
import { EMPTY_CODE_HASH, sameHash } from '../state/account.ts';
import type { AccountRecord, StateReader } from '../state/types.ts';
import { BLOB_REPLACEMENT_BUMP_PERCENT, type PoolLimits, REPLACEMENT_BUMP_PERCENT } from './limits.ts';
import { refusePooling, withGethWords } from './poolErrors.ts';
import type { PoolEntry, SenderQueue } from './senderQueue.ts';

/** What the pool knows of the block after the head. */
export interface PoolHead {
  /** State after the head block. */
  readonly state: StateReader;
  /** Rules, prices and gas limit of the next block. */
  readonly rules: ForkRules;
  readonly baseFeePerGas: Wei | undefined;
  readonly blobBaseFee: Wei | undefined;
  readonly gasLimit: Gas;
}

/** What this node asks beyond the rules of blocks. */
export interface PoolPolicy {
  readonly limits: PoolLimits;
  /** The lowest tip cap that is taken. */
  readonly minTipWei: Wei;
  /** Whether legacy transactions without a chain id are taken: they can be repeated on every chain. */
  readonly allowsUnprotected: boolean;
}

/**
 * Everything that asks neither the sender, nor the state, nor other transactions.
 * @throws ChainError with a `PoolRefusal`
 */
export function checkAlone(
  tx: Transaction,
  sidecar: BlobSidecar | undefined,
  head: PoolHead,
  policy: PoolPolicy,
): void {
  const { transactionBytesMax, authorizationsMax } = policy.limits;
  if (tx.raw.length > transactionBytesMax)
    refusePooling('TRANSACTION_TOO_LARGE', `at most ${transactionBytesMax} bytes`, tx.raw.length);
  if (tx.authorizationList.length > authorizationsMax)
    refusePooling('TOO_MANY_AUTHORIZATIONS', `at most ${authorizationsMax}`, tx.authorizationList.length);
  withGethWords(() => validateStateless(tx, head.rules));
  if (tx.type === 0 && tx.chainId === undefined && !policy.allowsUnprotected)
    refusePooling('UNPROTECTED', `a signature for chain id ${head.rules.chainId}`, 'one without chain id');
  const { baseFeePerGas, blobBaseFee, gasLimit } = head;
  // Blob room is the builder's business: the count has been checked against the schedule.
  const blobGasLeft = 2n ** 64n;
  withGethWords(() => validateInBlock(tx, { baseFeePerGas, blobBaseFee, gasLeft: gasLimit, blobGasLeft }));
  if (tx.maxPriorityFeePerGas < policy.minTipWei)
    refusePooling('UNDERPRICED', `a tip cap of at least ${policy.minTipWei} wei`, tx.maxPriorityFeePerGas);
  checkSidecarForm(tx, sidecar, head.rules);
}

/** Whether a pooled transaction may still be in a block after a fork changed the rules. */
export function fitsRules(tx: SignedTransaction, sidecar: BlobSidecar | undefined, rules: ForkRules): boolean {
  try {
    validateStateless(tx, rules);
    checkSidecarForm(tx, sidecar, rules);
    return true;
  } catch (error) {
    if (error instanceof ChainError) return false;
    throw error;
  }
}

function checkSidecarForm(tx: Transaction, sidecar: BlobSidecar | undefined, rules: ForkRules): void {
  if (tx.type !== 3) {
    if (sidecar !== undefined) refusePooling('SIDECAR_UNEXPECTED', 'none', `one with type ${tx.type}`);
    return;
  }
  if (sidecar === undefined)
    refusePooling('SIDECAR_MISSING', 'the network form, with blobs, commitments and proofs', 'none');
  // EIP-7594: cell proofs from Osaka on, blob proofs before it.
  const version = isActive(rules, 'osaka') ? 1 : 0;
  if (sidecar.version !== version) refusePooling('SIDECAR_VERSION', `version ${version}`, sidecar.version);
}

/**
 * What the sender's account says.
 * @throws ChainError with a `PoolRefusal`
 */
export function checkAccount(
  tx: SignedTransaction,
  account: AccountRecord,
  state: StateReader,
  rules: ForkRules,
): { isDelegated: boolean } {
  if (tx.nonce < account.nonce)
    refusePooling('NONCE_TOO_LOW', `at least ${account.nonce}, the next nonce of the account`, tx.nonce);
  if (sameHash(account.codeHash, EMPTY_CODE_HASH)) return { isDelegated: false };
  if (!maySend(tx, account, state, rules))
    refusePooling('SENDER_HAS_CODE', 'an account without code or with a delegation (EIP-3607)', 'a contract');
  return { isDelegated: true };
}

/**
 * What the sender's other transactions say: replacement, counts, and whether the balance covers it and all pending.
 * @throws ChainError with a `PoolRefusal`
 */
export function checkAmongOwn(
  tx: SignedTransaction,
  queue: SenderQueue,
  isDelegated: boolean,
  limits: PoolLimits,
): PoolEntry | undefined {
  const replaced = queue.at(tx.nonce);
  if (replaced !== undefined) checkReplacement(tx, replaced.transaction);
  else checkCounts(tx, queue, isDelegated, limits);
  const isReplacedPending = replaced !== undefined && queue.isPending(replaced);
  const spent = queue.pendingCostWei - (isReplacedPending ? replaced.costWei : 0n);
  const needed = spent + upfrontCost(tx);
  if (queue.balanceWei < needed) {
    const others = spent > 0n ? `, of which ${spent} for pending transactions` : '';
    refusePooling('INSUFFICIENT_FUNDS', `a balance of at least ${needed} wei${others}`, queue.balanceWei);
  }
  return replaced;
}

function checkReplacement(tx: SignedTransaction, former: SignedTransaction): void {
  const isBlob = tx.type === 3 || former.type === 3;
  const percent = 100n + (isBlob ? BLOB_REPLACEMENT_BUMP_PERCENT : REPLACEMENT_BUMP_PERCENT);
  const pairs = [
    ['fee cap', former.maxFeePerGas, tx.maxFeePerGas],
    ['tip cap', former.maxPriorityFeePerGas, tx.maxPriorityFeePerGas],
    ...(isBlob ? ([['blob fee cap', former.maxFeePerBlobGas, tx.maxFeePerBlobGas]] as const) : []),
  ] as const;
  for (const [name, old, given] of pairs) {
    const bumped = (old * percent) / 100n;
    // Rounding down must not let an equal offer through.
    const least = bumped > old ? bumped : old + 1n;
    if (given < least) refusePooling('REPLACEMENT_UNDERPRICED', `a ${name} of at least ${least} wei`, given);
  }
}

/**
 * What the accounts that it would delegate have in the pool.
 * @throws ChainError `AUTHORITY_RESERVED`
 */
export function checkAuthorities(
  authorities: readonly Address[],
  countOf: (account: Address) => number,
  { delegatedSenderCountMax }: PoolLimits,
): void {
  for (const authority of authorities) {
    const count = countOf(authority);
    if (count <= delegatedSenderCountMax) continue;
    const expected = `at most ${delegatedSenderCountMax} pooled transactions of ${bytesToHex(authority)}, which it would delegate`;
    refusePooling('AUTHORITY_RESERVED', expected, count);
  }
}

function checkCounts(tx: SignedTransaction, queue: SenderQueue, isDelegated: boolean, limits: PoolLimits): void {
  const count = queue.entries.length;
  if (count >= limits.senderCountMax)
    refusePooling('SENDER_LIMIT', `at most ${limits.senderCountMax} transactions of one sender`, count + 1);
  if (isDelegated && count >= limits.delegatedSenderCountMax) {
    const expected = `at most ${limits.delegatedSenderCountMax} transactions of an account that is or would be delegated (EIP-7702)`;
    refusePooling('SENDER_LIMIT', expected, count + 1);
  }
  const gapless = queue.gaplessCount;
  const leavesGap = tx.nonce !== queue.nonce + BigInt(gapless);
  const gapped = count - gapless;
  if (leavesGap && gapped >= limits.senderGappedMax) {
    const expected = `at most ${limits.senderGappedMax} transactions behind the missing nonce ${queue.nonce + BigInt(gapless)}`;
    refusePooling('SENDER_LIMIT', expected, gapped + 1);
  }
}
