// Receipts and logs as geth answers with them.
import { GAS_PER_BLOB } from '../../node/block/blobGas.ts';
import type { Block, Receipt, SignedTransaction } from '../../node/block/types.ts';
import type { LocatedLog } from '../../node/chain/chainReader.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import type { Wei } from '../../primitives/types.ts';
import { quantityToRpc } from './values.ts';

export function logToRpc({
  log,
  block,
  transactionHash,
  transactionIndex,
  logIndex,
}: LocatedLog): Record<string, unknown> {
  return {
    address: bytesToHex(log.address),
    topics: log.topics.map(bytesToHex),
    data: bytesToHex(log.data),
    blockNumber: quantityToRpc(block.header.number),
    blockHash: bytesToHex(block.hash),
    blockTimestamp: quantityToRpc(block.header.timestampSeconds),
    transactionHash: bytesToHex(transactionHash),
    transactionIndex: quantityToRpc(transactionIndex),
    logIndex: quantityToRpc(logIndex),
    removed: false,
  };
}

/** A log whose block was rolled back. */
export function removedLogToRpc(located: LocatedLog): unknown {
  return { ...logToRpc(located), removed: true };
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

function blobFields(transaction: SignedTransaction, blobBaseFee: Wei | undefined): Record<string, unknown> {
  if (transaction.type !== 3) return {};
  return {
    blobGasUsed: quantityToRpc(BigInt(transaction.blobVersionedHashes.length) * GAS_PER_BLOB),
    ...(blobBaseFee === undefined ? {} : { blobGasPrice: quantityToRpc(blobBaseFee) }),
  };
}

function receiptToRpc(
  block: Block,
  receipt: Receipt,
  index: number,
  firstLogIndex: number,
  blobBaseFee: Wei | undefined,
): unknown {
  const transaction = transactionAt(block, index);
  return {
    blockHash: bytesToHex(block.hash),
    blockNumber: quantityToRpc(block.header.number),
    transactionHash: bytesToHex(transaction.hash),
    transactionIndex: quantityToRpc(index),
    type: quantityToRpc(transaction.type),
    from: bytesToHex(transaction.sender),
    to: transaction.to === undefined ? null : bytesToHex(transaction.to),
    contractAddress: receipt.contractAddress === undefined ? null : bytesToHex(receipt.contractAddress),
    gasUsed: quantityToRpc(receipt.gasUsed),
    cumulativeGasUsed: quantityToRpc(receipt.cumulativeGasUsed),
    effectiveGasPrice: quantityToRpc(receipt.effectiveGasPrice),
    ...(receipt.stateRoot === undefined
      ? { status: receipt.succeeded ? '0x1' : '0x0' }
      : { root: bytesToHex(receipt.stateRoot) }),
    ...blobFields(transaction, blobBaseFee),
    logs: receipt.logs.map((log, position) =>
      logToRpc({
        log,
        block,
        transactionHash: transaction.hash,
        transactionIndex: index,
        logIndex: firstLogIndex + position,
      }),
    ),
    logsBloom: bytesToHex(receipt.logsBloom),
  };
}

/** The receipts of a whole block. `blobBaseFee` is the block's, undefined before Cancun. */
export function receiptsToRpc(block: Block, receipts: readonly Receipt[], blobBaseFee: Wei | undefined): unknown[] {
  let firstLogIndex = 0;
  return receipts.map((receipt, index) => {
    const answer = receiptToRpc(block, receipt, index, firstLogIndex, blobBaseFee);
    firstLogIndex += receipt.logs.length;
    return answer;
  });
}

/** One receipt of a block. */
export function receiptAtToRpc(
  block: Block,
  receipts: readonly Receipt[],
  index: number,
  blobBaseFee: Wei | undefined,
): unknown {
  const receipt = receipts[index];
  assert(receipt !== undefined, `block ${block.header.number} has no receipt at ${index}`);
  let firstLogIndex = 0;
  for (let i = 0; i < index; i++) firstLogIndex += receipts[i]?.logs.length ?? 0;
  return receiptToRpc(block, receipt, index, firstLogIndex, blobBaseFee);
}
