// A whole state in maps whose root is computed from scratch: slow, obvious, and with nothing in common with node/state.

import { EMPTY_TRIE_ROOT, encodeAccount } from '../../../../node/state/account.ts';
import { MemoryStateReader } from '../../../../node/state/memoryReader.ts';
import type { AccountRecord, StateChanges, StateReader } from '../../../../node/state/types.ts';
import { EMPTY_BYTES, keyBytes } from '../../../../primitives/bytes.ts';
import { keccak256 } from '../../../../primitives/crypto/keccak.ts';
import { encodeRlp, type RlpItem } from '../../../../primitives/rlp.ts';
import type { Hash } from '../../../../primitives/types.ts';

type Leaf = { readonly path: readonly number[]; readonly value: Uint8Array };

function hexPrefix(path: readonly number[], isLeaf: boolean): Uint8Array {
  const flag = (isLeaf ? 2 : 0) + (path.length & 1);
  const nibbles = path.length & 1 ? [flag, ...path] : [flag, 0, ...path];
  return Uint8Array.from({ length: nibbles.length / 2 }, (_, i) => nibbles[2 * i]! * 16 + nibbles[2 * i + 1]!);
}

function node(leaves: readonly Leaf[], depth: number): RlpItem {
  const first = leaves[0]!;
  if (leaves.length === 1) return [hexPrefix(first.path.slice(depth), true), first.value];
  let fork = depth;
  while (leaves.every(({ path }) => path[fork] === first.path[fork])) fork++;
  if (fork > depth) return [hexPrefix(first.path.slice(depth, fork), false), reference(leaves, fork)];
  const children: RlpItem[] = [];
  for (let nibble = 0; nibble < 16; nibble++) {
    const below = leaves.filter(({ path }) => path[depth] === nibble);
    children.push(below.length === 0 ? EMPTY_BYTES : reference(below, depth + 1));
  }
  return [...children, EMPTY_BYTES];
}

function reference(leaves: readonly Leaf[], depth: number): RlpItem {
  const item = node(leaves, depth);
  const encoded = encodeRlp(item);
  return encoded.length < 32 ? item : keccak256(encoded);
}

/** The root of a trie with hashed keys. */
export function secureRoot(entries: Iterable<readonly [Uint8Array, Uint8Array]>): Hash {
  const leaves = [...entries].map(([key, value]) => ({
    path: [...keccak256(key)].flatMap((byte) => [byte >> 4, byte & 15]),
    value,
  }));
  return leaves.length === 0 ? EMPTY_TRIE_ROOT : keccak256(encodeRlp(node(leaves, 0)));
}

export class ModelState {
  readonly accounts = new Map<string, AccountRecord>();
  readonly storage = new Map<string, Map<string, Uint8Array>>();
  readonly #reader = new MemoryStateReader();

  get reader(): StateReader {
    return this.#reader;
  }

  /** The root after `changes`, without applying them. */
  rootAfter(changes: StateChanges): Hash {
    const { accounts, storage } = this.#after(changes);
    return secureRoot(
      [...accounts].map(([key, record]) => {
        const storageRoot = storageRootOf(storage.get(key));
        return [keyBytes(key), encodeAccount({ ...record, storageRoot })] as const;
      }),
    );
  }

  apply(changes: StateChanges): void {
    const { accounts, storage } = this.#after(changes);
    this.accounts.clear();
    for (const [key, record] of accounts)
      this.accounts.set(key, { ...record, storageRoot: storageRootOf(storage.get(key)) });
    this.storage.clear();
    for (const [key, slots] of storage) this.storage.set(key, slots);
    const sealed = new Map([...changes.accounts].map(([key, record]) => [key, record && this.accounts.get(key)]));
    for (const key of changes.slots.keys()) sealed.set(key, this.accounts.get(key));
    this.#reader.apply({ ...changes, accounts: sealed });
  }

  #after(changes: StateChanges): Pick<ModelState, 'accounts' | 'storage'> {
    const accounts = new Map(this.accounts);
    const storage = new Map([...this.storage].map(([key, slots]) => [key, new Map(slots)]));
    for (const key of changes.clearedStorage) storage.delete(key);
    for (const [key, record] of changes.accounts) {
      if (record !== undefined) accounts.set(key, record);
      else {
        accounts.delete(key);
        storage.delete(key);
      }
    }
    for (const [key, changed] of changes.slots) {
      const slots = storage.get(key) ?? new Map<string, Uint8Array>();
      storage.set(key, slots);
      for (const [slot, value] of changed) {
        if (value.length === 0) slots.delete(slot);
        else slots.set(slot, value);
      }
    }
    return { accounts, storage };
  }
}

function storageRootOf(slots: ReadonlyMap<string, Uint8Array> | undefined): Hash {
  return secureRoot([...(slots ?? [])].map(([slot, value]) => [keyBytes(slot), encodeRlp(value)] as const));
}
