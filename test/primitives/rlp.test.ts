import { RLP } from '@ethereumjs/rlp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hexToBytes } from '../../primitives/bytes.ts';
import { decodeRlp, encodeRlp, encodeRlpListOfEncoded, RLP_DEPTH_MAX, type RlpItem } from '../../primitives/rlp.ts';

const { item } = fc.letrec<{ item: RlpItem }>((tie) => ({
  item: fc.oneof({ maxDepth: 6 }, fc.uint8Array({ maxLength: 300 }), fc.array(tie('item'), { maxLength: 6 })),
}));

function nested(depth: number): RlpItem {
  let list: RlpItem = [];
  for (let i = 1; i < depth; i++) list = [list];
  return list;
}

describe('rlp', () => {
  it('round-trips and agrees with @ethereumjs/rlp', () => {
    fc.assert(
      fc.property(item, (value) => {
        const encoded = encodeRlp(value);
        expect(encoded).toEqual(RLP.encode(value as never));
        expect(decodeRlp(encoded)).toEqual(value);
      }),
    );
  });

  it('joins encoded items', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), (items) => {
        expect(encodeRlpListOfEncoded(items.map((member) => encodeRlp(member)))).toEqual(encodeRlp(items));
      }),
    );
  });

  it.each([
    ['nothing', '0x'],
    ['a cut-off string', '0x83aabb'],
    ['a cut-off list', '0xc2c0'],
    ['bytes after the item', '0x8000'],
    ['a single byte in long form', '0x8105'],
    ['a long form for a short string', '0xb801aa'],
    ['a length with a leading zero', '0xb90038'],
    ['a length of five bytes', '0xbc0100000000'],
    ['a cut-off length', '0xb9'],
  ])('refuses %s', (_name, hex) => {
    expect(() => decodeRlp(hexToBytes(hex))).toThrowError(expect.objectContaining({ code: 'INVALID_RLP' }));
  });

  it('accepts nesting at the limit and refuses one level more', () => {
    expect(decodeRlp(encodeRlp(nested(RLP_DEPTH_MAX)))).toEqual(nested(RLP_DEPTH_MAX));
    expect(() => decodeRlp(encodeRlp(nested(RLP_DEPTH_MAX + 1)))).toThrowError(/deeper than 16/);
  });
});
