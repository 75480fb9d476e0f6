// Blocks as the database keeps them: header with its hash, body with its senders, receipts without what can be computed
// again. Every function here is a pure encoding; chainStore.ts decides what is written together.
import { bigIntToBytes, bytesToBigInt, concatBytes, putBigInt, putUint32 } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import {
  decodeRlp,
  encodeRlp,
  encodeRlpListOfEncoded,
  type RlpItem,
  rlpBytes,
  rlpInteger,
  rlpList,
  rlpListSpans,
  rlpSpan,
} from '../../primitives/rlp.ts';
import type { Address, Hash, Wei } from '../../primitives/types.ts';
import { logsBloom } from '../block/bloom.ts';
import {
  decodeUnrecoveredBlock,
  encodeBlockTransactions,
  encodeOmmers,
  encodeWithdrawals,
  withSenders,
} from '../block/body.ts';
import { createAddress } from '../block/createAddress.ts';
import { decodeHeader, encodeHeader } from '../block/header.ts';
import type { Block, Header, Log, Receipt, SignedTransaction } from '../block/types.ts';
import { effectiveGasPrice } from '../execution/validateTransaction.ts';
import type { SealedHeader, TransactionLocation } from './chainReader.ts';

const HASH_BYTES = 32;
const ADDRESS_BYTES = 20;

const LOCATION_BYTES = 12;
const BLOCK_NUMBER_BYTES = 8;

/** What was written is not what is read: the disk's fault, never that of whoever asked for the record. */
function damaged(what: string, expected: string, got: unknown): ChainError<'DATABASE_CORRUPTED'> {
  const advice = 'Restore the database from a backup, or import the chain again.';
  const message = `a stored ${what} is damaged: expected ${expected}, got ${got}. ${advice}`;
  return new ChainError('DATABASE_CORRUPTED', message, { what, expected, got });
}

function requireLength(record: Uint8Array, length: number, what: string): void {
  if (record.length !== length) throw damaged(what, `${length} bytes`, record.length);
}

/** hash ‖ rlp(header) */
export function encodeHeaderRecord(hash: Hash, header: Header): Uint8Array {
  return concatBytes(hash, encodeHeader(header));
}

export function decodeHeaderRecord(record: Uint8Array): SealedHeader {
  return {
    hash: record.subarray(0, HASH_BYTES) as Hash,
    header: decodeHeader(decodeRlp(record.subarray(HASH_BYTES))),
  };
}

/** rlp([senders, transactions, ommers, withdrawals?]); senders are 20 bytes each, in order. */
export function encodeBodyRecord(block: Block): Uint8Array {
  const members = [
    encodeRlp(sendersOf(block)),
    encodeBlockTransactions(block.transactions),
    encodeOmmers(block.ommers),
  ];
  if (block.withdrawals !== undefined) members.push(encodeWithdrawals(block.withdrawals));
  return encodeRlpListOfEncoded(members);
}

function sendersOf({ transactions }: Block): Uint8Array {
  const senders = new Uint8Array(transactions.length * ADDRESS_BYTES);
  for (const [index, { sender }] of transactions.entries()) senders.set(sender, index * ADDRESS_BYTES);
  return senders;
}

/** The block's own RLP, put together from its two records without decoding a transaction. */
export function blockRlp(headerRecord: Uint8Array, bodyRecord: Uint8Array): Uint8Array {
  const [, ...members] = rlpListSpans(bodyRecord, rlpSpan(bodyRecord, 0));
  return encodeRlpListOfEncoded([
    headerRecord.subarray(HASH_BYTES),
    ...members.map((member) => bodyRecord.subarray(member.start, member.end)),
  ]);
}

/** @throws ChainError `DATABASE_CORRUPTED`, or of the decoders of blocks, when a record is damaged */
export function decodeBlockRecords(headerRecord: Uint8Array, bodyRecord: Uint8Array): Block {
  const first = rlpListSpans(bodyRecord, rlpSpan(bodyRecord, 0))[0];
  const block = decodeUnrecoveredBlock(blockRlp(headerRecord, bodyRecord));
  const expectedBytes = block.transactions.length * ADDRESS_BYTES;
  const sendersBytes = first === undefined || first.isList ? 0 : first.end - first.payload;
  if (first === undefined || sendersBytes !== expectedBytes)
    throw damaged('body', `${expectedBytes} bytes of senders`, sendersBytes);
  const senders: Address[] = [];
  for (let offset = first.payload; offset < first.end; offset += ADDRESS_BYTES) {
    senders.push(bodyRecord.subarray(offset, offset + ADDRESS_BYTES) as Address);
  }
  return withSenders(block, senders);
}

const SUCCEEDED = Uint8Array.of(1);
const FAILED = Uint8Array.of(0);

function outcomeBytes(receipt: Receipt): Uint8Array {
  const status = receipt.succeeded ? SUCCEEDED : FAILED;
  return receipt.stateRoot === undefined ? status : concatBytes(receipt.stateRoot, status);
}

/** rlp of [status, with the state root before it where there is one; cumulative gas; logs] per receipt */
export function encodeReceiptsRecord(receipts: readonly Receipt[]): Uint8Array {
  return encodeRlp(
    receipts.map(
      (receipt): RlpItem => [
        outcomeBytes(receipt),
        bigIntToBytes(receipt.cumulativeGasUsed),
        receipt.logs.map((log): RlpItem => [log.address, log.topics, log.data]),
      ],
    ),
  );
}

function decodeLog(item: RlpItem): Log {
  const [address, topics, data] = rlpList(item, 'log', 3);
  return {
    address: rlpBytes(address, 'log address', ADDRESS_BYTES) as Address,
    topics: rlpList(topics, 'topics').map((topic) => rlpBytes(topic, 'topic')),
    data: rlpBytes(data, 'log data'),
  };
}

/** The logs of each receipt, without the rest: what a log search looks at. */
export function decodeReceiptLogs(record: Uint8Array): readonly (readonly Log[])[] {
  return rlpList(decodeRlp(record), 'receipts').map((item) => {
    const [, , logs] = rlpList(item, 'receipt', 3);
    return rlpList(logs, 'logs').map(decodeLog);
  });
}

/** Receipts with everything that follows from their block: bloom, gas used, price, contract address. */
export function decodeReceiptsRecord(record: Uint8Array, block: Block): readonly Receipt[] {
  let before = 0n;
  return rlpList(decodeRlp(record), 'receipts', block.transactions.length).map((item, index) => {
    const [outcome, cumulative, logItems] = rlpList(item, 'receipt', 3);
    const transaction = block.transactions[index] as SignedTransaction;
    const outcomeRecord = rlpBytes(outcome, 'outcome');
    const logs = rlpList(logItems, 'logs').map(decodeLog);
    const cumulativeGasUsed = rlpInteger(cumulative, 'cumulative gas', 8);
    const gasUsed = cumulativeGasUsed - before;
    before = cumulativeGasUsed;
    return {
      type: transaction.type,
      succeeded: outcomeRecord[outcomeRecord.length - 1] === 1,
      ...(outcomeRecord.length > 1 ? { stateRoot: outcomeRecord.subarray(0, HASH_BYTES) as Hash } : {}),
      cumulativeGasUsed,
      logs,
      logsBloom: logsBloom(logs),
      gasUsed,
      effectiveGasPrice: effectiveGasPrice(transaction, block.header.baseFeePerGas),
      ...(transaction.to === undefined
        ? { contractAddress: createAddress(transaction.sender, transaction.nonce) }
        : {}),
    };
  });
}

/** block number (8) ‖ index (4) */
export function encodeLocation(location: TransactionLocation): Uint8Array {
  const record = new Uint8Array(LOCATION_BYTES);
  putBigInt(location.blockNumber, record, 0, 8);
  putUint32(location.index, record, 8);
  return record;
}

export function decodeLocation(record: Uint8Array): TransactionLocation {
  requireLength(record, LOCATION_BYTES, 'place of a transaction');
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  return { blockNumber: view.getBigUint64(0), index: view.getUint32(8) };
}

export function encodeBlockNumber(number: bigint): Uint8Array {
  const record = new Uint8Array(BLOCK_NUMBER_BYTES);
  new DataView(record.buffer).setBigUint64(0, number);
  return record;
}

export function decodeBlockNumber(record: Uint8Array): bigint {
  requireLength(record, BLOCK_NUMBER_BYTES, 'block number');
  return bytesToBigInt(record);
}

/** Where the coin stands after a block: the sum of all balances, and all base and blob fees burned so far. */
export interface SupplyRecord {
  readonly totalWei: Wei;
  readonly burnedFeesWei: Wei;
}

/** Balances of a dev chain or of a foreign genesis may each be 2^256 - 1: their sum has no such bound. */
const SUPPLY_BYTES_MAX = 64;

export function encodeSupply(supply: SupplyRecord): Uint8Array {
  return encodeRlp([bigIntToBytes(supply.totalWei), bigIntToBytes(supply.burnedFeesWei)]);
}

export function decodeSupply(record: Uint8Array): SupplyRecord {
  const [total, burned] = rlpList(decodeRlp(record), 'supply', 2);
  return {
    totalWei: rlpInteger(total, 'total', SUPPLY_BYTES_MAX),
    burnedFeesWei: rlpInteger(burned, 'burned', SUPPLY_BYTES_MAX),
  };
}
