import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_TRIE_ROOT } from '../../../node/state/account.ts';
import { type CommittedTrie, TrieBatch, visitNodeChanges } from '../../../node/state/trieBatch.ts';
import {
  branchChild,
  extensionChild,
  loadRoot,
  type NodeSource,
  storedForm,
  type TrieNode,
} from '../../../node/state/trieNode.ts';
import { encodeRecord, type VersionedRecord } from '../../../node/state/versionedTable.ts';
import { bytesToHex, equalBytes } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';

/** A trie whose nodes live in a map by path, as they would in the database. */
class StoredTrie implements NodeSource {
  records = new Map<string, VersionedRecord>();
  rootHash: Uint8Array = EMPTY_TRIE_ROOT;
  root: TrieNode | null = null;
  loads = 0;

  node(path: string): VersionedRecord | undefined {
    this.loads++;
    return this.records.get(path);
  }

  values = new Map<string, Uint8Array>();

  /** The unhashed key of these tests is the key itself. */
  entry(raw: Uint8Array): { key: string; value: Uint8Array } | undefined {
    const value = this.values.get(hex(raw));
    return value && { key: hex(raw), value };
  }

  /** Forgets all nodes in memory. */
  reload(): void {
    this.root = equalBytes(this.rootHash, EMPTY_TRIE_ROOT) ? null : loadRoot(this, this.rootHash);
  }

  accept(trie: CommittedTrie): void {
    visitNodeChanges(trie, (path, node, before) => {
      if (before !== undefined) expect(before).toBe(this.records.get(path));
      if (node === undefined) this.records.delete(path);
      else {
        const record = encodeRecord(0, 0, storedForm(node));
        this.records.set(path, record);
        node.record = record;
      }
    });
    this.root = trie.root;
    this.rootHash = trie.rootHash;
  }
}

/** The paths of all stored nodes that are reachable from the root: what the map must hold and nothing else. */
async function expectExactlyTheReachableNodes(trie: StoredTrie): Promise<void> {
  const fresh = new StoredTrie();
  const reached = new Set<string>();
  fresh.values = trie.values;
  fresh.node = (path) => {
    reached.add(path);
    return trie.records.get(path);
  };
  if (!equalBytes(trie.rootHash, EMPTY_TRIE_ROOT)) visit(fresh, loadRoot(fresh, trie.rootHash), '');
  expect([...trie.records.keys()].sort()).toEqual([...reached].sort());
}

function visit(source: NodeSource, node: TrieNode | null, path: string): void {
  if (node === null || node.kind === 'leaf') return;
  const children = childrenOf(source, node, path);
  for (const [digits, child] of children) visit(source, child, path + digits);
}

function childrenOf(source: NodeSource, node: TrieNode, path: string): [string, TrieNode | null][] {
  if (node.kind === 'extension') return [[node.digits, extensionChild(source, node, path)]];
  if (node.kind !== 'branch') return [];
  return Array.from({ length: 16 }, (_, i) => [i.toString(16), branchChild(source, node, path, i)]);
}

/** Keys that agree in long prefixes, so that extensions, deep forks and embedded nodes occur. */
const key = fc
  .tuple(fc.constantFrom(0, 1, 2, 30, 31), fc.constantFrom(0, 1, 0x10, 0x11, 0xff), fc.constantFrom(0, 1, 0x20))
  .map(([at, byte, last]) => {
    const bytes = new Uint8Array(32);
    bytes[at] = byte;
    bytes[31] = (bytes[31] as number) ^ last;
    return bytes;
  });
const value = fc.oneof(
  fc.constant(new Uint8Array(0)),
  fc.uint8Array({ minLength: 1, maxLength: 3 }),
  fc.uint8Array({ minLength: 28, maxLength: 80 }),
);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function applyTo(trie: StoredTrie, pairs: readonly [Uint8Array, Uint8Array][], pointsToLeaves: boolean): CommittedTrie {
  const batch = new TrieBatch(trie.root, trie);
  for (const [k, v] of pairs) {
    if (v.length === 0) batch.delete(hex(k));
    else batch.set(hex(k), v, pointsToLeaves ? k : undefined);
  }
  return batch.commit();
}

describe('TrieBatch against @ethereumjs/mpt', () => {
  it('has the same roots over random batches with deletions, reloads and losing candidates', async () => {
    const batches = fc.array(fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 8 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(batches, fc.array(fc.tuple(key, value), { maxLength: 8 }), async (run, losing) => {
        const oracle = new MerklePatriciaTrie();
        const [warm, cold, whole] = [new StoredTrie(), new StoredTrie(), new StoredTrie()];
        for (const changes of run) {
          for (const [k, v] of changes) {
            if (v.length === 0) await oracle.del(k);
            else await oracle.put(k, v);
          }
          for (const trie of [warm, cold, whole]) {
            const pointsToLeaves = trie !== whole;
            applyTo(trie, losing, pointsToLeaves);
            const committed = applyTo(trie, changes, pointsToLeaves);
            applyTo(trie, losing, pointsToLeaves);
            expect(bytesToHex(committed.rootHash)).toBe(bytesToHex(oracle.root()));
            trie.accept(committed);
            for (const [k, v] of changes) {
              if (v.length === 0) trie.values.delete(hex(k));
              else trie.values.set(hex(k), v);
            }
            await expectExactlyTheReachableNodes(trie);
          }
          cold.reload();
          // What is written does not depend on what is in memory.
          const bytesOf = (trie: StoredTrie) => [...trie.records].map(([path, { bytes }]) => [path, hex(bytes)]).sort();
          expect(bytesOf(cold)).toEqual(bytesOf(warm));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('has the same roots over thousands of hashed keys', async () => {
    const oracle = new MerklePatriciaTrie();
    const trie = new StoredTrie();
    let seed = 1;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    for (let round = 0; round < 20; round++) {
      const batch = new TrieBatch(trie.root, trie);
      for (let i = 0; i < 200; i++) {
        const k = keccak256(Uint8Array.of(random(4), random(250)));
        if (random(3) === 0) {
          batch.delete(hex(k));
          await oracle.del(k);
        } else {
          const v = new Uint8Array(1 + random(70)).fill(1 + random(255));
          batch.set(hex(k), v);
          await oracle.put(k, v);
        }
      }
      const committed = batch.commit();
      expect(bytesToHex(committed.rootHash)).toBe(bytesToHex(oracle.root()));
      trie.accept(committed);
      await expectExactlyTheReachableNodes(trie);
      if (round % 3 === 0) trie.reload();
    }
  });

  it('is empty again when the last key goes', () => {
    const trie = new StoredTrie();
    let batch = new TrieBatch(null, trie);
    batch.set('ab'.repeat(32), Uint8Array.of(1));
    trie.accept(batch.commit());
    expect(trie.records.size).toBe(1);
    batch = new TrieBatch(trie.root, trie);
    batch.delete('ab'.repeat(32));
    const committed = batch.commit();
    expect(committed.rootHash).toEqual(EMPTY_TRIE_ROOT);
    trie.accept(committed);
    expect(trie.records.size).toBe(0);
  });
});

describe('TrieBatch', () => {
  it('writes nothing when nothing changed in the end', () => {
    const trie = new StoredTrie();
    const first = new TrieBatch(null, trie);
    for (let i = 0; i < 50; i++) first.set(hex(keccak256(Uint8Array.of(i))), new Uint8Array(40).fill(i + 1));
    trie.accept(first.commit());
    const second = new TrieBatch(trie.root, trie);
    second.delete(hex(keccak256(Uint8Array.of(7))));
    second.set(hex(keccak256(Uint8Array.of(7))), new Uint8Array(40).fill(8));
    second.set(hex(keccak256(Uint8Array.of(9))), new Uint8Array(40).fill(10));
    const committed = second.commit();
    expect(committed.rootHash).toEqual(trie.rootHash);
    visitNodeChanges(committed, (path) => expect.unreachable(path));
  });

  it('stops on a missing and on a damaged node, naming the path', () => {
    const trie = new StoredTrie();
    const batch = new TrieBatch(null, trie);
    for (let i = 0; i < 50; i++) batch.set(hex(keccak256(Uint8Array.of(i))), new Uint8Array(40).fill(i + 1));
    trie.accept(batch.commit());
    const path = [...trie.records.keys()].find((one) => one.length === 1) as string;
    const lookBelow = () => new TrieBatch(trie.root, trie).delete(path.padEnd(64, '0'));
    trie.records.set(path, encodeRecord(0, 0, new Uint8Array(40).fill(0xc0)));
    trie.reload();
    expect(lookBelow).toThrow(`the trie node at path "${path}" does not have its hash`);
    trie.records.delete(path);
    expect(lookBelow).toThrow(`the trie node at path "${path}" is missing`);
  });
});
