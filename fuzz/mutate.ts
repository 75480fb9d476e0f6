// Damages real data: bits, bytes, numbers, lengths, pieces of other data. The shape of the data decides what else is tried.

import { mutateJson } from './mutateJson.ts';
import { mutateRlp } from './mutateRlp.ts';
import type { FuzzRandom } from './random.ts';
import type { InputShape } from './target.ts';

/** Bytes at the edges of what they mean somewhere: signs, RLP headers, ASCII, UTF-8 leads. */
const EDGE_BYTES = [
  0x00, 0x01, 0x7f, 0x80, 0x81, 0xb7, 0xb8, 0xbf, 0xc0, 0xc1, 0xf7, 0xf8, 0xff, 0x22, 0x30, 0x5b, 0x7b,
];
/** Numbers at the edges of 8, 16, 32 and 64 bits. */
const EDGE_NUMBERS = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  2n ** 53n,
  2n ** 64n - 1n,
];
const WORD = 32;

/** What a mutation may take pieces from. */
export interface Material {
  readonly shape: InputShape;
  readonly pool: readonly Uint8Array[];
  readonly dictionary: readonly Uint8Array[];
  readonly bytesMax: number;
}

/** `input` with one to eight things about it changed, at most `material.bytesMax` long. The input itself stays as it is. */
export function mutate(random: FuzzRandom, input: Uint8Array, material: Material): Uint8Array {
  let mutated: Uint8Array = input.slice();
  const count = 1 + random.below(1 << random.below(4));
  for (let i = 0; i < count; i++) mutated = mutateOnce(random, mutated, material);
  return mutated.length > material.bytesMax ? mutated.slice(0, material.bytesMax) : mutated;
}

function mutateOnce(random: FuzzRandom, input: Uint8Array, material: Material): Uint8Array {
  if (random.chance(0.5)) {
    const shaped = mutateShape(random, input, material);
    if (shaped !== undefined) return shaped;
  }
  return random.pick(BYTE_MUTATIONS)(random, input, material);
}

function mutateShape(random: FuzzRandom, input: Uint8Array, material: Material): Uint8Array | undefined {
  switch (material.shape) {
    case 'rlp':
      return mutateRlp(random, input);
    case 'json':
      return mutateJson(random, input);
    case 'words':
      return mutateWord(random, input);
    case 'text':
    case 'bytes':
      return undefined;
  }
}

/** Replaces one word of ABI-encoded data, with or without a selector before it. */
function mutateWord(random: FuzzRandom, input: Uint8Array): Uint8Array | undefined {
  const start = input.length % WORD;
  const words = Math.floor(input.length / WORD);
  if (words === 0) return undefined;
  const at = start + random.below(words) * WORD;
  const word = someWord(random, words);
  const out = input.slice();
  if (random.chance(0.3)) return splice(out, at, 0, word);
  out.set(word, at);
  return out;
}

/** A word that is an offset, an edge, all ones or anything. */
function someWord(random: FuzzRandom, words: number): Uint8Array {
  const word = new Uint8Array(WORD);
  switch (random.below(6)) {
    case 0:
      return word.fill(0xff);
    case 1:
      return random.bytes(WORD);
    default: {
      const near = random.chance(0.5) ? BigInt(random.below(words + 2) * WORD) : random.pick(EDGE_NUMBERS);
      for (let i = WORD - 1, rest = near; i >= 0 && rest > 0n; i--, rest >>= 8n) word[i] = Number(rest & 0xffn);
      return word;
    }
  }
}

/** `bytes` with `length` of them from `at` on replaced by `insert`. */
export function splice(bytes: Uint8Array, at: number, length: number, insert: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length - length + insert.length);
  out.set(bytes.subarray(0, at));
  out.set(insert, at);
  out.set(bytes.subarray(at + length), at + insert.length);
  return out;
}

type Mutation = (random: FuzzRandom, input: Uint8Array, material: Material) => Uint8Array;

function position(random: FuzzRandom, input: Uint8Array): number {
  return random.below(input.length + 1);
}

function range(random: FuzzRandom, input: Uint8Array): { at: number; length: number } {
  const at = position(random, input);
  return { at, length: Math.min(input.length - at, 1 + random.smallLength(64)) };
}

function withByte(input: Uint8Array, random: FuzzRandom, change: (byte: number) => number): Uint8Array {
  if (input.length === 0) return Uint8Array.of(change(0) & 0xff);
  const at = random.below(input.length);
  input[at] = change(input[at] as number) & 0xff;
  return input;
}

/** Overwrites an integer of 1, 2, 4 or 8 bytes, big-endian or little-endian. */
function overwriteNumber(random: FuzzRandom, input: Uint8Array): Uint8Array {
  const width = random.pick([1, 2, 4, 8]);
  if (input.length < width) return input;
  const at = random.below(input.length - width + 1);
  const number = random.pick(EDGE_NUMBERS) + BigInt(random.below(3)) - 1n;
  const isLittle = random.chance(0.3);
  for (let i = 0; i < width; i++) {
    const byte = Number(BigInt.asUintN(8, number >> BigInt(8 * i)));
    input[isLittle ? at + i : at + width - 1 - i] = byte;
  }
  return input;
}

const BYTE_MUTATIONS: readonly Mutation[] = [
  (random, input) => withByte(input, random, (byte) => byte ^ (1 << random.below(8))),
  (random, input) => withByte(input, random, () => random.pick(EDGE_BYTES)),
  (random, input) => withByte(input, random, (byte) => byte + random.pick([-1, 1, -16, 16])),
  (random, input) => splice(input, position(random, input), 0, random.bytes(1 + random.smallLength(16))),
  (random, input) => {
    const { at, length } = range(random, input);
    return splice(input, at, length, new Uint8Array());
  },
  (random, input) => {
    const { at, length } = range(random, input);
    return splice(input, position(random, input), 0, input.slice(at, at + length));
  },
  (random, input) => input.slice(0, position(random, input)),
  overwriteNumber,
  (random, input, { dictionary }) => {
    if (dictionary.length === 0) return input;
    const at = position(random, input);
    const piece = random.pick(dictionary);
    return splice(input, at, random.chance(0.5) ? Math.min(piece.length, input.length - at) : 0, piece);
  },
  (random, input, { pool }) => (pool.length === 0 ? input : crossOver(random, input, random.pick(pool))),
];

/** The beginning of one input and the end of another. */
function crossOver(random: FuzzRandom, input: Uint8Array, other: Uint8Array): Uint8Array {
  const head = input.subarray(0, position(random, input));
  return splice(other.slice(position(random, other)), 0, 0, head);
}
