// Keccak-256, the hash of everything on the chain: our own WebAssembly, or noble where that does not work.
import { bytesToHex } from '../bytes.ts';
import { assert } from '../errors.ts';
import { lazyModule } from '../lazyModule.ts';
import type { Hash } from '../types.ts';
import { createKeccakWasm, KECCAK_INPUT_BYTES_MAX, type KeccakWasm } from './keccak/keccakWasm.ts';

const noble = lazyModule<typeof import('@noble/hashes/sha3.js')>('@noble/hashes/sha3.js');
const HASH_OF_NOTHING = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';

function createNoble(): KeccakWasm {
  const { keccak_256 } = noble();
  const input = new Uint8Array(KECCAK_INPUT_BYTES_MAX);
  const hash = (bytes: Uint8Array) => keccak_256(bytes) as Hash;
  return { input, hash, hashInput: (length) => hash(input.subarray(0, length)) };
}

/** A long input followed by a short one: a module whose data lies in its input area passes the first and fails the second. */
function passesSelfTest(backend: KeccakWasm): boolean {
  backend.hash(new Uint8Array(KECCAK_INPUT_BYTES_MAX + 1).fill(0xff));
  return bytesToHex(backend.hash(new Uint8Array(0))) === HASH_OF_NOTHING;
}

function choose(): { name: 'wasm' | 'noble'; backend: KeccakWasm } {
  try {
    const backend = createKeccakWasm();
    if (passesSelfTest(backend)) return { name: 'wasm', backend };
  } catch {
    // No WebAssembly here: noble computes the same, an order of magnitude slower. `cryptoBackends` tells.
  }
  return { name: 'noble', backend: createNoble() };
}

const { name, backend } = choose();

/** What computes the hash in this process. */
export const KECCAK_BACKEND: 'wasm' | 'noble' = name;

/** The Keccak-256 hash of `bytes` (the padding of Ethereum, not of FIPS 202). */
export const keccak256: (bytes: Uint8Array) => Hash = backend.hash;

/**
 * Where a caller may build an input that fits in it and then hash it without copying. The area is
 * shared: any other hash in between overwrites it, and hashing pads it in place.
 */
export const keccakInput: Uint8Array = backend.input;

/** The hash of the first `length` bytes of {@link keccakInput}. */
export function keccak256OfInput(length: number): Hash {
  assert(length <= KECCAK_INPUT_BYTES_MAX, 'the input is longer than the hash input area');
  return backend.hashInput(length);
}
