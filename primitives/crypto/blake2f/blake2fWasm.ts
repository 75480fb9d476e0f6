// The WebAssembly instance behind blake2f.
import { BLAKE2F_WASM_BASE64 } from './generated/blake2fWasm.ts';

// The part of the platform's WebAssembly that is used here; the compiler's libraries have no browser types.
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};

interface Blake2fExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  start(): number;
  mix(rounds: number): void;
  finish(): void;
}

// The layout that assembly/blake2f.ts states.
const OUTPUT_OFFSET = 256;
const OUTPUT_BYTES = 64;
/**
 * Rounds of one call, a multiple of ten. A function that the engine has compiled in haste is replaced by its fast form between
 * calls only, so that a first call with millions of rounds would run slowly to its end.
 */
export const BLAKE2F_SLICE_ROUNDS = 10_000;

/** F on the input of EIP-152, which is 213 bytes long; the last is 0 or 1. Returns the 64 bytes of the new state. */
export type Blake2f = (input: Uint8Array) => Uint8Array;

/** Compiles the embedded module, below a millisecond. */
export function createBlake2fWasm(): Blake2f {
  const code = Uint8Array.from(atob(BLAKE2F_WASM_BASE64), (character) => character.charCodeAt(0));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code));
  const { memory, start, mix, finish } = instance.exports as Blake2fExports;
  const bytes = new Uint8Array(memory.buffer);
  return (input) => {
    bytes.set(input);
    // An i32 comes out signed.
    let rounds = start() >>> 0;
    for (; rounds > BLAKE2F_SLICE_ROUNDS; rounds -= BLAKE2F_SLICE_ROUNDS) mix(BLAKE2F_SLICE_ROUNDS);
    mix(rounds);
    finish();
    return bytes.slice(OUTPUT_OFFSET, OUTPUT_OFFSET + OUTPUT_BYTES);
  };
}
