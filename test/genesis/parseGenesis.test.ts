import { describe, expect, it } from 'vitest';
import { forkAt } from '../../genesis/forks.ts';
import { GENESIS_BYTES_MAX, GENESIS_DEPTH_MAX, parseGenesisText } from '../../genesis/genesisText.ts';
import { GENESIS_ACCOUNTS_MAX } from '../../genesis/parseAlloc.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { parseAddress } from '../../primitives/bytes.ts';
import { plainGenesis, refusal } from './helpers.ts';

const A = '00000000000000000000000000000000000000aa';
const BLOCK_FORKS = [
  'homesteadBlock',
  'eip150Block',
  'eip155Block',
  'eip158Block',
  'byzantiumBlock',
  'constantinopleBlock',
  'petersburgBlock',
  'istanbulBlock',
  'muirGlacierBlock',
  'berlinBlock',
  'londonBlock',
  'arrowGlacierBlock',
  'grayGlacierBlock',
  'mergeNetsplitBlock',
];

/** Every block fork at its own height: homestead at 1, then in steps of 1 (155 and 158 together). */
function stairs(): Record<string, number> {
  return Object.fromEntries(BLOCK_FORKS.map((key, index) => [key, key === 'eip155Block' ? 4 : index + 1]));
}
const TIMES = { terminalTotalDifficulty: 5, shanghaiTime: 100, cancunTime: 200, pragueTime: 300, osakaTime: 400 };
const BPO = { target: 10, max: 15, baseFeeUpdateFraction: 8346193 };

describe('accepted', () => {
  it('every fork at its own start', () => {
    const spec = parseGenesis(plainGenesis({ ...stairs(), ...TIMES }));
    expect(spec.forks.map(({ fork }) => fork)).toEqual([
      'frontier',
      'homestead',
      'tangerineWhistle',
      'spuriousDragon',
      'byzantium',
      'constantinople',
      'petersburg',
      'istanbul',
      'muirGlacier',
      'berlin',
      'london',
      'arrowGlacier',
      'grayGlacier',
      'paris',
      'shanghai',
      'cancun',
      'prague',
      'osaka',
    ]);
    expect(forkAt(spec.forks, 0n, 0n)).toBe('frontier');
    expect(forkAt(spec.forks, 14n, 99n)).toBe('paris');
    expect(forkAt(spec.forks, 15n, 400n)).toBe('osaka');
    // Files older than blobSchedule take what the EIPs say.
    expect(spec.blobSchedules.map(({ name, target, max }) => [name, target, max])).toEqual([
      ['cancun', 3, 6],
      ['prague', 6, 9],
      ['osaka', 6, 9],
    ]);
  });

  it('petersburg starts with constantinople unless given', () => {
    const forks = { eip150Block: 0, eip155Block: 0, eip158Block: 0, byzantiumBlock: 0, constantinopleBlock: 9 };
    expect(parseGenesis(plainGenesis({ ...forks, istanbulBlock: 9 })).forks).toContainEqual({
      fork: 'petersburg',
      block: 9n,
    });
  });

  it.each([
    ['terminalTotalDifficulty 0', { terminalTotalDifficulty: 0, terminalTotalDifficultyPassed: true }],
    ['mergeForkBlock, the older name', { mergeForkBlock: 0 }],
    ['shanghai in force at genesis', { shanghaiTime: 0 }],
  ])('Paris starts at genesis with %s', (_, extra) => {
    const { grayGlacierBlock: _g, mergeNetsplitBlock: _m, ...rest } = stairs();
    const zero = Object.fromEntries(Object.keys(rest).map((key) => [key, 0]));
    expect(parseGenesis(plainGenesis({ ...zero, ...extra })).forks).toContainEqual({ fork: 'paris', block: 0n });
  });

  it('a proof-of-work chain that has not merged has no Paris', () => {
    const spec = parseGenesis(plainGenesis({ terminalTotalDifficulty: '58750000000000000000000', ethash: {} }));
    expect(spec.terminalTotalDifficulty).toBe(58750000000000000000000n);
    expect(spec.forks).toEqual([{ fork: 'homestead', block: 0n }]);
  });

  it('blob-parameter forks after Osaka', () => {
    const blobSchedule = { bpo1: BPO, bpo2: { ...BPO, max: 16 }, bpo3: BPO, bpo4: BPO, bpo5: BPO };
    const times = { bpo1Time: 500, bpo2Time: 600, bpo3Time: 700, bpo4Time: 800, bpo5Time: 900 };
    const spec = parseGenesis(plainGenesis({ ...stairs(), ...TIMES, ...times, blobSchedule }));
    expect(spec.blobSchedules.slice(3).map(({ name, timestampSeconds, max }) => [name, timestampSeconds, max])).toEqual(
      [
        ['bpo1', 500n, 15],
        ['bpo2', 600n, 16],
        ['bpo3', 700n, 15],
        ['bpo4', 800n, 15],
        ['bpo5', 900n, 15],
      ],
    );
  });

  it('what geth accepts in an account and in names', () => {
    const spec = parseGenesis({
      config: { chainID: '0x7', homesteadBlock: 0, unheardOf: 1, petersburgBlock: null },
      gaslimit: 16777216,
      difficulty: '131072',
      mixhash: `0x${'ab'.repeat(32)}`,
      comment: 'ignored',
      alloc: {
        [A]: { balance: '10', nonce: '0x02', code: '', storage: { '0x01': '02', '03': '0x00' } },
        [`0X${'0B'.repeat(20)}`]: { balance: '' },
        [`0x${'0a'.repeat(20)}`]: { balance: 12, ignored: true, secretKey: '0x1' },
      },
    });
    expect(spec.genesis.gasLimit).toBe(16777216n);
    expect(spec.genesis.mixHash[0]).toBe(0xab);
    expect(spec.alloc.map(({ address, balanceWei }) => [address[0], balanceWei])).toEqual([
      [0, 10n],
      [10, 12n],
      [11, 0n],
    ]);
    expect(spec.alloc[0]?.storage).toHaveLength(1);
    expect(spec.alloc[0]?.storage[0]?.slot).toHaveLength(32);
    expect(spec.alloc[0]?.storage[0]?.value[31]).toBe(2);
    expect(spec.alloc[0]?.nonce).toBe(2n);
  });

  it('the limits themselves', () => {
    const balance = `0x${'f'.repeat(64)}`;
    const spec = parseGenesis(
      plainGenesis({ chainId: '18446744073709551615' }, { alloc: { [A]: { balance, nonce: '0xffffffffffffffff' } } }),
    );
    expect(spec.chainId).toBe(2n ** 64n - 1n);
    expect(spec.alloc[0]?.balanceWei).toBe(2n ** 256n - 1n);
    expect(spec.alloc[0]?.nonce).toBe(2n ** 64n - 1n);
  });

  it('the deposit contract', () => {
    const text = '0x00000000219ab540356cBB839Cbe05303d7705Fa';
    expect(parseGenesis(plainGenesis({ depositContractAddress: text })).depositContractAddress).toEqual(
      parseAddress(text),
    );
  });

  it('a spec that nobody can change afterwards', () => {
    const json = plainGenesis({ ethash: {} });
    const spec = parseGenesis(json);
    (json.config as Record<string, unknown>).chainId = 8;
    expect(spec.config.chainId).toBe(7);
    expect(() => Object.assign(spec, { chainId: 9n })).toThrow(TypeError);
    expect(() => Object.assign(spec.config, { chainId: 9n })).toThrow(TypeError);
    expect(() => (spec.forks as unknown[]).push(1)).toThrow(TypeError);
  });
});

describe('refused', () => {
  const cases: readonly [string, Record<string, unknown>, Record<string, unknown>, string, string][] = [
    ['a fork before an earlier one', { ...stairs(), berlinBlock: 1 }, {}, 'GENESIS_FORK_ORDER', 'config.berlinBlock'],
    ['a fork left out', { ...stairs(), istanbulBlock: null }, {}, 'GENESIS_FORK_ORDER', 'config.istanbulBlock'],
    [
      'a time before an earlier one',
      { ...stairs(), ...TIMES, osakaTime: 299 },
      {},
      'GENESIS_FORK_ORDER',
      'config.osakaTime',
    ],
    [
      'a time without London',
      { shanghaiTime: 5, mergeNetsplitBlock: 3 },
      {},
      'GENESIS_FORK_ORDER',
      'config.eip150Block',
    ],
    ['EIP-155 apart from EIP-158', { ...stairs(), eip155Block: 5 }, {}, 'GENESIS_FORK_ORDER', 'config.eip155Block'],
    ['EIP-155 without EIP-158', { eip150Block: 0, eip155Block: 0 }, {}, 'GENESIS_FORK_ORDER', 'config.eip155Block'],
    [
      'two names of the merge that differ',
      { ...stairs(), mergeForkBlock: 15 },
      {},
      'GENESIS_FORK_ORDER',
      'config.mergeForkBlock',
    ],
    [
      'a later merge at total difficulty 0',
      { ...stairs(), terminalTotalDifficulty: 0 },
      {},
      'GENESIS_INVALID_RULE',
      'config.mergeNetsplitBlock',
    ],
    [
      'a merge at an unknown block',
      { ...stairs(), ...TIMES, mergeNetsplitBlock: null },
      {},
      'GENESIS_MISSING_FIELD',
      'config.mergeNetsplitBlock',
    ],
    ['a fork of the future', { amsterdamTime: 0 }, {}, 'GENESIS_UNSUPPORTED', 'config.amsterdamTime'],
    ['a misspelt fork', { shangaiTime: 0 }, {}, 'GENESIS_UNSUPPORTED', 'config.shangaiTime'],
    ['bpo6', { bpo6Time: 0 }, {}, 'GENESIS_UNSUPPORTED', 'config.bpo6Time'],
    ['clique', { clique: { period: 5, epoch: 30000 } }, {}, 'GENESIS_UNSUPPORTED', 'config.clique'],
    ['qbft', { qbft: {} }, {}, 'GENESIS_UNSUPPORTED', 'config.qbft'],
    ['the DAO fork', { daoForkBlock: 4, daoForkSupport: true }, {}, 'GENESIS_UNSUPPORTED', 'config.daoForkSupport'],
    ['Verkle', { enableVerkleAtGenesis: true }, {}, 'GENESIS_UNSUPPORTED', 'config.enableVerkleAtGenesis'],
    ['a bpo before Osaka', { bpo1Time: 5, blobSchedule: { bpo1: BPO } }, {}, 'GENESIS_FORK_ORDER', 'config.bpo1Time'],
    [
      'a bpo out of order',
      { ...stairs(), ...TIMES, bpo1Time: 399, blobSchedule: { bpo1: BPO } },
      {},
      'GENESIS_FORK_ORDER',
      'config.bpo1Time',
    ],
    [
      'a bpo without parameters',
      { ...stairs(), ...TIMES, bpo1Time: 500 },
      {},
      'GENESIS_MISSING_FIELD',
      'config.blobSchedule.bpo1',
    ],
    [
      'a target above max',
      { blobSchedule: { cancun: { ...BPO, target: 16 } } },
      {},
      'GENESIS_INVALID_RULE',
      'config.blobSchedule.cancun.target',
    ],
    [
      'a fraction of 0',
      { blobSchedule: { cancun: { ...BPO, baseFeeUpdateFraction: 0 } } },
      {},
      'GENESIS_INVALID_RULE',
      'config.blobSchedule.cancun.baseFeeUpdateFraction',
    ],
    [
      'a blob schedule of an unknown fork',
      { blobSchedule: { praque: BPO } },
      {},
      'GENESIS_UNKNOWN_FIELD',
      'config.blobSchedule.praque',
    ],
    ['no chain id', { chainId: null }, {}, 'GENESIS_MISSING_FIELD', 'config.chainId'],
    ['chain id 0', { chainId: 0 }, {}, 'GENESIS_NUMBER_OUT_OF_RANGE', 'config.chainId'],
    ['chain id 2^64', { chainId: '18446744073709551616' }, {}, 'GENESIS_NUMBER_OUT_OF_RANGE', 'config.chainId'],
    ['a chain id that lost digits', { chainId: 2 ** 53 }, {}, 'GENESIS_INVALID_NUMBER', 'config.chainId'],
    ['a fork at a fraction', { homesteadBlock: 1.5 }, {}, 'GENESIS_INVALID_NUMBER', 'config.homesteadBlock'],
    ['a negative fork', { homesteadBlock: -1 }, {}, 'GENESIS_NUMBER_OUT_OF_RANGE', 'config.homesteadBlock'],
    ['a fork that is true', { homesteadBlock: true }, {}, 'GENESIS_INVALID_NUMBER', 'config.homesteadBlock'],
    [
      'a short deposit contract',
      { depositContractAddress: '0x12' },
      {},
      'GENESIS_INVALID_HEX',
      'config.depositContractAddress',
    ],
    ['one name in two spellings', { chainID: 7 }, {}, 'GENESIS_DUPLICATE_KEY', 'config.chainID'],
    ['no config', {}, { config: null }, 'GENESIS_MISSING_FIELD', 'config'],
    ['config of another kind', {}, { config: [] }, 'GENESIS_WRONG_TYPE', 'config'],
    ['no alloc', {}, { alloc: null }, 'GENESIS_MISSING_FIELD', 'alloc'],
    ['no gas limit', {}, { gasLimit: undefined }, 'GENESIS_MISSING_FIELD', 'gasLimit'],
    ['a gas limit of 2^63', {}, { gasLimit: '0x8000000000000000' }, 'GENESIS_NUMBER_OUT_OF_RANGE', 'gasLimit'],
    ['no difficulty', {}, { difficulty: undefined }, 'GENESIS_MISSING_FIELD', 'difficulty'],
    ['a cut mix hash', {}, { mixHash: '0x00' }, 'GENESIS_INVALID_HEX', 'mixHash'],
    ['33 bytes of extra data', {}, { extraData: `0x${'00'.repeat(33)}` }, 'GENESIS_INVALID_RULE', 'extraData'],
    ['odd extra data', {}, { extraData: '0x123' }, 'GENESIS_INVALID_HEX', 'extraData'],
    [
      'one account in two spellings',
      {},
      { alloc: { [A]: { balance: 0 }, [`0x${A}`]: { balance: 0 } } },
      'GENESIS_DUPLICATE_KEY',
      `alloc.0x${A}`,
    ],
    [
      'one account in two cases',
      {},
      { alloc: { [A]: { balance: 0 }, [A.toUpperCase()]: { balance: 0 } } },
      'GENESIS_DUPLICATE_KEY',
      `alloc.0x${A}`,
    ],
    ['an account of 19 bytes', {}, { alloc: { '0x12': { balance: 0 } } }, 'GENESIS_INVALID_HEX', 'alloc.0x12'],
    ['an account without balance', {}, { alloc: { [A]: {} } }, 'GENESIS_MISSING_FIELD', `alloc.0x${A}.balance`],
    [
      'a negative balance',
      {},
      { alloc: { [A]: { balance: '-1' } } },
      'GENESIS_NUMBER_OUT_OF_RANGE',
      `alloc.0x${A}.balance`,
    ],
    [
      'a balance of 2^256',
      {},
      { alloc: { [A]: { balance: `0x1${'0'.repeat(64)}` } } },
      'GENESIS_NUMBER_OUT_OF_RANGE',
      `alloc.0x${A}.balance`,
    ],
    ['hex that is not', {}, { alloc: { [A]: { balance: '0xzz' } } }, 'GENESIS_INVALID_NUMBER', `alloc.0x${A}.balance`],
    ['bare 0x', {}, { alloc: { [A]: { balance: '0x' } } }, 'GENESIS_INVALID_NUMBER', `alloc.0x${A}.balance`],
    [
      'a number without end',
      {},
      { alloc: { [A]: { balance: '0'.repeat(200) } } },
      'GENESIS_INVALID_NUMBER',
      `alloc.0x${A}.balance`,
    ],
    [
      'a nonce of 2^64',
      {},
      { alloc: { [A]: { balance: 0, nonce: '0x10000000000000000' } } },
      'GENESIS_NUMBER_OUT_OF_RANGE',
      `alloc.0x${A}.nonce`,
    ],
    [
      'code without 0x',
      {},
      { alloc: { [A]: { balance: 0, code: '6000' } } },
      'GENESIS_INVALID_HEX',
      `alloc.0x${A}.code`,
    ],
    [
      'one slot in two widths',
      {},
      { alloc: { [A]: { balance: 0, storage: { '0x01': '0x01', '0x0001': '0x01' } } } },
      'GENESIS_DUPLICATE_KEY',
      `alloc.0x${A}.storage.0x0001`,
    ],
    [
      'a slot of 33 bytes',
      {},
      { alloc: { [A]: { balance: 0, storage: { [`0x${'00'.repeat(33)}`]: '0x01' } } } },
      'GENESIS_INVALID_HEX',
      `alloc.0x${A}.storage.0x${'00'.repeat(33)}`,
    ],
    [
      'an odd value',
      {},
      { alloc: { [A]: { balance: 0, storage: { '0x01': '0x1' } } } },
      'GENESIS_INVALID_HEX',
      `alloc.0x${A}.storage.0x01`,
    ],
    ['an account that is a number', {}, { alloc: { [A]: 5 } }, 'GENESIS_WRONG_TYPE', `alloc.0x${A}`],
  ];

  it.each(cases)('%s', (_, config, top, code, path) => {
    expect(refusal(() => parseGenesis(plainGenesis(config, top)))).toMatchObject({ code, path });
  });

  it.each([null, [], 'text', 5, undefined])('what is no object: %j', (json) => {
    expect(refusal(() => parseGenesis(json)).code).toBe('GENESIS_WRONG_TYPE');
  });

  it('says where, what was expected and what stood there', () => {
    const json = plainGenesis({}, { alloc: { [A]: { balance: 'lots' } } });
    expect(refusal(() => parseGenesis(json)).message).toBe(
      `genesis alloc.0x${A}.balance: expected a whole number from 0 to 2^256 - 1, in decimal or 0x-hex, got "lots"`,
    );
    expect(refusal(() => parseGenesis(plainGenesis({ shangaiTime: 0 }))).message).toContain('"shanghaiTime"');
  });
});

describe('text', () => {
  it('keeps every digit of large integers, and nothing of strings', () => {
    const text = '{"a":58750000000000000000000,"b":"x58750000000000000000000 ","c":[1e3,-12345678901234567890],"d":1}';
    expect(parseGenesisText(text)).toEqual({
      a: '58750000000000000000000',
      b: 'x58750000000000000000000 ',
      c: [1000, '-12345678901234567890'],
      d: 1,
    });
  });

  it.each([
    ['{"alloc":{"aa":{"balance":1},"aa":{"balance":2}}}', 'alloc.aa'],
    ['{"config":1,"config":2}', 'config'],
    ['{"a":"x","\\u0061":"y"}', 'a'],
  ])('refuses equal keys: %s', (text, path) => {
    expect(refusal(() => parseGenesisText(text))).toMatchObject({ code: 'GENESIS_DUPLICATE_KEY', path });
  });

  it.each(['', '{', '{"a":}', '{"a":"', 'nonsense', '{"a":1}}', '{"a" 1}', '"\\x"'])(
    'refuses what is no JSON: %s',
    (text) => {
      expect(refusal(() => parseGenesisText(text)).code).toBe('GENESIS_INVALID_JSON');
    },
  );

  it('accepts a byte order mark', () => {
    expect(parseGenesisText('\uFEFF{}')).toEqual({});
  });

  it('is bounded in depth and size', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseGenesisText(nested(GENESIS_DEPTH_MAX))).toHaveLength(1);
    expect(refusal(() => parseGenesisText(nested(GENESIS_DEPTH_MAX + 1))).code).toBe('GENESIS_TOO_LARGE');
    const fill = (size: number): string => `"${' '.repeat(size - 2)}"`;
    expect(parseGenesisText(fill(GENESIS_BYTES_MAX))).toHaveLength(GENESIS_BYTES_MAX - 2);
    expect(refusal(() => parseGenesisText(fill(GENESIS_BYTES_MAX + 1))).code).toBe('GENESIS_TOO_LARGE');
    const escapes = `"${'\\\\'.repeat(GENESIS_BYTES_MAX / 2 - 1)}"`;
    expect(parseGenesisText(escapes)).toHaveLength(GENESIS_BYTES_MAX / 2 - 1);
    expect(refusal(() => parseGenesisText(' '.repeat(GENESIS_BYTES_MAX))).code).toBe('GENESIS_INVALID_JSON');
    const wide = `"${'é'.repeat(GENESIS_BYTES_MAX / 2)}"`;
    expect(refusal(() => parseGenesisText(wide)).code).toBe('GENESIS_TOO_LARGE');
  });

  it('is bounded in accounts', () => {
    // The first account has no address, so at the limit that is what is found.
    const alloc: Record<string, unknown> = { none: {} };
    for (let i = 1; i < GENESIS_ACCOUNTS_MAX; i++) alloc[`k${i}`] = null;
    expect(refusal(() => parseGenesis(plainGenesis({}, { alloc }))).code).toBe('GENESIS_INVALID_HEX');
    alloc.more = null;
    expect(refusal(() => parseGenesis(plainGenesis({}, { alloc }))).code).toBe('GENESIS_TOO_LARGE');
  });

  it('already parsed JSON is bounded in depth as well', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(refusal(() => parseGenesis(plainGenesis({ extra: deep }))).code).toBe('GENESIS_TOO_LARGE');
  });
});
