// A second implementation of state, as plain as can be: a whole copy for every block, tries built by @ethereumjs/mpt.
import { createMerkleProof, MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import fc from 'fast-check';
import { EMPTY_ACCOUNT } from '../../../node/state/account.ts';
import type { Database } from '../../../node/state/database.ts';
import type { JournaledState } from '../../../node/state/types.ts';
import { bigIntToBytes, bytesToHex, toAddress } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import type { Address, Hex } from '../../../primitives/types.ts';

export const ACCOUNTS = 10;
export const SLOTS = 8;
export const addressOf = (index: number): Address => toAddress(new Uint8Array(20).fill(index + 1));
export const slotOf = (index: number): Uint8Array => new Uint8Array(32).fill(index);

interface ModelAccount {
  nonce: bigint;
  balanceWei: bigint;
  code: Uint8Array;
  slots: Map<number, Uint8Array>;
}

/** One change to state, applied to a journal and to a model alike. */
export type Op =
  | { kind: 'pay'; a: number; wei: bigint }
  | { kind: 'delete'; a: number }
  | { kind: 'clear'; a: number }
  | { kind: 'code'; a: number; byte: number }
  | { kind: 'slots'; a: number; slots: [number, number][] };

const account = fc.nat(ACCOUNTS - 1);
const slots = fc.array(fc.tuple(fc.nat(SLOTS - 1), fc.constantFrom(0, 0, 1, 2, 255)), { minLength: 1, maxLength: 6 });
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pay' as const), a: account, wei: fc.bigInt(0n, 2n ** 80n) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), a: account }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), a: account }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('code' as const), a: account, byte: fc.nat(3) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('slots' as const), a: account, slots }) },
);
export const block: fc.Arbitrary<Op[]> = fc.array(op, { maxLength: 8 });

export class StateModel {
  readonly accounts = new Map<number, ModelAccount>();

  copy(): StateModel {
    const copy = new StateModel();
    for (const [a, record] of this.accounts) copy.accounts.set(a, { ...record, slots: new Map(record.slots) });
    return copy;
  }

  apply(ops: readonly Op[]): void {
    for (const one of ops) {
      if (one.kind === 'delete') {
        this.accounts.delete(one.a);
        continue;
      }
      const record = this.accounts.get(one.a);
      if (one.kind === 'clear') {
        record?.slots.clear();
        continue;
      }
      const changed = record ?? { nonce: 0n, balanceWei: 0n, code: new Uint8Array(0), slots: new Map() };
      this.accounts.set(one.a, changed);
      if (one.kind === 'pay') {
        changed.balanceWei += one.wei;
        changed.nonce += 1n;
      } else if (one.kind === 'code') changed.code = one.byte === 0 ? new Uint8Array(0) : Uint8Array.of(one.byte, 1);
      else
        for (const [s, byte] of one.slots) {
          if (byte === 0) changed.slots.delete(s);
          else changed.slots.set(s, new Uint8Array(1 + (s % 33)).fill(byte).slice(0, 32));
        }
    }
  }

  async storageTrie(a: number): Promise<MerklePatriciaTrie> {
    const trie = new MerklePatriciaTrie({ useKeyHashing: true });
    for (const [s, value] of this.accounts.get(a)?.slots ?? []) await trie.put(slotOf(s), RLP.encode(value));
    return trie;
  }

  async trie(): Promise<MerklePatriciaTrie> {
    const trie = new MerklePatriciaTrie({ useKeyHashing: true });
    for (const [a, record] of this.accounts) {
      const { nonce, balanceWei, code } = record;
      const storageRoot = (await this.storageTrie(a)).root();
      const members = [bigIntToBytes(nonce), bigIntToBytes(balanceWei), storageRoot, keccak256(code)];
      await trie.put(addressOf(a), RLP.encode(members));
    }
    return trie;
  }

  async root(): Promise<Hex> {
    return bytesToHex((await this.trie()).root());
  }
}

/** The proof that @ethereumjs/mpt makes of `key`. */
export async function oracleProof(trie: MerklePatriciaTrie, key: Uint8Array): Promise<Hex[]> {
  return (await createMerkleProof(trie, key)).map(bytesToHex);
}

/** Applies the same change to a journal. */
export function applyToJournal(state: JournaledState, ops: readonly Op[]): void {
  for (const one of ops) {
    const address = addressOf(one.a);
    if (one.kind === 'delete') state.deleteAccount(address);
    else if (one.kind === 'clear') state.clearStorage(address);
    else {
      const record = state.account(address) ?? EMPTY_ACCOUNT;
      if (one.kind === 'pay')
        state.setAccount(address, {
          ...record,
          nonce: record.nonce + 1n,
          balanceWei: record.balanceWei + one.wei,
        });
      else if (one.kind === 'code')
        state.setCode(address, one.byte === 0 ? new Uint8Array(0) : Uint8Array.of(one.byte, 1));
      else {
        state.setAccount(address, record);
        for (const [s, byte] of one.slots)
          state.setSlot(address, slotOf(s), byte === 0 ? new Uint8Array(0) : new Uint8Array(1 + (s % 33)).fill(byte));
      }
    }
    state.endTransaction();
  }
}

/** Every record whose bucket is in `buckets` (all without), in hex. */
export async function contentOf(database: Database, buckets?: readonly number[]): Promise<Map<string, string>> {
  const content = new Map<string, string>();
  const snapshot = database.snapshot();
  for await (const [key, value] of snapshot.entries({ from: Uint8Array.of(0) }))
    if (buckets === undefined || buckets.includes(key[0] as number)) content.set(bytesToHex(key), bytesToHex(value));
  await snapshot.close();
  return content;
}
