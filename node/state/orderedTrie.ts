// The root of a trie keyed by rlp(index), as headers commit to transactions, receipts and withdrawals (Yellow Paper §4.3).
// Nothing of it is stored, so it is built in one pass over the sorted keys, bottom up.
import { bigIntToBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { encodeRlp } from '../../primitives/rlp.ts';
import type { Hash } from '../../primitives/types.ts';
import { EMPTY_TRIE_ROOT } from './account.ts';
import { NodeEncoder, type NodeReference, nibbleAt, referenceOf } from './nodeEncoder.ts';

interface Entry {
  /** rlp(index) in hex digits. */
  readonly key: string;
  readonly value: Uint8Array;
}

const encoder = new NodeEncoder();

/** The root over `items` in their order; the empty-trie root when there are none. */
export function orderedTrieRoot(items: readonly Uint8Array[]): Hash {
  if (items.length === 0) return EMPTY_TRIE_ROOT;
  const entries = items.map((value, index) => ({ key: keyOf(index), value }));
  // rlp(index) is not in the order of the indexes: 0 is 0x80 and comes after 127. No key is a prefix of another.
  entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  return keccak256(encodeRange(entries, 0, entries.length, 0));
}

function keyOf(index: number): string {
  return Buffer.from(encodeRlp(bigIntToBytes(BigInt(index)))).toString('hex');
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
