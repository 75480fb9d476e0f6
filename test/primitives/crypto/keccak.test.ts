import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8ToBytes } from '../../../primitives/bytes.ts';
import { createKeccakWasm, KECCAK_INPUT_BYTES_MAX } from '../../../primitives/crypto/keccak/keccakWasm.ts';
import { KECCAK_BACKEND, keccak256, keccak256OfInput, keccakInput } from '../../../primitives/crypto/keccak.ts';

/** Bytes that differ at every position. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

describe('keccak256', () => {
  it('runs on WebAssembly', () => {
    expect(KECCAK_BACKEND).toBe('wasm');
  });

  it('agrees with noble on every length around block borders', () => {
    for (let length = 0; length <= 3 * 136 + 2; length++)
      expect(keccak256(pattern(length))).toEqual(keccak_256(pattern(length)));
  });

  it.each([
    KECCAK_INPUT_BYTES_MAX - 1,
    KECCAK_INPUT_BYTES_MAX,
    KECCAK_INPUT_BYTES_MAX + 1,
    KECCAK_INPUT_BYTES_MAX + 136,
    KECCAK_INPUT_BYTES_MAX + 137,
    2 * (KECCAK_INPUT_BYTES_MAX + 136),
    2 * (KECCAK_INPUT_BYTES_MAX + 136) + 1,
    1_000_003,
  ])('agrees with noble on %i bytes, and on a short input after it', (length) => {
    const instance = createKeccakWasm();
    const input = pattern(length);
    expect(instance.hash(input)).toEqual(keccak_256(input));
    expect(instance.hash(utf8ToBytes('short'))).toEqual(keccak_256(utf8ToBytes('short')));
  });

  it('agrees with noble on random inputs and leaves them alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (input) => {
        const copy = input.slice();
        expect(keccak256(input)).toEqual(keccak_256(copy));
        expect(input).toEqual(copy);
      }),
    );
  });

  it('returns hashes that later ones do not overwrite', () => {
    const first = keccak256(pattern(10));
    keccak256(pattern(11));
    expect(first).toEqual(keccak_256(pattern(10)));
  });

  it('hashes what was built in its input area, up to the limit', () => {
    for (const length of [0, 1, 135, 136, 532, KECCAK_INPUT_BYTES_MAX]) {
      keccakInput.set(pattern(length));
      expect(keccak256OfInput(length)).toEqual(keccak_256(pattern(length)));
    }
    expect(keccakInput.length).toBe(KECCAK_INPUT_BYTES_MAX);
    expect(() => keccak256OfInput(KECCAK_INPUT_BYTES_MAX + 1)).toThrow(/longer than/);
  });
});
