// SHA-256 and Poseidon against second implementations and published values.
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { poseidon1, poseidon16 } from 'poseidon-lite';
import { describe, expect, it } from 'vitest';
import { bytesToHex, utf8ToBytes } from '../../../primitives/bytes.ts';
import { POSEIDON_FIELD, POSEIDON_INPUTS_MAX, poseidon } from '../../../primitives/crypto/poseidon.ts';
import { sha256 } from '../../../primitives/crypto/sha256.ts';

describe('sha256', () => {
  it('agrees with noble', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(sha256(bytes)).toEqual(nobleSha256(bytes));
      }),
    );
    expect(bytesToHex(sha256(utf8ToBytes('abc')))).toBe(
      '0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('poseidon', () => {
  it("gives circomlib's published hashes", () => {
    // circomlib, test/poseidoncircuit.js: the hash of [1, 2] and of [1, 2, 3, 4].
    expect(poseidon([1n, 2n])).toBe(7853200120776062878684798364095072458815029376092732009249414926327459813530n);
    expect(poseidon([1n, 2n, 3n, 4n])).toBe(
      18821383157269793795438455681495246036402687001665670618754263018637548127333n,
    );
  });

  it('takes 1 to 16 field elements, and refuses one more or fewer', () => {
    expect(poseidon([POSEIDON_FIELD - 1n])).toBe(poseidon1([POSEIDON_FIELD - 1n]));
    const most = Array.from({ length: POSEIDON_INPUTS_MAX }, (_, index) => BigInt(index));
    expect(poseidon(most)).toBe(poseidon16(most));
    const invalid = expect.objectContaining({ code: 'INVALID_POSEIDON_INPUT' });
    for (const inputs of [[], [...most, 1n], [POSEIDON_FIELD], [1n, -1n]])
      expect(() => poseidon(inputs)).toThrowError(invalid);
  });
});
