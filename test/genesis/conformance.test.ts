import { createBlockchain } from '@ethereumjs/blockchain';
import { createCommonFromGethGenesis, parseGethGenesisState } from '@ethereumjs/common';
import { RLP } from '@ethereumjs/rlp';
import { describe, expect, it } from 'vitest';
import { devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesisText } from '../../genesis/genesisText.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { formatGenesis, serializeGenesis } from '../../genesis/serializeGenesis.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { genesisHashOf, sharedVector } from './helpers.ts';

const POW_ONLY = { chainId: 1337, homesteadBlock: 0, eip150Block: 0, eip155Block: 0, eip158Block: 0 };
const TO_LONDON = {
  ...POW_ONLY,
  byzantiumBlock: 0,
  constantinopleBlock: 0,
  petersburgBlock: 0,
  istanbulBlock: 0,
  muirGlacierBlock: 0,
  berlinBlock: 0,
  londonBlock: 0,
};
const MERGED = { ...TO_LONDON, mergeForkBlock: 0, mergeNetsplitBlock: 0, terminalTotalDifficulty: 0 };
const BLOBS = { target: 3, max: 6, baseFeeUpdateFraction: 3338477 };

const ALLOC = {
  '0x00000000000000000000000000000000000000aa': { balance: '0x1' },
  bb00000000000000000000000000000000000000: { balance: '1000000000000000000', nonce: '0x5' },
  '0x00000000000000000000000000000000000000cc': {
    balance: '0',
    code: '0x600160005500',
    storage: {
      '0x0000000000000000000000000000000000000000000000000000000000000001':
        '0x00000000000000000000000000000000000000000000000000000000000000ff',
      '0x0000000000000000000000000000000000000000000000000000000000000002':
        '0x1000000000000000000000000000000000000000000000000000000000000000',
    },
  },
};

const FILES: readonly [string, Record<string, unknown>][] = [
  ['proof of work', { config: POW_ONLY, difficulty: '0x20000', nonce: '0x42' }],
  ['London', { config: TO_LONDON, difficulty: '0x20000', extraData: '0x68697665' }],
  ['London with a base fee', { config: TO_LONDON, difficulty: '0x1', baseFeePerGas: '0x7' }],
  ['Paris', { config: MERGED, difficulty: '0x0', coinbase: '0x00000000000000000000000000000000000000dd' }],
  ['Shanghai', { config: { ...MERGED, shanghaiTime: 0 }, difficulty: '0x0', timestamp: '0x65' }],
  [
    'Cancun',
    {
      config: { ...MERGED, shanghaiTime: 0, cancunTime: 0, blobSchedule: { cancun: BLOBS } },
      difficulty: '0x0',
      excessBlobGas: '0x20000',
    },
  ],
  [
    'Prague',
    {
      config: {
        ...MERGED,
        shanghaiTime: 0,
        cancunTime: 0,
        pragueTime: 0,
        blobSchedule: { cancun: BLOBS, prague: { target: 6, max: 9, baseFeeUpdateFraction: 5007716 } },
      },
      difficulty: '0x0',
    },
  ],
];

describe('genesis hash', () => {
  it.each(FILES)('equals that of @ethereumjs/blockchain: %s', async (_, fields) => {
    const file = {
      nonce: '0x0',
      timestamp: '0x0',
      extraData: '0x',
      gasLimit: '0x47b760',
      mixHash: `0x${'00'.repeat(32)}`,
      coinbase: `0x${'00'.repeat(20)}`,
      alloc: ALLOC,
      ...fields,
    };
    const common = createCommonFromGethGenesis(structuredClone(file) as never, { chain: 'test' });
    // The library's parser leaves decimal code lengths and short slots alone: this alloc has neither.
    const genesisState = parseGethGenesisState(structuredClone(file) as never);
    const oracle = await createBlockchain({ common, genesisState, validateBlocks: false, validateConsensus: false });
    expect(await genesisHashOf(parseGenesis(file))).toBe(bytesToHex(oracle.genesisBlock.hash()));
  });

  it("equals geth's own test vector, with its defaults for gas limit and fork order", async () => {
    // core/genesis_test.go, "custom block in DB": the genesis {HomesteadBlock: 3} with one account and one slot.
    const word = `0x01${'00'.repeat(31)}`;
    const spec = parseGenesis({
      config: { chainId: 1, homesteadBlock: 3, ethash: {} },
      gasLimit: '0x0',
      difficulty: '0x20000',
      alloc: { [`01${'00'.repeat(19)}`]: { balance: '0x1', storage: { [word]: word } } },
    });
    expect(await genesisHashOf(spec)).toBe('0x89c99d90b79719238d2645c7642f2c9295246e80775b38cfd162b696817fbd50');
  });

  it('of the dev chain is the same on every start, and survives a round trip through a file', async () => {
    const spec = parseGenesis(devGenesis());
    const again = parseGenesis(parseGenesisText(formatGenesis(serializeGenesis(spec))));
    expect(again).toEqual(spec);
    expect(await genesisHashOf(again)).toBe(await genesisHashOf(parseGenesis(devGenesis())));
  });
});

const text = sharedVector('execution-apis/genesis.json');
const chain = sharedVector('execution-apis/chain.rlp');

describe.skipIf(text === undefined || chain === undefined)('execution-apis', () => {
  it('has a genesis whose hash is the parent of block 1, with its forks where they stand', async () => {
    const spec = parseGenesis(parseGenesisText(String(text)));
    const [header] = RLP.decode(new Uint8Array(chain as Buffer), true).data as unknown as Uint8Array[][];
    expect(await genesisHashOf(spec)).toBe(bytesToHex(header?.[0] as Uint8Array));
    expect(spec.chainId).toBe(3503995874084926n);
    expect(spec.forks).toHaveLength(17);
    expect(spec.forks.find(({ fork }) => fork === 'paris')).toEqual({ fork: 'paris', block: 36n });
    expect(spec.forks.at(-1)).toEqual({ fork: 'osaka', timestampSeconds: 480n });
    expect(spec.blobSchedules.map(({ name, timestampSeconds }) => [name, timestampSeconds])).toEqual([
      ['cancun', 420n],
      ['prague', 450n],
      ['osaka', 480n],
      ['bpo1', 510n],
      ['bpo2', 540n],
    ]);
    expect(spec.terminalTotalDifficulty).toBe(4732352n);
    expect(parseGenesis(serializeGenesis(spec))).toEqual(spec);
  });
});
