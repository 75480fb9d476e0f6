// Blocks, transactions, receipts and logs as JSON text: letter by letter what JSON.stringify makes of plain objects.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logsBloom } from '../../node/block/bloom.ts';
import { hashHeader } from '../../node/block/header.ts';
import type { Block, Header, Log, Receipt, SignedTransaction, Withdrawal } from '../../node/block/types.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { blockJson, headerJson, ommerJson } from '../../rpc/serialize/block.ts';
import { locateLogs, logJson, logsJson, receiptJson, receiptsJson } from '../../rpc/serialize/receipt.ts';
import { accessListJson, transactionJson } from '../../rpc/serialize/transaction.ts';
import {
  accessListToRpc,
  blockToRpc,
  headerToRpc,
  logToRpc,
  ommerToRpc,
  receiptsToRpc,
  removedLogToRpc,
  transactionToRpc,
} from './support/plainJson.ts';

const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hash = fixed(32) as fc.Arbitrary<Hash>;
const address = fixed(20) as fc.Arbitrary<Address>;
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const uint256 = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }));
const data = fc.uint8Array({ maxLength: 100 });
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const accessList = fc.array(fc.record({ address, storageKeys: fc.array(fixed(32), { maxLength: 3 }) }), {
  maxLength: 3,
});
const authorization = fc.record({ chainId: uint256, address, nonce: uint64, yParity: uint64, r: uint256, s: uint256 });

const transaction: fc.Arbitrary<SignedTransaction> = fc.record({
  type: fc.constantFrom(0, 1, 2, 3, 4),
  raw: data,
  hash,
  signingHash: hash,
  chainId: maybe(uint256),
  nonce: uint64,
  gasLimit: uint64,
  maxFeePerGas: uint256,
  maxPriorityFeePerGas: uint256,
  to: maybe(address),
  value: uint256,
  data,
  accessList,
  authorizationList: fc.array(authorization, { maxLength: 3 }),
  blobVersionedHashes: fc.array(hash, { maxLength: 3 }),
  maxFeePerBlobGas: uint256,
  yParity: fc.constantFrom(0, 1),
  v: uint256,
  r: uint256,
  s: uint256,
  sender: address,
});

const oldHeader = fc.record({
  parentHash: hash,
  ommersHash: hash,
  coinbase: address,
  stateRoot: hash,
  transactionsRoot: hash,
  receiptsRoot: hash,
  logsBloom: fixed(256),
  difficulty: uint256,
  number: uint64,
  gasLimit: uint64,
  gasUsed: uint64,
  timestampSeconds: uint64,
  extraData: fc.uint8Array({ maxLength: 32 }),
  mixHash: hash,
  nonce: fixed(8),
});
/** What each fork from London on appended: a header has those of the forks up to its own. */
const appended = fc.tuple(
  fc.record({ baseFeePerGas: uint256 }),
  fc.record({ withdrawalsRoot: hash }),
  fc.record({ blobGasUsed: uint64, excessBlobGas: uint64, parentBeaconBlockRoot: hash }),
  fc.record({ requestsHash: hash }),
);
const header: fc.Arbitrary<Header> = fc
  .tuple(oldHeader, appended, fc.nat(4))
  .map(([old, forks, count]) => Object.assign({ ...old }, ...forks.slice(0, count)) as Header);

const withdrawal: fc.Arbitrary<Withdrawal> = fc.record({
  index: uint64,
  validatorIndex: uint64,
  address,
  amountGwei: uint64,
});

const log: fc.Arbitrary<Log> = fc.record({ address, topics: fc.array(fixed(32), { maxLength: 4 }), data });

const receipt: fc.Arbitrary<Receipt> = fc
  .record({
    type: fc.constantFrom(0, 1, 2, 3, 4),
    succeeded: fc.boolean(),
    stateRoot: maybe(hash),
    cumulativeGasUsed: uint64,
    logs: fc.array(log, { maxLength: 4 }),
    gasUsed: uint64,
    effectiveGasPrice: uint256,
    contractAddress: maybe(address),
  })
  .map((fields) => ({ ...fields, logsBloom: logsBloom(fields.logs) }));

interface Sample {
  readonly block: Block;
  readonly receipts: readonly Receipt[];
}

const sample: fc.Arbitrary<Sample> = fc
  .record({
    header,
    executed: fc.array(fc.tuple(transaction, receipt), { maxLength: 5 }),
    ommers: fc.array(header, { maxLength: 2 }),
    withdrawals: maybe(fc.array(withdrawal, { maxLength: 3 })),
  })
  .map(({ executed, ...fields }) => ({
    block: {
      ...fields,
      hash: hashHeader(fields.header),
      transactions: executed.map(([one]) => one),
    },
    receipts: executed.map(([, one]) => one),
  }));

const RUNS = { numRuns: 150 };

describe('JSON text is what JSON.stringify makes of the object', () => {
  test('blocks with hashes, blocks with transactions, and headers', () => {
    fc.assert(
      fc.property(sample, ({ block }) => {
        expect(blockJson(block, false)).toBe(JSON.stringify(blockToRpc(block, false)));
        expect(blockJson(block, true)).toBe(JSON.stringify(blockToRpc(block, true)));
        expect(headerJson(block)).toBe(JSON.stringify(headerToRpc(block)));
      }),
      RUNS,
    );
  });
  test('ommers', () => {
    fc.assert(
      fc.property(header, (ommer) => {
        expect(ommerJson(ommer)).toBe(JSON.stringify(ommerToRpc(ommer)));
      }),
      RUNS,
    );
  });
  test('transactions in a block and in the pool', () => {
    fc.assert(
      fc.property(sample, transaction, fc.nat(100_000), ({ block }, one, index) => {
        expect(transactionJson(one, { block, index })).toBe(JSON.stringify(transactionToRpc(one, { block, index })));
        expect(transactionJson(one, undefined)).toBe(JSON.stringify(transactionToRpc(one, undefined)));
      }),
      RUNS,
    );
  });
  test('receipts of a block, all and each', () => {
    fc.assert(
      fc.property(sample, maybe(uint256), ({ block, receipts }, blobBaseFee) => {
        const plain = receiptsToRpc(block, receipts, blobBaseFee);
        expect(receiptsJson(block, receipts, () => blobBaseFee)).toBe(JSON.stringify(plain));
        plain.forEach((one, index) => {
          expect(receiptJson(block, receipts, index, () => blobBaseFee)).toBe(JSON.stringify(one));
        });
      }),
      RUNS,
    );
  });
  test('logs of several blocks, and removed ones', () => {
    fc.assert(
      fc.property(sample, sample, (first, second) => {
        const located = [first, second].flatMap(({ block, receipts }) => locateLogs(block, receipts));
        expect(logsJson(located, false)).toBe(JSON.stringify(located.map(logToRpc)));
        expect(logsJson(located, true)).toBe(JSON.stringify(located.map(removedLogToRpc)));
        expect(located.map((one) => logJson(one, true))).toEqual(
          located.map((one) => JSON.stringify(removedLogToRpc(one))),
        );
      }),
      RUNS,
    );
  });
  test('access lists', () => {
    fc.assert(
      fc.property(accessList, (entries) => {
        expect(accessListJson(entries)).toBe(JSON.stringify(accessListToRpc(entries)));
      }),
      RUNS,
    );
  });
});
