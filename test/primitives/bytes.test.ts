import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bigIntToBytes,
  bigIntToFixedBytes,
  bytesKey,
  bytesToBigInt,
  bytesToHex,
  hexToBytes,
  keyBytes,
  parseAddress,
  parseHash,
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
