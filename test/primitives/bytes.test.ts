import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bigIntToBytes,
  bigIntToFixedBytes,
  bytesKey,
  bytesToBigInt,
  bytesToHex,
  concatBytes,
  hexToBytes,
  keyBytes,
  parseAddress,
  parseHash,
  putBigInt,
  stripZeros,
} from '../../primitives/bytes.ts';

describe('bytes', () => {
  it('round-trips hex, keys and integers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(hexToBytes(bytesToHex(bytes))).toEqual(bytes);
        expect(keyBytes(bytesKey(bytes))).toEqual(bytes);
        expect(bigIntToBytes(bytesToBigInt(bytes))).toEqual(stripZeros(bytes).slice());
      }),
    );
  });

  it('reads and writes integers of every width like hex does, also as a part of other bytes', () => {
    for (const length of [0, 1, 6, 7, 8, 9, 16, 17, 24, 25, 31, 32, 33, 64, 65]) {
      const bytes = new Uint8Array(length).map((_, index) => 255 - index);
      const expected = length === 0 ? 0n : BigInt(bytesToHex(bytes));
      expect(bytesToBigInt(bytes)).toBe(expected);
      expect(bytesToBigInt(concatBytes(Uint8Array.of(1, 2), bytes, Uint8Array.of(3)), 2, 2 + length)).toBe(expected);
      expect(bigIntToBytes(expected)).toEqual(bytes);
      const target = new Uint8Array(length + 4);
      putBigInt(expected, target, 1, length + 2);
      expect(target).toEqual(concatBytes(new Uint8Array(3), bytes, new Uint8Array(1)));
    }
  });

  it.each(['', '0x1', '00', '0xzz', '0x 1', ' 0x00', '0x00\n'])('refuses %j as hex', (text) => {
    expect(() => hexToBytes(text)).toThrowError(expect.objectContaining({ code: 'INVALID_HEX' }));
  });

  it('refuses addresses and hashes of another width', () => {
    expect(() => parseAddress(`0x${'00'.repeat(19)}`)).toThrowError(
      expect.objectContaining({ code: 'INVALID_ADDRESS' }),
    );
    expect(() => parseHash(`0x${'00'.repeat(33)}`)).toThrowError(expect.objectContaining({ code: 'INVALID_HASH' }));
  });

  it('refuses an integer that does not fit', () => {
    expect(bigIntToFixedBytes(255n, 1)).toEqual(Uint8Array.of(255));
    expect(() => bigIntToFixedBytes(256n, 1)).toThrowError(expect.objectContaining({ code: 'INTEGER_TOO_LARGE' }));
  });
});
