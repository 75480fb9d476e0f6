// Hardhat's console.log: calls of contracts to a fixed address without code, whose calldata is what they want to print.
import { format } from 'node:util';
import { bytesToBigInt, bytesToHex, toAddress } from '../primitives/bytes.ts';
import { keccak256 } from '../primitives/crypto/keccak.ts';
import { checksumAddress } from './serialize/values.ts';

/** A longer line is cut: a contract decides what stands here. */
const LINE_CHARACTERS_MAX = 4_096;
/** What `log` takes up to four of; console.sol knows no other combinations. */
const LOG_TYPES = ['uint256', 'string', 'bool', 'address'] as const;
const LOG_ARGUMENTS_MAX = 4;

/** Functions of console.sol with one argument and a name or type of its own. */
const SINGLE_FUNCTIONS: readonly (readonly [name: string, type: string])[] = [
  ['log', 'int256'],
  ['log', 'bytes'],
  ['logInt', 'int256'],
  ['logUint', 'uint256'],
  ['logString', 'string'],
  ['logBool', 'bool'],
  ['logAddress', 'address'],
  ['logBytes', 'bytes'],
  ...Array.from({ length: 32 }, (_, i) => [`logBytes${i + 1}`, `bytes${i + 1}`] as const),
];

/** Selector → argument types. Made when a contract first prints: some 700 hashes. */
let selectors: ReadonlyMap<string, readonly string[]> | undefined;

function selectorTable(): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, readonly string[]>();
  const add = (name: string, types: readonly string[]): void => {
    table.set(selectorOf(name, types), types);
    // Until Hardhat 2.3 console.sol hashed the alias `uint` and `int` instead of the type; libraries still carry it.
    const legacy = types.map((type) => type.replace(/int256$/, 'int'));
    table.set(selectorOf(name, legacy), types);
  };
  let combinations: (readonly string[])[] = [[]];
  for (let count = 0; count <= LOG_ARGUMENTS_MAX; count++) {
    for (const types of combinations) add('log', types);
    combinations = combinations.flatMap((types) => LOG_TYPES.map((type) => [...types, type]));
  }
  for (const [name, type] of SINGLE_FUNCTIONS) add(name, [type]);
  return table;
}

function selectorOf(name: string, types: readonly string[]): string {
  return bytesToHex(keccak256(Buffer.from(`${name}(${types.join(',')})`, 'latin1')).subarray(0, 4));
}

/** The line that a call to the console address prints; unknown functions are shown as their calldata. */
export function consoleLine(calldata: Uint8Array): string {
  selectors ??= selectorTable();
  const types = selectors.get(bytesToHex(calldata.subarray(0, 4)));
  const values = types && decode(types, calldata.subarray(4));
  if (values === undefined) return `unknown console call ${bytesToHex(calldata.subarray(0, 100))}`;
  return printable(formatted(types ?? [], values)).slice(0, LINE_CHARACTERS_MAX);
}

/** Like console.log of Node: %s, %d, %i and %o of a first text take the following values. */
function formatted(types: readonly string[], values: readonly string[]): string {
  const [first, ...rest] = values;
  if (first === undefined) return '';
  return types[0] === 'string' ? format(first.replace(/%[dio]/g, '%s'), ...rest) : format('%s', first, ...rest);
}

/** Without control characters, which could rewrite the operator's terminal. */
function printable(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return line.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** Decodes a flat argument list, or undefined when the calldata does not hold it. */
function decode(types: readonly string[], data: Uint8Array): string[] | undefined {
  const values: string[] = [];
  for (let i = 0; i < types.length; i++) {
    const value = decodeOne(types[i] ?? '', data, 32 * i);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function decodeOne(type: string, data: Uint8Array, offset: number): string | undefined {
  if (offset + 32 > data.length) return undefined;
  const word = data.subarray(offset, offset + 32);
  switch (type) {
    case 'uint256':
      return bytesToBigInt(word).toString();
    case 'int256':
      return BigInt.asIntN(256, bytesToBigInt(word)).toString();
    case 'bool':
      return bytesToBigInt(word) === 0n ? 'false' : 'true';
    case 'address':
      return checksumAddress(toAddress(word.subarray(12)));
    case 'string':
    case 'bytes': {
      const tail = dynamicTail(data, bytesToBigInt(word));
      if (tail === undefined) return undefined;
      return type === 'bytes' ? bytesToHex(tail) : Buffer.from(tail).toString('utf8');
    }
    default:
      return bytesToHex(word.subarray(0, Number(type.slice('bytes'.length))));
  }
}

function dynamicTail(data: Uint8Array, offset: bigint): Uint8Array | undefined {
  if (offset + 32n > BigInt(data.length)) return undefined;
  const start = Number(offset) + 32;
  const length = bytesToBigInt(data.subarray(start - 32, start));
  return length > BigInt(data.length - start) ? undefined : data.subarray(start, start + Number(length));
}
