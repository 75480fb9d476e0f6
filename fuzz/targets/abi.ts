// Parameters of native contracts in ABI encoding: those of DeviceDID and a table of made-up ones, held against viem.
import { type Abi, type AbiFunction, type AbiParameter, parseAbiItem } from 'abitype';
import fc from 'fast-check';
import { decodeAbiParameters, encodeAbiParameters } from 'viem';
import { deviceDidAbi } from '../../precompiles/did/abi.ts';
import { AbiDecodeError, decodeParameters, encodeParameters } from '../../precompiles/framework/abi.ts';
import { type AbiField, compileInputs, type LengthLimits } from '../../precompiles/framework/abiNode.ts';
import { bytesToHex, concatBytes, equalBytes, hexToBytes } from '../../primitives/bytes.ts';
import { expectThat, type FuzzTarget, otherTakes } from '../target.ts';

const LIMIT = 96;

/** Shapes that no contract has yet: nested tuples and arrays, signed and small integers. */
const MADE_UP = [
  'function a(int8 x, int256 y, uint32 z, bool w)',
  'function b(bytes1 x, bytes31 y, bytes32 z, address a)',
  'function c(string s, bytes b, string t)',
  'function d(uint256[] xs, bytes[] bs, string[] ss)',
  'function e(uint8[3] xs, bytes[2] bs, bool[2][] grid)',
  'struct P { uint64 x; bytes data; uint64 y; } function f(P p, P[] ps)',
  'struct Q { int16 x; address a; } function g(Q[4] qs, Q[] more, uint256 last)',
  'struct R { string name; bytes32[] topics; } struct S { R[] rs; uint128 v; } function h(S s, S[] all)',
];

interface Shape {
  readonly inputs: readonly AbiParameter[];
  readonly fields: readonly AbiField[];
}

/** A limit for every path of dynamic length. */
function limitsOf(parameters: readonly AbiParameter[], prefix = ''): LengthLimits {
  const limits: Record<string, number> = {};
  const visit = (parameter: AbiParameter, type: string, path: string): void => {
    const array = /^(.+)\[(\d*)\]$/.exec(type);
    if (array !== null) {
      if (array[2] === '') limits[path] = 8;
      visit(parameter, array[1] as string, `${path}[]`);
    } else if (type === 'bytes' || type === 'string') limits[path] = LIMIT;
    else if (type === 'tuple' && 'components' in parameter)
      Object.assign(limits, limitsOf(parameter.components, `${path}.`));
  };
  for (const parameter of parameters) visit(parameter, parameter.type, `${prefix}${parameter.name}`);
  return limits;
}

function functionOf(text: string): AbiFunction {
  const parts = text.split(/(?=struct |function )/).map((part) => part.trim());
  return parseAbiItem([parts.at(-1) as string, ...parts.slice(0, -1)] as never) as AbiFunction;
}

const SHAPES: readonly Shape[] = [
  ...MADE_UP.map(functionOf),
  ...(deviceDidAbi as Abi).filter((item): item is AbiFunction => item.type === 'function'),
].map(({ inputs }) => ({ inputs, fields: compileInputs(inputs, limitsOf(inputs)) }));

/** The first byte chooses the shape, the rest is the data. */
function check(input: Uint8Array): string {
  const shape = SHAPES[(input[0] ?? 0) % SHAPES.length] as Shape;
  const data = input.subarray(1);
  let values: ReturnType<typeof decodeParameters>;
  try {
    values = decodeParameters(shape.fields, data);
  } catch (error) {
    if (!(error instanceof AbiDecodeError)) throw error;
    const theirs = canonicalByViem(shape, data);
    expectThat(
      theirs === undefined || error.excess !== undefined || hasInvalidUtf8(shape),
      `refused (${error.message}), viem takes it as canonical`,
    );
    return error.excess === undefined ? 'not canonical' : 'over limit';
  }
  expectThat(equalBytes(encodeParameters(shape.fields, values), data), 'encoding what was decoded gives other bytes');
  expectThat(canonicalByViem(shape, data) !== undefined, 'accepted, viem decodes or encodes something else');
  return 'accepted';
}

/** viem is lenient: only what it encodes to the same bytes again is canonical to it. */
function canonicalByViem({ inputs }: Shape, data: Uint8Array): readonly unknown[] | undefined {
  if (inputs.length === 0) return data.length === 0 ? [] : undefined;
  const hex = bytesToHex(data);
  return otherTakes(() => {
    const values = decodeAbiParameters(inputs, hex);
    if (encodeAbiParameters(inputs, values) !== hex) throw new Error('not canonical');
    return values;
  });
}

/** viem replaces what is not UTF-8, which then may encode to the same bytes; we refuse it. */
function hasInvalidUtf8({ inputs }: Shape): boolean {
  return JSON.stringify(inputs).includes('"string');
}

/** A value that fits a type, for viem. */
function fittingValue(parameter: AbiParameter, type = parameter.type): fc.Arbitrary<unknown> {
  const array = /^(.+)\[(\d*)\]$/.exec(type);
  if (array !== null) {
    const item = fittingValue(parameter, array[1]);
    const length = array[2] === '' ? { maxLength: 4 } : { minLength: Number(array[2]), maxLength: Number(array[2]) };
    return fc.array(item, length);
  }
  const hex = (constraints: fc.IntArrayConstraints) => fc.uint8Array(constraints).map((bytes) => bytesToHex(bytes));
  if (type === 'tuple' && 'components' in parameter)
    return fc.record(Object.fromEntries(parameter.components.map((member) => [member.name, fittingValue(member)])));
  if (type === 'bool') return fc.boolean();
  if (type === 'string') return fc.string({ maxLength: 40, unit: 'grapheme' });
  if (type === 'address') return hex({ minLength: 20, maxLength: 20 });
  if (type === 'bytes') return hex({ maxLength: LIMIT + 1 });
  const [, kind, digits] = /^(bytes|uint|int)(\d+)$/.exec(type) ?? [];
  const width = Number(digits);
  if (kind === 'bytes') return hex({ minLength: width, maxLength: width });
  const half = 1n << BigInt(width - 1);
  const range = kind === 'uint' ? { min: 0n, max: half * 2n - 1n } : { min: -half, max: half - 1n };
  return fc.bigInt(range).map((value) => (width <= 48 ? Number(value) : value));
}

const structures = fc
  .nat(SHAPES.length - 1)
  .chain((index) =>
    fc
      .tuple(...(SHAPES[index] as Shape).inputs.map((input) => fittingValue(input)))
      .map((values) =>
        concatBytes(
          Uint8Array.of(index),
          hexToBytes(encodeAbiParameters((SHAPES[index] as Shape).inputs, values as never)),
        ),
      ),
  );

export const abiTarget: FuzzTarget = {
  name: 'abi',
  about: 'parameters of native contracts (DeviceDID and made-up shapes), held against viem',
  shape: 'words',
  inputBytesMax: 16 * 1024,
  inputBudgetMs: 100,
  open: () => ({ corpus: fc.sample(structures, { seed: 1, numRuns: 200 }), structures, check }),
};
