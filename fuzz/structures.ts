// Arbitraries that several targets share.
import fc from 'fast-check';
import { encodeRlp, type RlpItem } from '../primitives/rlp.ts';

/** Byte strings whose lengths gather around those that mean something. */
export const someBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 4 }),
  fc.uint8Array({ minLength: 20, maxLength: 20 }),
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
  fc.uint8Array({ maxLength: 80 }),
);

export const hash32: fc.Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 32, maxLength: 32 });
export const address20: fc.Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 20, maxLength: 20 });

/** Integers of up to `bits` bits that like the edges. */
export function uint(bits: number): fc.Arbitrary<bigint> {
  const max = (1n << BigInt(bits)) - 1n;
  return fc.oneof(fc.bigInt({ min: 0n, max }), fc.bigInt({ min: 0n, max: max < 300n ? max : 300n }), fc.constant(max));
}

/** Any tree of RLP. */
export const rlpTree: fc.Arbitrary<Uint8Array> = fc
  .letrec<{ node: RlpItem; list: readonly RlpItem[] }>((tie) => ({
    node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, someBytes, tie('list')),
    list: fc.array(tie('node'), { maxLength: 6 }),
  }))
  .node.map(encodeRlp);

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
