import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatGnm, parseAmount, parseBlockNumber, parseChainId } from '../../cli/values.ts';

const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT' });

describe('parseAmount', () => {
  it.each([
    ['1gnm', 10n ** 18n],
    ['1.5 GNM', 15n * 10n ** 17n],
    ['0.000000000000000001gnm', 1n],
    ['20gwei', 20n * 10n ** 9n],
    ['1000', 1000n],
    ['1000wei', 1000n],
    ['0', 0n],
  ])('reads %s', (text, wei) => {
    expect(parseAmount(text, 'the amount')).toBe(wei);
  });

  it.each(['', '-1', '1e18', '1,5gnm', '.5gnm', '1.5wei', '0.0000000001gwei', '1ether', '0x10', '1 2'])(
    'refuses %j',
    (text) => {
      expect(() => parseAmount(text, 'the amount')).toThrowError(refused);
    },
  );

  it('reads back what formatGnm writes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 40n }), (wei) => {
        expect(parseAmount(formatGnm(wei), 'the amount')).toBe(wei);
      }),
    );
  });
});

describe('numbers', () => {
  it('reads decimal and hexadecimal', () => {
    expect(parseBlockNumber('54', '--to')).toBe(54n);
    expect(parseBlockNumber('0x36', '--to')).toBe(54n);
  });

  it.each(['-1', '1.5', 'latest', '', '281474976710656'])('refuses %j as a block number, naming the flag', (text) => {
    expect(() => parseBlockNumber(text, '--to')).toThrowError(/^--to must be a whole number/);
  });

  it('takes chain ids up to 2^53 - 1 and none beyond or 0', () => {
    expect(parseChainId('9007199254740991')).toBe(2n ** 53n - 1n);
    expect(() => parseChainId('9007199254740992')).toThrowError(refused);
    expect(() => parseChainId('0')).toThrowError(/above 0/);
    expect(() => parseChainId(undefined)).toThrowError(/--chain-id, or --genesis/);
  });
});
