// Merkle-Patricia nodes in memory. A node that has its encoding is frozen: it may be shared between the committed trie and
// any number of candidates. Children that were never looked at stay in the encoding; looking at one loads it by its path.
import { HASH_LENGTH } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { assert } from '../../primitives/errors.ts';
import { rlpListSpans, rlpSpan } from '../../primitives/rlp.ts';
import { sameHash } from './account.ts';
import { NodeEncoder, type NodeReference, referenceOf } from './nodeEncoder.ts';
import { copyForRecord, type VersionedRecord } from './versionedTable.ts';

/** Hex digits of a hashed key. */
export const KEY_DIGITS = 64;
const BRANCH_WIDTH = 16;
const DIGITS = '0123456789abcdef';
/** First byte of a stored leaf that names its key instead of its encoding; an encoding begins with 0xc0 or more. */
const LEAF_POINTER = 0x00;
/** The `batch` of nodes that came from the database. */
const LOADED = 0;

/** Supplies stored nodes by path: the hex digits from the root to where the node begins. */
export interface NodeSource {
  /** The record of the node at `path`; undefined and tombstones mean that there is none. */
  node(path: string): VersionedRecord | undefined;
  /** The entry of the trie whose unhashed key is `raw`, from the flat records; undefined when there is none. */
  entry(raw: Uint8Array): { readonly key: string; readonly value: Uint8Array } | undefined;
}

interface NodeBase {
  /** The batch that made it and may change it in place. */
  readonly batch: number;
  /** Undefined while the node has changes that are not encoded. */
  reference: NodeReference | undefined;
  /** The encoding; of a changed node the one before, in which its unvisited children stand. */
  encoding: Uint8Array | undefined;
  /** The newest database record at the node's path, where it is known. */
  record: VersionedRecord | undefined;
}

export interface BranchNode extends NodeBase {
  readonly kind: 'branch';
  /** 16; null is absent, undefined is as the encoding says. */
  readonly children: (TrieNode | null | undefined)[];
}

export interface ExtensionNode extends NodeBase {
  readonly kind: 'extension';
  /** At least one hex digit. */
  readonly digits: string;
  /** Undefined is as the encoding says. */
  child: TrieNode | undefined;
}

export interface LeafNode extends NodeBase {
  readonly kind: 'leaf';
  /** All 64 digits; the node begins at digit `depth` of them. */
  readonly key: string;
  readonly depth: number;
  readonly value: Uint8Array;
  /** The unhashed key; unknown for leaves that are read back whole: the root and those embedded in their parents. */
  raw: Uint8Array | undefined;
}

export type TrieNode = BranchNode | ExtensionNode | LeafNode;

export function newLeaf(
  batch: number,
  key: string,
  depth: number,
  value: Uint8Array,
  raw: Uint8Array | undefined,
): LeafNode {
  return { kind: 'leaf', batch, reference: undefined, encoding: undefined, record: undefined, key, depth, value, raw };
}

/** `encoding` is given when `child` is not: that of the extension whose child it takes over. */
export function newExtension(
  batch: number,
  digits: string,
  child: TrieNode | undefined,
  encoding: Uint8Array | undefined,
): ExtensionNode {
  return { kind: 'extension', batch, reference: undefined, encoding, record: undefined, digits, child };
}

export function newBranch(batch: number): BranchNode {
  const children = new Array<TrieNode | null | undefined>(BRANCH_WIDTH).fill(null);
  return { kind: 'branch', batch, reference: undefined, encoding: undefined, record: undefined, children };
}

/** A copy of a frozen branch that `batch` may change. */
export function copyBranch(batch: number, node: BranchNode): BranchNode {
  const { encoding, children } = node;
  return { kind: 'branch', batch, reference: undefined, encoding, record: undefined, children: children.slice() };
}

/** Whether the node has its own record in the database: the root always, any other when its parent holds its hash. */
export function isStored(path: string, node: TrieNode): boolean {
  return path === '' || node.reference?.length === HASH_LENGTH;
}

/** Loads the root, or null when the trie is empty. */
export function loadRoot(source: NodeSource, root: Uint8Array): TrieNode | null {
  return loadNode(source, '', root);
}

/** The child of a branch at `path`, loaded when it has not been looked at. */
export function branchChild(source: NodeSource, node: BranchNode, path: string, index: number): TrieNode | null {
  const known = node.children[index];
  if (known !== undefined) return known;
  const encoding = node.encoding as Uint8Array;
  const child = memberNode(source, encoding, branchMember(encoding, index), path + DIGITS[index]);
  node.children[index] = child;
  return child;
}

/** The child of an extension that begins at `path`. */
export function extensionChild(source: NodeSource, node: ExtensionNode, path: string): TrieNode {
  if (node.child !== undefined) return node.child;
  const encoding = node.encoding as Uint8Array;
  const child = memberNode(source, encoding, extensionMember(encoding), path + node.digits);
  assert(child !== null, 'an extension without a child');
  node.child = child;
  return child;
}

/** The only child of a branch besides `except`, as its index; undefined when there are several. */
export function onlyOtherChild(node: BranchNode, except: number): number | undefined {
  let only: number | undefined;
  for (let index = 0; index < BRANCH_WIDTH; index++) {
    if (index === except || !hasChild(node, index)) continue;
    if (only !== undefined) return undefined;
    only = index;
  }
  assert(only !== undefined, 'a branch with fewer than two children');
  return only;
}

function hasChild(node: BranchNode, index: number): boolean {
  const known = node.children[index];
  if (known !== undefined) return known !== null;
  const encoding = node.encoding as Uint8Array;
  return encoding[branchMember(encoding, index)] !== 0x80;
}

/** The offset of a branch's child. Children are empty strings, hashes and lists of less than 32 bytes. */
function branchMember(encoding: Uint8Array, index: number): number {
  let offset = listStart(encoding);
  for (let i = 0; i < index; i++) offset = memberEnd(encoding, offset);
  return offset;
}

/** The offset of an extension's child. */
function extensionMember(encoding: Uint8Array): number {
  return memberEnd(encoding, listStart(encoding));
}

function listStart(encoding: Uint8Array): number {
  const first = encoding[0] as number;
  return first < 0xf8 ? 1 : first - 0xf6;
}

/** Where the member at `offset` ends, for members of less than 56 bytes. */
function memberEnd(encoding: Uint8Array, offset: number): number {
  const first = encoding[offset] as number;
  if (first < 0x80) return offset + 1;
  return offset + 1 + (first < 0xc0 ? first - 0x80 : first - 0xc0);
}

/** The node that the member at `offset` of its parent's encoding stands for. */
function memberNode(source: NodeSource, parent: Uint8Array, offset: number, path: string): TrieNode | null {
  const first = parent[offset] as number;
  const end = memberEnd(parent, offset);
  if (first === 0x80) return null;
  if (first >= 0xc0) return decodeNode(parent.subarray(offset, end), path, undefined);
  return loadNode(source, path, parent.subarray(offset + 1, end));
}

function loadNode(source: NodeSource, path: string, hash: Uint8Array): TrieNode {
  const record = source.node(path);
  assert(record !== undefined && record.value.length > 0, `the trie node at path "${path}" is missing`);
  const isPointer = record.value[0] === LEAF_POINTER;
  const node = isPointer ? pointedLeaf(source, path, record) : decodeNode(record.value, path, record);
  const reference = keccak256(encodingOf(node));
  assert(sameHash(reference, hash as typeof reference), `the trie node at path "${path}" does not have its hash`);
  node.reference = reference;
  return node;
}

/**
 * What the database holds for a node: its encoding, or for a leaf whose key is known just that key, because the flat
 * records hold the value. So a balance that changes rewrites no leaf. The root keeps its encoding: its hash must be
 * readable without knowing it.
 */
export function storedForm(node: TrieNode): Uint8Array {
  if (node.kind !== 'leaf' || node.raw === undefined) return encodingOf(node);
  const pointer = new Uint8Array(1 + node.raw.length);
  pointer[0] = LEAF_POINTER;
  pointer.set(node.raw, 1);
  return pointer;
}

function pointedLeaf(source: NodeSource, path: string, record: VersionedRecord): LeafNode {
  const raw = record.value.subarray(1);
  const entry = source.entry(raw);
  assert(entry !== undefined, `the entry of the leaf at path "${path}" is missing`);
  assert(entry.key.startsWith(path), `the leaf at path "${path}" names an entry that is elsewhere`);
  return { ...newLeaf(LOADED, entry.key, path.length, entry.value, raw), record };
}

/** The RLP of a node that is not changed. */
export function encodingOf(node: TrieNode): Uint8Array {
  if (node.kind === 'leaf') return node.encoding ?? encodeLeaf(node).slice();
  assert(node.encoding !== undefined, 'a frozen trie node has its encoding');
  return node.encoding;
}

/** Decodes a node that begins at `path`. Its reference is its encoding, which is right for embedded nodes only. */
function decodeNode(encoding: Uint8Array, path: string, record: VersionedRecord | undefined): TrieNode {
  const base = { batch: LOADED, reference: encoding, encoding, record };
  if (isBranch(encoding)) {
    return { kind: 'branch', ...base, children: new Array<undefined>(BRANCH_WIDTH).fill(undefined) };
  }
  const [prefix, member] = rlpListSpans(encoding, rlpSpan(encoding, 0));
  assert(prefix && member, 'a trie node has two or seventeen members');
  const packed = Buffer.from(encoding.buffer, encoding.byteOffset + prefix.payload, prefix.end - prefix.payload);
  const flag = (packed[0] as number) >> 4;
  const digits = packed.toString('hex').slice(flag & 1 ? 1 : 2);
  if (flag < 2) return { kind: 'extension', ...base, digits, child: undefined };
  const key = path + digits;
  const value = encoding.subarray(member.payload, member.end);
  return { kind: 'leaf', ...base, key, depth: path.length, value, raw: undefined };
}

/** Seventeen members, or two: the third tells. A leaf's value may be longer than {@link memberEnd} knows. */
function isBranch(encoding: Uint8Array): boolean {
  const second = memberEnd(encoding, listStart(encoding));
  const first = encoding[second] as number;
  return (first < 0xb8 || first >= 0xc0) && memberEnd(encoding, second) < encoding.length;
}

const encoder = new NodeEncoder();

/** Encodes and hashes every changed node below and including `node`, each once, and returns how it stands in its parent. */
export function encodeNode(node: TrieNode): NodeReference {
  if (node.reference !== undefined) return node.reference;
  let view: Uint8Array;
  if (node.kind === 'branch') view = encodeBranch(node);
  else if (node.kind === 'extension') view = encodeExtension(node);
  else view = encodeLeaf(node);
  const isEmbedded = view.length < HASH_LENGTH;
  // As if read back, so that what is written does not depend on what is in memory.
  if (node.kind === 'leaf' && (isEmbedded || node.depth === 0)) node.raw = undefined;
  // A leaf's encoding is worth its memory only inside its parent: it is not stored.
  if (node.kind !== 'leaf') node.encoding = copyForRecord(view);
  else if (isEmbedded) node.encoding = view.slice();
  node.reference = isEmbedded ? (node.encoding as Uint8Array) : referenceOf(view);
  return node.reference;
}

/** Like the others, a view that the next encoding invalidates. */
function encodeLeaf(node: LeafNode): Uint8Array {
  encoder.begin();
  encoder.hexPrefix(node.key, node.depth, KEY_DIGITS, true);
  encoder.string(node.value);
  return encoder.finish();
}

function encodeBranch(node: BranchNode): Uint8Array {
  for (const child of node.children) if (child) encodeNode(child);
  const before = node.encoding;
  let offset = before === undefined ? 0 : listStart(before);
  encoder.begin();
  for (const child of node.children) {
    const start = offset;
    if (before !== undefined) offset = memberEnd(before, offset);
    if (child === undefined) encoder.raw(before as Uint8Array, start, offset);
    else if (child === null) encoder.empty();
    else encoder.reference(encodeNode(child));
  }
  encoder.empty();
  return encoder.finish();
}

function encodeExtension(node: ExtensionNode): Uint8Array {
  const reference = node.child && encodeNode(node.child);
  encoder.begin();
  encoder.hexPrefix(node.digits, 0, node.digits.length, false);
  if (reference !== undefined) encoder.reference(reference);
  else {
    const before = node.encoding as Uint8Array;
    const start = extensionMember(before);
    encoder.raw(before, start, memberEnd(before, start));
  }
  return encoder.finish();
}
