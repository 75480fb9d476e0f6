// Parsers of single JSON-RPC values. Strict: one form each, and every refusal names the place and what was expected.
import { padLeft, quote, toAddress, toHash } from '../../primitives/bytes.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { RPC_CODES, RpcError } from '../errors.ts';

/** Turns JSON into a value; `at` is the place that an error names ("argument 0.to"). */
export type Parser<Value> = (value: unknown, at: string) => Value;

export function invalidParams(message: string): RpcError {
  return new RpcError(RPC_CODES.invalidParams, message);
}

/** "invalid argument 0.to: expected an address …, got 5" */
export function invalidAt(at: string, expected: string, got: unknown): RpcError {
  return invalidParams(`invalid ${at}: expected ${expected}, got ${show(got)}`);
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' ? 'an object' : String(value);
}

/** Accepts a missing parameter (or null, as geth does) as `fallback`. */
export function optional<Value, const Fallback>(parse: Parser<Value>, fallback: Fallback): Parser<Value | Fallback> {
  return (value, at) => (value === undefined || value === null ? fallback : parse(value, at));
}

const QUANTITY_PATTERN = /^0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})$/;

/** A quantity of at most 256 bits: `0x` and hex digits without leading zeros. */
export const quantity: Parser<bigint> = (value, at) => {
  if (typeof value !== 'string' || !QUANTITY_PATTERN.test(value))
    throw invalidAt(at, 'a quantity of 0x and 1 to 64 hex digits without leading zeros', value);
  return BigInt(value);
};

/** A quantity of at most 64 bits: nonces, gas, numbers, times. */
export const quantity64: Parser<bigint> = (value, at) => {
  const parsed = quantity(value, at);
  if (parsed >= 1n << 64n) throw invalidAt(at, 'a quantity of at most 64 bits', value);
  return parsed;
};

/** A quantity that is an index into something in memory. */
export const index: Parser<number> = (value, at) => {
  const parsed = quantity(value, at);
  if (parsed > 0xffffffffn) throw invalidAt(at, 'an index of at most 32 bits', value);
  return Number(parsed);
};

/** A non-negative integer as Hardhat and Anvil take it: a quantity, hex with leading zeros, decimal text, or a number. */
export const lenientQuantity: Parser<bigint> = (value, at) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && /^(0x[0-9a-fA-F]{1,64}|[0-9]{1,78})$/.test(value) && BigInt(value) < 1n << 256n)
    return BigInt(value);
  throw invalidAt(at, 'a non-negative integer as a number, 0x-prefixed hex or decimal text', value);
};

/** {@link lenientQuantity} of at most 64 bits. */
export const lenientQuantity64: Parser<bigint> = (value, at) => {
  const parsed = lenientQuantity(value, at);
  if (parsed >= 1n << 64n) throw invalidAt(at, 'an integer of at most 64 bits', value);
  return parsed;
};

const HEX_PATTERN = /^0x[0-9a-fA-F]*$/;

/** The bytes of `0x` and an even number of hex digits, or undefined for anything else; looks at each digit once. */
function decodeHex(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || value.length % 2 !== 0 || !HEX_PATTERN.test(value)) return undefined;
  const buffer = Buffer.from(value.slice(2), 'hex');
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Bytes: `0x` and an even number of hex digits. */
export const bytes: Parser<Uint8Array> = (value, at) => {
  const decoded = decodeHex(value);
  if (decoded === undefined) throw invalidAt(at, '0x and an even number of hex digits', value);
  return decoded;
};

export const address: Parser<Address> = (value, at) => {
  const decoded = decodeHex(value);
  if (decoded?.length !== 20) throw invalidAt(at, 'an address of 0x and 40 hex digits', value);
  return toAddress(decoded);
};

export const hash: Parser<Hash> = (value, at) => {
  const decoded = decodeHex(value);
  if (decoded?.length !== 32) throw invalidAt(at, 'a hash of 0x and 64 hex digits', value);
  return toHash(decoded);
};

/** A storage slot of up to 32 bytes: leading zeros and an odd number of digits are accepted, as execution-apis says. */
export const slot: Parser<Uint8Array> = (value, at) => {
  const decoded = typeof value === 'string' && value.length % 2 !== 0 ? oddHex(value) : decodeHex(value);
  if (decoded === undefined || decoded.length === 0 || decoded.length > 32)
    throw invalidAt(at, 'a storage slot of 0x and 1 to 64 hex digits', value);
  return padLeft(decoded, 32);
};

/** {@link decodeHex} with a digit missing in front. */
function oddHex(value: string): Uint8Array | undefined {
  return value.startsWith('0x') ? decodeHex(`0x0${value.slice(2)}`) : undefined;
}

/** A storage word: exactly 32 bytes. */
export const word: Parser<Uint8Array> = (value, at) => {
  const decoded = decodeHex(value);
  if (decoded?.length !== 32) throw invalidAt(at, 'a word of 0x and 64 hex digits', value);
  return decoded;
};

export const boolean: Parser<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw invalidAt(at, 'true or false', value);
  return value;
};

export const text: Parser<string> = (value, at) => {
  if (typeof value !== 'string') throw invalidAt(at, 'text', value);
  return value;
};

/** Any JSON value, for methods that look at it themselves. */
export const anything: Parser<unknown> = (value) => value;

/** A list of at most `lengthMax` values. */
export function list<Value>(parse: Parser<Value>, lengthMax: number): Parser<Value[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw invalidAt(at, 'an array', value);
    if (value.length > lengthMax)
      throw invalidParams(`invalid ${at}: expected at most ${lengthMax} entries, got ${value.length}`);
    return value.map((entry, position) => parse(entry, `${at}[${position}]`));
  };
}

/** A JSON object, to be taken apart by {@link field}. */
export const object: Parser<Readonly<Record<string, unknown>>> = (value, at) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidAt(at, 'an object', value);
  return value as Record<string, unknown>;
};

/** An own field of a parsed object; absent and null are undefined. */
export function field<Value>(
  from: Readonly<Record<string, unknown>>,
  name: string,
  parse: Parser<Value>,
  at: string,
): Value | undefined {
  const value = Object.hasOwn(from, name) ? from[name] : undefined;
  return value === undefined || value === null ? undefined : parse(value, `${at}.${name}`);
}
