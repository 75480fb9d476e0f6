import { blake2b } from '@noble/hashes/blake2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../primitives/bytes.ts';
import { createBlake2fWasm } from '../../../primitives/crypto/blake2f/blake2fWasm.ts';
import {
  BLAKE2F_INPUT_BYTES,
  blake2f,
  blake2fBackendInUse,
  chooseBlake2f,
} from '../../../primitives/crypto/blake2f.ts';

const compress = createBlake2fWasm();
/** The state with which BLAKE2b-512 without a key begins. */
const START = hexToBytes(
  '0x48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b',
);

function input(rounds: number, state: Uint8Array, block: Uint8Array, counter: number, isLast: boolean): Uint8Array {
  const bytes = new Uint8Array(BLAKE2F_INPUT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, rounds);
  bytes.set(state, 4);
  bytes.set(block, 68);
  view.setUint32(196, counter, true);
  bytes[212] = isLast ? 1 : 0;
  return bytes;
}

/** BLAKE2b-512 by F alone. */
function hashByF(message: Uint8Array): Uint8Array {
  let state = START;
  let offset = 0;
  for (; message.length - offset > 128; offset += 128)
    state = compress(input(12, state, message.subarray(offset, offset + 128), offset + 128, false));
  return compress(input(12, state, message.subarray(offset), message.length, true));
}

describe('blake2f', () => {
  it.each([
    // EIP-152, vectors 4 to 7: no round, twelve, twelve of a block that is not the last, one.
    [
      0,
      true,
      '08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b',
    ],
    [
      12,
      true,
      'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
    ],
    [
      12,
      false,
      '75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d2875298743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735',
    ],
    [
      1,
      true,
      'b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fba551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421',
    ],
  ])('gives what EIP-152 says after %i rounds', (rounds, isLast, expected) => {
    const abc = input(rounds, START, Uint8Array.of(0x61, 0x62, 0x63), 3, isLast);
    expect(bytesToHex(compress(abc))).toBe(`0x${expected}`);
  });

  it('makes the BLAKE2b of noble, block after block', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_000 }), (message) => {
        expect(hashByF(message)).toEqual(blake2b(message));
      }),
    );
    for (const length of [0, 127, 128, 129, 256])
      expect(hashByF(new Uint8Array(length).fill(7))).toEqual(blake2b(new Uint8Array(length).fill(7)));
  });

  it('leaves its input alone, takes it from inside a larger one, and returns what later calls do not overwrite', () => {
    const abc = input(12, START, Uint8Array.of(0x61, 0x62, 0x63), 3, true);
    const first = compress(concatBytes(Uint8Array.of(1, 2, 3), abc, Uint8Array.of(4)).subarray(3, 216));
    const copy = abc.slice();
    compress(input(11, START, new Uint8Array(128).fill(0xff), 128, false));
    expect(first).toEqual(compress(abc));
    expect(abc).toEqual(copy);
  });

  it('runs on WebAssembly, and elsewhere leaves the work to a reference', () => {
    expect(blake2fBackendInUse()).toBeUndefined();
    expect(blake2f()).toBeDefined();
    expect(blake2fBackendInUse()).toBe('wasm');
    const absent = () => {
      throw new Error('no WebAssembly');
    };
    expect(chooseBlake2f(absent)).toBeUndefined();
    expect(chooseBlake2f(() => () => new Uint8Array(64))).toBeUndefined();
    let calls = 0;
    expect(chooseBlake2f(() => (bytes) => (calls++ === 0 ? compress(bytes) : new Uint8Array(64)))).toBeUndefined();
  });
});
