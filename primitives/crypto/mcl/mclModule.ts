// mcl (github.com/herumi/mcl) as the raw WebAssembly module inside the package `mcl-wasm`. The package's own loader is
// asynchronous and serves one curve per process; consensus code needs neither, so the module is compiled here, once and
// only when a curve is first used, and instantiated once per curve.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ChainError } from '../../errors.ts';

/** Curve ids of mcl 2.4 (`mclBn_init`). */
export const MCL_CURVES = { bn254: 4, bls12381: 5, secp256k1: 102, p256: 107 } as const;

/** Sizes in memory as the package's build has them: 6 words for a base field element, 4 for a scalar. */
export const MCL_FP_BYTES = 48;
export const MCL_FR_BYTES = 32;
export const MCL_G1_BYTES: number = 3 * MCL_FP_BYTES;
export const MCL_G2_BYTES: number = 6 * MCL_FP_BYTES;
export const MCL_GT_BYTES: number = 12 * MCL_FP_BYTES;
/** The build's word sizes, which `mclBn_init` compares: 10 * scalar words + field words. */
const COMPILED_TIME_VAR = 46;

/** An address in an instance's memory. */
export type Pointer = number;

type Unary = (out: Pointer, a: Pointer) => void;
type Binary = (out: Pointer, a: Pointer, b: Pointer) => void;
type Test = (a: Pointer) => number;
type Equal = (a: Pointer, b: Pointer) => number;
type Read = (out: Pointer, bytes: Pointer, length: number) => number;
type Write = (bytes: Pointer, capacity: number, a: Pointer) => number;
type Sum = (out: Pointer, points: Pointer, scalars: Pointer, count: number) => void;

/** The functions used here; `_deserialize` returns the bytes read and 0 for values that are not canonical. */
export interface MclExports {
  readonly malloc: (bytes: number) => Pointer;
  readonly mclBn_init: (curve: number, compiledTimeVar: number) => number;
  readonly mclBn_getFpByteSize: () => number;
  readonly mclBn_setETHserialization: (on: number) => void;
  readonly mclBn_setMapToMode: (mode: number) => number;
  readonly mclBnFp_clear: (out: Pointer) => void;
  readonly mclBnFp_setInt32: (out: Pointer, value: number) => void;
  readonly mclBnFp_deserialize: Read;
  readonly mclBnFp_serialize: Write;
  readonly mclBnFp_add: Binary;
  readonly mclBnFp_mul: Binary;
  readonly mclBnFp_sqr: Unary;
  readonly mclBnFp_neg: Unary;
  readonly mclBnFp_squareRoot: (out: Pointer, a: Pointer) => number;
  readonly mclBnFp_isOdd: Test;
  readonly mclBnFr_clear: (out: Pointer) => void;
  readonly mclBnFr_deserialize: Read;
  readonly mclBnFr_setBigEndianMod: Read;
  readonly mclBnFr_setLittleEndianMod: Read;
  readonly mclBnFr_add: Binary;
  readonly mclBnFr_mul: Binary;
  readonly mclBnFr_inv: Unary;
  readonly mclBnFr_neg: Unary;
  readonly mclBnFr_isZero: Test;
  readonly mclBnFr_isEqual: Equal;
  readonly mclBnG1_clear: (out: Pointer) => void;
  readonly mclBnG1_isValid: Test;
  readonly mclBnG1_isValidOrder: Test;
  readonly mclBnG1_isZero: Test;
  readonly mclBnG1_isEqual: Equal;
  readonly mclBnG1_add: Binary;
  readonly mclBnG1_sub: Binary;
  readonly mclBnG1_neg: Unary;
  readonly mclBnG1_mul: Binary;
  readonly mclBnG1_mulVec: Sum;
  readonly mclBnG1_normalize: Unary;
  readonly mclBnG1_deserialize: Read;
  readonly mclBnG2_clear: (out: Pointer) => void;
  readonly mclBnG2_isValid: Test;
  readonly mclBnG2_isValidOrder: Test;
  readonly mclBnG2_isZero: Test;
  readonly mclBnG2_add: Binary;
  readonly mclBnG2_sub: Binary;
  readonly mclBnG2_neg: Unary;
  readonly mclBnG2_mul: Binary;
  readonly mclBnG2_mulVec: Sum;
  readonly mclBnG2_normalize: Unary;
  readonly mclBnG2_deserialize: Read;
  readonly mclBnGT_isOne: Test;
  readonly mclBnGT_mul: Binary;
  readonly mclBn_millerLoop: Binary;
  readonly mclBn_millerLoopVec: Sum;
  readonly mclBn_finalExp: Unary;
  readonly mclBn_verifyOrderG1: (on: number) => void;
  readonly mclBn_verifyOrderG2: (on: number) => void;
  readonly mclBnFp_mapToG1: (out: Pointer, a: Pointer) => number;
  readonly mclBnFp2_mapToG2: (out: Pointer, a: Pointer) => number;
}

/** One curve's instance and its memory. Not for use by two callers at once: nothing here yields, so none can be. */
export interface Mcl {
  readonly functions: MclExports;
  /** The memory as bytes; always current, also after it grew. */
  bytes(): Uint8Array;
  /** Memory that is never freed: scratch space and constants. */
  allocate(bytes: number): Pointer;
}

// The part of the platform's WebAssembly that is used here; the compiler's libraries have no browser types.
interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Memory: new (limits: { initial: number }) => WasmMemory;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** The memory that the module was linked for, in pages of 64 KiB. */
const MEMORY_PAGES = 32;

let compiled: object | undefined;

/** The module as the package carries it: base64 in one string constant of `mcl_c.js`. */
function compile(): object {
  if (compiled !== undefined) return compiled;
  const source = readFileSync(createRequire(import.meta.url).resolve('mcl-wasm/dist/mcl_c.js'), 'latin1');
  const base64 = /const wasmBase64 = '([A-Za-z0-9+/=]+)'/.exec(source)?.[1];
  if (base64 === undefined) throw new ChainError('MCL_UNAVAILABLE', 'mcl-wasm is not the version this was built for');
  compiled = new WebAssembly.Module(Buffer.from(base64, 'base64'));
  return compiled;
}

/**
 * A new instance for one curve.
 * @throws ChainError `MCL_UNAVAILABLE` when the package is another build than expected
 */
export function createMcl(curve: keyof typeof MCL_CURVES): Mcl {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES });
  const cryptoGetRandomValues = () => {
    throw new ChainError('MCL_UNAVAILABLE', 'mcl asked for randomness, which no function used here may need');
  };
  const instance = new WebAssembly.Instance(compile(), { env: { memory, cryptoGetRandomValues } });
  const functions = instance.exports as MclExports & { readonly __wasm_call_ctors?: () => void };
  functions.__wasm_call_ctors?.();
  const fieldBytes = curve === 'bls12381' ? 48 : 32;
  if (
    functions.mclBn_init(MCL_CURVES[curve], COMPILED_TIME_VAR) !== 0 ||
    functions.mclBn_getFpByteSize() !== fieldBytes
  )
    throw new ChainError('MCL_UNAVAILABLE', `mcl-wasm does not know the curve ${curve} as expected`);
  let view = new Uint8Array(memory.buffer);
  return {
    functions,
    bytes() {
      if (view.length === 0) view = new Uint8Array(memory.buffer);
      return view;
    },
    allocate(bytes) {
      const pointer = functions.malloc(bytes);
      if (pointer === 0) throw new ChainError('MCL_UNAVAILABLE', `mcl has no ${bytes} bytes of memory left`);
      return pointer;
    },
  };
}

/** Copies `length` big-endian bytes at `offset` of `source` to `pointer`, reversed: mcl reads field elements little-endian. */
export function putReversed(mcl: Mcl, pointer: Pointer, source: Uint8Array, offset: number, length: number): void {
  const memory = mcl.bytes();
  for (let i = 0; i < length; i++) memory[pointer + i] = source[offset + length - 1 - i] as number;
}

/** The inverse of {@link putReversed}. */
export function takeReversed(mcl: Mcl, pointer: Pointer, target: Uint8Array, offset: number, length: number): void {
  const memory = mcl.bytes();
  for (let i = 0; i < length; i++) target[offset + length - 1 - i] = memory[pointer + i] as number;
}
