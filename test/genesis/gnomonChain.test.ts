import { readFileSync } from 'node:fs';
import { RLP } from '@ethereumjs/rlp';
import { getCreateAddress, HDNodeWallet, Mnemonic, Transaction } from 'ethers';
import { describe, expect, it } from 'vitest';
import type { GenesisJson } from '../../genesis/chainSpec.ts';
import { CREATE2_DEPLOYER, DEV_ACCOUNTS, DEV_MNEMONIC, devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesisText } from '../../genesis/genesisText.ts';
import { GNOMON_GAS_LIMIT_MIN, SUPPLY_WEI_MAX } from '../../genesis/gnomonChain.ts';
import { networkGenesis } from '../../genesis/networkGenesis.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { ACTIVATIONS_PER_PRECOMPILE_MAX, BLOCK_TIME_MS_MAX } from '../../genesis/parseGnomonRules.ts';
import { catalogOf, type PrecompileEntry } from '../../genesis/precompileCatalog.ts';
import { formatGenesis, serializeGenesis } from '../../genesis/serializeGenesis.ts';
import { encodeRules, specHash } from '../../genesis/specHash.ts';
import { SYSTEM_CONTRACTS } from '../../genesis/systemContracts.ts';
import { bytesToHex, parseAddress } from '../../primitives/bytes.ts';
import { refusal, sharedVector } from './helpers.ts';

const COUNTER = '0x0000000000000000000000000000000000000d01';
const CATALOG: readonly PrecompileEntry[] = [
  { name: 'counter', address: parseAddress(COUNTER), versions: [1, 2, 3], isStateful: true },
  {
    name: 'hasher',
    address: parseAddress('0x0000000000000000000000000000000000000d10'),
    versions: [1],
    isStateful: false,
  },
];
const A = '0x00000000000000000000000000000000000000aa';

/** A network's file with parts replaced. */
function file(
  gnomon: Record<string, unknown> = {},
  config: Record<string, unknown> = {},
  top: Record<string, unknown> = {},
): Record<string, unknown> {
  const base = networkGenesis(
    { chainId: 4711n, accounts: [], blockTimeMs: 1000, timestampSeconds: 1_700_000_000n },
    [],
  );
  const rules = { ...(base.config.gnomon as Record<string, unknown>), precompiles: {}, ...gnomon };
  return { ...base, config: { ...base.config, ...config, gnomon: rules }, ...top };
}

function accountOf(json: unknown, address: string): { nonce: bigint; code: string; balance: bigint } | undefined {
  const account = parseGenesis(json, CATALOG).alloc.find((entry) => bytesToHex(entry.address) === address);
  return account && { nonce: account.nonce, code: bytesToHex(account.code), balance: account.balanceWei };
}

describe('config.gnomon', () => {
  it('has defaults', () => {
    const { config, ...rest } = file();
    const spec = parseGenesis({ ...rest, config: { ...(config as object), gnomon: {} } }, CATALOG);
    expect(spec.gnomon).toEqual({
      devChain: false,
      heightOffset: 0n,
      feeRecipient: parseAddress(`0x${'00'.repeat(20)}`),
      nativeWorkMicrosecondsPerSecond: 400_000,
      blockTimeMs: 1_000,
      precompiles: [],
    });
  });

  it('activates precompiles by time, in order of time and name', () => {
    const precompiles = {
      hasher: { time: 5, version: 1 },
      counter: [
        { time: 0, version: 1 },
        { time: 5, version: 3 },
      ],
    };
    expect(parseGenesis(file({ precompiles }), CATALOG).gnomon?.precompiles).toEqual([
      { name: 'counter', timestampSeconds: 0n, version: 1 },
      { name: 'counter', timestampSeconds: 5n, version: 3 },
      { name: 'hasher', timestampSeconds: 5n, version: 1 },
    ]);
  });

  it.each([1, BLOCK_TIME_MS_MAX])('dev chains may have blocks of %i ms', (blockTimeMs) => {
    expect(parseGenesis(file({ devChain: true, blockTimeMs }), CATALOG).gnomon?.blockTimeMs).toBe(blockTimeMs);
  });

  const many = (count: number): object[] => Array.from({ length: count }, (_, i) => ({ time: i, version: 1 }));
  const cases: readonly [string, Record<string, unknown>, string, string][] = [
    ['an unknown name', { blockTime: 5 }, 'GENESIS_UNKNOWN_FIELD', 'config.gnomon.blockTime'],
    ['a fast network', { blockTimeMs: 999 }, 'GENESIS_INVALID_RULE', 'config.gnomon.blockTimeMs'],
    ['no block time', { devChain: true, blockTimeMs: 0 }, 'GENESIS_INVALID_RULE', 'config.gnomon.blockTimeMs'],
    [
      'blocks rarer than the limit',
      { blockTimeMs: BLOCK_TIME_MS_MAX + 1 },
      'GENESIS_NUMBER_OUT_OF_RANGE',
      'config.gnomon.blockTimeMs',
    ],
    [
      'no native work',
      { nativeWorkMicrosecondsPerSecond: 0 },
      'GENESIS_INVALID_RULE',
      'config.gnomon.nativeWorkMicrosecondsPerSecond',
    ],
    [
      'more work than time',
      { nativeWorkMicrosecondsPerSecond: 1_000_001 },
      'GENESIS_NUMBER_OUT_OF_RANGE',
      'config.gnomon.nativeWorkMicrosecondsPerSecond',
    ],
    ['a negative offset', { heightOffset: -1 }, 'GENESIS_NUMBER_OUT_OF_RANGE', 'config.gnomon.heightOffset'],
    ['a short recipient', { feeRecipient: '0x00' }, 'GENESIS_INVALID_HEX', 'config.gnomon.feeRecipient'],
    ['devChain as text', { devChain: 'true' }, 'GENESIS_WRONG_TYPE', 'config.gnomon.devChain'],
    [
      'an unknown precompile',
      { precompiles: { conter: { time: 0, version: 1 } } },
      'GENESIS_UNKNOWN_FIELD',
      'config.gnomon.precompiles.conter',
    ],
    [
      'an unknown version',
      { precompiles: { counter: { time: 0, version: 0 } } },
      'GENESIS_INVALID_RULE',
      'config.gnomon.precompiles.counter.version',
    ],
    [
      'a version of the future',
      { precompiles: { counter: { time: 0, version: 4 } } },
      'GENESIS_NUMBER_OUT_OF_RANGE',
      'config.gnomon.precompiles.counter.version',
    ],
    [
      'no version',
      { precompiles: { counter: { time: 0 } } },
      'GENESIS_MISSING_FIELD',
      'config.gnomon.precompiles.counter.version',
    ],
    [
      'an unknown parameter',
      { precompiles: { counter: { time: 0, version: 1, maxBatch: 2 } } },
      'GENESIS_UNKNOWN_FIELD',
      'config.gnomon.precompiles.counter.maxBatch',
    ],
    [
      'versions that fall',
      {
        precompiles: {
          counter: [
            { time: 0, version: 2 },
            { time: 1, version: 1 },
          ],
        },
      },
      'GENESIS_INVALID_RULE',
      'config.gnomon.precompiles.counter.1.version',
    ],
    [
      'times that stand still',
      {
        precompiles: {
          counter: [
            { time: 1, version: 1 },
            { time: 1, version: 2 },
          ],
        },
      },
      'GENESIS_INVALID_RULE',
      'config.gnomon.precompiles.counter.1.time',
    ],
    ['no entries', { precompiles: { counter: [] } }, 'GENESIS_TOO_LARGE', 'config.gnomon.precompiles.counter'],
    [
      'too many entries',
      { precompiles: { counter: many(ACTIVATIONS_PER_PRECOMPILE_MAX + 1) } },
      'GENESIS_TOO_LARGE',
      'config.gnomon.precompiles.counter',
    ],
    [
      // At the limit the entries themselves are read: the second repeats version 1.
      'the second of as many as allowed',
      { precompiles: { counter: many(ACTIVATIONS_PER_PRECOMPILE_MAX) } },
      'GENESIS_INVALID_RULE',
      'config.gnomon.precompiles.counter.1.version',
    ],
  ];
  it.each(cases)('refuses %s', (_, gnomon, code, path) => {
    expect(refusal(() => parseGenesis(file(gnomon), CATALOG))).toMatchObject({ code, path });
  });

  it('suggests the nearest name', () => {
    expect(refusal(() => parseGenesis(file({ blokTimeMs: 5 }), CATALOG)).message).toContain('"blockTimeMs"');
    const precompiles = { conter: { time: 0, version: 1 } };
    expect(refusal(() => parseGenesis(file({ precompiles }), CATALOG)).message).toContain('"counter"');
  });
});

describe('a Gnomon chain', () => {
  const wei = (value: bigint): string => `0x${value.toString(16)}`;
  const cases: readonly [string, Record<string, unknown>, Record<string, unknown>, string, string][] = [
    ['Osaka later', { osakaTime: 1_700_000_001 }, {}, 'GENESIS_INVALID_RULE', 'config'],
    [
      'blob-parameter forks',
      {
        bpo1Time: 1_800_000_000,
        blobSchedule: { bpo1: { target: 9, max: 12, baseFeeUpdateFraction: 8_832_827 } },
      },
      {},
      'GENESIS_INVALID_RULE',
      'config.bpo1Time',
    ],
    ['an unknown name in config', { foo: 1 }, {}, 'GENESIS_UNKNOWN_FIELD', 'config.foo'],
    ['an unknown name', {}, { balance: 1 }, 'GENESIS_UNKNOWN_FIELD', 'balance'],
    [
      'an unknown name in an account',
      {},
      { alloc: { [A]: { balance: 0, codes: '0x' } } },
      'GENESIS_UNKNOWN_FIELD',
      `alloc.${A}.codes`,
    ],
    ['difficulty', {}, { difficulty: 1 }, 'GENESIS_INVALID_RULE', 'difficulty'],
    ['a block number', {}, { number: 1 }, 'GENESIS_INVALID_RULE', 'number'],
    ['used gas', {}, { gasUsed: 1 }, 'GENESIS_INVALID_RULE', 'gasUsed'],
    ['blob gas', {}, { blobGasUsed: 1 }, 'GENESIS_INVALID_RULE', 'blobGasUsed'],
    ['excess blob gas', {}, { excessBlobGas: 1 }, 'GENESIS_INVALID_RULE', 'excessBlobGas'],
    ['a nonce', {}, { nonce: '0x42' }, 'GENESIS_INVALID_RULE', 'nonce'],
    ['a parent', {}, { parentHash: `0x${'01'.repeat(32)}` }, 'GENESIS_INVALID_RULE', 'parentHash'],
    [
      'a gas limit one below the least',
      {},
      { gasLimit: wei(GNOMON_GAS_LIMIT_MIN - 1n) },
      'GENESIS_INVALID_RULE',
      'gasLimit',
    ],
    [
      'one wei too many',
      {},
      { alloc: { [A]: { balance: wei(SUPPLY_WEI_MAX) }, [COUNTER]: { balance: 1 } } },
      'GENESIS_INVALID_RULE',
      'alloc',
    ],
    [
      'other code of a system contract',
      {},
      { alloc: { '000f3df6d732807ef1319fb7b8bb8522d0beac02': { balance: 0, code: '0x00' } } },
      'GENESIS_ACCOUNT_CONFLICT',
      'alloc.0x000f3df6d732807ef1319fb7b8bb8522d0beac02.code',
    ],
  ];
  it.each(cases)('refuses %s', (_, config, top, code, path) => {
    expect(refusal(() => parseGenesis(file({}, config, top), CATALOG))).toMatchObject({ code, path });
  });

  it('may have as much wei and as little gas as the limits say', () => {
    const top = { gasLimit: wei(GNOMON_GAS_LIMIT_MIN), alloc: { [A]: { balance: wei(SUPPLY_WEI_MAX) } } };
    expect(parseGenesis(file({}, {}, top), CATALOG).genesis.gasLimit).toBe(GNOMON_GAS_LIMIT_MIN);
  });

  it('gets its system contracts and the accounts of stateful precompiles that are in force', () => {
    const empty = { alloc: { [A]: { balance: 1 } } };
    for (const { address, code } of SYSTEM_CONTRACTS)
      expect(accountOf(file({}, {}, empty), bytesToHex(address))).toEqual({
        nonce: 1n,
        code: bytesToHex(code),
        balance: 0n,
      });
    const from = (time: number): unknown => file({ precompiles: { counter: { time, version: 1 } } }, {}, empty);
    const stub = { nonce: 1n, code: '0x60006000fd', balance: 0n };
    expect(accountOf(from(1_700_000_000), COUNTER)).toEqual(stub);
    expect(accountOf(from(1_700_000_001), COUNTER)).toBeUndefined();
    const hasher = { precompiles: { hasher: { time: 0, version: 1 } } };
    expect(accountOf(file(hasher, {}, empty), '0x0000000000000000000000000000000000000d10')).toBeUndefined();
  });

  it('completes an account of the protocol that the file funds, and refuses another content', () => {
    const precompiles = { counter: { time: 0, version: 1 } };
    const withAccount = (account: object): unknown => file({ precompiles }, {}, { alloc: { [COUNTER]: account } });
    expect(accountOf(withAccount({ balance: '7' }), COUNTER)).toEqual({ nonce: 1n, code: '0x60006000fd', balance: 7n });
    expect(accountOf(withAccount({ balance: 0, nonce: 1, code: '0x60006000fd' }), COUNTER)?.nonce).toBe(1n);
    expect(refusal(() => parseGenesis(withAccount({ balance: 0, code: '0x00' }), CATALOG))).toMatchObject({
      code: 'GENESIS_ACCOUNT_CONFLICT',
      path: `alloc.${COUNTER}.code`,
    });
    expect(refusal(() => parseGenesis(withAccount({ balance: 0, nonce: 2 }), CATALOG))).toMatchObject({
      code: 'GENESIS_ACCOUNT_CONFLICT',
      path: `alloc.${COUNTER}.nonce`,
    });
  });

  it('knows each precompile of a registry once, with its versions', () => {
    const run = (): never => {
      throw new Error('not called');
    };
    const one = { name: 'counter', address: parseAddress(COUNTER), isStateful: true, run };
    expect(
      catalogOf({
        byRule: [
          { ...one, version: 1 },
          { ...one, version: 2 },
        ],
      }),
    ).toEqual([{ name: 'counter', address: parseAddress(COUNTER), versions: [1, 2], isStateful: true }]);
  });
});

describe('spec hash', () => {
  const base = (): ReturnType<typeof parseGenesis> =>
    parseGenesis(file({ precompiles: { counter: { time: 0, version: 1 } } }), CATALOG);

  it('is that of the worked example of docs/spec/genesis.md, and of an encoding made apart', () => {
    const document = readFileSync(new URL('../../docs/spec/genesis.md', import.meta.url), 'utf8');
    const blocks = [...document.matchAll(/```(?:json|text)\n([\s\S]*?)```/g)].map(([, block = '']) => block);
    const [json = '', encoding, hash] = blocks;
    const spec = parseGenesis(parseGenesisText(json));
    expect(bytesToHex(encodeRules(spec))).toBe(encoding?.replaceAll('\n', ''));
    expect(bytesToHex(spec.specHash)).toBe(hash?.trim());

    const at0 = (fork: string): unknown => [fork, ['0x'], []];
    const from0 = (fork: string): unknown => [fork, [], ['0x']];
    const blob = (name: string, target: number, max: number, fraction: number): unknown => [
      name,
      '0x',
      target,
      max,
      fraction,
    ];
    const blockForks =
      'homestead tangerineWhistle spuriousDragon byzantium constantinople petersburg istanbul berlin london paris';
    const expected = [
      'gnomon spec 1',
      4711,
      [...blockForks.split(' ').map(at0), ...'shanghai cancun prague osaka'.split(' ').map(from0)],
      [blob('cancun', 3, 6, 3338477), blob('prague', 6, 9, 5007716), blob('osaka', 6, 9, 5007716)],
      ['0x'],
      [],
      [['0x', '0x', '0x00000000000000000000000000000000000000aa', 400000, 2000, []]],
    ];
    const bytes = (item: unknown): unknown =>
      Array.isArray(item) ? item.map(bytes) : item === '0x' ? new Uint8Array(0) : item;
    expect(bytesToHex(RLP.encode(bytes(expected) as never))).toBe(encoding?.replaceAll('\n', ''));
  });

  it('changes with every rule, and with nothing else', () => {
    const spec = base();
    const { gnomon } = spec;
    if (gnomon === undefined) throw new Error('a Gnomon chain');
    const variants = [
      spec,
      { ...spec, chainId: 4712n },
      { ...spec, forks: spec.forks.slice(1) },
      {
        ...spec,
        forks: spec.forks.map((fork) => ('block' in fork ? { fork: fork.fork, timestampSeconds: 0n } : fork)),
      },
      { ...spec, blobSchedules: [] },
      { ...spec, terminalTotalDifficulty: undefined },
      { ...spec, depositContractAddress: parseAddress(A) },
      { ...spec, gnomon: undefined },
      { ...spec, gnomon: { ...gnomon, devChain: true } },
      { ...spec, gnomon: { ...gnomon, heightOffset: 1n } },
      { ...spec, gnomon: { ...gnomon, feeRecipient: parseAddress(A) } },
      { ...spec, gnomon: { ...gnomon, nativeWorkMicrosecondsPerSecond: 1 } },
      { ...spec, gnomon: { ...gnomon, blockTimeMs: 1_001 } },
      { ...spec, gnomon: { ...gnomon, precompiles: [] } },
      { ...spec, gnomon: { ...gnomon, precompiles: [{ name: 'counter', timestampSeconds: 1n, version: 1 }] } },
      { ...spec, gnomon: { ...gnomon, precompiles: [{ name: 'counter', timestampSeconds: 0n, version: 2 }] } },
    ];
    expect(new Set(variants.map((rules) => bytesToHex(specHash(rules)))).size).toBe(variants.length);
    const funded = parseGenesis(file({}, {}, { alloc: { [A]: { balance: 5 } }, extraData: '0x05' }), CATALOG);
    expect(funded.specHash).toEqual(parseGenesis(file(), CATALOG).specHash);
  });
});

describe('new genesis files', () => {
  it('a network: gas by block time, no dev methods, funds where they are wanted, stable through a file', () => {
    const accounts = [{ address: parseAddress(A), balanceWei: 5n }];
    const json = networkGenesis(
      { chainId: 99n, accounts, blockTimeMs: 2_500, timestampSeconds: 1_700_000_000n },
      CATALOG,
    );
    const spec = parseGenesis(json, CATALOG);
    expect(spec.genesis.gasLimit).toBe(37_500_000n);
    expect(spec.genesis.timestampSeconds).toBe(1_700_000_000n);
    expect(spec.gnomon).toMatchObject({ devChain: false, blockTimeMs: 2_500 });
    expect(spec.gnomon?.precompiles).toEqual([
      { name: 'counter', timestampSeconds: 0n, version: 3 },
      { name: 'hasher', timestampSeconds: 0n, version: 1 },
    ]);
    expect(accountOf(json, A)?.balance).toBe(5n);
    const text = formatGenesis(serializeGenesis(spec));
    expect(parseGenesis(parseGenesisText(text), CATALOG)).toEqual(spec);
    expect(formatGenesis(serializeGenesis(parseGenesis(parseGenesisText(text), CATALOG)))).toBe(text);
  });

  it('keeps the digits of a large chain id', () => {
    const options = { chainId: 2n ** 64n - 1n, accounts: [], blockTimeMs: 1_000, timestampSeconds: 0n };
    const text = formatGenesis(networkGenesis(options, CATALOG));
    expect(text).toContain('"chainId": 18446744073709551615,');
    expect(parseGenesis(parseGenesisText(text), CATALOG).chainId).toBe(2n ** 64n - 1n);
  });

  it.each([999, 1000.5, Number.NaN])('a network has no block time of %d ms', (blockTimeMs) => {
    const run = (): GenesisJson => networkGenesis({ chainId: 1n, accounts: [], blockTimeMs, timestampSeconds: 0n });
    expect(refusal(run).code).toBe('INVALID_BLOCK_TIME');
  });

  it('names an account that is given twice', () => {
    const twice = { address: parseAddress(A), balanceWei: 1n };
    const options = { chainId: 1n, accounts: [twice, twice], blockTimeMs: 1_000, timestampSeconds: 0n };
    expect(refusal(() => networkGenesis(options)).code).toBe('DUPLICATE_ACCOUNT');
  });

  it('the dev chain: ten accounts of 10,000 GNM derived from the mnemonic, in a fixed order', () => {
    const spec = parseGenesis(devGenesis());
    expect(spec.chainId).toBe(0x129en);
    expect(spec.genesis.gasLimit).toBe(30_000_000n);
    expect(spec.gnomon?.devChain).toBe(true);
    const mnemonic = Mnemonic.fromPhrase(DEV_MNEMONIC);
    expect(DEV_ACCOUNTS).toHaveLength(10);
    for (const [index, { address, privateKey }] of DEV_ACCOUNTS.entries()) {
      const wallet = HDNodeWallet.fromMnemonic(mnemonic, `m/44'/60'/0'/0/${index}`);
      expect(bytesToHex(address)).toBe(wallet.address.toLowerCase());
      expect(bytesToHex(privateKey)).toBe(wallet.privateKey);
      expect(accountOf(devGenesis({}, CATALOG), bytesToHex(address))?.balance).toBe(10_000n * 10n ** 18n);
    }
  });

  it('the CREATE2 deployer stands where its keyless deployment transaction puts this very code', () => {
    // Keyless deployment: a fixed signature (r = s = 0x22…22) decides the sender, and with nonce 0 the address.
    const code = bytesToHex(CREATE2_DEPLOYER.code).slice(2);
    const deployment = Transaction.from({
      type: 0,
      nonce: 0,
      gasPrice: 100_000_000_000n,
      gasLimit: 100_000n,
      value: 0n,
      data: `0x604580600e600039806000f350fe${code}`,
      signature: { r: `0x${'22'.repeat(32)}`, s: `0x${'22'.repeat(32)}`, v: 27 },
    });
    const address = getCreateAddress({ from: deployment.from ?? '', nonce: 0 });
    expect(address.toLowerCase()).toBe(bytesToHex(CREATE2_DEPLOYER.address));
  });
});

const vector = sharedVector('execution-apis/genesis.json');
it.skipIf(vector === undefined)('the system contracts are those of the execution-apis chain', () => {
  const { alloc } = JSON.parse(String(vector)) as GenesisJson;
  for (const { address, code } of SYSTEM_CONTRACTS)
    expect(alloc[bytesToHex(address).slice(2)]?.code).toBe(bytesToHex(code));
});
