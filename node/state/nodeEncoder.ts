// Encodes Merkle-Patricia nodes (Yellow Paper, appendix D) into one scratch buffer, so that a node costs one copy and one
// hash. A node of less than 32 bytes stands in its parent as it is; any other stands there as its hash.
import { HASH_LENGTH } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { assert } from '../../primitives/errors.ts';

/** Room in front of the payload for the longest list header: one byte and a length of at most four. */
const HEADER_ROOM = 5;
const INITIAL_SIZE = 1024;

/** How a node stands in its parent: its 32-byte hash, or its encoding of 1 to 31 bytes. */
export type NodeReference = Uint8Array;

/** The nibble that the hex digit at `index` stands for; digits are lower-case. */
export function nibbleAt(digits: string, index: number): number {
  const code = digits.charCodeAt(index);
  return code < 0x3a ? code - 0x30 : code - 0x57;
}

/** Writes the members of one list, then closes it. Used again for every node; never re-entered. */
export class NodeEncoder {
  #bytes = new Uint8Array(INITIAL_SIZE);
  #end = HEADER_ROOM;

  begin(): void {
    this.#end = HEADER_ROOM;
  }

  /** An empty member: an absent child or value. */
  empty(): void {
    this.#reserve(1);
    this.#bytes[this.#end++] = 0x80;
  }

  /** A child: a hash as a string, an embedded node as it is. */
  reference(reference: NodeReference): void {
    this.#reserve(HASH_LENGTH + 1);
    if (reference.length === HASH_LENGTH) this.#bytes[this.#end++] = 0x80 + HASH_LENGTH;
    this.#bytes.set(reference, this.#end);
    this.#end += reference.length;
  }

  /** A member that is encoded already, taken from another node. */
  raw(encoding: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.#bytes.set(encoding.subarray(start, end), this.#end);
    this.#end += end - start;
  }

  /** A byte string. */
  string(value: Uint8Array): void {
    const { length } = value;
    this.#reserve(length + HEADER_ROOM);
    if (length !== 1 || (value[0] as number) >= 0x80) this.#end = writeLength(this.#bytes, this.#end, 0x80, length);
    this.#bytes.set(value, this.#end);
    this.#end += length;
  }

  /** The hex digits `from` to `to` of a path in hex-prefix form (Yellow Paper, appendix C). */
  hexPrefix(digits: string, from: number, to: number, isLeaf: boolean): void {
    const count = to - from;
    const size = (count >> 1) + 1;
    this.#reserve(size + HEADER_ROOM);
    const bytes = this.#bytes;
    let end = this.#end;
    if (size > 1) end = writeLength(bytes, end, 0x80, size);
    const flag = isLeaf ? 2 : 0;
    let index = from;
    bytes[end++] = count & 1 ? ((flag | 1) << 4) | nibbleAt(digits, index++) : flag << 4;
    for (; index < to; index += 2) bytes[end++] = (nibbleAt(digits, index) << 4) | nibbleAt(digits, index + 1);
    this.#end = end;
  }

  /** Closes the list and returns its encoding, as a view that the next `begin` invalidates. */
  finish(): Uint8Array {
    const length = this.#end - HEADER_ROOM;
    const header = length < 56 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : length < 0x1000000 ? 4 : 5;
    const start = HEADER_ROOM - header;
    writeLength(this.#bytes, start, 0xc0, length);
    return this.#bytes.subarray(start, this.#end);
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + count));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
  }
}

function writeLength(bytes: Uint8Array, at: number, base: number, length: number): number {
  assert(length < 2 ** 32, 'a trie node of 4 GiB');
  if (length < 56) {
    bytes[at] = base + length;
    return at + 1;
  }
  const width = length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
  bytes[at] = base + 55 + width;
  for (let i = 0; i < width; i++) bytes[at + 1 + i] = (length >>> (8 * (width - 1 - i))) & 0xff;
  return at + 1 + width;
}

/** The reference of an encoded node: itself (copied) below 32 bytes, else its hash. */
export function referenceOf(encoding: Uint8Array): NodeReference {
  return encoding.length < HASH_LENGTH ? encoding.slice() : keccak256(encoding);
}
