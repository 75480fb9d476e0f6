import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logsBloom } from '../../../node/block/bloom.ts';
import { hashHeader } from '../../../node/block/header.ts';
import { decodeTransaction, recoverSender, withSender } from '../../../node/block/transaction.ts';
import type { Block, Receipt } from '../../../node/block/types.ts';
import {
  decodeBlockNumber,
  decodeBlockRecords,
  decodeHeaderRecord,
  decodeLocation,
  decodeReceiptsRecord,
  decodeSupply,
  encodeBodyRecord,
  encodeHeaderRecord,
  encodeLocation,
  encodeReceiptsRecord,
  encodeSupply,
} from '../../../node/chain/blockRecords.ts';
import { EMPTY_BYTES, toAddress, toHash } from '../../../primitives/bytes.ts';
import { encodeRlp } from '../../../primitives/rlp.ts';
import { signCall } from '../../helpers/signCall.ts';
import { emptyHeader } from '../../rpc/support/testNode.ts';

const address = toAddress(new Uint8Array(20).fill(9));
const transactions = [
  signCall(new Uint8Array(32).fill(1), { to: address, value: 1n }),
  signCall(new Uint8Array(32).fill(2), { to: undefined, data: Uint8Array.of(0), gasLimit: 90_000n }),
  signCall(new Uint8Array(32).fill(3), {
    type: 0,
    to: address,
    maxFeePerGas: 7n * 10n ** 9n,
    maxPriorityFeePerGas: 7n * 10n ** 9n,
  }),
].map((raw) => {
  const transaction = decodeTransaction(raw);
  return withSender(transaction, recoverSender(transaction));
});
const header = emptyHeader(5n, toHash(new Uint8Array(32).fill(4)));
const block: Block = {
  hash: hashHeader(header),
  header,
  transactions,
  ommers: [emptyHeader(3n, header.parentHash)],
  withdrawals: [],
};

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const log = fc.record({
  address: bytes(20).map(toAddress),
  topics: fc.array(bytes(32), { maxLength: 4 }),
  data: fc.uint8Array({ maxLength: 70 }),
});

describe('block records', () => {
  it('give back a block with its senders, without recovering them', () => {
    const decoded = decodeBlockRecords(encodeHeaderRecord(block.hash, header), encodeBodyRecord(block));
    expect(decoded).toEqual(block);
    expect(decodeHeaderRecord(encodeHeaderRecord(block.hash, header))).toEqual({ hash: block.hash, header });
  });

  it('tell a block without a list of withdrawals from one with an empty list', () => {
    const {
      withdrawalsRoot: _1,
      blobGasUsed: _2,
      excessBlobGas: _3,
      parentBeaconBlockRoot: _4,
      requestsHash: _5,
      ...old
    } = header;
    const { withdrawals: _none, ...before } = { ...block, header: old, hash: hashHeader(old) };
    const decoded = decodeBlockRecords(encodeHeaderRecord(before.hash, old), encodeBodyRecord(before));
    expect(decoded).not.toHaveProperty('withdrawals');
    expect(decoded.hash).toEqual(before.hash);
  });

  it('give back receipts whole, those with a state root (before Byzantium) as well', () => {
    const outcome = fc.record(
      {
        succeeded: fc.boolean(),
        gasUsed: fc.bigInt({ min: 21_000n, max: 2n ** 40n }),
        logs: fc.array(log, { maxLength: 3 }),
        stateRoot: bytes(32).map(toHash),
      },
      { requiredKeys: ['succeeded', 'gasUsed', 'logs'] },
    );
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 3, maxLength: 3 }), (outcomes) => {
        let cumulativeGasUsed = 0n;
        const receipts = outcomes.map((each, index): Receipt => {
          cumulativeGasUsed += each.gasUsed;
          const type = transactions[index]?.type ?? 0;
          // 1 gwei of base fee; the legacy transaction pays its own price, the others base fee and tip.
          const effectiveGasPrice = type === 0 ? 7n * 10n ** 9n : 2n * 10n ** 9n;
          return { ...each, type, cumulativeGasUsed, logsBloom: logsBloom(each.logs), effectiveGasPrice };
        });
        const decoded = decodeReceiptsRecord(encodeReceiptsRecord(receipts), block);
        for (const [index, { contractAddress, ...rest }] of decoded.entries()) {
          expect(rest).toEqual(receipts[index]);
          expect(contractAddress !== undefined).toBe(index === 1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are refused by name when their lengths are wrong', () => {
    const corrupted = expect.objectContaining({ code: 'DATABASE_CORRUPTED' });
    const headerRecord = encodeHeaderRecord(block.hash, header);
    const lessSenders = encodeRlp([address, [], [], []]);
    expect(() => decodeBlockRecords(headerRecord, lessSenders)).toThrow(corrupted);
    expect(() => decodeBlockRecords(headerRecord, Uint8Array.of(0xc0))).toThrow();
    for (const length of [0, 11, 13]) expect(() => decodeLocation(new Uint8Array(length))).toThrow(corrupted);
    for (const length of [0, 7, 9]) expect(() => decodeBlockNumber(new Uint8Array(length))).toThrow(corrupted);
    expect(decodeBlockNumber(new Uint8Array(8))).toBe(0n);
  });

  it('give back supply and locations at their bounds', () => {
    for (const totalWei of [0n, 1n, 2n ** 255n]) {
      const supply = { totalWei, burnedFeesWei: totalWei / 2n };
      expect(decodeSupply(encodeSupply(supply))).toEqual(supply);
    }
    for (const location of [
      { blockNumber: 0n, index: 0 },
      { blockNumber: 2n ** 48n - 1n, index: 2 ** 32 - 1 },
    ])
      expect(decodeLocation(encodeLocation(location))).toEqual(location);
    expect(() => decodeSupply(EMPTY_BYTES)).toThrow();
  });
});
