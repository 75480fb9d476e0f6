// What ABI parameters are in TypeScript: bytes are Uint8Array, addresses and 32-byte words are branded, integers of up to
// 32 bits are numbers (counts, ids, enums), wider ones are bigint and never anything else.
import type {
  Abi,
  AbiParameter,
  ExtractAbiError,
  ExtractAbiErrorNames,
  ExtractAbiEvent,
  ExtractAbiEventNames,
  ExtractAbiFunction,
  ExtractAbiFunctionNames,
} from 'abitype';
import type { Address, Hash } from '../../primitives/types.ts';

type SmallInteger = 'uint8' | 'uint16' | 'uint24' | 'uint32' | 'int8' | 'int16' | 'int24' | 'int32';

type ElementaryValue<Type extends string> = Type extends 'address'
  ? Address
  : Type extends 'bool'
    ? boolean
    : Type extends 'string'
      ? string
      : Type extends 'bytes32'
        ? Hash
        : Type extends `bytes${string}`
          ? Uint8Array
          : Type extends SmallInteger
            ? number
            : Type extends `uint${string}` | `int${string}`
              ? bigint
              : never;

/** The value of one ABI parameter. */
export type ValueOf<Parameter extends AbiParameter> = Parameter['type'] extends `${infer Item}[${number | ''}]`
  ? readonly ValueOf<Omit<Parameter, 'type'> & { readonly type: Item }>[]
  : Parameter extends { readonly components: infer Components extends readonly AbiParameter[] }
    ? FieldsOf<Components>
    : ElementaryValue<Parameter['type']>;

/** The values of several parameters, by name. */
export type FieldsOf<Parameters extends readonly AbiParameter[]> = {
  readonly [Parameter in Parameters[number] as Parameter['name'] extends string
    ? Parameter['name']
    : never]: ValueOf<Parameter>;
};

export type MethodName<TAbi extends Abi> = ExtractAbiFunctionNames<TAbi>;
export type ErrorName<TAbi extends Abi> = ExtractAbiErrorNames<TAbi>;
export type EventName<TAbi extends Abi> = ExtractAbiEventNames<TAbi>;

/** The arguments of a method, by name. */
export type ArgumentsOf<TAbi extends Abi, Name extends MethodName<TAbi>> = FieldsOf<
  ExtractAbiFunction<TAbi, Name>['inputs']
>;

/** What a method returns: nothing, its only value, or its values by name. */
export type ResultOf<TAbi extends Abi, Name extends MethodName<TAbi>> = ExtractAbiFunction<
  TAbi,
  Name
>['outputs'] extends infer Outputs extends readonly AbiParameter[]
  ? Outputs extends readonly []
    ? undefined
    : Outputs extends readonly [infer Only extends AbiParameter]
      ? ValueOf<Only>
      : FieldsOf<Outputs>
  : never;

export type ErrorArguments<TAbi extends Abi, Name extends ErrorName<TAbi>> = FieldsOf<
  ExtractAbiError<TAbi, Name>['inputs']
>;
export type EventArguments<TAbi extends Abi, Name extends EventName<TAbi>> = FieldsOf<
  ExtractAbiEvent<TAbi, Name>['inputs']
>;
