// Call objects, state overrides and block overrides of eth_call and its relatives.

import type { AccountOverride, BlockOverride, CallRequest } from '../../node/api.ts';
import type { AccessListEntry, Authorization } from '../../node/block/types.ts';
import { bytesKey, equalBytes, stripZeros } from '../../primitives/bytes.ts';
import { RPC_LIMITS } from '../limits.ts';
import {
  address,
  bytes,
  field,
  hash,
  invalidAt,
  invalidParams,
  lenientQuantity,
  lenientQuantity64,
  list,
  object,
  type Parser,
  quantity,
  quantity64,
  word,
} from './values.ts';

/** A call or transaction request, with the fields that only transactions have. */
export interface TransactionRequest extends CallRequest {
  readonly chainId: bigint | undefined;
  readonly type: bigint | undefined;
}

const accessListEntry: Parser<AccessListEntry> = (value, at) => {
  const from = object(value, at);
  const account = field(from, 'address', address, at);
  if (account === undefined) throw invalidAt(`${at}.address`, 'an address', undefined);
  return { address: account, storageKeys: field(from, 'storageKeys', list(word, RPC_LIMITS.listEntriesMax), at) ?? [] };
};

const authorization: Parser<Authorization> = (value, at) => {
  const from = object(value, at);
  function required<Value>(name: string, parse: Parser<Value>): Value {
    return parse(Object.hasOwn(from, name) ? from[name] : undefined, `${at}.${name}`);
  }
  return {
    chainId: required('chainId', quantity),
    address: required('address', address),
    nonce: required('nonce', quantity64),
    yParity: field(from, 'yParity', quantity, at) ?? required('v', quantity),
    r: required('r', quantity),
    s: required('s', quantity),
  };
};

export const accessList: Parser<AccessListEntry[]> = list(accessListEntry, RPC_LIMITS.listEntriesMax);
const authorizationList: Parser<Authorization[]> = list(authorization, RPC_LIMITS.listEntriesMax);

/** `input` and `data` name the same thing; when both stand there they must agree. */
function calldata(from: Readonly<Record<string, unknown>>, at: string): Uint8Array | undefined {
  const input = field(from, 'input', bytes, at);
  const data = field(from, 'data', bytes, at);
  if (input !== undefined && data !== undefined && !equalBytes(input, data))
    throw invalidParams(`invalid ${at}: both "data" and "input" are set and not equal; use "input"`);
  return input ?? data;
}

function requireOneFeeModel(request: TransactionRequest, at: string): void {
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = request;
  if (gasPrice !== undefined && (maxFeePerGas !== undefined || maxPriorityFeePerGas !== undefined))
    throw invalidParams(`invalid ${at}: both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified`);
  if (maxFeePerGas !== undefined && maxPriorityFeePerGas !== undefined && maxFeePerGas < maxPriorityFeePerGas)
    throw invalidParams(
      `invalid ${at}: maxFeePerGas (${maxFeePerGas}) < maxPriorityFeePerGas (${maxPriorityFeePerGas})`,
    );
}

/** Builds the parser of request objects whose numbers are read by `number` and `number64`. */
function requestParser(number: Parser<bigint>, number64: Parser<bigint>): Parser<TransactionRequest> {
  return (value, at) => {
    const from = object(value, at);
    const request: TransactionRequest = {
      from: field(from, 'from', address, at),
      to: field(from, 'to', address, at),
      gas: field(from, 'gas', number64, at) ?? field(from, 'gasLimit', number64, at),
      gasPrice: field(from, 'gasPrice', number, at),
      maxFeePerGas: field(from, 'maxFeePerGas', number, at),
      maxPriorityFeePerGas: field(from, 'maxPriorityFeePerGas', number, at),
      maxFeePerBlobGas: field(from, 'maxFeePerBlobGas', number, at),
      blobVersionedHashes: field(from, 'blobVersionedHashes', list(hash, RPC_LIMITS.listEntriesMax), at),
      value: field(from, 'value', number, at),
      nonce: field(from, 'nonce', number64, at),
      data: calldata(from, at),
      accessList: field(from, 'accessList', accessList, at),
      authorizationList: field(from, 'authorizationList', authorizationList, at),
      chainId: field(from, 'chainId', number, at),
      type: field(from, 'type', number, at),
    };
    requireOneFeeModel(request, at);
    return request;
  };
}

/** The object of eth_call, eth_estimateGas, eth_createAccessList and eth_sendTransaction. Unknown fields are ignored, as geth does. */
export const callRequest: Parser<TransactionRequest> = requestParser(quantity, quantity64);

function storage(value: unknown, at: string): ReadonlyMap<string, Uint8Array> {
  const slots = new Map<string, Uint8Array>();
  for (const [key, content] of Object.entries(object(value, at)))
    slots.set(bytesKey(word(key, at)), stripZeros(word(content, `${at}[${key}]`)));
  return slots;
}

function accountOverride(key: string, value: unknown, at: string): AccountOverride {
  const from = object(value, at);
  const override: AccountOverride = {
    address: address(key, at),
    balance: field(from, 'balance', quantity, at),
    nonce: field(from, 'nonce', quantity64, at),
    code: field(from, 'code', bytes, at),
    state: field(from, 'state', storage, at),
    stateDiff: field(from, 'stateDiff', storage, at),
    movePrecompileTo: field(from, 'movePrecompileToAddress', address, at),
  };
  if (override.state !== undefined && override.stateDiff !== undefined)
    throw invalidParams(`invalid ${at}: account ${key} has both "state" and "stateDiff"`);
  return override;
}

/** State overrides by address, at most {@link RPC_LIMITS.overrideAccountsMax} accounts and their slots. */
export const accountOverrides: Parser<AccountOverride[]> = (value, at) => {
  const entries = Object.entries(object(value, at));
  if (entries.length > RPC_LIMITS.overrideAccountsMax)
    throw invalidParams(
      `invalid ${at}: expected at most ${RPC_LIMITS.overrideAccountsMax} accounts, got ${entries.length}`,
    );
  const overrides = entries.map(([key, content]) => accountOverride(key, content, `${at}[${key.slice(0, 42)}]`));
  let slots = 0;
  for (const { state, stateDiff } of overrides) slots += (state?.size ?? 0) + (stateDiff?.size ?? 0);
  if (slots > RPC_LIMITS.overrideSlotsMax)
    throw invalidParams(`invalid ${at}: expected at most ${RPC_LIMITS.overrideSlotsMax} slots, got ${slots}`);
  return overrides;
};

/** Fields of geth's block overrides that this node cannot honour; ignoring them would answer a different question. */
const REFUSED_BLOCK_OVERRIDES = ['difficulty', 'beaconRoot', 'withdrawals'] as const;

/** Block overrides, under the names of execution-apis and the older ones of geth. */
export const blockOverride: Parser<BlockOverride> = (value, at) => {
  const from = object(value, at);
  for (const name of REFUSED_BLOCK_OVERRIDES)
    if (field(from, name, (present) => present, at) !== undefined)
      throw invalidParams(`invalid ${at}.${name}: this field cannot be overridden`);
  return {
    number: field(from, 'number', quantity64, at),
    timestampSeconds: field(from, 'time', quantity64, at),
    gasLimit: field(from, 'gasLimit', quantity64, at),
    coinbase: field(from, 'feeRecipient', address, at) ?? field(from, 'coinbase', address, at),
    prevRandao: field(from, 'prevRandao', hash, at) ?? field(from, 'random', hash, at),
    baseFeePerGas: field(from, 'baseFeePerGas', quantity, at) ?? field(from, 'baseFee', quantity, at),
    blobBaseFee: field(from, 'blobBaseFee', quantity, at),
  };
};

/** The same as Hardhat and Anvil take it: numbers may be JSON numbers or decimal text. */
export const lenientCallRequest: Parser<TransactionRequest> = requestParser(lenientQuantity, lenientQuantity64);
