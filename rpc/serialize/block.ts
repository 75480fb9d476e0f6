// Headers and blocks as geth answers with them. Fields of later forks are absent before them, and so is the total
// difficulty, which execution-apis removed.
import { encodeBlock } from '../../node/block/body.ts';
import { hashHeader } from '../../node/block/header.ts';
import type { Block, Header, Withdrawal } from '../../node/block/types.ts';
import type { SealedHeader } from '../../node/chain/chainReader.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { transactionToRpc } from './transaction.ts';
import { quantityToRpc } from './values.ts';

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

/** Encoding a block only to measure it took most of the time of an answer, and the head is asked for all the time. */
const sizes = new WeakMap<Block, number>();

/** Bytes of the block's RLP. */
function sizeOf(block: Block): number {
  const size = sizes.get(block) ?? encodeBlock(block).length;
  sizes.set(block, size);
  return size;
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
    size: quantityToRpc(sizeOf(block)),
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
