// Whole blocks: [header, transactions, ommers, withdrawals] (Yellow Paper §4.3, EIP-4895).
import { bigIntToBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { assert, ChainError } from '../../primitives/errors.ts';
import {
  decodeRlp,
  encodeRlp,
  encodeRlpListOfEncoded,
  type RlpItem,
  rlpBytes,
  rlpInteger,
  rlpList,
  rlpSize,
  writeRlp,
  writeRlpListHeader,
} from '../../primitives/rlp.ts';
import type { Address } from '../../primitives/types.ts';
import { decodeHeader, encodeHeader, headerItems } from './header.ts';
import {
  hasMore,
  openList,
  openOuterList,
  type RlpCursor,
  readBytes,
  readEncoded,
  startsWithList,
} from './rlpCursor.ts';
import { decodeTransaction, recoverSender, withSender } from './transaction.ts';
import type { Block, Header, Transaction, Withdrawal } from './types.ts';

/** A block whose senders have not been recovered yet. */
export interface UnrecoveredBlock extends Omit<Block, 'transactions'> {
  readonly transactions: readonly Transaction[];
}

/**
 * Decodes a block and recovers every sender, one after the other.
 * @throws ChainError `INVALID_BLOCK`, `INVALID_HEADER`, `INVALID_TRANSACTION`, `INVALID_SIGNATURE` or `INVALID_RLP`
 */
export function decodeBlock(rlp: Uint8Array): Block {
  const block = decodeUnrecoveredBlock(rlp);
  return withSenders(block, block.transactions.map(recoverSender));
}

/**
 * Decodes a block without the dear part, for callers that have the senders or recover them elsewhere.
 * @throws ChainError `INVALID_BLOCK`, `INVALID_HEADER`, `INVALID_TRANSACTION` or `INVALID_RLP`
 */
export function decodeUnrecoveredBlock(rlp: Uint8Array): UnrecoveredBlock {
  const cursor = openOuterList(rlp, 0, 'block');
  const headerBytes = readEncoded(cursor, 'header');
  const header = decodeHeader(decodeRlp(headerBytes));
  const transactions = readTransactions(openList(cursor, 'transactions'));
  const ommers = decodeOmmers(decodeRlp(readEncoded(cursor, 'ommers')));
  const block = { hash: keccak256(headerBytes), header, transactions, ommers };
  if (hasMore(cursor) !== (header.withdrawalsRoot !== undefined))
    throw new ChainError('INVALID_BLOCK', 'a block has withdrawals exactly when its header commits to them');
  if (!hasMore(cursor)) return block;
  const withdrawals = rlpList(decodeRlp(readEncoded(cursor, 'withdrawals')), 'withdrawals').map(decodeWithdrawal);
  if (hasMore(cursor)) throw new ChainError('INVALID_BLOCK', 'a block has more members than withdrawals');
  return { ...block, withdrawals };
}

/** Joins a block with the senders of its transactions, in their order. */
export function withSenders(block: UnrecoveredBlock, senders: readonly Address[]): Block {
  assert(senders.length === block.transactions.length, 'one sender per transaction');
  return {
    ...block,
    transactions: block.transactions.map((transaction, index) => withSender(transaction, senders[index] as Address)),
  };
}

/** In a block a typed transaction is a byte string, a legacy one a list. */
function readTransactions(list: RlpCursor): Transaction[] {
  const transactions: Transaction[] = [];
  while (hasMore(list)) {
    if (startsWithList(list)) {
      transactions.push(decodeTransaction(readEncoded(list, 'transaction')));
      continue;
    }
    const typed = readBytes(list, 'transaction');
    if ((typed[0] ?? 0xff) >= 0xc0)
      throw new ChainError('INVALID_BLOCK', 'a legacy transaction is a byte string in the block, expected a list');
    transactions.push(decodeTransaction(typed));
  }
  return transactions;
}

const LIST_HEADER_BYTES_MAX = 5;

/** The transactions as block members that are already encoded. */
export function encodeBlockTransactions(transactions: readonly Transaction[]): Uint8Array {
  let size = 0;
  for (const { type, raw } of transactions) size += type === 0 ? raw.length : rlpSize(raw);
  const list = new Uint8Array(LIST_HEADER_BYTES_MAX + size);
  let end = writeRlpListHeader(list, 0, size);
  for (const { type, raw } of transactions) {
    if (type !== 0) end = writeRlp(raw, list, end);
    else {
      list.set(raw, end);
      end += raw.length;
    }
  }
  return list.subarray(0, end);
}

/** The RLP encoding of a block. */
export function encodeBlock(block: UnrecoveredBlock): Uint8Array {
  const members = [encodeHeader(block.header), encodeBlockTransactions(block.transactions), encodeOmmers(block.ommers)];
  if (block.withdrawals !== undefined) members.push(encodeWithdrawals(block.withdrawals));
  return encodeRlpListOfEncoded(members);
}

/** The list whose hash is the header's `ommersHash`. */
export function encodeOmmers(ommers: readonly Header[]): Uint8Array {
  return encodeRlp(ommers.map(headerItems));
}

/** @throws ChainError `INVALID_HEADER` or `INVALID_RLP` */
export function decodeOmmers(item: RlpItem | undefined): Header[] {
  return rlpList(item, 'ommers').map(decodeHeader);
}

function withdrawalItem({ index, validatorIndex, address, amountGwei }: Withdrawal): RlpItem {
  return [bigIntToBytes(index), bigIntToBytes(validatorIndex), address, bigIntToBytes(amountGwei)];
}

/** One withdrawal as the withdrawals root commits to it (EIP-4895). */
export function encodeWithdrawal(withdrawal: Withdrawal): Uint8Array {
  return encodeRlp(withdrawalItem(withdrawal));
}

export function encodeWithdrawals(withdrawals: readonly Withdrawal[]): Uint8Array {
  return encodeRlp(withdrawals.map(withdrawalItem));
}

/** @throws ChainError `INVALID_RLP` */
export function decodeWithdrawal(item: RlpItem): Withdrawal {
  const fields = rlpList(item, 'withdrawal', 4);
  return {
    index: rlpInteger(fields[0], 'withdrawal index', 8),
    validatorIndex: rlpInteger(fields[1], 'validator index', 8),
    address: rlpBytes(fields[2], 'withdrawal address', 20) as Address,
    amountGwei: rlpInteger(fields[3], 'withdrawal amount', 8),
  };
}
