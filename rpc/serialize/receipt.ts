// Receipts and logs as geth answers with them, written as JSON at once.
import { GAS_PER_BLOB } from '../../node/block/blobGas.ts';
import type { Block, Log, Receipt, SignedTransaction } from '../../node/block/types.ts';
import type { LocatedLog } from '../../node/chain/chainReader.ts';
import { assert } from '../../primitives/errors.ts';
import type { Wei } from '../../primitives/types.ts';
import { type BlockTexts, blockTexts, bytesJson, listJson, quantityJson } from './values.ts';

/** The blob base fee of a block, asked for only where a receipt shows it; undefined before Cancun. */
export type BlobBaseFee = () => Wei | undefined;

function writeLog(log: Log, block: BlockTexts, transaction: string, logIndex: number, removed: boolean): string {
  const { address, topics, data } = log;
  const place = `"blockNumber":${block.number},"blockHash":${block.hash},"blockTimestamp":${block.timestamp}`;
  return `{"address":${bytesJson(address)},"topics":${listJson(topics, bytesJson)},"data":${bytesJson(data)},${place},${transaction},"logIndex":${quantityJson(logIndex)},"removed":${removed}}`;
}

/** The members by which a log names its transaction. */
function transactionMembers(hash: Uint8Array, index: number): string {
  return `"transactionHash":${bytesJson(hash)},"transactionIndex":${quantityJson(index)}`;
}

/** One log; `removed` when its block was rolled back. */
export function logJson(located: LocatedLog, removed: boolean): string {
  const { log, block, transactionHash, transactionIndex, logIndex } = located;
  return writeLog(log, blockTexts(block), transactionMembers(transactionHash, transactionIndex), logIndex, removed);
}

/** A list of logs; what those of one block and one transaction share is written once. */
export function logsJson(located: readonly LocatedLog[], removed: boolean): string {
  let before: LocatedLog | undefined;
  let texts: BlockTexts | undefined;
  let transaction = '';
  return listJson(located, (one) => {
    const isSameBlock = one.block === before?.block;
    if (texts === undefined || !isSameBlock) texts = blockTexts(one.block);
    if (!isSameBlock || one.transactionIndex !== before?.transactionIndex)
      transaction = transactionMembers(one.transactionHash, one.transactionIndex);
    before = one;
    return writeLog(one.log, texts, transaction, one.logIndex, removed);
  });
}

/** All logs of a block, numbered through it. */
export function locateLogs(block: Block, receipts: readonly Receipt[]): LocatedLog[] {
  const located: LocatedLog[] = [];
  receipts.forEach((receipt, transactionIndex) => {
    const transaction = transactionAt(block, transactionIndex);
    for (const log of receipt.logs)
      located.push({ log, block, transactionHash: transaction.hash, transactionIndex, logIndex: located.length });
  });
  return located;
}

function transactionAt(block: Block, index: number): SignedTransaction {
  const transaction = block.transactions[index];
  assert(transaction !== undefined, `block ${block.header.number} has a receipt without a transaction at ${index}`);
  return transaction;
}

/** The members of a blob transaction, each with a comma before it. */
function blobMembers({ type, blobVersionedHashes }: SignedTransaction, blobBaseFee: BlobBaseFee): string {
  if (type !== 3) return '';
  const used = `,"blobGasUsed":${quantityJson(BigInt(blobVersionedHashes.length) * GAS_PER_BLOB)}`;
  const price = blobBaseFee();
  return price === undefined ? used : `${used},"blobGasPrice":${quantityJson(price)}`;
}

/** The bloom of no logs: most receipts have it, and its digits are half of them. */
const EMPTY_BLOOM = `"0x${'0'.repeat(512)}"`;

interface ReceiptPlace {
  readonly block: Block;
  readonly texts: BlockTexts;
  readonly index: number;
  /** Logs of the block before this receipt's. */
  readonly firstLogIndex: number;
  readonly blobBaseFee: BlobBaseFee;
}

function writeReceipt(receipt: Receipt, { block, texts, index, firstLogIndex, blobBaseFee }: ReceiptPlace): string {
  const transaction = transactionAt(block, index);
  const { type, sender, to } = transaction;
  const { contractAddress, stateRoot, logs } = receipt;
  const members = transactionMembers(transaction.hash, index);
  const place = `{"blockHash":${texts.hash},"blockNumber":${texts.number},${members},"type":"0x${type}"`;
  const parties = `,"from":${bytesJson(sender)},"to":${to === undefined ? 'null' : bytesJson(to)},"contractAddress":${contractAddress === undefined ? 'null' : bytesJson(contractAddress)}`;
  const gas = `,"gasUsed":${quantityJson(receipt.gasUsed)},"cumulativeGasUsed":${quantityJson(receipt.cumulativeGasUsed)},"effectiveGasPrice":${quantityJson(receipt.effectiveGasPrice)}`;
  const outcome =
    stateRoot === undefined ? `,"status":"0x${receipt.succeeded ? 1 : 0}"` : `,"root":${bytesJson(stateRoot)}`;
  const logsText = listJson(logs, (log, position) => writeLog(log, texts, members, firstLogIndex + position, false));
  const bloom = logs.length === 0 ? EMPTY_BLOOM : bytesJson(receipt.logsBloom);
  return `${place}${parties}${gas}${outcome}${blobMembers(transaction, blobBaseFee)},"logs":${logsText},"logsBloom":${bloom}}`;
}

/** The receipts of a whole block. */
export function receiptsJson(block: Block, receipts: readonly Receipt[], blobBaseFee: BlobBaseFee): string {
  const texts = blockTexts(block);
  const firsts = firstLogIndexes(receipts);
  return listJson(receipts, (receipt, index) =>
    writeReceipt(receipt, { block, texts, index, firstLogIndex: firsts[index] ?? 0, blobBaseFee }),
  );
}

/** One receipt of a block. */
export function receiptJson(
  block: Block,
  receipts: readonly Receipt[],
  index: number,
  blobBaseFee: BlobBaseFee,
): string {
  const receipt = receipts[index];
  assert(receipt !== undefined, `block ${block.header.number} has no receipt at ${index}`);
  const firstLogIndex = firstLogIndexes(receipts)[index] ?? 0;
  return writeReceipt(receipt, { block, texts: blockTexts(block), index, firstLogIndex, blobBaseFee });
}

/** Clients ask for the receipts of a large block one by one: counting the logs before each took most of such an answer. */
const logIndexes = new WeakMap<readonly Receipt[], Uint32Array>();

/** How many logs of the block stand before each receipt. */
function firstLogIndexes(receipts: readonly Receipt[]): Uint32Array {
  const known = logIndexes.get(receipts);
  if (known !== undefined) return known;
  const firsts = new Uint32Array(receipts.length);
  let count = 0;
  receipts.forEach(({ logs }, index) => {
    firsts[index] = count;
    count += logs.length;
  });
  logIndexes.set(receipts, firsts);
  return firsts;
}
