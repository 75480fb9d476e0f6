// Headers and blocks as geth answers with them, written as JSON at once. Fields of later forks are absent before them, and
// so is the total difficulty, which execution-apis removed.
import { encodeBlock } from '../../node/block/body.ts';
import { hashHeader } from '../../node/block/header.ts';
import type { Block, Header, SignedTransaction, Withdrawal } from '../../node/block/types.ts';
import type { SealedHeader } from '../../node/chain/chainReader.ts';
import { blockTransactionsJson } from './transaction.ts';
import { bytesJson, listJson, quantityJson } from './values.ts';

/** The members that a fork added, each with a comma before it, where the header has them. */
function forkMembers(header: Header): string {
  const { baseFeePerGas, withdrawalsRoot, blobGasUsed, excessBlobGas, parentBeaconBlockRoot, requestsHash } = header;
  let members = '';
  if (baseFeePerGas !== undefined) members += `,"baseFeePerGas":${quantityJson(baseFeePerGas)}`;
  if (withdrawalsRoot !== undefined) members += `,"withdrawalsRoot":${bytesJson(withdrawalsRoot)}`;
  if (blobGasUsed !== undefined) members += `,"blobGasUsed":${quantityJson(blobGasUsed)}`;
  if (excessBlobGas !== undefined) members += `,"excessBlobGas":${quantityJson(excessBlobGas)}`;
  if (parentBeaconBlockRoot !== undefined) members += `,"parentBeaconBlockRoot":${bytesJson(parentBeaconBlockRoot)}`;
  if (requestsHash !== undefined) members += `,"requestsHash":${bytesJson(requestsHash)}`;
  return members;
}

/** The members of a header, without the braces. */
function headerMembers({ hash, header }: SealedHeader): string {
  const parents = `"hash":${bytesJson(hash)},"parentHash":${bytesJson(header.parentHash)},"sha3Uncles":${bytesJson(header.ommersHash)},"miner":${bytesJson(header.coinbase)}`;
  const roots = `"stateRoot":${bytesJson(header.stateRoot)},"transactionsRoot":${bytesJson(header.transactionsRoot)},"receiptsRoot":${bytesJson(header.receiptsRoot)},"logsBloom":${bytesJson(header.logsBloom)}`;
  const numbers = `"difficulty":${quantityJson(header.difficulty)},"number":${quantityJson(header.number)},"gasLimit":${quantityJson(header.gasLimit)},"gasUsed":${quantityJson(header.gasUsed)},"timestamp":${quantityJson(header.timestampSeconds)}`;
  const seal = `"extraData":${bytesJson(header.extraData)},"mixHash":${bytesJson(header.mixHash)},"nonce":${bytesJson(header.nonce)}`;
  return `${parents},${roots},${numbers},${seal}${forkMembers(header)}`;
}

/** A header without its block, as `newHeads` and `eth_getHeaderByNumber` send it. */
export function headerJson(sealed: SealedHeader): string {
  return `{${headerMembers(sealed)}}`;
}

/** Encoding a block only to measure it took most of the time of an answer, and the head is asked for all the time. */
const sizes = new WeakMap<Block, number>();

/** Bytes of the block's RLP. */
function sizeOf(block: Block): number {
  const size = sizes.get(block) ?? encodeBlock(block).length;
  sizes.set(block, size);
  return size;
}

function withdrawalJson({ index, validatorIndex, address, amountGwei }: Withdrawal): string {
  return `{"index":${quantityJson(index)},"validatorIndex":${quantityJson(validatorIndex)},"address":${bytesJson(address)},"amount":${quantityJson(amountGwei)}}`;
}

function hashJson({ hash }: SignedTransaction): string {
  return bytesJson(hash);
}

/** A block with whole transactions or with their hashes. `size` is that of the block's RLP. */
export function blockJson(block: Block, wholeTransactions: boolean): string {
  const transactions = wholeTransactions ? blockTransactionsJson(block) : listJson(block.transactions, hashJson);
  const uncles = listJson(block.ommers, (ommer) => bytesJson(hashHeader(ommer)));
  const withdrawals =
    block.withdrawals === undefined ? '' : `,"withdrawals":${listJson(block.withdrawals, withdrawalJson)}`;
  return `{${headerMembers(block)},"size":${quantityJson(sizeOf(block))},"transactions":${transactions},"uncles":${uncles}${withdrawals}}`;
}

/** An ommer as a block of its own: geth sends it without transactions and with the size of a block that has none. */
export function ommerJson(header: Header): string {
  const ommer: Block = { hash: hashHeader(header), header, transactions: [], ommers: [] };
  return `{${headerMembers(ommer)},"size":${quantityJson(encodeBlock(ommer).length)},"uncles":[]}`;
}
