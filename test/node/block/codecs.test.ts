// Headers, receipts, blooms and blocks: round trips, the forks' field counts, and refusals.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOOM_BYTES, bloomMayContain, logsBloom, unionBlooms } from '../../../node/block/bloom.ts';
import {
  decodeBlock,
  decodeUnrecoveredBlock,
  decodeWithdrawal,
  encodeBlock,
  encodeWithdrawal,
} from '../../../node/block/body.ts';
import {
  decodeHeader,
  EXTRA_DATA_DECODED_BYTES_MAX,
  encodeHeader,
  hashHeader,
  headerItems,
} from '../../../node/block/header.ts';
import { type ConsensusReceipt, decodeReceipt, encodeReceipt } from '../../../node/block/receipt.ts';
import { recoverSender, signTransaction } from '../../../node/block/transaction.ts';
import type { Header, Log } from '../../../node/block/types.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import { ChainError } from '../../../primitives/errors.ts';
import { decodeRlp, encodeRlp, type RlpItem } from '../../../primitives/rlp.ts';
import type { Address, Hash } from '../../../primitives/types.ts';

const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hash = fixed(32) as fc.Arbitrary<Hash>;
const address = fixed(20) as fc.Arbitrary<Address>;
const uint64 = fc.bigInt(0n, 2n ** 64n - 1n);
const uint256 = fc.bigInt(0n, 2n ** 256n - 1n);

const frontier = {
  parentHash: hash,
  ommersHash: hash,
  coinbase: address,
  stateRoot: hash,
  transactionsRoot: hash,
  receiptsRoot: hash,
  logsBloom: fixed(BLOOM_BYTES),
  difficulty: uint256,
  number: uint64,
  gasLimit: uint64,
  gasUsed: uint64,
  timestampSeconds: uint64,
  extraData: fc.uint8Array({ maxLength: 100 }),
  mixHash: hash,
  nonce: fixed(8),
};
const london = { ...frontier, baseFeePerGas: uint256 };
const shanghai = { ...london, withdrawalsRoot: hash };
const cancun = { ...shanghai, blobGasUsed: uint64, excessBlobGas: uint64, parentBeaconBlockRoot: hash };
const prague = { ...cancun, requestsHash: hash };
const headers: fc.Arbitrary<Header> = fc.oneof(
  ...[frontier, london, shanghai, cancun, prague].map((fields) => fc.record(fields) as fc.Arbitrary<Header>),
);
const logs = fc.array(
  fc.record({ address, topics: fc.array(fixed(32), { maxLength: 4 }), data: fc.uint8Array({ maxLength: 60 }) }),
  { maxLength: 4 },
) as fc.Arbitrary<Log[]>;
const receipts: fc.Arbitrary<ConsensusReceipt> = fc
  .record({
    type: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const, 4 as const),
    outcome: fc.oneof(
      fc.record({ succeeded: fc.boolean() }),
      fc.record({ succeeded: fc.constant(undefined), stateRoot: hash }),
    ),
    cumulativeGasUsed: uint64,
    logs,
  })
  .map(({ outcome, ...rest }) => ({ ...rest, ...outcome, logsBloom: logsBloom(rest.logs) }));

/** Only ChainError may come out of a decoder, and what decodes must encode to the same bytes. */
function decodesCanonicallyOrRefuses<T>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
): void {
  let value: T;
  try {
    value = decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(ChainError);
    return;
  }
  expect(encode(value)).toEqual(bytes);
}

function damage(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const damaged = bytes.slice();
  damaged[at % bytes.length] = value;
  return damaged;
}

describe('headers', () => {
  it('round-trip with the fields of every fork', () => {
    fc.assert(
      fc.property(headers, fc.nat(), fc.nat(255), (header, at, value) => {
        const encoded = encodeHeader(header);
        expect(decodeHeader(decodeRlp(encoded))).toEqual(header);
        expect(hashHeader(header)).toEqual(keccak256(encoded));
        decodesCanonicallyOrRefuses(
          damage(encoded, at, value),
          (bytes) => decodeHeader(decodeRlp(bytes)),
          encodeHeader,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('say by their number of fields which fork they are of, and are refused with any other number', () => {
    const [full] = fc.sample(fc.record(prague) as fc.Arbitrary<Header>, { numRuns: 1, seed: 1 });
    const items = headerItems(full as Header);
    for (let count = 0; count <= 22; count++) {
      const list = [...items, new Uint8Array(32)].slice(0, count);
      if ([15, 16, 17, 20, 21].includes(count)) expect(headerItems(decodeHeader(list)).length).toBe(count);
      else expect(() => decodeHeader(list)).toThrowError(expect.objectContaining({ code: 'INVALID_HEADER' }));
    }
    expect(() => encodeHeader({ ...(full as Header), withdrawalsRoot: undefined })).toThrow(/without the ones before/);
  });

  it('are refused with fields of another size', () => {
    const [header] = fc.sample(fc.record(prague) as fc.Arbitrary<Header>, { numRuns: 1, seed: 2 });
    const items = headerItems(header as Header);
    for (const at of [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 19, 20])
      expect(() => decodeHeader(items.with(at, new Uint8Array(7)))).toThrowError(/expected \d+ bytes, got 7/);
    for (const at of [8, 9, 10, 11, 17, 18])
      expect(() => decodeHeader(items.with(at, new Uint8Array(9).fill(1)))).toThrowError(/at most 8 allowed/);
    for (const at of [7, 8, 15])
      expect(() => decodeHeader(items.with(at, Uint8Array.of(0)))).toThrowError(/leading zero/);
    const longest = new Uint8Array(EXTRA_DATA_DECODED_BYTES_MAX);
    expect(decodeHeader(items.with(12, longest)).extraData).toEqual(longest);
    expect(() => decodeHeader(items.with(12, new Uint8Array(EXTRA_DATA_DECODED_BYTES_MAX + 1)))).toThrowError(
      /extraData/,
    );
  });
});

describe('receipts', () => {
  it('round-trip, typed and legacy, with status or state root', () => {
    fc.assert(
      fc.property(receipts, fc.nat(), fc.nat(255), (receipt, at, value) => {
        const encoded = encodeReceipt(receipt);
        expect(decodeReceipt(encoded)).toEqual(receipt);
        decodesCanonicallyOrRefuses(damage(encoded, at, value), decodeReceipt, encodeReceipt);
      }),
      { numRuns: 200 },
    );
  });

  it.each<[string, RlpItem[]]>([
    ['a status of 2', [Uint8Array.of(2), new Uint8Array(0), new Uint8Array(256), []]],
    ['a status of 0 as a byte', [Uint8Array.of(0), new Uint8Array(0), new Uint8Array(256), []]],
    ['a state root of 31 bytes', [new Uint8Array(31), new Uint8Array(0), new Uint8Array(256), []]],
    ['a short bloom', [Uint8Array.of(1), new Uint8Array(0), new Uint8Array(255), []]],
    ['three fields', [Uint8Array.of(1), new Uint8Array(0), new Uint8Array(256)]],
    [
      'a log with five topics',
      [
        Uint8Array.of(1),
        new Uint8Array(0),
        new Uint8Array(256),
        [[new Uint8Array(20), Array.from({ length: 5 }, () => new Uint8Array(32)), new Uint8Array(0)]],
      ],
    ],
  ])('are refused with %s', (_name, items) => {
    expect(() => decodeReceipt(encodeRlp(items))).toThrowError(ChainError);
  });

  it('are refused when empty or of an unknown type', () => {
    for (const bytes of [[], [0], [5], [0x7f], [0x80]])
      expect(() => decodeReceipt(Uint8Array.from(bytes))).toThrowError(
        expect.objectContaining({ code: 'INVALID_RECEIPT' }),
      );
  });
});

describe('blooms', () => {
  it('contain what was logged, and their union contains both', () => {
    fc.assert(
      fc.property(logs, logs, (some, others) => {
        const [bloom, other] = [logsBloom(some), logsBloom(others)];
        const union = unionBlooms([bloom, other]);
        expect(union).toEqual(logsBloom([...some, ...others]));
        for (const log of some)
          for (const member of [log.address, ...log.topics]) {
            expect(bloomMayContain(bloom, member)).toBe(true);
            expect(bloomMayContain(union, member)).toBe(true);
          }
      }),
    );
    expect(bloomMayContain(new Uint8Array(BLOOM_BYTES), new Uint8Array(20))).toBe(false);
    expect(logsBloom([])).toEqual(new Uint8Array(BLOOM_BYTES));
  });
});

describe('blocks', () => {
  const withdrawal = fc.record({ index: uint64, validatorIndex: uint64, address, amountGwei: uint64 });
  const transaction = signTransaction(
    {
      type: 0,
      nonce: 1n,
      gasLimit: 21_000n,
      maxFeePerGas: 1n,
      maxPriorityFeePerGas: 1n,
      to: new Uint8Array(20) as Address,
      value: 1n,
      data: new Uint8Array(0),
      accessList: [],
      authorizationList: [],
      blobVersionedHashes: [],
      maxFeePerBlobGas: 0n,
    },
    new Uint8Array(32).fill(3),
  );
  const typed = signTransaction({ ...transaction, type: 2, chainId: 1n }, new Uint8Array(32).fill(4));

  it('round-trip with transactions, ommers and withdrawals, and survive damage', () => {
    const blocks = fc.record({
      header: fc.record(prague) as fc.Arbitrary<Header>,
      ommers: fc.array(headers, { maxLength: 2 }),
      withdrawals: fc.array(withdrawal, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(blocks, fc.nat(), fc.nat(255), ({ header, ommers, withdrawals }, at, value) => {
        const block = { hash: hashHeader(header), header, ommers, withdrawals, transactions: [transaction, typed] };
        const encoded = encodeBlock(block);
        const decoded = decodeBlock(encoded);
        expect(encodeBlock(decoded)).toEqual(encoded);
        expect(decoded).toEqual({
          ...block,
          transactions: block.transactions.map((member) => ({ ...member, sender: recoverSender(member) })),
        });
        decodesCanonicallyOrRefuses(damage(encoded, at, value), decodeUnrecoveredBlock, encodeBlock);
      }),
      { numRuns: 60 },
    );
  });

  it('have withdrawals exactly when the header commits to them', () => {
    const [before, after] = [london, shanghai].map(
      (fields) => fc.sample(fc.record(fields) as fc.Arbitrary<Header>, { numRuns: 1, seed: 4 })[0] as Header,
    ) as [Header, Header];
    const members = (header: Header, ...rest: RlpItem[]) => encodeRlp([headerItems(header), [], [], ...rest]);
    expect(decodeUnrecoveredBlock(members(before)).withdrawals).toBeUndefined();
    expect(decodeUnrecoveredBlock(members(after, [])).withdrawals).toEqual([]);
    for (const bytes of [members(before, []), members(after), members(after, [], [])])
      expect(() => decodeUnrecoveredBlock(bytes)).toThrowError(expect.objectContaining({ code: 'INVALID_BLOCK' }));
  });

  it('carry legacy transactions as lists and typed ones as byte strings', () => {
    const [header] = fc.sample(fc.record(london) as fc.Arbitrary<Header>, { numRuns: 1, seed: 5 });
    const block = (...transactions: RlpItem[]) => encodeRlp([headerItems(header as Header), transactions, []]);
    expect(decodeUnrecoveredBlock(block(decodeRlp(transaction.raw), typed.raw)).transactions).toEqual([
      transaction,
      typed,
    ]);
    for (const bytes of [block(transaction.raw), block(decodeRlp(typed.raw.subarray(1))), block(new Uint8Array(0))])
      expect(() => decodeUnrecoveredBlock(bytes)).toThrowError(ChainError);
  });

  it('encode withdrawals as EIP-4895 does', () => {
    fc.assert(
      fc.property(withdrawal, (value) => {
        expect(decodeWithdrawal(decodeRlp(encodeWithdrawal(value)))).toEqual(value);
      }),
    );
  });
});
