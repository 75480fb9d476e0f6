// A stored block as the objects of the stock VM, from its bytes.
import { Block, type BlockHeader, type BlockHeaderBytes, createBlockHeaderFromBytesArray } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { RLP } from '@ethereumjs/rlp';
import { createTxFromBlockBodyData, type TypedTransaction } from '@ethereumjs/tx';
import { createWithdrawal, Address as EvmAddress, type WithdrawalBytes } from '@ethereumjs/util';
import { bigIntToFixedBytes, bytesToBigInt } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';

/** The rule tables of a block. */
export type RulesOf = (number: bigint, timestampSeconds: bigint) => Common;

export interface StockBlock {
  readonly block: Block;
  /** For each transaction, whom a dev chain let somebody impersonate, or undefined for a signed one. */
  readonly impersonated: readonly (Address | undefined)[];
}

/** Where number and time stand in a header's list. */
const NUMBER_FIELD = 8;
const TIMESTAMP_FIELD = 11;

type RawTransaction = Uint8Array | Uint8Array[];

/** @throws Error of the library when the bytes are not a block under these rules */
export function decodeStockHeader(fields: BlockHeaderBytes, rulesOf: RulesOf): BlockHeader {
  const integer = (index: number) => bytesToBigInt(fields[index] as Uint8Array);
  const common = rulesOf(integer(NUMBER_FIELD), integer(TIMESTAMP_FIELD));
  // Proof-of-stake headers are compared field by field; the library refuses some at the block of a merge.
  return createBlockHeaderFromBytesArray(fields, { common, skipConsensusFormatValidation: true });
}

/**
 * @param allowsImpersonation whether the chain is a dev chain
 * @throws Error of the library when the bytes are not a block under these rules
 */
export function decodeStockBlock(rlp: Uint8Array, rulesOf: RulesOf, allowsImpersonation: boolean): StockBlock {
  const [headerFields, rawTransactions, rawOmmers, rawWithdrawals] = RLP.decode(rlp) as unknown as [
    BlockHeaderBytes,
    RawTransaction[],
    BlockHeaderBytes[],
    WithdrawalBytes[] | undefined,
  ];
  const header = decodeStockHeader(headerFields, rulesOf);
  const { common } = header;
  const transactions: TypedTransaction[] = [];
  const impersonated: (Address | undefined)[] = [];
  for (const raw of rawTransactions) {
    const transaction = createTxFromBlockBodyData(raw, { common });
    const sender = allowsImpersonation ? impersonatedSender(transaction) : undefined;
    transactions.push(sender === undefined ? transaction : sentBy(raw, common, sender));
    impersonated.push(sender);
  }
  const ommers = rawOmmers.map((fields) => decodeStockHeader(fields, rulesOf));
  const withdrawals = rawWithdrawals?.map(([index, validatorIndex, address, amount]) =>
    createWithdrawal({ index, validatorIndex, address, amount }),
  );
  return { block: new Block(header, transactions, ommers, withdrawals, { common }), impersonated };
}

/** docs/spec/block.md: a transaction that nobody signed has its sender as r, and 1 as s. */
function impersonatedSender({ r, s }: TypedTransaction): Address | undefined {
  if (s !== 1n || r === undefined || r >> 160n !== 0n) return undefined;
  return bigIntToFixedBytes(r, 20) as Address;
}

/** The transaction with a sender that is not in its signature; it must not be frozen for that. */
function sentBy(raw: RawTransaction, common: Common, sender: Address): TypedTransaction {
  const transaction = createTxFromBlockBodyData(raw, { common, freeze: false });
  const address = new EvmAddress(sender);
  return Object.assign(transaction, { getSenderAddress: () => address });
}
