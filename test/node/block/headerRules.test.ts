// The rules of headers: worked examples of docs/spec/block.md, a second implementation, and one altered field at a time.
import { createBlockHeader } from '@ethereumjs/block';
import { createCustomCommon, Mainnet } from '@ethereumjs/common';
import { describe, expect, it } from 'vitest';
import type { Fork } from '../../../genesis/forks.ts';
import { nextBaseFee } from '../../../node/block/baseFee.ts';
import { blobBaseFee, fakeExponential, nextExcessBlobGas } from '../../../node/block/blobGas.ts';
import { nextDifficulty } from '../../../node/block/difficulty.ts';
import { hashHeader } from '../../../node/block/header.ts';
import { finishHeader, nextTimestamp, prevRandaoAfter, startHeader } from '../../../node/block/makeHeader.ts';
import { EMPTY_OMMERS_HASH } from '../../../node/block/ommersHash.ts';
import { depositRequests, requestsHash } from '../../../node/block/requests.ts';
import type { Header } from '../../../node/block/types.ts';
import { BLOCK_RLP_BYTES_MAX, type HeaderContext, validateHeader } from '../../../node/block/validateHeader.ts';
import {
  bigIntToFixedBytes,
  bytesToHex,
  concatBytes,
  parseAddress,
  ZERO_ADDRESS,
  ZERO_HASH,
} from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import { plainSpec } from '../execution/support/randomChain.ts';

const OSAKA = { name: 'osaka', timestampSeconds: 0n, target: 6, max: 9, baseFeeUpdateFraction: 5_007_716n };

describe('base fee (EIP-1559)', () => {
  const parent = { gasLimit: 30_000_000n, baseFeePerGas: 1_000_000_000n };
  it.each([
    ['full', 30_000_000n, 1_125_000_000n],
    ['at target', 15_000_000n, 1_000_000_000n],
    ['empty', 0n, 875_000_000n],
    ['one above target', 15_000_001n, 1_000_000_008n],
  ])('after a block that was %s', (_name, gasUsed, expected) => {
    expect(nextBaseFee({ ...parent, gasUsed })).toBe(expected);
  });

  it('rises by at least one wei above target and starts at one Gwei', () => {
    expect(nextBaseFee({ gasLimit: 30_000_000n, baseFeePerGas: 7n, gasUsed: 15_000_001n })).toBe(8n);
    expect(nextBaseFee({ gasLimit: 30_000_000n, gasUsed: 0n })).toBe(1_000_000_000n);
  });
});

describe('blob gas', () => {
  it('fakeExponential gives the values of EIP-4844', () => {
    expect([
      fakeExponential(1n, 0n, 1n),
      fakeExponential(38_493n, 0n, 1_000n),
      fakeExponential(0n, 1_234n, 2_345n),
    ]).toEqual([1n, 38_493n, 0n]);
    expect([
      fakeExponential(1n, 2n, 1n),
      fakeExponential(1n, 4n, 2n),
      fakeExponential(10n, 8n, 2n),
      fakeExponential(2n, 5n, 2n),
    ]).toEqual([6n, 6n, 542n, 23n]);
  });

  it('excess grows by what was used above the target, and falls to zero', () => {
    const blobs = (count: number) => BigInt(count) * 131_072n;
    const parent = { baseFeePerGas: 1n, excessBlobGas: blobs(10), blobGasUsed: blobs(9) };
    expect(nextExcessBlobGas(parent, OSAKA, false)).toBe(blobs(13));
    expect(nextExcessBlobGas({ ...parent, excessBlobGas: blobs(2), blobGasUsed: blobs(3) }, OSAKA, false)).toBe(0n);
    expect(nextExcessBlobGas({ baseFeePerGas: 1n }, OSAKA, false)).toBe(0n);
  });

  it('EIP-7918: while blobs are cheaper than execution, excess falls no further than by use', () => {
    const parent = { baseFeePerGas: 10n ** 9n, excessBlobGas: 1_310_720n, blobGasUsed: 9n * 131_072n };
    expect(nextExcessBlobGas(parent, OSAKA, true)).toBe(1_310_720n + (9n * 131_072n * 3n) / 9n);
    expect(blobBaseFee(0n, OSAKA)).toBe(1n);
  });
});

describe('difficulty', () => {
  const forks: Fork[] = [
    'homestead',
    'byzantium',
    'constantinople',
    'istanbul',
    'muirGlacier',
    'arrowGlacier',
    'grayGlacier',
  ];

  it.each(forks)('%s: as @ethereumjs/block has it, bomb included', (fork) => {
    for (const number of [1n, 2_999_998n, 5_500_000n, 9_300_000n, 12_965_000n, 15_049_999n])
      for (const elapsed of [1n, 8n, 9n, 10n, 13n, 35n, 2_000n])
        for (const hasOmmers of [false, true]) {
          const ommersHash = hasOmmers ? keccak256(new Uint8Array(1)) : EMPTY_OMMERS_HASH;
          const parent = { number, timestampSeconds: 1_000n, difficulty: 10n ** 9n + 7n, ommersHash };
          const common = createCustomCommon({}, Mainnet, { hardfork: fork });
          const options = { common, skipConsensusFormatValidation: true };
          const stockParent = createBlockHeader(
            { number, timestamp: 1_000n, difficulty: parent.difficulty, uncleHash: ommersHash, gasLimit: 5_000n },
            options,
          );
          const stock = createBlockHeader(
            { number: number + 1n, timestamp: 1_000n + elapsed, gasLimit: 5_000n },
            options,
          );
          expect(nextDifficulty(parent, 1_000n + elapsed, fork)).toBe(stock.ethashCanonicalDifficulty(stockParent));
        }
  });

  it('london: the bomb of Muir Glacier 700,000 blocks later (EIP-3554; the stock tables leave it out)', () => {
    const parent = {
      number: 12_965_000n,
      timestampSeconds: 1_000n,
      difficulty: 10n ** 9n,
      ommersHash: EMPTY_OMMERS_HASH,
    };
    const earlier = { ...parent, number: parent.number - 700_000n };
    expect(nextDifficulty(parent, 1_009n, 'london')).toBe(nextDifficulty(earlier, 1_009n, 'muirGlacier'));
    expect(nextDifficulty(parent, 1_009n, 'london')).toBe(10n ** 9n + 2n ** 30n);
  });

  it('Frontier moves by one step towards 13 seconds', () => {
    const parent = { number: 1n, timestampSeconds: 0n, difficulty: 2_048_000n, ommersHash: EMPTY_OMMERS_HASH };
    expect(nextDifficulty(parent, 12n, 'frontier')).toBe(2_049_000n);
    expect(nextDifficulty(parent, 13n, 'frontier')).toBe(2_047_000n);
  });
});

describe('requests (EIP-7685, EIP-6110)', () => {
  const contract = parseAddress('0x00000000219ab540356cbb839cbe05303d7705fa');
  const topics = [keccak256(new TextEncoder().encode('DepositEvent(bytes,bytes,bytes,bytes,bytes)'))];
  const field = (offset: number, length: number, byte: number) => ({ offset, length, byte });
  const fields = [field(160, 48, 1), field(256, 32, 2), field(320, 8, 3), field(384, 96, 4), field(512, 8, 5)];
  function depositEvent(): Uint8Array {
    const data = new Uint8Array(576);
    for (const [index, { offset, length, byte }] of fields.entries()) {
      data.set(bigIntToFixedBytes(BigInt(offset), 32), index * 32);
      data.set(bigIntToFixedBytes(BigInt(length), 32), offset);
      data.fill(byte, offset + 32, offset + 32 + length);
    }
    return data;
  }

  it('takes the five fields of a deposit in order', () => {
    const request = depositRequests([{ address: contract, topics, data: depositEvent() }], contract);
    expect(request).toEqual(concatBytes(...fields.map(({ length, byte }) => new Uint8Array(length).fill(byte))));
  });

  it.each([0, 159, 160, 512])('refuses an event whose word at byte %i is not as the EIP has it', (at) => {
    const data = depositEvent();
    data[Math.floor(at / 32) * 32 + 31]! ^= 1;
    expect(depositRequests([{ address: contract, topics, data }], contract)).toBeUndefined();
    expect(
      depositRequests([{ address: contract, topics, data: depositEvent().subarray(1) }], contract),
    ).toBeUndefined();
  });

  it('passes over other events and other contracts', () => {
    const others = [
      { address: ZERO_ADDRESS, topics, data: new Uint8Array(1) },
      { address: contract, topics: [], data: new Uint8Array(1) },
    ];
    expect(depositRequests(others, contract)).toHaveLength(0);
  });

  it('leaves kinds without requests out of the hash', () => {
    const none = requestsHash([
      { type: 0, data: new Uint8Array(0) },
      { type: 1, data: new Uint8Array(0) },
    ]);
    expect(none).toEqual(requestsHash([]));
    expect(requestsHash([{ type: 1, data: Uint8Array.of(9) }])).not.toEqual(none);
  });
});

describe('the next header of a Gnomon chain', () => {
  it('has the randomness of its parent: the worked example', () => {
    const domain = new TextEncoder().encode('prevrandao');
    const expected = keccak256(concatBytes(domain, ZERO_HASH, new Uint8Array(7), Uint8Array.of(1)));
    expect(prevRandaoAfter(ZERO_HASH, 1n)).toEqual(expected);
    expect(bytesToHex(expected)).toBe('0x0ee85beba1d91aff19f414e8fd0e08ba17ee424bfb9a27d97c3ea0359f96524b');
  });

  it('is always later than its parent', () => {
    expect([nextTimestamp(10n, 9n), nextTimestamp(10n, 10n), nextTimestamp(10n, 11n)]).toEqual([11n, 11n, 11n]);
    expect(nextTimestamp(10n, 50n)).toBe(50n);
  });
});

const spec = plainSpec('osaka');
const parent: Header = {
  ...startHeader(
    spec,
    { ...spec.genesis, gasUsed: 0n, baseFeePerGas: 10n ** 9n, excessBlobGas: 0n, blobGasUsed: 0n } as never,
    ZERO_HASH,
    {
      timestampSeconds: 2_000n,
      coinbase: ZERO_ADDRESS,
      extraData: new Uint8Array(32),
      parentBeaconBlockRoot: ZERO_HASH,
    },
  ),
};
const valid = startHeader(spec, parent, hashHeader(parent), {
  timestampSeconds: 2_001n,
  coinbase: ZERO_ADDRESS,
  extraData: new Uint8Array(32),
  parentBeaconBlockRoot: ZERO_HASH,
});

describe('validateHeader', () => {
  it('accepts what makeHeader makes, finished too', () => {
    expect(() => validateHeader(valid, parent, spec)).not.toThrow();
    const finished = finishHeader(valid, { ...valid, gasUsed: 21_000n, blobGasUsed: 0n });
    expect(() => validateHeader(finished, parent, spec, { blockRlpBytes: BLOCK_RLP_BYTES_MAX })).not.toThrow();
    const bound = parent.gasLimit / 1_024n;
    for (const gasLimit of [parent.gasLimit + bound - 1n, parent.gasLimit - bound + 1n])
      expect(() => validateHeader({ ...valid, gasLimit }, parent, spec)).not.toThrow();
    const dev = { ...valid, baseFeePerGas: 0n };
    expect(() => validateHeader(dev, parent, spec, { baseFeePerGas: 0n })).not.toThrow();
  });

  it.each<[string, Partial<Header>, HeaderContext?]>([
    ['PARENT_HASH_MISMATCH', { parentHash: keccak256(new Uint8Array(1)) }],
    ['BLOCK_NUMBER_MISMATCH', { number: 3n }],
    ['TIMESTAMP_NOT_AFTER_PARENT', { timestampSeconds: 2_000n }],
    ['EXTRA_DATA_TOO_LONG', { extraData: new Uint8Array(33) }],
    ['GAS_LIMIT_OUT_OF_RANGE', { gasLimit: parent.gasLimit + parent.gasLimit / 1_024n }],
    ['GAS_LIMIT_OUT_OF_RANGE', { gasLimit: parent.gasLimit - parent.gasLimit / 1_024n }],
    ['GAS_USED_ABOVE_LIMIT', { gasUsed: parent.gasLimit + 1n }],
    ['BASE_FEE_MISMATCH', { baseFeePerGas: 1n }],
    ['POW_FIELD_AFTER_PARIS', { difficulty: 1n }],
    ['POW_FIELD_AFTER_PARIS', { nonce: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1) }],
    ['POW_FIELD_AFTER_PARIS', { ommersHash: ZERO_HASH }],
    ['EXCESS_BLOB_GAS_MISMATCH', { excessBlobGas: 1n }],
    ['BLOB_GAS_USED_INVALID', { blobGasUsed: 1n }],
    ['BLOB_GAS_USED_INVALID', { blobGasUsed: 10n * 131_072n }],
    ['HEADER_FIELD_MISSING', { requestsHash: undefined }],
    ['HEADER_FIELD_MISSING', { parentBeaconBlockRoot: undefined }],
    ['BLOCK_TOO_LARGE', {}, { blockRlpBytes: BLOCK_RLP_BYTES_MAX + 1 }],
  ])('%s', (code, altered, context) => {
    const run = () => validateHeader({ ...valid, ...altered }, parent, spec, context);
    expect(run).toThrow(expect.objectContaining({ code }));
  });

  it('HEADER_FIELD_UNEXPECTED: fields of later forks', () => {
    const cancun = plainSpec('cancun');
    expect(() => validateHeader(valid, parent, cancun)).toThrow(
      expect.objectContaining({ code: 'HEADER_FIELD_UNEXPECTED' }),
    );
  });

  it('TERMINAL_DIFFICULTY_MISMATCH: proof of work ends where the total difficulty says', () => {
    const merging = { ...spec, terminalTotalDifficulty: 100n };
    expect(() => validateHeader(valid, parent, merging, { parentTotalDifficulty: 100n })).not.toThrow();
    expect(() => validateHeader(valid, parent, merging, { parentTotalDifficulty: 99n })).toThrow(
      expect.objectContaining({ code: 'TERMINAL_DIFFICULTY_MISMATCH' }),
    );
  });
});
