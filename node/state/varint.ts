// Unsigned integers in as few bytes as they need: seven bits a byte, low bits first, the high bit set on all but the last.
import { assert } from '../../primitives/errors.ts';

/** The bytes of `value`, which must be a safe non-negative integer. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Writes `value` at `offset` and returns the offset after it. */
export function writeVarint(out: Uint8Array, offset: number, value: number): number {
  assert(Number.isSafeInteger(value) && value >= 0, `not a non-negative safe integer: ${value}`);
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out[offset++] = (rest % 0x80) | 0x80;
  out[offset++] = rest;
  return offset;
}

/** Reads what {@link writeVarint} wrote. */
export function readVarint(bytes: Uint8Array, offset: number): { value: number; end: number } {
  let value = 0;
  for (let unit = 1; ; unit *= 0x80) {
    const byte = bytes[offset++];
    assert(byte !== undefined && unit <= 2 ** 49, 'a stored integer is cut off or too long');
    value += (byte & 0x7f) * unit;
    if (byte < 0x80) return { value, end: offset };
  }
}
