// Transactions as geth answers with them. A field that a type does not have is absent, not null.

import type { AccessListEntry, Authorization, Block, Header, SignedTransaction } from '../../node/block/types.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import type { Wei } from '../../primitives/types.ts';
import { nullableQuantity, quantityToRpc } from './values.ts';

/** Where a transaction is included; undefined while it waits in the pool. */
export interface Inclusion {
  readonly block: Pick<Block, 'hash' | 'header'>;
  readonly index: number;
}

/** What each unit of gas cost, or, while pending, the most that it may cost. */
export function gasPriceOf(transaction: SignedTransaction, header: Header | undefined): Wei {
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction;
  if (header?.baseFeePerGas === undefined) return maxFeePerGas;
  const wanted = header.baseFeePerGas + maxPriorityFeePerGas;
  return wanted < maxFeePerGas ? wanted : maxFeePerGas;
}

export function accessListToRpc(entries: readonly AccessListEntry[]): unknown[] {
  return entries.map(({ address, storageKeys }) => ({
    address: bytesToHex(address),
    storageKeys: storageKeys.map(bytesToHex),
  }));
}

function authorizationToRpc({ chainId, address, nonce, yParity, r, s }: Authorization): unknown {
  return {
    chainId: quantityToRpc(chainId),
    address: bytesToHex(address),
    nonce: quantityToRpc(nonce),
    yParity: quantityToRpc(yParity),
    r: quantityToRpc(r),
    s: quantityToRpc(s),
  };
}

/** The fields that only typed transactions have. */
function typedFields(transaction: SignedTransaction): Record<string, unknown> {
  if (transaction.type === 0) return {};
  const fields: Record<string, unknown> = {
    accessList: accessListToRpc(transaction.accessList),
    yParity: quantityToRpc(transaction.yParity),
  };
  if (transaction.type >= 2) {
    fields['maxFeePerGas'] = quantityToRpc(transaction.maxFeePerGas);
    fields['maxPriorityFeePerGas'] = quantityToRpc(transaction.maxPriorityFeePerGas);
  }
  if (transaction.type === 3) {
    fields['maxFeePerBlobGas'] = quantityToRpc(transaction.maxFeePerBlobGas);
    fields['blobVersionedHashes'] = transaction.blobVersionedHashes.map(bytesToHex);
  }
  if (transaction.type === 4) fields['authorizationList'] = transaction.authorizationList.map(authorizationToRpc);
  return fields;
}

/** A transaction object; its block fields are null while it is pending. */
export function transactionToRpc(transaction: SignedTransaction, inclusion: Inclusion | undefined): unknown {
  const header = inclusion?.block.header;
  return {
    blockHash: inclusion === undefined ? null : bytesToHex(inclusion.block.hash),
    blockNumber: nullableQuantity(header?.number),
    blockTimestamp: nullableQuantity(header?.timestampSeconds),
    transactionIndex: nullableQuantity(inclusion?.index),
    hash: bytesToHex(transaction.hash),
    type: quantityToRpc(transaction.type),
    from: bytesToHex(transaction.sender),
    to: transaction.to === undefined ? null : bytesToHex(transaction.to),
    nonce: quantityToRpc(transaction.nonce),
    gas: quantityToRpc(transaction.gasLimit),
    gasPrice: quantityToRpc(gasPriceOf(transaction, header)),
    value: quantityToRpc(transaction.value),
    input: bytesToHex(transaction.data),
    ...(transaction.chainId === undefined ? {} : { chainId: quantityToRpc(transaction.chainId) }),
    ...typedFields(transaction),
    v: quantityToRpc(transaction.v),
    r: quantityToRpc(transaction.r),
    s: quantityToRpc(transaction.s),
  };
}
