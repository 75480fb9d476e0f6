import fc from 'fast-check';
import { encodePacked, pad, toHex, keccak256 as viemKeccak } from 'viem';
import { describe, expect, it } from 'vitest';
import {
  contentSlot,
  mappingSlot,
  packedWord,
  pushArray,
  readArray,
  readBytes,
  removeFromArray,
  type SlotWriter,
  slotAt,
  writeBytes,
} from '../../../precompiles/framework/storage.ts';
import { hexToBytes, parseAddress } from '../../../primitives/bytes.ts';
import { ChainError, InvariantError } from '../../../primitives/errors.ts';

class Slots implements SlotWriter {
  readonly words = new Map<bigint, bigint>();
  read(slot: bigint): bigint {
    return this.words.get(slot) ?? 0n;
  }
  write(slot: bigint, value: bigint): void {
    if (value === 0n) this.words.delete(slot);
    else this.words.set(slot, value);
  }
}

describe('slots', () => {
  it('of mappings and contents are what Solidity computes', () => {
    const owner = '0x00000000000000000000000000000000000a11ce';
    const expected = viemKeccak(encodePacked(['bytes32', 'uint256'], [pad(owner), 5n]));
    expect(mappingSlot(5n, parseAddress(owner))).toBe(BigInt(expected));
    expect(mappingSlot(5n, hexToBytes(pad(owner)))).toBe(BigInt(expected));
    expect(mappingSlot(5n, BigInt(owner))).toBe(BigInt(expected));
    expect(contentSlot(5n)).toBe(BigInt(viemKeccak(toHex(5n, { size: 32 }))));
    expect(slotAt((1n << 256n) - 1n, 2)).toBe(1n);
    expect(() => mappingSlot(5n, new Uint8Array(31))).toThrow(InvariantError);
  });
});

describe('packed words', () => {
  const layout = packedWord({ flag: 'bool', kind: 'uint8', count: 'uint32', owner: 'address', at: 'uint40' });

  it('put the first member in the lowest bits', () => {
    const owner = parseAddress('0x1111111111111111111111111111111111111111');
    const word = layout.pack({ flag: true, kind: 2, count: 3, owner, at: 4n });
    expect(word.toString(16)).toBe(`4${'1'.repeat(40)}000000030201`);
  });

  it('round-trip, and refuse values that do not fit', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.nat(255),
        fc.nat(0xffffffff),
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.bigInt({ min: 0n, max: (1n << 40n) - 1n }),
        (flag, kind, count, owner, at) => {
          const fields = { flag, kind, count, owner: owner as never, at };
          expect(layout.unpack(layout.pack(fields))).toEqual(fields);
        },
      ),
    );
    const zero = layout.unpack(0n);
    expect(() => layout.pack({ ...zero, kind: 256 })).toThrow(ChainError);
    expect(() => layout.pack({ ...zero, at: -1n })).toThrow(ChainError);
    expect(() => packedWord({ a: 'address', b: 'uint128' })).toThrow(InvariantError);
  });
});

describe('bytes in storage', () => {
  it('stand as Solidity puts them: short in place, long behind the hash of the slot', () => {
    const slots = new Slots();
    writeBytes(slots, 6n, hexToBytes('0xabcd'));
    expect(slots.read(6n)).toBe(BigInt(`0xabcd${'00'.repeat(29)}04`));
    writeBytes(slots, 6n, new Uint8Array(33).fill(0xee));
    expect(slots.read(6n)).toBe(67n);
    expect(slots.read(contentSlot(6n))).toBe(BigInt(`0x${'ee'.repeat(32)}`));
    expect(slots.read(contentSlot(6n) + 1n)).toBe(BigInt(`0xee${'00'.repeat(31)}`));
  });

  it('any sequence of writes leaves exactly the last value and no leftover words', () => {
    const value = fc.uint8Array({ maxLength: 100 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), (values) => {
        const slots = new Slots();
        for (const bytes of values) {
          writeBytes(slots, 6n, bytes);
          expect(readBytes(slots, 6n)).toEqual(bytes);
        }
        const fresh = new Slots();
        writeBytes(fresh, 6n, values.at(-1) as Uint8Array);
        expect([...slots.words].sort()).toEqual([...fresh.words].sort());
      }),
    );
  });
});

describe('arrays in storage', () => {
  it('behave as a list with swap removal and leave nothing behind', () => {
    const action = fc.oneof(fc.record({ push: fc.bigInt({ min: 1n, max: 99n }) }), fc.record({ remove: fc.nat(9) }));
    fc.assert(
      fc.property(fc.array(action, { maxLength: 20 }), (actions) => {
        const slots = new Slots();
        const model: bigint[] = [];
        for (const step of actions) {
          if ('push' in step) {
            pushArray(slots, 3n, step.push);
            model.push(step.push);
          } else if (step.remove < model.length) {
            removeFromArray(slots, 3n, step.remove);
            const last = model.pop() as bigint;
            if (step.remove < model.length) model[step.remove] = last;
          } else {
            expect(() => removeFromArray(slots, 3n, step.remove)).toThrow(InvariantError);
          }
          expect(readArray(slots, 3n)).toEqual(model);
        }
        expect(slots.words.size).toBe(model.length + (model.length > 0 ? 1 : 0));
      }),
    );
  });
});
