// The ABI codec of native code. Decoding accepts exactly one encoding of each value, the one that Solidity and viem produce:
// offsets that follow each other without gaps, zero padding, no high bits, no trailing bytes; lengths are compared with their
// limits before anything is allocated.
import { bigIntToFixedBytes, bytesToBigInt, EMPTY_BYTES } from '../../primitives/bytes.ts';
import { assert, ChainError, unreachable } from '../../primitives/errors.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { type AbiField, type AbiNode, headLength, isDynamic, WORD } from './abiNode.ts';
import { decodeUtf8, encodeUtf8 } from './text.ts';

/** Calldata that is not canonical, or longer than its limit. Offsets count from the first byte after the selector. */
export class AbiDecodeError extends Error {
  override readonly name = 'AbiDecodeError';
  readonly offset: number;
  /** Set when a length is above its limit. */
  readonly excess: { readonly length: bigint; readonly limit: number } | undefined;

  constructor(offset: number, excess?: { length: bigint; limit: number }) {
    super(excess === undefined ? `not canonical at byte ${offset}` : `length ${excess.length} over ${excess.limit}`);
    this.offset = offset;
    this.excess = excess;
  }
}

export type AbiValue =
  | bigint
  | number
  | boolean
  | string
  | Uint8Array
  | readonly AbiValue[]
  | { readonly [name: string]: AbiValue };

class Decoder {
  readonly #data: Uint8Array;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  /** Decodes a head and its tails, which must follow the head and each other without a gap. Returns the values and the end. */
  sequence(nodes: readonly AbiNode[], start: number): { values: AbiValue[]; end: number } {
    let head = start;
    let tail = nodes.reduce((sum, node) => sum + headLength(node), start);
    const values: AbiValue[] = [];
    for (const node of nodes) {
      if (isDynamic(node)) {
        if (this.#uint(head) !== BigInt(tail - start)) throw new AbiDecodeError(head);
        const { value, end } = this.#dynamic(node, tail);
        values.push(value);
        tail = end;
        head += WORD;
      } else {
        values.push(this.#static(node, head));
        head += headLength(node);
      }
    }
    return { values, end: tail };
  }

  #word(offset: number): Uint8Array {
    if (offset + WORD > this.#data.length) throw new AbiDecodeError(offset);
    return this.#data.subarray(offset, offset + WORD);
  }

  #uint(offset: number): bigint {
    return bytesToBigInt(this.#word(offset));
  }

  #length(offset: number, limit: number): number {
    const length = this.#uint(offset);
    if (length > BigInt(limit)) throw new AbiDecodeError(offset, { length, limit });
    return Number(length);
  }

  #dynamic(node: AbiNode, offset: number): { value: AbiValue; end: number } {
    switch (node.kind) {
      case 'bytes':
      case 'string':
        return this.#bytes(node, offset);
      case 'array': {
        const length = this.#length(offset, node.limit);
        const start = offset + WORD;
        if (start + length * headLength(node.item) > this.#data.length) throw new AbiDecodeError(offset);
        const { values, end } = this.sequence(repeat(node.item, length), start);
        return { value: values, end };
      }
      case 'fixedArray': {
        const { values, end } = this.sequence(repeat(node.item, node.length), offset);
        return { value: values, end };
      }
      case 'tuple': {
        const { values, end } = this.sequence(nodesOf(node.fields), offset);
        return { value: named(node.fields, values), end };
      }
      default:
        throw new AbiDecodeError(offset);
    }
  }

  #bytes(node: { kind: 'bytes' | 'string'; limit: number }, offset: number): { value: AbiValue; end: number } {
    const length = this.#length(offset, node.limit);
    const start = offset + WORD;
    const end = start + Math.ceil(length / WORD) * WORD;
    if (end > this.#data.length) throw new AbiDecodeError(offset);
    for (let i = start + length; i < end; i++) if (this.#data[i] !== 0) throw new AbiDecodeError(i);
    const bytes = this.#data.slice(start, start + length);
    if (node.kind === 'bytes') return { value: bytes, end };
    try {
      return { value: decodeUtf8(bytes), end };
    } catch {
      throw new AbiDecodeError(start);
    }
  }

  #static(node: AbiNode, offset: number): AbiValue {
    switch (node.kind) {
      case 'uint':
        return this.#integer(offset, 0n, (1n << BigInt(node.bits)) - 1n, node.isNumber);
      case 'int': {
        const half = 1n << BigInt(node.bits - 1);
        return this.#integer(offset, -half, half - 1n, node.isNumber);
      }
      case 'address':
        this.#zeros(offset, offset + 12);
        return this.#word(offset).slice(12) as Address;
      case 'bool': {
        const value = this.#uint(offset);
        if (value > 1n) throw new AbiDecodeError(offset);
        return value === 1n;
      }
      case 'fixedBytes':
        this.#zeros(offset + node.length, offset + WORD);
        return this.#word(offset).slice(0, node.length) as Hash;
      case 'fixedArray':
        return this.sequence(repeat(node.item, node.length), offset).values;
      case 'tuple':
        return named(node.fields, this.sequence(nodesOf(node.fields), offset).values);
      default:
        throw new AbiDecodeError(offset);
    }
  }

  /** A word as an integer of `min`..`max`; negative ones stand in two's complement over the whole word. */
  #integer(offset: number, min: bigint, max: bigint, isNumber: boolean): bigint | number {
    const word = this.#uint(offset);
    const value = min < 0n ? BigInt.asIntN(256, word) : word;
    if (value < min || value > max) throw new AbiDecodeError(offset);
    return isNumber ? Number(value) : value;
  }

  #zeros(from: number, to: number): void {
    if (to > this.#data.length) throw new AbiDecodeError(from);
    for (let i = from; i < to; i++) if (this.#data[i] !== 0) throw new AbiDecodeError(i);
  }
}

function repeat(node: AbiNode, count: number): readonly AbiNode[] {
  return Array.from({ length: count }, () => node);
}

function nodesOf(fields: readonly AbiField[]): readonly AbiNode[] {
  return fields.map((field) => field.node);
}

function named(fields: readonly AbiField[], values: readonly AbiValue[]): Record<string, AbiValue> {
  return Object.fromEntries(fields.map((field, index) => [field.name, values[index] as AbiValue]));
}

/**
 * Decodes parameters (calldata without the selector) to their values by name.
 * @throws AbiDecodeError when `data` is not the canonical encoding or a length is above its limit
 */
export function decodeParameters(fields: readonly AbiField[], data: Uint8Array): Readonly<Record<string, AbiValue>> {
  const { values, end } = new Decoder(data).sequence(nodesOf(fields), 0);
  if (end !== data.length) throw new AbiDecodeError(end);
  return named(fields, values);
}

function encodeInteger(node: { kind: 'uint' | 'int'; bits: number }, value: AbiValue): Uint8Array {
  const integer = BigInt(value as bigint | number);
  const half = 1n << BigInt(node.bits - 1);
  const fits = node.kind === 'uint' ? integer >= 0n && integer < half * 2n : integer >= -half && integer < half;
  // No invariant: values may come from storage or a block that a call's overrides made up, which must not stop the node.
  if (!fits) throw new ChainError('UNENCODABLE', `${integer} does not fit ${node.kind}${node.bits}`);
  return bigIntToFixedBytes(BigInt.asUintN(256, integer), WORD);
}

/** `bytes` followed by zeros up to a whole number of words. */
function padRight(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / WORD) * WORD);
  out.set(bytes);
  return out;
}

function encodeValue(node: AbiNode, value: AbiValue): Uint8Array {
  switch (node.kind) {
    case 'uint':
    case 'int':
      return encodeInteger(node, value);
    case 'address': {
      const bytes = value as Uint8Array;
      assert(bytes.length === 20, `address of ${bytes.length} bytes`);
      const out = new Uint8Array(WORD);
      out.set(bytes, 12);
      return out;
    }
    case 'bool':
      return bigIntToFixedBytes(value === true ? 1n : 0n, WORD);
    case 'fixedBytes':
      assert((value as Uint8Array).length === node.length, `expected ${node.length} bytes`);
      return padRight(value as Uint8Array);
    case 'bytes':
    case 'string': {
      const bytes = node.kind === 'bytes' ? (value as Uint8Array) : encodeUtf8(value as string);
      return join([bigIntToFixedBytes(BigInt(bytes.length), WORD), padRight(bytes)]);
    }
    case 'array': {
      const items = value as readonly AbiValue[];
      return join([
        bigIntToFixedBytes(BigInt(items.length), WORD),
        encodeSequence(repeat(node.item, items.length), items),
      ]);
    }
    case 'fixedArray':
      assert((value as readonly AbiValue[]).length === node.length, `expected ${node.length} items`);
      return encodeSequence(repeat(node.item, node.length), value as readonly AbiValue[]);
    case 'tuple':
      return encodeParameters(node.fields, value as Readonly<Record<string, AbiValue>>);
    default:
      return unreachable(node);
  }
}

function encodeSequence(nodes: readonly AbiNode[], values: readonly AbiValue[]): Uint8Array {
  const heads: Uint8Array[] = [];
  const tails: Uint8Array[] = [];
  let tailOffset = nodes.reduce((sum, node) => sum + headLength(node), 0);
  nodes.forEach((node, index) => {
    const encoded = encodeValue(node, values[index] as AbiValue);
    if (!isDynamic(node)) {
      heads.push(encoded);
      return;
    }
    heads.push(bigIntToFixedBytes(BigInt(tailOffset), WORD));
    tails.push(encoded);
    tailOffset += encoded.length;
  });
  return join([...heads, ...tails]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 0) return EMPTY_BYTES;
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/**
 * Encodes values by name.
 * @throws ChainError `UNENCODABLE` when an integer does not fit its type
 * @throws InvariantError when a value is not of its type: only our own code encodes
 */
export function encodeParameters(fields: readonly AbiField[], values: Readonly<Record<string, AbiValue>>): Uint8Array {
  return encodeSequence(
    nodesOf(fields),
    fields.map((field) => values[field.name] as AbiValue),
  );
}
