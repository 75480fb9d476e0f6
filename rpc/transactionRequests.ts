// From what a client leaves out of a transaction to one that can be signed (dev chains).
import type { CallRequest, NodeApi } from '../node/api.ts';
import type { UnsignedTransaction } from '../node/block/transaction.ts';
import type { TransactionType } from '../node/block/types.ts';
import { EMPTY_BYTES } from '../primitives/bytes.ts';
import type { Address, Gas, Wei } from '../primitives/types.ts';
import { RPC_CODES, RpcError } from './errors.ts';
import { suggestPriorityFee } from './fees.ts';
import type { TransactionRequest } from './params/call.ts';
import { invalidParams } from './params/values.ts';
import { revertError } from './revert.ts';

/** The type that a request means: its own word, or the oldest type that has all its fields. */
function typeOf(request: TransactionRequest, nextBaseFee: Wei | undefined): TransactionType {
  const { type, authorizationList, gasPrice, accessList, blobVersionedHashes } = request;
  if (type === 3n || blobVersionedHashes !== undefined)
    throw invalidParams(
      'invalid argument 0: blob transactions have no data-availability layer here; send another type',
    );
  if (type !== undefined) {
    if (type > 4n) throw invalidParams(`invalid argument 0.type: expected 0x0, 0x1, 0x2 or 0x4, got ${type}`);
    return Number(type) as TransactionType;
  }
  if (authorizationList !== undefined) return 4;
  if (gasPrice !== undefined || nextBaseFee === undefined) return accessList === undefined ? 0 : 1;
  return 2;
}

async function gasFor(node: NodeApi, request: TransactionRequest, from: Address): Promise<Gas> {
  const estimate = await node.calls.estimateGas(
    { ...request, from },
    { blockNumber: node.chain.head.header.number, asNextBlock: true },
  );
  if ('gas' in estimate) return estimate.gas;
  if (estimate.outcome === 'revert') throw revertError(estimate.output);
  throw new RpcError(
    RPC_CODES.serverError,
    `gas required exceeds allowance or always failing transaction: ${estimate.reason}`,
  );
}

/** Fees that stay enough while the base fee rises by half a dozen full blocks. */
function feesFor(node: NodeApi, request: TransactionRequest, type: TransactionType): { max: Wei; priority: Wei } {
  const base = node.nextBaseFee() ?? 0n;
  if (type <= 1) {
    const price = request.gasPrice ?? request.maxFeePerGas ?? base * 2n + suggestPriorityFee(node);
    return { max: price, priority: price };
  }
  const max = request.maxFeePerGas ?? request.gasPrice;
  const wanted = request.maxPriorityFeePerGas ?? request.gasPrice ?? suggestPriorityFee(node);
  if (max === undefined) return { max: base * 2n + wanted, priority: wanted };
  return { max, priority: wanted < max ? wanted : max };
}

/** Everything that a signature covers; what the request leaves out is filled in from the head and the pool. */
export async function completeTransaction(
  node: NodeApi,
  request: TransactionRequest,
  from: Address,
): Promise<UnsignedTransaction> {
  const { chainId } = node.chain.spec;
  if (request.chainId !== undefined && request.chainId !== chainId)
    throw invalidParams(`invalid argument 0.chainId: expected ${chainId}, got ${request.chainId}`);
  const type = typeOf(request, node.nextBaseFee());
  const fees = feesFor(node, request, type);
  return {
    type,
    chainId,
    nonce: request.nonce ?? node.pool.nextNonce(from),
    gasLimit: request.gas ?? (await gasFor(node, request, from)),
    maxFeePerGas: fees.max,
    maxPriorityFeePerGas: fees.priority,
    to: request.to,
    value: request.value ?? 0n,
    data: request.data ?? EMPTY_BYTES,
    accessList: request.accessList ?? [],
    authorizationList: request.authorizationList ?? [],
    blobVersionedHashes: [],
    maxFeePerBlobGas: 0n,
  };
}

/** The same as a call request, for accounts whose key nobody has. */
export function asCallRequest(transaction: UnsignedTransaction, from: Address): CallRequest {
  const { type, to, gasLimit, maxFeePerGas, maxPriorityFeePerGas, value, nonce, data } = transaction;
  return {
    from,
    to,
    gas: gasLimit,
    ...(type <= 1 ? { gasPrice: maxFeePerGas } : { maxFeePerGas, maxPriorityFeePerGas }),
    value,
    nonce,
    data,
    accessList: type === 0 ? undefined : transaction.accessList,
    authorizationList: type === 4 ? transaction.authorizationList : undefined,
  };
}
