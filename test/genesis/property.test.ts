import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesisText } from '../../genesis/genesisText.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { formatGenesis, serializeGenesis } from '../../genesis/serializeGenesis.ts';
import { ChainError } from '../../primitives/errors.ts';
import { plainGenesis } from './helpers.ts';

/** What people and machines put where something else belongs. */
const oddity = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('', '0x', '0x0', '-1', '1e3', '0xzz', ' 1', '１', null, -0, 1.5, 2 ** 53, 1e300, '__proto__'),
  fc.bigInt({ min: 0n, max: 2n ** 260n }).map((value) => `0x${value.toString(16)}`),
  fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String),
);

/** Every path to a value in the JSON. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = { ...(value as Record<string, unknown>) };
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const STARTS: readonly unknown[] = [
  devGenesis(),
  plainGenesis(
    { eip150Block: 0, eip155Block: 0, eip158Block: 0, byzantiumBlock: 0, terminalTotalDifficulty: 9, ethash: {} },
    {
      alloc: {
        '00000000000000000000000000000000000000aa': {
          balance: '5',
          nonce: '0x1',
          code: '0x00',
          storage: { '01': '02' },
        },
      },
      extraData: '0x12',
    },
  ),
];

describe('a genesis file with anything anywhere', () => {
  it.each(STARTS)('is parsed or refused by name, and what is parsed survives a round trip', (start) => {
    const paths = pathsOf(start);
    fc.assert(
      fc.property(fc.nat(paths.length - 1), oddity, (index, value) => {
        const json = replaced(start, paths[index] ?? [], value);
        let spec: ReturnType<typeof parseGenesis>;
        try {
          spec = parseGenesis(json);
        } catch (error) {
          expect(error).toBeInstanceOf(ChainError);
          expect((error as ChainError).code).toMatch(/^GENESIS_/);
          return;
        }
        const file = serializeGenesis(spec);
        expect(parseGenesis(file)).toEqual(spec);
        const text = formatGenesis(file);
        expect(formatGenesis(serializeGenesis(parseGenesis(parseGenesisText(text))))).toBe(text);
      }),
      { numRuns: 400 },
    );
  });

  it('text of any kind is JSON, kept as it is, or refused by name', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ maxLength: 4 }), fc.nat(), (value, noise, at) => {
        const text = JSON.stringify(value);
        const cut = at % (text.length + 1);
        const noisy = text.slice(0, cut) + noise + text.slice(cut);
        try {
          const parsed = parseGenesisText(noisy);
          // Nothing is lost but what becomes a string to keep its digits.
          if (!/[0-9]{16}/.test(noisy)) expect(parsed).toEqual(JSON.parse(noisy.replace(/^\uFEFF/, '')));
        } catch (error) {
          expect((error as ChainError).code).toMatch(/^GENESIS_/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
