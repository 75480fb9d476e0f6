// Storage of native code, laid out exactly as Solidity would, so that slots can be computed by anyone and proven with
// `eth_getProof` (Solidity documentation, "Layout of State Variables in Storage").
import { bigIntToFixedBytes, bytesToBigInt, concatBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { assert, ChainError } from '../../primitives/errors.ts';
import type { Address } from '../../primitives/types.ts';
import { WORD } from './abiNode.ts';

/** Reads words of the precompile's own account; each read is paid for. */
export interface SlotReader {
  read(slot: bigint): bigint;
}

/** Also writes them. Nothing is written before the method has succeeded. */
export interface SlotWriter extends SlotReader {
  write(slot: bigint, value: bigint): void;
}

const WORD_MODULUS = 1n << 256n;

/**
 * Fails the call when what is stored contradicts itself. Only a state edit or a call's state override can bring that
 * about, and neither may stop the node: this is no invariant of the program.
 * @throws ChainError `CORRUPT_STORAGE`
 */
export function requireStored(condition: boolean, message: string): void {
  if (!condition) throw new ChainError('CORRUPT_STORAGE', `storage contradicts itself: ${message}`);
}

/** The slot `offset` words behind `slot`, modulo 2^256. */
export function slotAt(slot: bigint, offset: number | bigint): bigint {
  return (slot + BigInt(offset)) % WORD_MODULUS;
}

/** The slot of `mapping[key]`, for a mapping that stands at `slot`: keccak256(key as one word ‖ slot). */
export function mappingSlot(slot: bigint, key: Uint8Array | bigint): bigint {
  const word = typeof key === 'bigint' ? bigIntToFixedBytes(key, WORD) : keyWord(key);
  return bytesToBigInt(keccak256(concatBytes(word, bigIntToFixedBytes(slot, WORD))));
}

/** Addresses are integers to Solidity (right-aligned); 32-byte keys fill the word. */
function keyWord(key: Uint8Array): Uint8Array {
  if (key.length === WORD) return key;
  assert(key.length === 20, `a mapping key of ${key.length} bytes: pass an address or a whole word`);
  return concatBytes(new Uint8Array(WORD - key.length), key);
}

/** Where the contents of a dynamic array, or of long bytes, that stands at `slot` begin. */
export function contentSlot(slot: bigint): bigint {
  return bytesToBigInt(keccak256(bigIntToFixedBytes(slot, WORD)));
}

/** A word as 32 bytes. */
export function wordToBytes(word: bigint): Uint8Array {
  return bigIntToFixedBytes(word, WORD);
}

// Packed words --------------------------------------------------------------------------------------------------------

const PACKED_BITS = {
  bool: 8n,
  uint8: 8n,
  uint16: 16n,
  uint24: 24n,
  uint32: 32n,
  uint40: 40n,
  uint48: 48n,
  uint64: 64n,
  uint96: 96n,
  uint128: 128n,
  address: 160n,
} as const;

export type PackedType = keyof typeof PACKED_BITS;
type PackedValue<Type extends PackedType> = Type extends 'bool'
  ? boolean
  : Type extends 'address'
    ? Address
    : Type extends 'uint8' | 'uint16' | 'uint24' | 'uint32'
      ? number
      : bigint;

export type PackedFields<Layout extends Readonly<Record<string, PackedType>>> = {
  readonly [Name in keyof Layout]: PackedValue<Layout[Name]>;
};

export interface PackedWord<Layout extends Readonly<Record<string, PackedType>>> {
  unpack(word: bigint): PackedFields<Layout>;
  /** @throws ChainError `CORRUPT_STORAGE` when a value does not fit its field: it was computed from what is stored */
  pack(fields: PackedFields<Layout>): bigint;
}

interface PackedField {
  readonly name: string;
  readonly type: PackedType;
  readonly shift: bigint;
  readonly mask: bigint;
}

/** Several values in one word, the first in the lowest bits, as Solidity packs the members of a struct. */
export function packedWord<const Layout extends Readonly<Record<string, PackedType>>>(
  layout: Layout,
): PackedWord<Layout> {
  let shift = 0n;
  const fields: PackedField[] = Object.entries(layout).map(([name, type]) => {
    const bits = PACKED_BITS[type];
    const field = { name, type, shift, mask: (1n << bits) - 1n };
    shift += bits;
    return field;
  });
  assert(shift <= 256n, `packed word of ${shift} bits`);
  return {
    unpack: (word) =>
      Object.fromEntries(
        fields.map((field) => [field.name, unpackField(field, (word >> field.shift) & field.mask)]),
      ) as PackedFields<Layout>,
    pack: (values) => {
      let word = 0n;
      for (const field of fields) {
        const value = packField((values as Readonly<Record<string, boolean | number | bigint | Address>>)[field.name]);
        requireStored(value >= 0n && value <= field.mask, `${field.name}: ${value} does not fit ${field.type}`);
        word |= value << field.shift;
      }
      return word;
    },
  };
}

function unpackField(field: PackedField, value: bigint): boolean | number | bigint | Address {
  if (field.type === 'bool') return value !== 0n;
  if (field.type === 'address') return bigIntToFixedBytes(value, 20) as Address;
  return field.mask < 1n << 32n ? Number(value) : value;
}

function packField(value: boolean | number | bigint | Address | undefined): bigint {
  assert(value !== undefined, 'packed field is missing');
  if (value instanceof Uint8Array) {
    assert(value.length === 20, `address of ${value.length} bytes`);
    return bytesToBigInt(value);
  }
  return BigInt(value);
}

// Bytes and strings ---------------------------------------------------------------------------------------------------

/** Contents of up to this many bytes stand in the slot itself, with twice their length in the lowest byte. */
const SHORT_LENGTH_MAX = 31;

function contentWords(length: number): number {
  return length <= SHORT_LENGTH_MAX ? 0 : Math.ceil(length / WORD);
}

function storedLength(header: bigint): number {
  return Number((header & 1n) === 0n ? (header & 0xffn) / 2n : (header - 1n) / 2n);
}

/** Reads `bytes` or a `string` that stands at `slot`: 1 slot up to 31 bytes, else 1 + one per 32 bytes. */
export function readBytes(slots: SlotReader, slot: bigint): Uint8Array {
  const header = slots.read(slot);
  const length = storedLength(header);
  if (length <= SHORT_LENGTH_MAX) return wordToBytes(header).slice(0, length);
  // Word by word, each paid for before it is kept: a length that is too large ends with the gas, not with the memory.
  const words: Uint8Array[] = [];
  const content = contentSlot(slot);
  for (let i = 0; i * WORD < length; i++) words.push(wordToBytes(slots.read(slotAt(content, i))));
  return concatBytes(...words).slice(0, length);
}

/** Writes `bytes` or a `string` at `slot` and clears the words that a longer former value leaves behind. */
export function writeBytes(slots: SlotWriter, slot: bigint, value: Uint8Array): void {
  const formerWords = contentWords(storedLength(slots.read(slot)));
  const content = contentSlot(slot);
  const padded = new Uint8Array(Math.max(1, Math.ceil(value.length / WORD)) * WORD);
  padded.set(value);
  const words = contentWords(value.length);
  if (words === 0) slots.write(slot, bytesToBigInt(padded) | (BigInt(value.length) * 2n));
  else slots.write(slot, BigInt(value.length) * 2n + 1n);
  for (let i = 0; i < words; i++) {
    slots.write(slotAt(content, i), bytesToBigInt(padded.subarray(i * WORD, (i + 1) * WORD)));
  }
  for (let i = words; i < formerWords; i++) slots.write(slotAt(content, i), 0n);
}

// Arrays of words -----------------------------------------------------------------------------------------------------

/** Reads a dynamic array of one-word items that stands at `slot`: 1 slot + one per item. */
export function readArray(slots: SlotReader, slot: bigint): bigint[] {
  const length = slots.read(slot);
  const content = contentSlot(slot);
  const items: bigint[] = [];
  for (let index = 0n; index < length; index++) items.push(slots.read(slotAt(content, index)));
  return items;
}

/** Appends to a dynamic array of one-word items. */
export function pushArray(slots: SlotWriter, slot: bigint, item: bigint): void {
  const length = slots.read(slot);
  slots.write(slotAt(contentSlot(slot), length), item);
  slots.write(slot, length + 1n);
}

/** Removes the item at `index`; the last item takes its place. */
export function removeFromArray(slots: SlotWriter, slot: bigint, index: number): void {
  const length = slots.read(slot);
  assert(index >= 0 && BigInt(index) < length, `array index ${index} of ${length}`);
  const content = contentSlot(slot);
  const lastSlot = slotAt(content, length - 1n);
  if (BigInt(index) !== length - 1n) slots.write(slotAt(content, index), slots.read(lastSlot));
  slots.write(lastSlot, 0n);
  slots.write(slot, length - 1n);
}
