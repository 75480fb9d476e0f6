// The compression function F of BLAKE2b (EIP-152) on our own WebAssembly. A round costs one unit of gas, so that a transaction
// may buy millions of them: what a round takes decides how long a block of them holds the node.
import { equalBytes, hexToBytes } from '../bytes.ts';
import { type Blake2f, createBlake2fWasm } from './blake2f/blake2fWasm.ts';

/** EIP-152: rounds 4 (big-endian), h 64, m 128, t 16, final flag 1. */
export const BLAKE2F_INPUT_BYTES = 213;

/** The fifth vector of EIP-152: twelve rounds over the block "abc", which is BLAKE2b-512 of it. */
const ABC = hexToBytes(
  `0x0000000c48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b616263${'00'.repeat(125)}03${'00'.repeat(15)}01`,
);
const ABC_HASH = hexToBytes(
  '0xba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
);

/** What `create` makes, where that works and passes its self-test. */
export function chooseBlake2f(create: () => Blake2f = createBlake2fWasm): Blake2f | undefined {
  try {
    const backend = create();
    // Twice: the first must leave nothing behind that the second would meet.
    return [1, 2].every(() => equalBytes(backend(ABC), ABC_HASH)) ? backend : undefined;
  } catch {
    // Not available on this platform: callers use their reference. `cryptoBackends` tells.
    return undefined;
  }
}

let chosen: { readonly backend: Blake2f | undefined } | undefined;

/** F in this process, or undefined where callers have to use a reference of theirs; chosen at the first call. */
export function blake2f(): Blake2f | undefined {
  chosen ??= { backend: chooseBlake2f() };
  return chosen.backend;
}

/** The backend of this process, once it has been needed. */
export function blake2fBackendInUse(): 'wasm' | 'reference' | undefined {
  if (chosen === undefined) return undefined;
  return chosen.backend === undefined ? 'reference' : 'wasm';
}
