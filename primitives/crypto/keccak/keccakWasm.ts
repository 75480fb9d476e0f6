// The WebAssembly instance behind keccak256, and its memory, for callers that build their input in place.
import type { Hash } from '../../types.ts';
import { KECCAK_WASM_BASE64 } from './generated/keccakWasm.ts';

// The part of the platform's WebAssembly that is used here; the compiler's libraries have no browser types.
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};

interface KeccakExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  start(): void;
  update(length: number): void;
  finish(length: number): void;
  hash(length: number): void;
}

// The layout that assembly/keccak.ts states.
const DIGEST_OFFSET = 256;
const INPUT_OFFSET = 512;
const MEMORY_BASE = 61_440;
const RATE = 136;
const INPUT_AREA_BYTES = MEMORY_BASE - INPUT_OFFSET;

/**
 * The longest input that fits the module's memory together with its padding: 447 whole blocks. Longer ones are absorbed in
 * pieces of this size.
 */
export const KECCAK_INPUT_BYTES_MAX: number = INPUT_AREA_BYTES - RATE;

/** One instance: pure functions over its own memory. */
export interface KeccakWasm {
  /** The input area. What stands here is lost at the next hash of anything. */
  readonly input: Uint8Array;
  hash(bytes: Uint8Array): Hash;
  /** The hash of the first `length` bytes of `input`, at most `KECCAK_INPUT_BYTES_MAX`. */
  hashInput(length: number): Hash;
}

/** Compiles the embedded module: 2 kB, well below a millisecond, so that importing the facade needs no `await`. */
export function createKeccakWasm(): KeccakWasm {
  const code = Uint8Array.from(atob(KECCAK_WASM_BASE64), (character) => character.charCodeAt(0));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code));
  const { memory, start, update, finish, hash } = instance.exports as KeccakExports;
  const bytes = new Uint8Array(memory.buffer);
  const digest = () => bytes.slice(DIGEST_OFFSET, DIGEST_OFFSET + 32) as Hash;
  const hashInput = (length: number) => {
    hash(length);
    return digest();
  };
  const hashLong = (input: Uint8Array) => {
    start();
    let offset = 0;
    for (; input.length - offset > KECCAK_INPUT_BYTES_MAX; offset += KECCAK_INPUT_BYTES_MAX) {
      bytes.set(input.subarray(offset, offset + KECCAK_INPUT_BYTES_MAX), INPUT_OFFSET);
      update(KECCAK_INPUT_BYTES_MAX);
    }
    bytes.set(input.subarray(offset), INPUT_OFFSET);
    finish(input.length - offset);
    return digest();
  };
  return {
    input: bytes.subarray(INPUT_OFFSET, INPUT_OFFSET + KECCAK_INPUT_BYTES_MAX),
    hashInput,
    hash(input) {
      if (input.length > KECCAK_INPUT_BYTES_MAX) return hashLong(input);
      bytes.set(input, INPUT_OFFSET);
      return hashInput(input.length);
    },
  };
}
