// eth_config against the vector of execution-apis, and fork hashes against the table of EIP-2124.
import { describe, expect, test } from 'vitest';
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { parseAddress, parseHash, ZERO_ADDRESS } from '../../primitives/bytes.ts';
import { forkConfig, forkHash } from '../../rpc/forkConfig.ts';
import { testSpec } from './support/testNode.ts';

/** Mainnet's forks; EIP-2124 lists the hashes up to Petersburg, EIP-6122 those of times. */
const MAINNET: ChainSpec = {
  ...testSpec({
    homesteadBlock: 1_150_000,
    daoForkBlock: 1_920_000,
    daoForkSupport: true,
    eip150Block: 2_463_000,
    eip155Block: 2_675_000,
    eip158Block: 2_675_000,
    byzantiumBlock: 4_370_000,
    constantinopleBlock: 7_280_000,
    petersburgBlock: 7_280_000,
    istanbulBlock: 9_069_000,
    muirGlacierBlock: 9_200_000,
    berlinBlock: 12_244_000,
    londonBlock: 12_965_000,
    arrowGlacierBlock: 13_773_000,
    grayGlacierBlock: 15_050_000,
    shanghaiTime: 1_681_338_455,
    cancunTime: 1_710_338_135,
    pragueTime: 1_746_612_311,
    depositContractAddress: '0x00000000219ab540356cbb839cbe05303d7705fa',
  }),
  genesis: { ...testSpec().genesis, timestampSeconds: 0n },
};
const MAINNET_GENESIS = parseHash('0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3');

describe('fork hashes of mainnet', () => {
  test.each([
    [0n, '0xfc64ec04'],
    [1_149_999n, '0xfc64ec04'],
    [1_150_000n, '0x97c2c34c'],
    [1_920_000n, '0x91d1f948'],
    [2_463_000n, '0x7a64da13'],
    [2_675_000n, '0x3edd5b10'],
    [4_370_000n, '0xa00bc324'],
    [7_280_000n, '0x668db0af'],
    [9_069_000n, '0x879d6e30'],
    [9_200_000n, '0xe029e991'],
    [12_244_000n, '0x0eb440f6'],
    [12_965_000n, '0xb715077d'],
    [13_773_000n, '0x20c327fc'],
    [15_050_000n, '0xf0afd0e3'],
  ])('at block %i', (block, expected) => {
    expect(forkHash(MAINNET, MAINNET_GENESIS, { block })).toBe(expected);
  });
  test.each([
    [1_681_338_455n, '0xdce96c2d'],
    [1_710_338_135n, '0x9f3d2254'],
    [1_746_612_311n, '0xc376cf8b'],
  ])('at time %i', (timestampSeconds, expected) => {
    expect(forkHash(MAINNET, MAINNET_GENESIS, { timestampSeconds })).toBe(expected);
  });
});

describe('eth_config', () => {
  interface Config {
    readonly current: Record<string, unknown>;
    readonly next: Record<string, unknown> | null;
    readonly last: Record<string, unknown> | null;
  }
  const schedule = (name: string, timestampSeconds: bigint) => ({
    name,
    timestampSeconds,
    target: 6,
    max: 9,
    baseFeeUpdateFraction: 5_007_716n,
  });
  const spec: ChainSpec = {
    ...testSpec({ cancunTime: 0, pragueTime: 2_000, osakaTime: 3_000 }),
    depositContractAddress: ZERO_ADDRESS,
    forks: [
      { fork: 'paris', block: 0n },
      { fork: 'cancun', timestampSeconds: 0n },
      { fork: 'prague', timestampSeconds: 2_000n },
      { fork: 'osaka', timestampSeconds: 3_000n },
    ],
    blobSchedules: [schedule('cancun', 0n), schedule('prague', 2_000n), schedule('bpo1', 4_000n)],
  };
  const device = {
    name: 'DeviceDID',
    address: parseAddress('0x0000000000000000000000000000000000000d01'),
    version: 1,
    activationTimestampSeconds: 2_000n,
    abi: [],
    gas: {},
  };
  const at = (nowSeconds: bigint): Config =>
    forkConfig({ spec, genesisHash: MAINNET_GENESIS, precompiles: [device] }, nowSeconds) as Config;

  test('current, next and last follow the time', () => {
    const times = ({ current, next, last }: Config): unknown[] => [
      current['activationTime'],
      next?.['activationTime'],
      last?.['activationTime'],
    ];
    expect(times(at(1_000n))).toEqual([1_000, 2_000, 4_000]);
    expect(times(at(1_999n))).toEqual([1_000, 2_000, 4_000]);
    expect(times(at(2_000n))).toEqual([2_000, 3_000, 4_000]);
    expect(times(at(3_999n))).toEqual([3_000, 4_000, 4_000]);
    expect(times(at(4_000n))).toEqual([4_000, undefined, undefined]);
    expect(at(4_000n)).toMatchObject({ next: null, last: null });
  });
  test('contracts appear with their forks, native ones with their activation', () => {
    const { current, next, last } = at(1_000n);
    expect(current['precompiles']).toHaveProperty('KZG_POINT_EVALUATION');
    expect(current['precompiles']).not.toHaveProperty('BLS12_G1ADD');
    expect(current['precompiles']).not.toHaveProperty('DeviceDID');
    expect(current['systemContracts']).toEqual({ BEACON_ROOTS_ADDRESS: '0x000f3df6d732807ef1319fb7b8bb8522d0beac02' });
    expect(next?.['precompiles']).toMatchObject({ DeviceDID: '0x0000000000000000000000000000000000000d01' });
    expect(next?.['systemContracts']).toHaveProperty('DEPOSIT_CONTRACT_ADDRESS');
    expect(last?.['precompiles']).toHaveProperty('P256VERIFY');
    expect(current['forkId']).not.toBe(next?.['forkId']);
  });
});
