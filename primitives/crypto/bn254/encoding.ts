// What both implementations of the EVM's bn254 operations share: sizes, padding and the fault.
import { ChainError } from '../../errors.ts';

export const WORD_BYTES = 32;
export const G1_POINT_BYTES = 64;
export const G2_POINT_BYTES = 128;
export const PAIR_BYTES: number = G1_POINT_BYTES + G2_POINT_BYTES;

/** EIP-196: input is read as if followed by zeros. */
export function padRight(input: Uint8Array, length: number): Uint8Array {
  if (input.length >= length) return input;
  const padded = new Uint8Array(length);
  padded.set(input);
  return padded;
}

export function isAllZero(bytes: Uint8Array, offset: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[offset + i] !== 0) return false;
  return true;
}

export function invalidPoint(what: string): never {
  throw new ChainError('INVALID_CURVE_POINT', `${what} is not a canonical point of its group`);
}

/** The number of pairs in a pairing input. */
export function pairCount(input: Uint8Array): number {
  if (input.length % PAIR_BYTES !== 0)
    throw new ChainError(
      'INVALID_CURVE_POINT',
      `pairing input of ${input.length} bytes, expected pairs of ${PAIR_BYTES}`,
    );
  return input.length / PAIR_BYTES;
}

/** 32 bytes with the value 1 or 0. */
export function booleanWord(value: boolean): Uint8Array {
  const word = new Uint8Array(WORD_BYTES);
  word[WORD_BYTES - 1] = value ? 1 : 0;
  return word;
}
