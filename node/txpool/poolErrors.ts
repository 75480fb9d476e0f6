// Why the pool refuses a transaction. Messages begin with geth's words, because wallets and libraries match on them.
import { ChainError } from '../../primitives/errors.ts';
import type { TransactionRefusal } from '../execution/validateTransaction.ts';

export type PoolRefusal =
  | Exclude<TransactionRefusal, 'NONCE_TOO_HIGH' | 'BLOB_GAS_ABOVE_BLOCK'>
  /** It is in the pool. */
  | 'ALREADY_KNOWN'
  /** One with the same nonce is in the pool and this one does not pay enough more. */
  | 'REPLACEMENT_UNDERPRICED'
  /** It pays less than this node asks, or less than all others while the pool is full. */
  | 'UNDERPRICED'
  /** The sender has as many in the pool as one may have. */
  | 'SENDER_LIMIT'
  /** It would delegate an account that has more transactions in the pool than a delegated one may have. */
  | 'AUTHORITY_RESERVED'
  /** More authorizations than this node checks for one transaction. */
  | 'TOO_MANY_AUTHORIZATIONS'
  /** Its encoding is too long. */
  | 'TRANSACTION_TOO_LARGE'
  /** It has no chain id (EIP-155) and could be repeated on other chains. */
  | 'UNPROTECTED'
  /** No room for more blobs. */
  | 'BLOB_POOL_FULL'
  | 'SIDECAR_MISSING'
  | 'SIDECAR_UNEXPECTED'
  | 'SIDECAR_VERSION';

export type PoolError = ChainError<PoolRefusal>;

const WORDS: Readonly<Record<PoolRefusal, string>> = {
  TYPE_NOT_SUPPORTED: 'transaction type not supported',
  WRONG_CHAIN_ID: 'invalid chain id for signer',
  HIGH_S: 'invalid transaction v, r, s values',
  TIP_ABOVE_FEE_CAP: 'max priority fee per gas higher than max fee per gas',
  NONCE_MAX: 'nonce has max value',
  INITCODE_TOO_LARGE: 'max initcode size exceeded',
  TX_GAS_LIMIT_CAP: 'transaction gas limit too high',
  INTRINSIC_GAS_TOO_LOW: 'intrinsic gas too low',
  CREATION_NOT_ALLOWED: 'transaction of this type cannot create a contract',
  AUTHORIZATION_LIST_EMPTY: 'EIP-7702 transaction with empty auth list',
  BLOB_LIST_EMPTY: 'blob transaction missing blob hashes',
  BLOB_COUNT_TOO_HIGH: 'blob transaction has too many blobs',
  BLOB_HASH_VERSION: 'blob transaction with an invalid hash version',
  BLOB_FEE_CAP_TOO_LOW: 'max fee per blob gas less than block blob gas fee',
  FEE_CAP_TOO_LOW: 'max fee per gas less than block base fee',
  GAS_LIMIT_ABOVE_BLOCK: 'exceeds block gas limit',
  NONCE_TOO_LOW: 'nonce too low',
  SENDER_HAS_CODE: 'sender not an eoa',
  INSUFFICIENT_FUNDS: 'insufficient funds for gas * price + value',
  ALREADY_KNOWN: 'already known',
  REPLACEMENT_UNDERPRICED: 'replacement transaction underpriced',
  UNDERPRICED: 'transaction underpriced',
  SENDER_LIMIT: 'account limit exceeded',
  AUTHORITY_RESERVED: 'authority already reserved',
  TOO_MANY_AUTHORIZATIONS: 'too many authorizations',
  TRANSACTION_TOO_LARGE: 'oversized data',
  UNPROTECTED: 'only replay-protected (EIP-155) transactions allowed',
  BLOB_POOL_FULL: 'txpool is full',
  SIDECAR_MISSING: 'missing sidecar in blob transaction',
  SIDECAR_UNEXPECTED: 'unexpected blob sidecar in transaction',
  SIDECAR_VERSION: 'unexpected sidecar version',
};

/** Refuses a transaction: geth's words, then what was expected and what was got. */
export function refusePooling(code: PoolRefusal, expected: unknown, got: unknown, options?: ErrorOptions): never {
  const message = `${WORDS[code]}: expected ${expected}, got ${got}`;
  throw new ChainError(code, message, { expected, got }, options);
}

/** Runs a check of the execution rules and gives its refusal geth's words. */
export function withGethWords<Result>(check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ChainError) || !Object.hasOwn(WORDS, error.code)) throw error;
    const { expected, got } = error.data;
    return refusePooling(error.code as PoolRefusal, expected, got, { cause: error });
  }
}
