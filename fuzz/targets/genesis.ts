// Genesis files: text to a chain spec, which written out again must be the same chain.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesisText } from '../../genesis/genesisText.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { serializeGenesis } from '../../genesis/serializeGenesis.ts';
import { vectorFile } from '../realData.ts';
import { textOf, utf8 } from '../structures.ts';
import { attempt, expectThat, type FuzzTarget } from '../target.ts';

function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? member.toString() : member));
}

function check(input: Uint8Array): string {
  const { value: spec, refusal } = attempt(/^GENESIS_/, () => parseGenesis(parseGenesisText(textOf(input))));
  if (spec === undefined) return refusal;
  const again = parseGenesis(parseGenesisText(jsonText(serializeGenesis(spec))));
  expectThat(isDeepStrictEqual(again.specHash, spec.specHash), 'written out again, the rules are others');
  expectThat(isDeepStrictEqual(again.alloc, spec.alloc), 'written out again, the alloc is another');
  expectThat(isDeepStrictEqual(again.genesis, spec.genesis), 'written out again, the genesis header is another');
  return 'accepted';
}

/** A plain Ethereum chain with the forks of geth's names. */
const GETH_STYLE = {
  config: {
    chainId: 1337,
    ...Object.fromEntries(
      ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul', 'berlin']
        .concat('london')
        .map((fork) => [`${fork}Block`, 0]),
    ),
    terminalTotalDifficulty: 0,
    shanghaiTime: 0,
    cancunTime: 10,
    pragueTime: '0x14',
    blobSchedule: { cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3338477 } },
  },
  nonce: '0x0',
  timestamp: '0x0',
  gasLimit: '0x1c9c380',
  difficulty: 0,
  alloc: {
    '0x71562b71999873db5b286df957af199ec94617f7': { balance: '1000000000000000000000' },
    c0ffee254729296a45a3885639ac7e10f9d54979: {
      balance: '0x1',
      nonce: '0x2',
      code: '0x6001',
      storage: { '0x01': '0x02' },
    },
  },
};

const quantity = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 256n }).map((value) => `0x${value.toString(16)}`),
  fc.nat(),
  fc.bigInt({ min: -1n, max: 2n ** 70n }).map(String),
);
const account = fc.record(
  {
    balance: quantity,
    nonce: quantity,
    code: fc.uint8Array({ maxLength: 40 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
    storage: fc.dictionary(
      fc.bigInt({ min: 0n, max: 300n }).map((slot) => `0x${slot.toString(16).padStart(64, '0')}`),
      quantity,
      { maxKeys: 3 },
    ),
  },
  { requiredKeys: ['balance'] },
);
const structures = fc
  .record({
    alloc: fc.dictionary(
      fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex')),
      account,
      { maxKeys: 4 },
    ),
    gasLimit: quantity,
    timestamp: quantity,
    extraData: fc.constantFrom('0x', '0x00', '0x0'),
    chainId: quantity,
    fork: fc.nat(12),
  })
  .map(({ chainId, fork, ...fields }) => {
    const config = Object.fromEntries(Object.entries(GETH_STYLE.config).slice(0, fork + 1));
    return utf8(JSON.stringify({ ...GETH_STYLE, ...fields, config: { ...config, chainId } }));
  });

export const genesisTarget: FuzzTarget = {
  name: 'genesis',
  about: 'genesis files in geth’s form with and without config.gnomon, written out and read again',
  shape: 'json',
  inputBytesMax: 256 * 1024,
  inputBudgetMs: 500,
  open: () => {
    const real = vectorFile('execution-apis', 'genesis.json');
    const own = jsonText(devGenesis({ timestampSeconds: 1_700_000_000n }));
    return {
      corpus: [utf8(own), utf8(JSON.stringify(GETH_STYLE)), ...(real === undefined ? [] : [real])],
      structures,
      dictionary: ['"0x', '0x', '{', '}', '[', ',', ':', '\\u0000', '1e9', '-', '99999999999999999999', '\ufeff'].map(
        utf8,
      ),
      check,
    };
  },
};
