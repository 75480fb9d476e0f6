// EIP-712: the digest of typed structured data, as eth_signTypedData_v4 signs it.
import { bigIntToFixedBytes, concatBytes, hexToBytes, padLeft, quote, utf8ToBytes } from '../primitives/bytes.ts';
import { keccak256 } from '../primitives/crypto/keccak.ts';
import type { Hash } from '../primitives/types.ts';
import { field, invalidAt, invalidParams, list, object, type Parser, text } from './params/values.ts';

/** Struct types of one message, and members of one type: far above real use, and each costs a hash. */
const TYPES_MAX = 256;
const MEMBERS_MAX = 256;
const DOMAIN_TYPE = 'EIP712Domain';
/** EIP-712, "Definition of domainSeparator": the fields that a domain may have, in order. */
const DOMAIN_MEMBERS: readonly Member[] = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
  { name: 'salt', type: 'bytes32' },
];

interface Member {
  readonly name: string;
  readonly type: string;
}
type Struct = Readonly<Record<string, unknown>>;

export interface TypedData {
  readonly types: ReadonlyMap<string, readonly Member[]>;
  readonly primaryType: string;
  readonly domain: Struct;
  readonly message: Struct;
}

const member: Parser<Member> = (value, at) => {
  const from = object(value, at);
  const name = field(from, 'name', text, at);
  const type = field(from, 'type', text, at);
  if (name === undefined || type === undefined) throw invalidAt(at, 'an object with name and type', value);
  return { name, type };
};

function parseTypes(value: unknown, at: string, domain: Struct): ReadonlyMap<string, readonly Member[]> {
  const entries = Object.entries(object(value, at));
  if (entries.length > TYPES_MAX) throw invalidParams(`invalid ${at}: at most ${TYPES_MAX} types are allowed`);
  const types = new Map(entries.map(([name, members]) => [name, list(member, MEMBERS_MAX)(members, `${at}.${name}`)]));
  if (!types.has(DOMAIN_TYPE))
    types.set(
      DOMAIN_TYPE,
      DOMAIN_MEMBERS.filter(({ name }) => Object.hasOwn(domain, name)),
    );
  return types;
}

/** Typed data as an object, or as the JSON text of one, which older wallets send. */
export const typedData: Parser<TypedData> = (value, at) => {
  const from = object(typeof value === 'string' ? parseJson(value, at) : value, at);
  const domain = field(from, 'domain', object, at);
  const message = field(from, 'message', object, at);
  const primaryType = field(from, 'primaryType', text, at);
  if (domain === undefined || message === undefined || primaryType === undefined)
    throw invalidAt(at, 'typed data with types, primaryType, domain and message', value);
  const types = parseTypes(from['types'], `${at}.types`, domain);
  if (!types.has(primaryType)) throw invalidParams(`invalid ${at}: no type ${quote(primaryType)} for the primaryType`);
  return { types, primaryType, domain, message };
};

function parseJson(value: string, at: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw invalidAt(at, 'typed data as an object or as JSON text', value);
  }
}

/**
 * `keccak256(0x1901 ‖ domain separator ‖ hash of the message)`.
 * @throws RpcError -32602 naming the member whose value does not fit its type
 */
export function typedDataDigest({ types, primaryType, domain, message }: TypedData): Hash {
  const prefix = Uint8Array.of(0x19, 0x01);
  const separator = hashStruct(types, DOMAIN_TYPE, domain, 'domain');
  if (primaryType === DOMAIN_TYPE) return keccak256(concatBytes(prefix, separator));
  return keccak256(concatBytes(prefix, separator, hashStruct(types, primaryType, message, 'message')));
}

type Types = TypedData['types'];

function hashStruct(types: Types, type: string, value: Struct, at: string): Hash {
  const encoded = (types.get(type) ?? []).map(({ name, type: memberType }) =>
    encodeValue(types, memberType, Object.hasOwn(value, name) ? value[name] : undefined, `${at}.${name}`),
  );
  return keccak256(concatBytes(keccak256(utf8ToBytes(encodeType(types, type))), ...encoded));
}

/** `Mail(Person from,Person to,string contents)Person(string name,address wallet)` */
function encodeType(types: Types, primary: string): string {
  const found = new Set<string>();
  const queue = [primary];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    for (const { type } of types.get(name) ?? []) {
      const base = type.replace(/(\[[0-9]*\])+$/, '');
      if (types.has(base)) queue.push(base);
    }
  }
  found.delete(primary);
  return [primary, ...[...found].sort()]
    .map((name) => `${name}(${(types.get(name) ?? []).map((one) => `${one.type} ${one.name}`).join(',')})`)
    .join('');
}

/** The 32 bytes that stand for a value inside its struct. */
function encodeValue(types: Types, type: string, value: unknown, at: string): Uint8Array {
  const array = /^(.+)\[([0-9]*)\]$/.exec(type);
  if (array !== null) return encodeArray(types, array[1] ?? '', array[2] ?? '', value, at);
  if (types.has(type)) return hashStruct(types, type, object(value, at), at);
  if (type === 'string') return keccak256(utf8ToBytes(text(value, at)));
  if (type === 'bytes') return keccak256(hexOf(value, at, undefined));
  if (type === 'address') return padLeft(hexOf(value, at, 20), 32);
  if (type === 'bool') {
    if (typeof value !== 'boolean') throw invalidAt(at, 'true or false', value);
    return bigIntToFixedBytes(value ? 1n : 0n, 32);
  }
  const bytesType = /^bytes([1-9]|[12][0-9]|3[0-2])$/.exec(type);
  if (bytesType !== null) {
    const out = new Uint8Array(32);
    out.set(hexOf(value, at, Number(bytesType[1])));
    return out;
  }
  const integer = /^(u?)int([0-9]{1,3})$/.exec(type);
  const bits = Number(integer?.[2]);
  if (integer === null || bits === 0 || bits > 256 || bits % 8 !== 0)
    throw invalidParams(`invalid ${at}: type ${quote(type)} is neither built in nor among the types`);
  return encodeInteger(value, BigInt(bits), integer[1] === 'u', at);
}

function encodeArray(types: Types, element: string, length: string, value: unknown, at: string): Uint8Array {
  if (!Array.isArray(value)) throw invalidAt(at, 'an array', value);
  if (length !== '' && value.length !== Number(length)) throw invalidAt(at, `an array of ${length}`, value);
  return keccak256(
    concatBytes(...value.map((one, position) => encodeValue(types, element, one, `${at}[${position}]`))),
  );
}

function hexOf(value: unknown, at: string, length: number | undefined): Uint8Array {
  const bytes = typeof value === 'string' && /^0x(?:[0-9a-fA-F]{2})*$/.test(value) ? hexToBytes(value) : undefined;
  if (bytes === undefined || (length !== undefined && bytes.length !== length))
    throw invalidAt(at, length === undefined ? '0x and hex digits' : `0x and ${2 * length} hex digits`, value);
  return bytes;
}

function encodeInteger(value: unknown, bits: bigint, unsigned: boolean, at: string): Uint8Array {
  const parsed = integerOf(value);
  const minimum = unsigned ? 0n : -(1n << (bits - 1n));
  const maximum = unsigned ? (1n << bits) - 1n : (1n << (bits - 1n)) - 1n;
  if (parsed === undefined || parsed < minimum || parsed > maximum)
    throw invalidAt(at, `an integer that fits ${unsigned ? 'uint' : 'int'}${bits}`, value);
  return bigIntToFixedBytes(BigInt.asUintN(256, parsed), 32);
}

function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value !== 'string' || !/^(0x[0-9a-fA-F]{1,64}|-?[0-9]{1,78})$/.test(value)) return undefined;
  return BigInt(value);
}
