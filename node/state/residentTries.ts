// The trie nodes that stay in memory between blocks: those of the account trie and of the storage tries used last. Both are
// bounded; what is dropped is loaded again by its path.
import { bytesKey } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { encodeRlp } from '../../primitives/rlp.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { EMPTY_TRIE_ROOT, encodeAccount, sameHash } from './account.ts';
import { BUCKET, recordKey } from './buckets.ts';
import type { CommittedTrie } from './trieBatch.ts';
import { loadRoot, type NodeSource, type TrieNode } from './trieNode.ts';
import type { AccountRecord } from './types.ts';
import type { VersionedRecord, VersionedTable } from './versionedTable.ts';

export interface ResidentLimits {
  /** Nodes of the account trie. */
  readonly accountNodesMax: number;
  /** Nodes of all storage tries together. */
  readonly storageNodesMax: number;
}

/** A trie whose root, and whatever below it was used, is in memory. */
interface ResidentTrie {
  readonly root: TrieNode | null;
  readonly rootHash: Hash;
  /** Counts nodes made and loaded, and not those that went: exact after each trim, too high until the next. */
  nodeCount: number;
}

/** The key of an entry of a secure trie: the hash in hex digits (Yellow Paper, appendix D). */
export function trieKey(bytes: Uint8Array): string {
  const hash = keccak256(bytes);
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('hex');
}

export function accountNodeKey(path: string): Uint8Array {
  return recordKey(BUCKET.accountNode, Buffer.from(path, 'latin1'));
}

export function storageNodeKey(address: Uint8Array, path: string): Uint8Array {
  return recordKey(BUCKET.storageNode, address, Buffer.from(path, 'latin1'));
}

/** The account trie as it stood after one block; counts the nodes that it loads. */
export class StoredAccountTrie implements NodeSource {
  readonly #table: VersionedTable;
  readonly #blockNumber: number;
  readonly #accountOf: (address: Address) => AccountRecord | undefined;
  loadCount = 0;

  /** @param accountOf reads accounts as of the same block */
  constructor(table: VersionedTable, blockNumber: number, accountOf: (address: Address) => AccountRecord | undefined) {
    this.#table = table;
    this.#blockNumber = blockNumber;
    this.#accountOf = accountOf;
  }

  node(path: string): VersionedRecord | undefined {
    this.loadCount++;
    return this.#table.at(accountNodeKey(path), this.#blockNumber);
  }

  entry(raw: Uint8Array): { key: string; value: Uint8Array } | undefined {
    const record = this.#accountOf(raw as Address);
    return record && { key: trieKey(raw), value: encodeAccount(record) };
  }
}

/** The storage trie of one account as it stood after one block; counts the nodes that it loads. */
export class StoredStorageTrie implements NodeSource {
  readonly #table: VersionedTable;
  readonly #blockNumber: number;
  readonly #address: Address;
  loadCount = 0;

  constructor(table: VersionedTable, blockNumber: number, address: Address) {
    this.#table = table;
    this.#blockNumber = blockNumber;
    this.#address = address;
  }

  node(path: string): VersionedRecord | undefined {
    this.loadCount++;
    return this.#table.at(storageNodeKey(this.#address, path), this.#blockNumber);
  }

  entry(raw: Uint8Array): { key: string; value: Uint8Array } | undefined {
    const value = this.#table.at(recordKey(BUCKET.slot, this.#address, raw), this.#blockNumber)?.value;
    return value === undefined || value.length === 0 ? undefined : { key: trieKey(raw), value: encodeRlp(value) };
  }
}

export class ResidentTries {
  readonly #limits: ResidentLimits;
  #accounts: ResidentTrie | undefined;
  /** Least recently used first. */
  readonly #storage = new Map<string, ResidentTrie>();
  #storageNodeCount = 0;

  constructor(limits: ResidentLimits) {
    this.#limits = limits;
  }

  /** The root node of the account trie, loaded if need be. */
  accountRoot(source: NodeSource, rootHash: Hash): TrieNode | null {
    const resident = this.#accounts;
    if (resident !== undefined && sameHash(resident.rootHash, rootHash)) return resident.root;
    return rootOf(source, rootHash);
  }

  /** The root node of an account's storage trie, loaded if need be. */
  storageRoot(source: NodeSource, address: Address, rootHash: Hash): TrieNode | null {
    const resident = this.#storage.get(bytesKey(address));
    if (resident !== undefined && sameHash(resident.rootHash, rootHash)) return resident.root;
    return rootOf(source, rootHash);
  }

  /**
   * Counts nodes that sealing a candidate loaded. They hang in the committed trie even if the candidate loses.
   * @returns how many only the candidate holds, because the trie was not in memory
   */
  countLoads(addressKey: string | undefined, rootHash: Hash, loadCount: number): number {
    const resident = addressKey === undefined ? this.#accounts : this.#storage.get(addressKey);
    if (resident === undefined || !sameHash(resident.rootHash, rootHash)) return loadCount;
    resident.nodeCount += loadCount;
    if (addressKey !== undefined) this.#storageNodeCount += loadCount;
    return 0;
  }

  /** Keeps the tries of the new head. `nodeCount` is what its candidate made, and loaded for itself. */
  acceptAccounts(trie: CommittedTrie, nodeCount: number): void {
    const total = (this.#accounts?.nodeCount ?? 0) + nodeCount;
    const max = this.#limits.accountNodesMax;
    this.#accounts = {
      root: trie.root,
      rootHash: trie.rootHash,
      nodeCount: total > max ? trim(trie.root, max) : total,
    };
  }

  acceptStorage(addressKey: string, trie: CommittedTrie, nodeCount: number): void {
    const former = this.#forget(addressKey);
    if (trie.root === null) return;
    const max = this.#limits.storageNodesMax;
    // Another trie of the same block may have pushed this one out since it was sealed: what it shares with it is still there.
    let total = former === undefined ? countNodes(trie.root) : former.nodeCount + nodeCount;
    if (total > max) total = trim(trie.root, max);
    this.#storage.set(addressKey, { root: trie.root, rootHash: trie.rootHash, nodeCount: total });
    this.#storageNodeCount += total;
    for (const oldest of this.#storage.keys()) {
      if (this.#storageNodeCount <= max) break;
      this.#forget(oldest);
    }
  }

  dropStorage(addressKey: string): void {
    this.#forget(addressKey);
  }

  clear(): void {
    this.#accounts = undefined;
    this.#storage.clear();
    this.#storageNodeCount = 0;
  }

  /** Nodes in memory, as they are counted: exact after each trim, too high until the next. */
  nodeCounts(): { accounts: number; storage: number } {
    return { accounts: this.#accounts?.nodeCount ?? 0, storage: this.#storageNodeCount };
  }

  /** For tests of the limits: nodes really in memory. */
  countNodes(): { accounts: number; storage: number } {
    let storage = 0;
    for (const { root } of this.#storage.values()) storage += countNodes(root);
    return { accounts: countNodes(this.#accounts?.root ?? null), storage };
  }

  #forget(addressKey: string): ResidentTrie | undefined {
    const former = this.#storage.get(addressKey);
    if (former === undefined) return undefined;
    this.#storage.delete(addressKey);
    this.#storageNodeCount -= former.nodeCount;
    return former;
  }
}

function rootOf(source: NodeSource, rootHash: Hash): TrieNode | null {
  return sameHash(rootHash, EMPTY_TRIE_ROOT) ? null : loadRoot(source, rootHash);
}

/**
 * Keeps at most half of `max` nodes, so that trims stay rare: those that blocks changed last, and of what a single block
 * changed, should that be too much, the upper levels. A node is never newer than its parent. Returns how many are kept.
 */
function trim(root: TrieNode | null, max: number): number {
  if (root === null) return 0;
  const budget = Math.max(1, max >> 1);
  const oldest = oldestBatchWithin(root, budget);
  const kept: TrieNode[] = [root];
  const stays = (child: TrieNode) => child.batch >= oldest && kept.length < budget;
  for (let at = 0; at < kept.length; at++) {
    const node = kept[at] as TrieNode;
    if (node.kind === 'leaf') continue;
    if (node.kind === 'extension') {
      if (node.child === undefined) continue;
      if (stays(node.child)) kept.push(node.child);
      else node.child = undefined;
      continue;
    }
    const { children } = node;
    for (let index = 0; index < children.length; index++) {
      const child = children[index];
      if (!child) continue;
      if (stays(child)) kept.push(child);
      else children[index] = undefined;
    }
  }
  return kept.length;
}

/** The oldest batch such that it and all later ones made at most `budget` nodes of the trie; else the newest. */
function oldestBatchWithin(root: TrieNode, budget: number): number {
  const counts = new Map<number, number>();
  const open: TrieNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    counts.set(node.batch, (counts.get(node.batch) ?? 0) + 1);
    if (node.kind === 'extension') {
      if (node.child !== undefined) open.push(node.child);
    } else if (node.kind === 'branch') for (const child of node.children) if (child) open.push(child);
  }
  let oldest = root.batch;
  let total = 0;
  for (const batch of [...counts.keys()].sort((a, b) => b - a)) {
    total += counts.get(batch) as number;
    if (total > budget) break;
    oldest = batch;
  }
  return oldest;
}

function countNodes(root: TrieNode | null): number {
  if (root === null) return 0;
  return knownChildren(root).reduce((sum, child) => sum + countNodes(child), 1);
}

function knownChildren(node: TrieNode): TrieNode[] {
  if (node.kind === 'extension') return node.child === undefined ? [] : [node.child];
  if (node.kind !== 'branch') return [];
  return node.children.filter((child) => child !== undefined && child !== null);
}
