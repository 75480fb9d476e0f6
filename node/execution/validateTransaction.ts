// Whether a transaction may be in a block: first alone, then in the block, then against the state. The pool and the block
// use the same rules; the pool adds only its own limits.
import { type Fork, includesFork } from '../../genesis/forks.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Gas, Wei } from '../../primitives/types.ts';
import { GAS_PER_BLOB } from '../block/blobGas.ts';
import { isImpersonated } from '../block/impersonation.ts';
import { hasLowS } from '../block/transaction.ts';
import { VERSIONED_HASH_VERSION_KZG } from '../block/transactionLists.ts';
import type { SignedTransaction, Transaction, TransactionType } from '../block/types.ts';
import { EMPTY_ACCOUNT, EMPTY_CODE_HASH, sameHash } from '../state/account.ts';
import type { AccountRecord, StateReader } from '../state/types.ts';
import { isDelegation } from './delegation.ts';
import { type ForkRules, isActive } from './forkRules.ts';
import { type IntrinsicGas, intrinsicGas } from './intrinsicGas.ts';

/** Why a transaction cannot be in a block. Stable: pool and RPC switch on it. */
export type TransactionRefusal =
  | 'TYPE_NOT_SUPPORTED'
  | 'WRONG_CHAIN_ID'
  | 'HIGH_S'
  | 'TIP_ABOVE_FEE_CAP'
  | 'NONCE_MAX'
  | 'INITCODE_TOO_LARGE'
  | 'TX_GAS_LIMIT_CAP'
  | 'INTRINSIC_GAS_TOO_LOW'
  | 'CREATION_NOT_ALLOWED'
  | 'AUTHORIZATION_LIST_EMPTY'
  | 'BLOB_LIST_EMPTY'
  | 'BLOB_COUNT_TOO_HIGH'
  | 'BLOB_HASH_VERSION'
  | 'BLOB_FEE_CAP_TOO_LOW'
  | 'BLOB_GAS_ABOVE_BLOCK'
  | 'FEE_CAP_TOO_LOW'
  | 'GAS_LIMIT_ABOVE_BLOCK'
  | 'NONCE_TOO_LOW'
  | 'NONCE_TOO_HIGH'
  | 'SENDER_HAS_CODE'
  | 'INSUFFICIENT_FUNDS';

export type TransactionError = ChainError<TransactionRefusal>;

/** EIP-3860: twice the code size limit of EIP-170. */
export const INIT_CODE_BYTES_MAX = 49_152;
/** EIP-7825. */
export const TRANSACTION_GAS_MAX: Gas = 16_777_216n;
/** EIP-7594: blobs in one transaction from Osaka on. */
export const TRANSACTION_BLOBS_MAX = 6;
/** EIP-2681: the nonce after it would not fit in 64 bits. */
const NONCE_MAX = 2n ** 64n - 1n;

const TYPE_FORKS: Readonly<Record<TransactionType, Fork>> = {
  0: 'frontier',
  1: 'berlin',
  2: 'london',
  3: 'cancun',
  4: 'prague',
};

/** A refusal with what was expected and what was got. */
export function refuse(code: TransactionRefusal, what: string, expected: unknown, got: unknown): never {
  throw new ChainError(code, `transaction refused: ${what}: expected ${expected}, got ${got}`, { expected, got });
}

/**
 * The rules that need neither block nor state; returns the intrinsic gas, which they compute anyway.
 * @throws ChainError with a {@link TransactionRefusal}
 */
export function validateStateless(tx: Transaction, rules: ForkRules): IntrinsicGas {
  validateType(tx, rules);
  if (tx.chainId !== undefined && tx.chainId !== rules.chainId)
    refuse('WRONG_CHAIN_ID', 'chain id', rules.chainId, tx.chainId);
  if (isActive(rules, 'homestead') && !hasLowS(tx))
    refuse('HIGH_S', 'signature s', 'the lower half of the group order (EIP-2)', 'the upper half');
  if (tx.maxPriorityFeePerGas > tx.maxFeePerGas)
    refuse('TIP_ABOVE_FEE_CAP', 'priority fee', `at most maxFeePerGas ${tx.maxFeePerGas} wei`, tx.maxPriorityFeePerGas);
  if (tx.nonce >= NONCE_MAX) refuse('NONCE_MAX', 'nonce', `less than ${NONCE_MAX}`, tx.nonce);
  if (tx.to === undefined && isActive(rules, 'shanghai') && tx.data.length > INIT_CODE_BYTES_MAX)
    refuse('INITCODE_TOO_LARGE', 'creation code', `at most ${INIT_CODE_BYTES_MAX} bytes`, tx.data.length);
  if (isActive(rules, 'osaka') && tx.gasLimit > TRANSACTION_GAS_MAX)
    refuse('TX_GAS_LIMIT_CAP', 'gas limit', `at most ${TRANSACTION_GAS_MAX} (EIP-7825)`, tx.gasLimit);
  if (tx.type === 3) validateBlobs(tx, rules);
  if (tx.type === 4) validateAuthorizationList(tx);
  const gas = intrinsicGas(tx, rules);
  const least = gas.floor > gas.intrinsic ? gas.floor : gas.intrinsic;
  if (tx.gasLimit < least) refuse('INTRINSIC_GAS_TOO_LOW', 'gas limit', `at least ${least}`, tx.gasLimit);
  return gas;
}

function validateType(tx: Transaction, rules: ForkRules): void {
  if (tx.type === 3 && rules.isGnomon)
    refuse('TYPE_NOT_SUPPORTED', 'type', 'type 0, 1, 2 or 4: this chain has no data-availability layer for blobs', 3);
  const since = TYPE_FORKS[tx.type];
  if (!includesFork(rules.fork, since))
    refuse('TYPE_NOT_SUPPORTED', 'type', `no type ${tx.type} before ${since}`, tx.type);
  // EIP-155 protection did not exist before: the signature would not verify.
  if (tx.type === 0 && tx.chainId !== undefined && !isActive(rules, 'spuriousDragon'))
    refuse('TYPE_NOT_SUPPORTED', 'replay protection', 'none before spuriousDragon', `chain id ${tx.chainId}`);
}

function validateBlobs(tx: Transaction, rules: ForkRules): void {
  if (tx.to === undefined) refuse('CREATION_NOT_ALLOWED', 'recipient', 'an address in a blob transaction', 'none');
  const count = tx.blobVersionedHashes.length;
  if (count === 0) refuse('BLOB_LIST_EMPTY', 'blobs', 'at least one', 0);
  const blockMax = rules.blobSchedule?.max ?? 0;
  const most = isActive(rules, 'osaka') ? Math.min(TRANSACTION_BLOBS_MAX, blockMax) : blockMax;
  if (count > most) refuse('BLOB_COUNT_TOO_HIGH', 'blobs', `at most ${most}`, count);
  for (const hash of tx.blobVersionedHashes)
    if (hash[0] !== VERSIONED_HASH_VERSION_KZG)
      refuse('BLOB_HASH_VERSION', 'versioned hash', `version ${VERSIONED_HASH_VERSION_KZG}`, hash[0]);
}

function validateAuthorizationList(tx: Transaction): void {
  if (tx.to === undefined) refuse('CREATION_NOT_ALLOWED', 'recipient', 'an address in a set-code transaction', 'none');
  if (tx.authorizationList.length === 0) refuse('AUTHORIZATION_LIST_EMPTY', 'authorizations', 'at least one', 0);
}

/** What of the block decides whether a transaction still fits. */
export interface BlockRoom {
  readonly baseFeePerGas: Wei | undefined;
  readonly blobBaseFee: Wei | undefined;
  /** Gas that the block has left. */
  readonly gasLeft: Gas;
  readonly blobGasLeft: Gas;
}

/**
 * The rules of fees and room in one block.
 * @throws ChainError with a {@link TransactionRefusal}
 */
export function validateInBlock(tx: Transaction, room: BlockRoom): void {
  if (tx.gasLimit > room.gasLeft)
    refuse('GAS_LIMIT_ABOVE_BLOCK', 'gas limit', `at most the ${room.gasLeft} that the block has left`, tx.gasLimit);
  const { baseFeePerGas } = room;
  if (baseFeePerGas !== undefined && tx.maxFeePerGas < baseFeePerGas)
    refuse('FEE_CAP_TOO_LOW', 'maxFeePerGas', `at least the base fee of ${baseFeePerGas} wei`, tx.maxFeePerGas);
  if (tx.type !== 3) return;
  if (tx.maxFeePerBlobGas < (room.blobBaseFee ?? 0n))
    refuse('BLOB_FEE_CAP_TOO_LOW', 'maxFeePerBlobGas', `at least ${room.blobBaseFee} wei`, tx.maxFeePerBlobGas);
  const blobGas = blobGasOf(tx);
  if (blobGas > room.blobGasLeft)
    refuse('BLOB_GAS_ABOVE_BLOCK', 'blob gas', `at most the ${room.blobGasLeft} that the block has left`, blobGas);
}

/**
 * The rules that ask the sender's account.
 * @throws ChainError with a {@link TransactionRefusal}
 */
export function validateAgainstState(tx: SignedTransaction, state: StateReader, rules: ForkRules): void {
  const account = state.account(tx.sender) ?? EMPTY_ACCOUNT;
  if (tx.nonce < account.nonce) refuse('NONCE_TOO_LOW', 'nonce', account.nonce, tx.nonce);
  if (tx.nonce > account.nonce) refuse('NONCE_TOO_HIGH', 'nonce', account.nonce, tx.nonce);
  // EIP-3607. It holds from genesis on: no public chain ever had such a transaction.
  if (!maySend(tx, account, state, rules))
    refuse('SENDER_HAS_CODE', 'sender', 'an account without code or with a delegation (EIP-3607)', 'a contract');
  const cost = upfrontCost(tx);
  if (account.balanceWei < cost)
    refuse('INSUFFICIENT_FUNDS', 'balance', `at least ${cost} wei for gas limit × fee cap + value`, account.balanceWei);
}

/** Blob gas of a transaction; 0 for every type but 3. */
export function blobGasOf(tx: Pick<Transaction, 'blobVersionedHashes'>): Gas {
  const { length } = tx.blobVersionedHashes;
  return length === 0 ? 0n : BigInt(length) * GAS_PER_BLOB;
}

/** What the sender must own for the transaction to be valid: the most that it can cost, in wei. */
export function upfrontCost(tx: Transaction): Wei {
  const cost = tx.gasLimit * tx.maxFeePerGas + tx.value;
  return tx.type === 3 ? cost + blobGasOf(tx) * tx.maxFeePerBlobGas : cost;
}

/** What each unit of gas costs the sender in a block with this base fee, in wei. */
export function effectiveGasPrice(
  tx: Pick<Transaction, 'maxFeePerGas' | 'maxPriorityFeePerGas'>,
  baseFeePerGas: Wei | undefined,
): Wei {
  if (baseFeePerGas === undefined) return tx.maxFeePerGas;
  const wanted = baseFeePerGas + tx.maxPriorityFeePerGas;
  return wanted < tx.maxFeePerGas ? wanted : tx.maxFeePerGas;
}

/** EIP-3607: accounts without code or with a delegation (EIP-7702), and whom a dev chain impersonates. */
export function maySend(
  tx: SignedTransaction,
  { codeHash }: AccountRecord,
  state: StateReader,
  rules: ForkRules,
): boolean {
  if (sameHash(codeHash, EMPTY_CODE_HASH) || isDelegation(state.code(codeHash))) return true;
  return rules.allowsImpersonation && isImpersonated(tx);
}
