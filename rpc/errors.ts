// What a client is told when something fails: JSON-RPC numbers, and the words that wallets and libraries match on.
import { ChainError } from '../primitives/errors.ts';

/** JSON-RPC 2.0 §5.1, EIP-1474, and the numbers that geth added to them. */
export const RPC_CODES = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  serverError: -32000,
  resourceNotFound: -32001,
  methodNotSupported: -32004,
  limitExceeded: -32005,
  /** geth and execution-apis: `data` holds what the contract reverted with. */
  executionReverted: 3,
  /** EIP-7966. */
  receiptTimeout: 4,
  /** execution-apis: history that this node no longer keeps. */
  prunedHistory: 4444,
} as const;

/** An answer that is an error; `code` is one of {@link RPC_CODES}. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** The error member of a JSON-RPC response. */
export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/**
 * ChainError code → number, and geth's words for it where tools look for them in the message. A code that is not listed
 * is still input that was refused, so it answers with {@link RPC_CODES.serverError} and its own message.
 */
const CHAIN_ERRORS: Readonly<Record<string, readonly [code: number, gethWords?: string]>> = {
  // Decoding
  INVALID_HEX: [RPC_CODES.invalidParams],
  INVALID_ADDRESS: [RPC_CODES.invalidParams],
  INVALID_HASH: [RPC_CODES.invalidParams],
  INTEGER_TOO_LARGE: [RPC_CODES.invalidParams],
  INVALID_RLP: [RPC_CODES.serverError, 'rlp'],
  // Reading
  BLOCK_NOT_FOUND: [RPC_CODES.resourceNotFound, 'header not found'],
  STATE_PRUNED: [RPC_CODES.prunedHistory, 'pruned'],
  HISTORY_PRUNED: [RPC_CODES.prunedHistory, 'pruned'],
  LOG_SEARCH_LIMIT: [RPC_CODES.limitExceeded],
  TOO_MANY_CALLS: [RPC_CODES.limitExceeded],
  TOO_MANY_SUBMISSIONS: [RPC_CODES.limitExceeded],
  CALL_TIMEOUT: [RPC_CODES.serverError, 'execution aborted (timeout'],
  // Transactions: ethers, viem and wallets look for these words, whatever the number
  INVALID_TRANSACTION: [RPC_CODES.serverError],
  INVALID_SIGNATURE: [RPC_CODES.serverError, 'invalid sender'],
  TYPE_NOT_SUPPORTED: [RPC_CODES.serverError, 'transaction type not supported'],
  WRONG_CHAIN_ID: [RPC_CODES.serverError, 'invalid chain id for signer'],
  HIGH_S: [RPC_CODES.serverError, 'invalid transaction v, r, s values'],
  TIP_ABOVE_FEE_CAP: [RPC_CODES.serverError, 'max priority fee per gas higher than max fee per gas'],
  NONCE_MAX: [RPC_CODES.serverError, 'nonce has max value'],
  NONCE_TOO_LOW: [RPC_CODES.serverError, 'nonce too low'],
  NONCE_TOO_HIGH: [RPC_CODES.serverError, 'nonce too high'],
  INITCODE_TOO_LARGE: [RPC_CODES.serverError, 'max initcode size exceeded'],
  TX_GAS_LIMIT_CAP: [RPC_CODES.serverError, 'transaction gas limit too high'],
  INTRINSIC_GAS_TOO_LOW: [RPC_CODES.serverError, 'intrinsic gas too low'],
  FEE_CAP_TOO_LOW: [RPC_CODES.serverError, 'max fee per gas less than block base fee'],
  BLOB_FEE_CAP_TOO_LOW: [RPC_CODES.serverError, 'max fee per blob gas less than block blob gas fee'],
  GAS_LIMIT_ABOVE_BLOCK: [RPC_CODES.serverError, 'exceeds block gas limit'],
  SENDER_HAS_CODE: [RPC_CODES.serverError, 'sender not an eoa'],
  INSUFFICIENT_FUNDS: [RPC_CODES.serverError, 'insufficient funds for gas * price + value'],
  // Pool: its messages begin with geth's words already
  ALREADY_KNOWN: [RPC_CODES.serverError, 'already known'],
  REPLACEMENT_UNDERPRICED: [RPC_CODES.serverError, 'replacement transaction underpriced'],
  UNDERPRICED: [RPC_CODES.serverError, 'transaction underpriced'],
  SENDER_LIMIT: [RPC_CODES.serverError],
  BLOB_POOL_FULL: [RPC_CODES.serverError, 'txpool is full'],
};

/** What a client is told of `error`; `isUnexpected` when the operator must hear of it, because it is no fault of the client. */
export function toErrorObject(error: unknown): { object: RpcErrorObject; isUnexpected: boolean } {
  if (error instanceof RpcError) {
    const { code, message, data } = error;
    return { object: data === undefined ? { code, message } : { code, message, data }, isUnexpected: false };
  }
  if (error instanceof ChainError) {
    const [code, gethWords] = CHAIN_ERRORS[error.code] ?? [RPC_CODES.serverError];
    return { object: { code, message: withWords(error.message, gethWords) }, isUnexpected: false };
  }
  return { object: { code: RPC_CODES.internalError, message: 'internal error' }, isUnexpected: true };
}

function withWords(message: string, words: string | undefined): string {
  return words === undefined || message.toLowerCase().includes(words) ? message : `${words}: ${message}`;
}
