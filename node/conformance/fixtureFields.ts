// Reading fixtures: the same lenient numbers and hex as genesis files, and the forms that only test suites use.
import { FieldReader, parseBytes, parseFixedBytes, parseInteger, UINT256_MAX } from '../../genesis/fieldReader.ts';
import { padLeft, toAddress } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Address } from '../../primitives/types.ts';

/** `0x:bigint 0x…` marks numbers that are too large on purpose. */
const BIG_MARK = '0x:bigint ';

/** @throws ChainError of the field reader when it is no number or above `max` */
export function integerOf(value: unknown, path: string, max: bigint = UINT256_MAX): bigint {
  const text = typeof value === 'string' && value.startsWith(BIG_MARK) ? value.slice(BIG_MARK.length) : value;
  return parseInteger(text === '0x' ? '0x0' : text, path, max);
}

/** 20 bytes in hex, with or without 0x; undefined for none. */
export function addressOf(value: unknown, path: string): Address | undefined {
  if (value === undefined || value === null || value === '' || value === '0x') return undefined;
  return toAddress(parseFixedBytes(value, path, 20, true));
}

/** Hex with or without 0x. */
export function bytesOf(value: unknown, path: string): Uint8Array {
  if (typeof value === 'string' && !value.startsWith('0x') && value !== '') return parseBytes(`0x${value}`, path);
  return parseBytes(value, path);
}

/** A word in hex that may be short. */
export function wordOf(value: unknown, path: string): Uint8Array {
  return padLeft(bytesOf(value, path), 32);
}

/** @throws ChainError `INVALID_FIXTURE` */
export function listOf(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new ChainError('INVALID_FIXTURE', `${path}: expected a list`);
  return value;
}

export function reader(value: unknown, path: string): FieldReader {
  return new FieldReader(value, path);
}
