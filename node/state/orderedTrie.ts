// The root of a trie keyed by rlp(index), as headers commit to transactions, receipts and withdrawals (Yellow Paper §4.3).
// Nothing of it is stored, so it is built in one pass over the sorted keys, bottom up.
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import type { Hash } from '../../primitives/types.ts';
import { EMPTY_TRIE_ROOT } from './account.ts';
import { NodeEncoder, type NodeReference, nibbleAt, referenceOf } from './nodeEncoder.ts';

interface Entry {
  /** rlp(index) in hex digits. */
  readonly key: string;
  readonly value: Uint8Array;
}

const encoder = new NodeEncoder();

/** Indexes below it are their own RLP. */
const SINGLE_BYTE_MAX = 0x80;

/** The root over `items` in their order; the empty-trie root when there are none. */
export function orderedTrieRoot(items: readonly Uint8Array[]): Hash {
  if (items.length === 0) return EMPTY_TRIE_ROOT;
  const entries: Entry[] = [];
  const add = (index: number) => entries.push({ key: keyOf(index), value: items[index] as Uint8Array });
  // In the order of rlp(index), which is not that of the indexes: 0 is 0x80 and comes after 127. No key is a prefix of another.
  for (let index = 1; index < SINGLE_BYTE_MAX && index < items.length; index++) add(index);
  add(0);
  for (let index = SINGLE_BYTE_MAX; index < items.length; index++) add(index);
  return keccak256(encodeRange(entries, 0, entries.length, 0));
}

function keyOf(index: number): string {
  if (index === 0) return '80';
  const digits = index.toString(16);
  const bytes = digits.length & 1 ? `0${digits}` : digits;
  return index < SINGLE_BYTE_MAX ? bytes : `8${bytes.length >> 1}${bytes}`;
}

/** Encodes the node over `entries[from, to)`, which agree in their first `depth` nibbles. */
function encodeRange(entries: readonly Entry[], from: number, to: number, depth: number): Uint8Array {
  const first = entries[from] as Entry;
  if (to - from === 1) {
    encoder.begin();
    encoder.hexPrefix(first.key, depth, first.key.length, true);
    encoder.string(first.value);
    return encoder.finish();
  }
  const last = entries[to - 1] as Entry;
  let fork = depth;
  while (nibbleAt(first.key, fork) === nibbleAt(last.key, fork)) fork++;
  if (fork > depth) {
    const child = referenceOf(encodeRange(entries, from, to, fork));
    encoder.begin();
    encoder.hexPrefix(first.key, depth, fork, false);
    encoder.reference(child);
    return encoder.finish();
  }
  return encodeBranch(entries, from, to, depth);
}

function encodeBranch(entries: readonly Entry[], from: number, to: number, depth: number): Uint8Array {
  const children: (NodeReference | undefined)[] = new Array(16).fill(undefined);
  for (let start = from; start < to; ) {
    const nibble = nibbleAt((entries[start] as Entry).key, depth);
    let end = start + 1;
    while (end < to && nibbleAt((entries[end] as Entry).key, depth) === nibble) end++;
    children[nibble] = referenceOf(encodeRange(entries, start, end, depth + 1));
    start = end;
  }
  encoder.begin();
  for (const child of children) {
    if (child === undefined) encoder.empty();
    else encoder.reference(child);
  }
  encoder.empty();
  return encoder.finish();
}
