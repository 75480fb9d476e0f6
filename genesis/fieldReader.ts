// Reading the fields of a genesis file. Names match as Go's decoder matches them (geth ignores case: `mixhash` is common),
// numbers may be JSON numbers, decimal strings or 0x-hex, and `null` counts as absent.
import { hexToBytes, toAddress, toHash } from '../primitives/bytes.ts';
import type { Address, Hash } from '../primitives/types.ts';
import { nearestName, refuse } from './genesisError.ts';

export const UINT64_MAX = 2n ** 64n - 1n;
export const UINT256_MAX = 2n ** 256n - 1n;
/** A 256-bit number has 78 decimal or 64 hex digits; more only occur with leading zeros. */
const NUMBER_LENGTH_MAX = 160;

export type Fields = Readonly<Record<string, unknown>>;

/** One object of the file; keeps track of which of its fields were asked for. */
export class FieldReader {
  readonly path: string;
  readonly #fields: Fields;
  /** lower-case name → name as written */
  readonly #names = new Map<string, string>();
  readonly #known: string[] = [];

  /** @throws ChainError `GENESIS_WRONG_TYPE` when `value` is not an object, `GENESIS_DUPLICATE_KEY` for names equal but for case */
  constructor(value: unknown, path: string) {
    this.path = path;
    this.#fields = asObject(value, path);
    for (const name of Object.keys(this.#fields)) {
      const other = this.#names.get(name.toLowerCase());
      if (other !== undefined) refuse('GENESIS_DUPLICATE_KEY', this.at(name), `one of ${other} and ${name}`, 'both');
      this.#names.set(name.toLowerCase(), name);
    }
  }

  /** The path of a field. */
  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  /** The field, or undefined when absent or null. */
  optional(name: string): unknown {
    this.#known.push(name);
    const written = this.#names.get(name.toLowerCase());
    return written === undefined ? undefined : (this.#fields[written] ?? undefined);
  }

  /** @throws ChainError `GENESIS_MISSING_FIELD` */
  required(name: string, what: string): unknown {
    const value = this.optional(name);
    if (value === undefined) refuse('GENESIS_MISSING_FIELD', this.at(name), what, undefined);
    return value;
  }

  integer(name: string, max: bigint, fallback: bigint): bigint {
    const value = this.optional(name);
    return value === undefined ? fallback : parseInteger(value, this.at(name), max);
  }

  optionalInteger(name: string, max: bigint): bigint | undefined {
    const value = this.optional(name);
    return value === undefined ? undefined : parseInteger(value, this.at(name), max);
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.optional(name) ?? fallback;
    if (typeof value !== 'boolean') refuse('GENESIS_WRONG_TYPE', this.at(name), 'true or false', value);
    return value;
  }

  /** Names in the file that nobody asked for, as written. */
  unknownNames(): string[] {
    const known = new Set(this.#known.map((name) => name.toLowerCase()));
    return Object.keys(this.#fields).filter((name) => !known.has(name.toLowerCase()));
  }

  /**
   * Refuses names that nobody asked for: call it after reading.
   * @throws ChainError `GENESIS_UNKNOWN_FIELD` naming the nearest known one
   */
  refuseUnknown(): void {
    const [name] = this.unknownNames();
    if (name !== undefined)
      refuse('GENESIS_UNKNOWN_FIELD', this.at(name), 'a known field', name, nearestName(name, this.#known));
  }
}

export function asObject(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse('GENESIS_WRONG_TYPE', path, 'an object', value);
  return value as Fields;
}

/**
 * A whole number from 0 to `max`, written as JSON number, decimal string or 0x-hex (`""` is zero, as for geth).
 * @throws ChainError `GENESIS_INVALID_NUMBER`, `GENESIS_NUMBER_OUT_OF_RANGE`
 */
export function parseInteger(value: unknown, path: string, max: bigint): bigint {
  const range = `a whole number from 0 to ${limitName(max)}`;
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) {
      const isWhole = Number.isInteger(value);
      const advice = isWhole ? 'JSON numbers above 2^53 lose digits: write it as a string' : '';
      refuse('GENESIS_INVALID_NUMBER', path, range, value, advice);
    }
    value = String(value);
  }
  if (typeof value !== 'string') refuse('GENESIS_INVALID_NUMBER', path, range, value);
  if (value.length > NUMBER_LENGTH_MAX || !/^(-?\d+|0[xX][0-9a-fA-F]+|)$/.test(value))
    refuse('GENESIS_INVALID_NUMBER', path, `${range}, in decimal or 0x-hex`, value);
  const number = BigInt(value);
  if (number < 0n || number > max) refuse('GENESIS_NUMBER_OUT_OF_RANGE', path, range, value);
  return number;
}

function limitName(max: bigint): string {
  const bits = (max + 1n).toString(2);
  return /^10{31,}$/.test(bits) ? `2^${bits.length - 1} - 1` : String(max);
}

/** @throws ChainError `GENESIS_INVALID_HEX` */
export function parseBytes(value: unknown, path: string): Uint8Array {
  if (value === '') return new Uint8Array(0);
  if (typeof value !== 'string' || !/^0x([0-9a-fA-F]{2})*$/.test(value))
    refuse('GENESIS_INVALID_HEX', path, '0x-prefixed hex with an even number of digits', value);
  return hexToBytes(value);
}

/** Hex of exactly `length` bytes; the 0x prefix may be absent when `bare` is set. */
export function parseFixedBytes(value: unknown, path: string, length: number, bare = false): Uint8Array {
  const pattern = new RegExp(`^(0[xX])${bare ? '?' : ''}[0-9a-fA-F]{${length * 2}}$`);
  if (typeof value !== 'string' || !pattern.test(value)) {
    const prefix = bare ? '' : '0x and ';
    refuse('GENESIS_INVALID_HEX', path, `${prefix}${length * 2} hex digits`, value);
  }
  return hexToBytes(`0x${value.slice(-length * 2)}`);
}

export function parseAddressField(value: unknown, path: string): Address {
  return toAddress(parseFixedBytes(value, path, 20));
}

export function parseHashField(value: unknown, path: string): Hash {
  return toHash(parseFixedBytes(value, path, 32));
}
