// The shapes of blocks, transactions, receipts and logs as plain objects, for JSON.stringify: what the writers of
// rpc/serialize must write letter by letter.
import { GAS_PER_BLOB } from '../../../node/block/blobGas.ts';
import { encodeBlock } from '../../../node/block/body.ts';
import { hashHeader } from '../../../node/block/header.ts';
import type {
  AccessListEntry,
  Authorization,
  Block,
  Header,
  Receipt,
  SignedTransaction,
  Withdrawal,
} from '../../../node/block/types.ts';
import type { LocatedLog, SealedHeader } from '../../../node/chain/chainReader.ts';
import type { Wei } from '../../../primitives/types.ts';

function bytesToHex(bytes: Uint8Array): string {
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

function quantityToRpc(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

function nullableQuantity(value: bigint | number | undefined): string | null {
  return value === undefined ? null : quantityToRpc(value);
}

/** Where a transaction is included; undefined while it waits in the pool. */
interface Inclusion {
  readonly block: SealedHeader;
  readonly index: number;
}

/** What each unit of gas cost, or, while pending, the most that it may cost. */
function gasPriceOf(transaction: SignedTransaction, header: Header | undefined): Wei {
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

function transactionAt(block: Block, index: number): SignedTransaction {
  const transaction = block.transactions[index];
  if (transaction === undefined) throw new Error('a receipt without a transaction');
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

/** The fields that a fork added, where the header has them. */
function forkFields(header: Header): Record<string, unknown> {
  const { baseFeePerGas, withdrawalsRoot, blobGasUsed, excessBlobGas, parentBeaconBlockRoot, requestsHash } = header;
  return {
    ...(baseFeePerGas === undefined ? {} : { baseFeePerGas: quantityToRpc(baseFeePerGas) }),
    ...(withdrawalsRoot === undefined ? {} : { withdrawalsRoot: bytesToHex(withdrawalsRoot) }),
    ...(blobGasUsed === undefined ? {} : { blobGasUsed: quantityToRpc(blobGasUsed) }),
    ...(excessBlobGas === undefined ? {} : { excessBlobGas: quantityToRpc(excessBlobGas) }),
    ...(parentBeaconBlockRoot === undefined ? {} : { parentBeaconBlockRoot: bytesToHex(parentBeaconBlockRoot) }),
    ...(requestsHash === undefined ? {} : { requestsHash: bytesToHex(requestsHash) }),
  };
}

/** A header without its block, as `newHeads` and `eth_getHeaderByNumber` send it. */
export function headerToRpc({ hash, header }: SealedHeader): Record<string, unknown> {
  return {
    hash: bytesToHex(hash),
    parentHash: bytesToHex(header.parentHash),
    sha3Uncles: bytesToHex(header.ommersHash),
    miner: bytesToHex(header.coinbase),
    stateRoot: bytesToHex(header.stateRoot),
    transactionsRoot: bytesToHex(header.transactionsRoot),
    receiptsRoot: bytesToHex(header.receiptsRoot),
    logsBloom: bytesToHex(header.logsBloom),
    difficulty: quantityToRpc(header.difficulty),
    number: quantityToRpc(header.number),
    gasLimit: quantityToRpc(header.gasLimit),
    gasUsed: quantityToRpc(header.gasUsed),
    timestamp: quantityToRpc(header.timestampSeconds),
    extraData: bytesToHex(header.extraData),
    mixHash: bytesToHex(header.mixHash),
    nonce: bytesToHex(header.nonce),
    ...forkFields(header),
  };
}

function withdrawalToRpc({ index, validatorIndex, address, amountGwei }: Withdrawal): unknown {
  return {
    index: quantityToRpc(index),
    validatorIndex: quantityToRpc(validatorIndex),
    address: bytesToHex(address),
    amount: quantityToRpc(amountGwei),
  };
}

/** A block with whole transactions or with their hashes. `size` is that of the block's RLP. */
export function blockToRpc(block: Block, wholeTransactions: boolean): unknown {
  return {
    ...headerToRpc(block),
    size: quantityToRpc(encodeBlock(block).length),
    transactions: block.transactions.map((transaction, index) =>
      wholeTransactions ? transactionToRpc(transaction, { block, index }) : bytesToHex(transaction.hash),
    ),
    uncles: block.ommers.map((ommer) => bytesToHex(hashHeader(ommer))),
    ...(block.withdrawals === undefined ? {} : { withdrawals: block.withdrawals.map(withdrawalToRpc) }),
  };
}

/** An ommer as a block of its own: geth sends it without transactions and with the size of a block that has none. */
export function ommerToRpc(header: Header): unknown {
  const ommer: Block = { hash: hashHeader(header), header, transactions: [], ommers: [] };
  return { ...headerToRpc(ommer), size: quantityToRpc(encodeBlock(ommer).length), uncles: [] };
}
