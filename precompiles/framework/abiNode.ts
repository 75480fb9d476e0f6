// ABI parameters compiled once into what the codec walks: widths, names and length limits, so that no type string is parsed
// while a transaction runs.
import type { AbiParameter } from 'abitype';
import { assert } from '../../primitives/errors.ts';

export const WORD = 32;

export interface AbiField {
  readonly name: string;
  readonly node: AbiNode;
}

export type AbiNode =
  /** `isNumber`: at most 32 bits, a JavaScript number. */
  | { readonly kind: 'uint' | 'int'; readonly bits: number; readonly isNumber: boolean }
  | { readonly kind: 'address' | 'bool' }
  | { readonly kind: 'fixedBytes'; readonly length: number }
  /** `limit`: most bytes that the method takes. */
  | { readonly kind: 'bytes' | 'string'; readonly limit: number }
  /** `limit`: most items. */
  | { readonly kind: 'array'; readonly item: AbiNode; readonly limit: number }
  | { readonly kind: 'fixedArray'; readonly item: AbiNode; readonly length: number }
  | { readonly kind: 'tuple'; readonly fields: readonly AbiField[] };

/** Length limits by path, such as `registration.docUri`; `[]` stands for the items of an array. */
export type LengthLimits = Readonly<Record<string, number>>;

/** Whether the value stands behind an offset. */
export function isDynamic(node: AbiNode): boolean {
  switch (node.kind) {
    case 'bytes':
    case 'string':
    case 'array':
      return true;
    case 'fixedArray':
      return isDynamic(node.item);
    case 'tuple':
      return node.fields.some((field) => isDynamic(field.node));
    default:
      return false;
  }
}

/** Bytes that the value takes in the head of its sequence. */
export function headLength(node: AbiNode): number {
  if (isDynamic(node)) return WORD;
  if (node.kind === 'fixedArray') return node.length * headLength(node.item);
  if (node.kind === 'tuple') return node.fields.reduce((sum, field) => sum + headLength(field.node), 0);
  return WORD;
}

class Compiler {
  readonly #limits: LengthLimits | undefined;
  readonly #unused: Set<string>;

  constructor(limits: LengthLimits | undefined) {
    this.#limits = limits;
    this.#unused = new Set(Object.keys(limits ?? {}));
  }

  fields(parameters: readonly AbiParameter[], path: string): AbiField[] {
    return parameters.map((parameter, index) => {
      const name = parameter.name ?? '';
      assert(
        name !== '' || (this.#limits === undefined && parameters.length === 1),
        `parameter ${index} of ${path} is unnamed`,
      );
      return { name, node: this.node(parameter, parameter.type, path === '' ? name : `${path}.${name}`) };
    });
  }

  node(parameter: AbiParameter, type: string, path: string): AbiNode {
    const array = /^(.+)\[(\d*)\]$/.exec(type);
    if (array !== null) {
      const item = this.node(parameter, array[1] as string, `${path}[]`);
      if (array[2] === '') return { kind: 'array', item, limit: this.#limit(path) };
      const length = Number(array[2]);
      assert(length > 0, `${path}: an array of no items has no canonical encoding`);
      return { kind: 'fixedArray', item, length };
    }
    if (type === 'tuple') {
      assert('components' in parameter && parameter.components.length > 0, `${path}: a tuple needs components`);
      return { kind: 'tuple', fields: this.fields(parameter.components, path) };
    }
    return this.#elementary(type, path);
  }

  /** Every limit must have been asked for. */
  finish(): void {
    assert(this.#unused.size === 0, `length limits name no parameter: ${[...this.#unused].join(', ')}`);
  }

  #elementary(type: string, path: string): AbiNode {
    if (type === 'bytes' || type === 'string') return { kind: type, limit: this.#limit(path) };
    if (type === 'address' || type === 'bool') return { kind: type };
    const [, kind, digits] = /^(bytes|uint|int)(\d+)$/.exec(type) ?? [];
    const width = Number(digits);
    if (kind === 'bytes' && width >= 1 && width <= WORD) return { kind: 'fixedBytes', length: width };
    const isInteger = (kind === 'uint' || kind === 'int') && width % 8 === 0 && width >= 8 && width <= 256;
    assert(isInteger, `${path}: unsupported ABI type ${type}`);
    return { kind, bits: width, isNumber: width <= 32 };
  }

  #limit(path: string): number {
    if (this.#limits === undefined) return Number.MAX_SAFE_INTEGER;
    const limit = this.#limits[path];
    assert(limit !== undefined && Number.isSafeInteger(limit) && limit >= 0, `${path} needs a length limit`);
    this.#unused.delete(path);
    return limit;
  }
}

/**
 * Compiles the inputs of a method. Every dynamic parameter needs a limit, and every limit a parameter.
 * @throws InvariantError for a mistake in the definition: the node does not start with one
 */
export function compileInputs(inputs: readonly AbiParameter[], limits: LengthLimits): readonly AbiField[] {
  const compiler = new Compiler(limits);
  const fields = compiler.fields(inputs, '');
  compiler.finish();
  return fields;
}

/** Compiles what only our own code encodes: results, events and errors. Lengths are not limited. */
export function compileOutputs(outputs: readonly AbiParameter[]): readonly AbiField[] {
  return new Compiler(undefined).fields(outputs, '');
}
