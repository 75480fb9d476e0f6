// Changes to one trie, applied to a copy that shares what they do not touch. Nodes that the batch made it changes in place;
// all others stay as they are, so the committed trie and other candidates do not notice. Encoding and hashing wait for the end.
import { equalBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import type { Hash } from '../../primitives/types.ts';
import { EMPTY_TRIE_ROOT } from './account.ts';
import { nibbleAt } from './nodeEncoder.ts';
import {
  type BranchNode,
  branchChild,
  copyBranch,
  encodeNode,
  extensionChild,
  isStored,
  KEY_DIGITS,
  type LeafNode,
  type NodeSource,
  newBranch,
  newExtension,
  newLeaf,
  onlyOtherChild,
  type TrieNode,
} from './trieNode.ts';
import type { VersionedRecord } from './versionedTable.ts';

const DIGITS = '0123456789abcdef';

/** Numbers the batches of this process; 0 belongs to nodes from the database. */
let batchCount = 0;

/** An entry to set. */
interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly raw: Uint8Array | undefined;
}

/** What a batch made of a trie. */
export interface CommittedTrie {
  readonly root: TrieNode | null;
  readonly rootHash: Hash;
  /** Nodes made by this batch carry it. */
  readonly batch: number;
  /** Frozen stored nodes that are no longer at their path, as they were. */
  readonly replaced: ReadonlyMap<string, TrieNode>;
}

export class TrieBatch {
  readonly #source: NodeSource;
  readonly #batch = ++batchCount;
  readonly #replaced = new Map<string, TrieNode>();
  #root: TrieNode | null;
  /** Nodes made so far; an upper bound of what the batch adds to memory, apart from what it loads. */
  madeCount = 0;

  /** @param source must go on answering as of the block whose root is `root` */
  constructor(root: TrieNode | null, source: NodeSource) {
    this.#root = root;
    this.#source = source;
  }

  /**
   * @param key 64 lower-case hex digits
   * @param value not empty, not changed afterwards
   * @param raw what `key` is the hash of, if the flat records hold the value under it
   */
  set(key: string, value: Uint8Array, raw?: Uint8Array): void {
    this.#root = this.#insert(this.#root, { key, value, raw }, 0);
  }

  /** Removes `key` if it is there. */
  delete(key: string): void {
    this.#root = this.#remove(this.#root, key, 0);
  }

  /** Encodes and hashes what changed. The batch must not be changed afterwards. */
  commit(): CommittedTrie {
    const root = this.#root;
    let rootHash = EMPTY_TRIE_ROOT;
    if (root !== null) {
      const reference = encodeNode(root);
      rootHash = reference.length === 32 ? (reference as Hash) : keccak256(reference);
    }
    return { root, rootHash, batch: this.#batch, replaced: this.#replaced };
  }

  #insert(node: TrieNode | null, entry: Entry, depth: number): TrieNode {
    if (node === null) return this.#leaf(entry, depth);
    if (node.kind === 'leaf') return this.#insertAtLeaf(node, entry, depth);
    const { key } = entry;
    const path = key.slice(0, depth);
    if (node.kind === 'branch') {
      const index = nibbleAt(key, depth);
      const before = branchChild(this.#source, node, path, index);
      const after = this.#insert(before, entry, depth + 1);
      return after === before ? node : this.#withChild(node, path, index, after);
    }
    const agreed = commonLength(node.digits, 0, key, depth);
    const before = extensionChild(this.#source, node, path);
    if (agreed === node.digits.length) {
      const after = this.#insert(before, entry, depth + agreed);
      if (after === before) return node;
      this.#replace(path, node);
      return this.#extension(node.digits, after);
    }
    this.#replace(path, node);
    const rest = node.digits.slice(agreed + 1);
    const branch = this.#branch();
    branch.children[nibbleAt(node.digits, agreed)] = rest === '' ? before : this.#extension(rest, before);
    branch.children[nibbleAt(key, depth + agreed)] = this.#leaf(entry, depth + agreed + 1);
    return this.#behind(node.digits.slice(0, agreed), branch);
  }

  #insertAtLeaf(leaf: LeafNode, entry: Entry, depth: number): TrieNode {
    const { key } = entry;
    const agreed = commonLength(leaf.key, depth, key, depth);
    if (depth + agreed === KEY_DIGITS && equalBytes(leaf.value, entry.value)) return leaf;
    this.#replace(key.slice(0, depth), leaf);
    if (depth + agreed === KEY_DIGITS) return this.#leaf(entry, depth);
    const fork = depth + agreed;
    const branch = this.#branch();
    branch.children[nibbleAt(leaf.key, fork)] = this.#leaf(leaf, fork + 1);
    branch.children[nibbleAt(key, fork)] = this.#leaf(entry, fork + 1);
    return this.#behind(key.slice(depth, fork), branch);
  }

  #remove(node: TrieNode | null, key: string, depth: number): TrieNode | null {
    if (node === null) return null;
    const path = key.slice(0, depth);
    if (node.kind === 'leaf') {
      if (commonLength(node.key, depth, key, depth) < KEY_DIGITS - depth) return node;
      this.#replace(path, node);
      return null;
    }
    if (node.kind === 'extension') {
      if (commonLength(node.digits, 0, key, depth) < node.digits.length) return node;
      const before = extensionChild(this.#source, node, path);
      const after = this.#remove(before, key, depth + node.digits.length);
      if (after === before || after === null) return node;
      this.#replace(path, node);
      return this.#behind(node.digits, after);
    }
    const index = nibbleAt(key, depth);
    const before = branchChild(this.#source, node, path, index);
    const after = this.#remove(before, key, depth + 1);
    if (after === before) return node;
    const last = after === null ? onlyOtherChild(node, index) : undefined;
    if (last === undefined) return this.#withChild(node, path, index, after);
    return this.#collapse(node, path, last);
  }

  /** What stands for a branch that has only the child `index` left. */
  #collapse(node: BranchNode, path: string, index: number): TrieNode {
    const child = branchChild(this.#source, node, path, index) as TrieNode;
    const digit = index.toString(16);
    this.#replace(path, node);
    if (child.kind !== 'branch') this.#replace(path + digit, child);
    return this.#behind(digit, child);
  }

  /** `node` moved up by `digits`: a branch gets an extension, the others become longer. */
  #behind(digits: string, node: TrieNode): TrieNode {
    if (digits === '') return node;
    if (node.kind === 'branch') return this.#extension(digits, node);
    if (node.kind === 'leaf') return this.#leaf(node, node.depth - digits.length);
    return this.#extension(digits + node.digits, node.child, node.child ? undefined : node.encoding);
  }

  #withChild(node: BranchNode, path: string, index: number, child: TrieNode | null): BranchNode {
    let changed = node;
    if (node.batch === this.#batch) node.reference = undefined;
    else {
      this.#replace(path, node);
      this.madeCount++;
      changed = copyBranch(this.#batch, node);
    }
    changed.children[index] = child;
    return changed;
  }

  #leaf(entry: Entry, depth: number): TrieNode {
    this.madeCount++;
    return newLeaf(this.#batch, entry.key, depth, entry.value, entry.raw);
  }

  #extension(digits: string, child: TrieNode | undefined, encoding?: Uint8Array): TrieNode {
    this.madeCount++;
    return newExtension(this.#batch, digits, child, encoding);
  }

  #branch(): BranchNode {
    this.madeCount++;
    return newBranch(this.#batch);
  }

  /** Remembers a node of the committed trie that leaves its path. */
  #replace(path: string, node: TrieNode): void {
    if (node.batch !== this.#batch && isStored(path, node)) this.#replaced.set(path, node);
  }
}

/** How many digits of `a` from `fromA` and of `b` from `fromB` agree. */
function commonLength(a: string, fromA: number, b: string, fromB: number): number {
  let count = 0;
  while (fromA + count < a.length && a.charCodeAt(fromA + count) === b.charCodeAt(fromB + count)) count++;
  return count;
}

/** A stored node that a batch wrote, or removed (undefined), with the record that stood at its path if that is known. */
export type NodeChangeVisitor = (path: string, node: TrieNode | undefined, before: VersionedRecord | undefined) => void;

/** Visits every stored node by which `trie` differs from the trie that its batch started from. */
export function visitNodeChanges(trie: CommittedTrie, visit: NodeChangeVisitor): void {
  const { replaced } = trie;
  let replacedInPlace = 0;
  visitMadeNodes(trie, trie.root, '', (path, node) => {
    const former = replaced.get(path);
    if (former !== undefined) replacedInPlace++;
    if (former !== undefined && equalBytes(former.reference as Uint8Array, node.reference as Uint8Array))
      node.record = former.record;
    else visit(path, node, former?.record);
  });
  // Only deletions and moves leave paths behind; most blocks have none.
  if (replacedInPlace === replaced.size) return;
  const made = new Set<string>();
  visitMadeNodes(trie, trie.root, '', (path) => made.add(path));
  for (const [path, node] of replaced) if (!made.has(path)) visit(path, undefined, node.record);
}

/** The stored nodes that the batch made; they hang together from the root. */
function visitMadeNodes(
  trie: CommittedTrie,
  node: TrieNode | null | undefined,
  path: string,
  visit: (path: string, node: TrieNode) => void,
): void {
  if (!node || node.batch !== trie.batch) return;
  if (isStored(path, node)) visit(path, node);
  if (node.kind === 'extension') visitMadeNodes(trie, node.child, path + node.digits, visit);
  else if (node.kind === 'branch') {
    const { children } = node;
    for (let index = 0; index < children.length; index++) {
      const child = children[index];
      if (child && child.batch === trie.batch) visitMadeNodes(trie, child, path + DIGITS[index], visit);
    }
  }
}
