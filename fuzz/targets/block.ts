// Blocks, headers and receipts in their consensus encoding, held against their own re-encoding and @ethereumjs/rlp.
import { RLP } from '@ethereumjs/rlp';
import fc from 'fast-check';
import { decodeUnrecoveredBlock, encodeBlock } from '../../node/block/body.ts';
import { decodeHeader, encodeHeader, hashHeader } from '../../node/block/header.ts';
import { decodeReceipt, encodeReceipt } from '../../node/block/receipt.ts';
import { bigIntToBytes, concatBytes, equalBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { decodeRlp, encodeRlp, type RlpItem } from '../../primitives/rlp.ts';
import { realBlocks, realTransactions } from '../realData.ts';
import { address20, hash32, uint } from '../structures.ts';
import { attempt, expectThat, type FuzzTarget } from '../target.ts';

const CODES = ['INVALID_RLP', 'INVALID_BLOCK', 'INVALID_HEADER', 'INVALID_TRANSACTION', 'INVALID_SIGNATURE'];

function checkBlock(input: Uint8Array): string {
  const { value: block, refusal } = attempt(CODES, () => decodeUnrecoveredBlock(input));
  if (block === undefined) return refusal;
  expectThat(equalBytes(encodeBlock(block), input), 'encoding a decoded block gives other bytes');
  const [header] = RLP.decode(input) as unknown as [Uint8Array];
  expectThat(equalBytes(keccak256(RLP.encode(header)), block.hash), 'the block hash is not that of its header');
  expectThat(equalBytes(hashHeader(block.header), block.hash), 'the header encodes to another hash');
  return 'accepted';
}

function checkHeader(input: Uint8Array): string {
  const { value: header, refusal } = attempt(CODES, () => decodeHeader(decodeRlp(input)));
  if (header === undefined) return refusal;
  expectThat(equalBytes(encodeHeader(header), input), 'encoding a decoded header gives other bytes');
  return 'accepted';
}

function checkReceipt(input: Uint8Array): string {
  const { value: receipt, refusal } = attempt(['INVALID_RLP', 'INVALID_RECEIPT'], () => decodeReceipt(input));
  if (receipt === undefined) return refusal;
  expectThat(equalBytes(encodeReceipt(receipt), input), 'encoding a decoded receipt gives other bytes');
  return 'accepted';
}

const integer = (bits: number): fc.Arbitrary<RlpItem> => uint(bits).map(bigIntToBytes);
const bytes = (length: number): fc.Arbitrary<RlpItem> => fc.uint8Array({ minLength: length, maxLength: length });

const headerMembers: readonly fc.Arbitrary<RlpItem>[] = [
  ...[hash32, hash32, address20, hash32, hash32, hash32, bytes(256)],
  ...[integer(256), integer(64), integer(64), integer(64), integer(64)],
  ...[fc.uint8Array({ maxLength: 33 }), hash32, bytes(8)],
  ...[integer(256), hash32, integer(64), integer(64), hash32, hash32],
];
const header: fc.Arbitrary<RlpItem> = fc
  .tuple(fc.constantFrom(15, 16, 17, 20, 21), ...headerMembers)
  .map(([count, ...members]) => members.slice(0, count));

const transactions = realTransactions().map((raw): RlpItem => ((raw[0] as number) >= 0xc0 ? decodeRlp(raw) : raw));
const withdrawal: fc.Arbitrary<RlpItem> = fc.tuple(integer(64), integer(64), address20, integer(64));
const block = fc
  .tuple(
    header,
    fc.array(fc.constantFrom(...transactions), { maxLength: 3 }),
    fc.array(header, { maxLength: 2 }),
    fc.array(withdrawal, { maxLength: 2 }),
  )
  .map(([head, txs, ommers, withdrawals]) =>
    encodeRlp([head, txs, ommers, ...((head as RlpItem[]).length >= 17 ? [withdrawals] : [])]),
  );

const log: fc.Arbitrary<RlpItem> = fc.tuple(address20, fc.array(hash32, { maxLength: 5 }), fc.uint8Array());
const outcome = fc.oneof(hash32, fc.constant(new Uint8Array()), fc.constant(Uint8Array.of(1)));
const receipt = fc
  .tuple(fc.nat(4), outcome, integer(64), bytes(256), fc.array(log, { maxLength: 3 }))
  .map(([type, ...members]) => {
    const payload = encodeRlp(members);
    return type === 0 ? payload : concatBytes(Uint8Array.of(type), payload);
  });

const LIMITS = { shape: 'rlp', inputBytesMax: 256 * 1024, inputBudgetMs: 300 } as const;

export const blockTarget: FuzzTarget = {
  ...LIMITS,
  name: 'block',
  about: 'whole blocks, re-encoded to the same bytes and hash',
  open: () => ({
    corpus: [...realBlocks(), ...fc.sample(block, { seed: 1, numRuns: 20 })],
    structures: block,
    check: checkBlock,
  }),
};

export const headerTarget: FuzzTarget = {
  ...LIMITS,
  name: 'header',
  about: 'headers of every fork, re-encoded to the same bytes',
  open: () => ({
    corpus: realBlocks().map((rlp) => RLP.encode((RLP.decode(rlp) as Uint8Array[])[0])),
    structures: header.map(encodeRlp),
    check: checkHeader,
  }),
};

export const receiptTarget: FuzzTarget = {
  ...LIMITS,
  name: 'receipt',
  about: 'receipts of every type, re-encoded to the same bytes',
  open: () => ({
    corpus: fc.sample(receipt, { seed: 1, numRuns: 40 }),
    structures: receipt,
    check: checkReceipt,
  }),
};
