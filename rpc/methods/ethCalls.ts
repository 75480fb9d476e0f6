// eth_*: execution without a transaction.
import type { AccountOverride, BlockOverride, CallOptions, CallOutcome } from '../../node/api.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { requireHeader } from '../blockRefs.ts';
import type { RpcContext } from '../context.ts';
import { RPC_CODES, RpcError } from '../errors.ts';
import { JsonText, type Methods, type Session, sessionMethod } from '../method.ts';
import { type BlockRef, blockRef, LATEST } from '../params/block.ts';
import { accountOverrides, blockOverride, callRequest, type TransactionRequest } from '../params/call.ts';
import { invalidParams, optional } from '../params/values.ts';
import { revertError } from '../revert.ts';
import { accessListJson } from '../serialize/transaction.ts';
import { quantityJson, quantityToRpc } from '../serialize/values.ts';

export function ethCallMethods({ node }: RpcContext): Methods {
  const { chain, calls } = node;

  function options(
    { signal }: Session,
    ref: BlockRef,
    accounts?: readonly AccountOverride[],
    block?: BlockOverride,
  ): CallOptions {
    return {
      blockNumber: requireHeader(chain, ref).header.number,
      asNextBlock: ref.kind === 'tag' && ref.tag === 'pending',
      accountOverrides: accounts,
      blockOverride: block,
      signal,
    };
  }
  function requireThisChain({ chainId }: TransactionRequest): void {
    if (chainId !== undefined && chainId !== chain.spec.chainId)
      throw invalidParams(`invalid argument 0.chainId: expected ${chain.spec.chainId}, got ${chainId}`);
  }
  async function call(
    session: Session,
    request: TransactionRequest,
    ref: BlockRef,
    accounts: readonly AccountOverride[] | undefined,
    block: BlockOverride | undefined,
  ): Promise<unknown> {
    requireThisChain(request);
    const outcome = await calls.call(request, options(session, ref, accounts, block));
    if (outcome.outcome === 'success') return bytesToHex(outcome.output);
    throw callError(outcome);
  }
  async function estimateGas(
    session: Session,
    request: TransactionRequest,
    ref: BlockRef,
    accounts: readonly AccountOverride[] | undefined,
    block: BlockOverride | undefined,
  ): Promise<unknown> {
    requireThisChain(request);
    const estimate = await calls.estimateGas(request, options(session, ref, accounts, block));
    if ('gas' in estimate) return quantityToRpc(estimate.gas);
    if (estimate.outcome === 'revert') throw revertError(estimate.output);
    throw new RpcError(
      RPC_CODES.serverError,
      `gas required exceeds allowance or always failing transaction: ${estimate.reason}`,
    );
  }
  async function createAccessList(
    session: Session,
    request: TransactionRequest,
    ref: BlockRef,
    accounts: readonly AccountOverride[] | undefined,
  ): Promise<unknown> {
    requireThisChain(request);
    const { accessList, gasUsed, error } = await calls.createAccessList(request, options(session, ref, accounts));
    const problem = error === undefined ? '' : `,"error":${JSON.stringify(error)}`;
    return new JsonText(`{"accessList":${accessListJson(accessList)},"gasUsed":${quantityJson(gasUsed)}${problem}}`);
  }

  const at = optional(blockRef, LATEST);
  const accounts = optional(accountOverrides, undefined);
  const block = optional(blockOverride, undefined);
  return {
    eth_call: sessionMethod([callRequest, at, accounts, block], call),
    eth_estimateGas: sessionMethod([callRequest, at, accounts, block], estimateGas),
    eth_createAccessList: sessionMethod([callRequest, at, accounts], createAccessList),
  };
}

/** The error of a call that did not succeed. */
export function callError(outcome: Exclude<CallOutcome, { outcome: 'success' }>): RpcError {
  return outcome.outcome === 'revert'
    ? revertError(outcome.output)
    : new RpcError(RPC_CODES.serverError, outcome.reason);
}
