import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StateEdit } from '../../../node/api.ts';
import {
  type ConsensusInputs,
  consensusInputsHash,
  decodeConsensusInputs,
  encodeConsensusInputs,
  NO_INPUTS,
} from '../../../node/consensus/consensusInputs.ts';
import { bytesToHex, EMPTY_BYTES, toAddress } from '../../../primitives/bytes.ts';
import { ChainError } from '../../../primitives/errors.ts';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const address = bytes(20).map(toAddress);
const time = fc.record({ seconds: uint64, nanos: fc.nat(999_999_999) });
const edit: fc.Arbitrary<StateEdit> = fc.oneof(
  fc.record({ kind: fc.constant('balance' as const), address, wei: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }) }),
  fc.record({ kind: fc.constant('nonce' as const), address, nonce: uint64 }),
  fc.record({ kind: fc.constant('code' as const), address, code: fc.uint8Array({ maxLength: 60 }) }),
  fc.record({
    kind: fc.constant('storage' as const),
    address,
    slot: bytes(32),
    value: fc.uint8Array({ maxLength: 32 }),
  }),
);
const inputs: fc.Arbitrary<ConsensusInputs> = fc.record(
  {
    engine: fc.record({
      consensusHash: bytes(32),
      time,
      proposerAddress: bytes(20),
      round: fc.nat(1000),
      votes: fc.array(
        fc.record({ address: bytes(20), power: uint64, flag: fc.constantFrom(1 as const, 2 as const, 3 as const) }),
      ),
      misbehavior: fc.array(
        fc.record({
          kind: fc.constantFrom(1 as const, 2 as const),
          address: bytes(20),
          power: uint64,
          height: uint64,
          time,
          totalPower: uint64,
        }),
        { maxLength: 3 },
      ),
    }),
    dev: fc.record({ edits: fc.array(edit, { maxLength: 5 }), baseFeePerGas: uint64 }, { requiredKeys: ['edits'] }),
  },
  { requiredKeys: [] },
);

describe('consensusInputs', () => {
  it('round-trips', () => {
    fc.assert(
      fc.property(inputs, (value) => {
        expect(decodeConsensusInputs(encodeConsensusInputs(value))).toEqual(value);
      }),
    );
  });

  it('is no bytes in solo, so every such block carries the hash of nothing', () => {
    expect(encodeConsensusInputs(NO_INPUTS)).toEqual(EMPTY_BYTES);
    expect(bytesToHex(consensusInputsHash(EMPTY_BYTES))).toBe(
      '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    );
  });

  it('are refused when they are empty and do not say so by no bytes', () => {
    const twoEmptyLists = Uint8Array.of(0xc2, 0xc0, 0xc0);
    expect(() => decodeConsensusInputs(twoEmptyLists)).toThrow(expect.objectContaining({ code: 'INVALID_RLP' }));
  });

  it('refuses damaged bytes by name and nothing else', () => {
    fc.assert(
      fc.property(inputs, fc.nat(), fc.nat(255), (value, position, byte) => {
        const encoded = encodeConsensusInputs(value).slice();
        if (encoded.length === 0) return;
        encoded[position % encoded.length] = byte;
        try {
          decodeConsensusInputs(encoded);
        } catch (error) {
          expect(error).toBeInstanceOf(ChainError);
        }
      }),
    );
  });
});
