// Methods, events and errors of an ABI, compiled once with their selectors and topics.
import type { Abi, AbiEvent, AbiFunction, AbiParameter } from 'abitype';
import { bytesToHex, concatBytes, utf8ToBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { assert } from '../../primitives/errors.ts';
import type { Hash, Hex } from '../../primitives/types.ts';
import { type AbiValue, encodeParameters } from './abi.ts';
import { type AbiField, compileInputs, compileOutputs, isDynamic, type LengthLimits } from './abiNode.ts';

export const SELECTOR_LENGTH = 4;

/** `name(type,…)` with tuples spelled out, as selectors and topics hash it. */
export function signatureOf(item: { readonly name: string; readonly inputs: readonly AbiParameter[] }): string {
  return `${item.name}(${item.inputs.map(canonicalType).join(',')})`;
}

function canonicalType(parameter: AbiParameter): string {
  if (!parameter.type.startsWith('tuple')) return parameter.type;
  assert('components' in parameter, `${parameter.name}: a tuple needs components`);
  return `(${parameter.components.map(canonicalType).join(',')})${parameter.type.slice('tuple'.length)}`;
}

/** The first four bytes of the hash of a signature. */
export function selectorOf(signature: string): Uint8Array {
  return keccak256(utf8ToBytes(signature)).slice(0, SELECTOR_LENGTH);
}

export interface CompiledMethod {
  readonly name: string;
  readonly signature: string;
  readonly selector: Hex;
  readonly isPayable: boolean;
  /** Neither `view` nor `pure`. */
  readonly isWrite: boolean;
  readonly inputs: readonly AbiField[];
  encodeResult(result: unknown): Uint8Array;
}

/** Compiles one method; `limits` names every parameter of dynamic length. */
export function compileMethod(item: AbiFunction, limits: LengthLimits): CompiledMethod {
  const signature = signatureOf(item);
  const outputs = compileOutputs(item.outputs);
  return {
    name: item.name,
    signature,
    selector: bytesToHex(selectorOf(signature)),
    isPayable: item.stateMutability === 'payable',
    isWrite: item.stateMutability === 'payable' || item.stateMutability === 'nonpayable',
    inputs: compileInputs(item.inputs, limits),
    encodeResult: (result) => {
      const [only] = outputs;
      const values = outputs.length === 1 && only !== undefined ? { [only.name]: result as AbiValue } : result;
      return encodeParameters(outputs, (values ?? {}) as Record<string, AbiValue>);
    },
  };
}

export type ErrorEncoder = (name: string, values: Readonly<Record<string, AbiValue>>) => Uint8Array;

/** An encoder of all custom errors of an ABI. */
export function compileErrors(abi: Abi): ErrorEncoder {
  const errors = new Map<string, { selector: Uint8Array; fields: readonly AbiField[] }>();
  for (const item of abi) {
    if (item.type !== 'error') continue;
    assert(!errors.has(item.name), `error ${item.name} is declared twice`);
    errors.set(item.name, { selector: selectorOf(signatureOf(item)), fields: compileOutputs(item.inputs) });
  }
  return (name, values) => {
    const error = errors.get(name);
    assert(error !== undefined, `no error ${name} in the ABI`);
    return concatBytes(error.selector, encodeParameters(error.fields, values));
  };
}

export interface EncodedEvent {
  readonly topics: readonly Uint8Array[];
  readonly data: Uint8Array;
}

export type EventEncoder = (name: string, values: Readonly<Record<string, AbiValue>>) => EncodedEvent;

interface CompiledEvent {
  readonly topic: Hash;
  readonly indexed: readonly AbiField[];
  readonly plain: readonly AbiField[];
}

function compileEvent(item: AbiEvent): CompiledEvent {
  assert(item.anonymous !== true, `event ${item.name}: anonymous events are not supported`);
  const fields = compileOutputs(item.inputs);
  const indexed = fields.filter((_, index) => item.inputs[index]?.indexed === true);
  assert(indexed.length <= 3, `event ${item.name}: more than three indexed parameters`);
  assert(
    indexed.every(({ node }) => !isDynamic(node) && node.kind !== 'tuple' && node.kind !== 'fixedArray'),
    `event ${item.name}: an indexed parameter must be one word`,
  );
  return {
    topic: keccak256(utf8ToBytes(signatureOf(item))),
    indexed,
    plain: fields.filter((field) => !indexed.includes(field)),
  };
}

/** An encoder of all events of an ABI. */
export function compileEvents(abi: Abi): EventEncoder {
  const events = new Map<string, CompiledEvent>();
  for (const item of abi) {
    if (item.type !== 'event') continue;
    assert(!events.has(item.name), `event ${item.name} is declared twice`);
    events.set(item.name, compileEvent(item));
  }
  return (name, values) => {
    const event = events.get(name);
    assert(event !== undefined, `no event ${name} in the ABI`);
    return {
      topics: [event.topic, ...event.indexed.map((field) => encodeParameters([field], values))],
      data: encodeParameters(event.plain, values),
    };
  };
}
