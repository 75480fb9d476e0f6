// Transactions as geth answers with them, written as JSON at once. A field that a type does not have is absent, not null.
import type { AccessListEntry, Authorization, Block, Header, SignedTransaction } from '../../node/block/types.ts';
import type { SealedHeader } from '../../node/chain/chainReader.ts';
import type { Wei } from '../../primitives/types.ts';
import { type BlockTexts, blockTexts, bytesJson, listJson, NO_BLOCK_TEXTS, quantityJson } from './values.ts';

/** Where a transaction is included; undefined while it waits in the pool. */
export interface Inclusion {
  readonly block: SealedHeader;
  readonly index: number;
}

/** What each unit of gas cost, or, while pending, the most that it may cost. */
export function gasPriceOf(transaction: SignedTransaction, header: Header | undefined): Wei {
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction;
  if (header?.baseFeePerGas === undefined) return maxFeePerGas;
  const wanted = header.baseFeePerGas + maxPriorityFeePerGas;
  return wanted < maxFeePerGas ? wanted : maxFeePerGas;
}

export function accessListJson(entries: readonly AccessListEntry[]): string {
  return listJson(
    entries,
    ({ address, storageKeys }) => `{"address":${bytesJson(address)},"storageKeys":${listJson(storageKeys, bytesJson)}}`,
  );
}

function authorizationJson({ chainId, address, nonce, yParity, r, s }: Authorization): string {
  return `{"chainId":${quantityJson(chainId)},"address":${bytesJson(address)},"nonce":${quantityJson(nonce)},"yParity":${quantityJson(yParity)},"r":${quantityJson(r)},"s":${quantityJson(s)}}`;
}

/** The members that only typed transactions have, each with a comma before it. */
function typedMembers(transaction: SignedTransaction): string {
  const { type } = transaction;
  if (type === 0) return '';
  let members = `,"accessList":${accessListJson(transaction.accessList)},"yParity":${quantityJson(transaction.yParity)}`;
  if (type >= 2)
    members += `,"maxFeePerGas":${quantityJson(transaction.maxFeePerGas)},"maxPriorityFeePerGas":${quantityJson(transaction.maxPriorityFeePerGas)}`;
  if (type === 3)
    members += `,"maxFeePerBlobGas":${quantityJson(transaction.maxFeePerBlobGas)},"blobVersionedHashes":${listJson(transaction.blobVersionedHashes, bytesJson)}`;
  if (type === 4) members += `,"authorizationList":${listJson(transaction.authorizationList, authorizationJson)}`;
  return members;
}

function writeTransaction(
  transaction: SignedTransaction,
  block: BlockTexts,
  index: string,
  header: Header | undefined,
): string {
  const { type, to, chainId, hash, sender, nonce, gasLimit, value, data, v, r, s } = transaction;
  const place = `{"blockHash":${block.hash},"blockNumber":${block.number},"blockTimestamp":${block.timestamp},"transactionIndex":${index}`;
  const parties = `,"hash":${bytesJson(hash)},"type":"0x${type}","from":${bytesJson(sender)},"to":${to === undefined ? 'null' : bytesJson(to)}`;
  const gas = `,"nonce":${quantityJson(nonce)},"gas":${quantityJson(gasLimit)},"gasPrice":${quantityJson(gasPriceOf(transaction, header))}`;
  const content = `,"value":${quantityJson(value)},"input":${bytesJson(data)}`;
  const chain = chainId === undefined ? '' : `,"chainId":${quantityJson(chainId)}`;
  const signature = `,"v":${quantityJson(v)},"r":${quantityJson(r)},"s":${quantityJson(s)}}`;
  return `${place}${parties}${gas}${content}${chain}${typedMembers(transaction)}${signature}`;
}

/** A transaction object; its block fields are null while it is pending. */
export function transactionJson(transaction: SignedTransaction, inclusion: Inclusion | undefined): string {
  if (inclusion === undefined) return writeTransaction(transaction, NO_BLOCK_TEXTS, 'null', undefined);
  const { block, index } = inclusion;
  return writeTransaction(transaction, blockTexts(block), quantityJson(index), block.header);
}

/** All transaction objects of a block. */
export function blockTransactionsJson(block: Block): string {
  const texts = blockTexts(block);
  return listJson(block.transactions, (transaction, index) =>
    writeTransaction(transaction, texts, quantityJson(index), block.header),
  );
}
