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
  resourceUnavailable: -32002,
  transactionRejected: -32003,
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
  CALL_TIMEOUT: [RPC_CODES.serverError, 'execution aborted (timeout'],
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
