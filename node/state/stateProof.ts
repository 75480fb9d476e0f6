// Merkle proofs of one account and its slots (EIP-1186), at any block whose nodes are kept.
import { EMPTY_BYTES } from '../../primitives/bytes.ts';
import { decodeRlp, rlpBytes } from '../../primitives/rlp.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { decodeAccount, EMPTY_ACCOUNT, EMPTY_TRIE_ROOT, sameHash } from './account.ts';
import { accountKey, decodeHeadAccount } from './headCache.ts';
import { nibbleAt } from './nodeEncoder.ts';
import { StoredAccountTrie, StoredStorageTrie, trieKey } from './residentTries.ts';
import {
  branchChild,
  encodingOf,
  extensionChild,
  isStored,
  loadRoot,
  type NodeSource,
  type TrieNode,
} from './trieNode.ts';
import type { AccountRecord } from './types.ts';
import type { VersionedTable } from './versionedTable.ts';

/** The RLP nodes from the root towards a key, root first, and the value there; without one they prove its absence. */
interface TrieProof {
  readonly nodes: readonly Uint8Array[];
  readonly value: Uint8Array | undefined;
}

export interface StateProof {
  /** The empty account when there is none; `accountProof` then proves that. */
  readonly account: AccountRecord;
  readonly accountProof: readonly Uint8Array[];
  /** In the order asked for; `value` is minimal, empty when the slot is zero. */
  readonly storageProofs: readonly {
    readonly slot: Uint8Array;
    readonly value: Uint8Array;
    readonly proof: readonly Uint8Array[];
  }[];
}

/** Proves an account and its slots against `stateRoot`, the root after block `blockNumber`. */
export function proveState(
  table: VersionedTable,
  blockNumber: number,
  stateRoot: Hash,
  address: Address,
  slots: readonly Uint8Array[],
): StateProof {
  const accountOf = (one: Address) => decodeHeadAccount(table.at(accountKey(one), blockNumber));
  const proof = prove(new StoredAccountTrie(table, blockNumber, accountOf), stateRoot, trieKey(address));
  const account = proof.value === undefined ? EMPTY_ACCOUNT : decodeAccount(proof.value);
  const storage = new StoredStorageTrie(table, blockNumber, address);
  const storageProofs = slots.map((slot) => {
    const { nodes, value } = prove(storage, account.storageRoot, trieKey(slot));
    return { slot, value: value === undefined ? EMPTY_BYTES : rlpBytes(decodeRlp(value), 'slot'), proof: nodes };
  });
  return { account, accountProof: proof.nodes, storageProofs };
}

function prove(source: NodeSource, rootHash: Hash, key: string): TrieProof {
  const nodes: Uint8Array[] = [];
  let path = '';
  let node: TrieNode | null = sameHash(rootHash, EMPTY_TRIE_ROOT) ? null : loadRoot(source, rootHash);
  while (node !== null) {
    // An embedded node is part of its parent's encoding.
    if (isStored(path, node)) nodes.push(encodingOf(node));
    if (node.kind === 'leaf') return { nodes, value: node.key === key ? node.value : undefined };
    if (node.kind === 'branch') {
      const index = nibbleAt(key, path.length);
      node = branchChild(source, node, path, index);
      path += key[path.length];
    } else {
      if (!key.startsWith(node.digits, path.length)) break;
      const { digits } = node;
      node = extensionChild(source, node, path);
      path += digits;
    }
  }
  return { nodes, value: undefined };
}
