// What the rest of the node knows of state: immutable account records, a synchronous reader, a journal over it.
import type { Address, Hash, Wei } from '../../primitives/types.ts';

/** One account as the trie stores it. Records are immutable: a change makes a new one. */
export interface AccountRecord {
  readonly nonce: bigint;
  readonly balanceWei: Wei;
  readonly storageRoot: Hash;
  readonly codeHash: Hash;
}

/** State at one block. Every read is synchronous: at most one database read when cold. */
export interface StateReader {
  account(address: Address): AccountRecord | undefined;
  /** The value of a 32-byte slot as minimal big-endian bytes; empty when zero or absent. */
  slot(address: Address, slot: Uint8Array): Uint8Array;
  /** @throws InvariantError when the code of a known account is missing */
  code(codeHash: Hash): Uint8Array;
}

/** What a block changed, ready to be hashed into the trie and written. Keys are `bytesKey` strings. */
export interface StateChanges {
  /** `undefined` deletes the account (and its storage). `storageRoot` of a record here is stale: sealing computes it. */
  readonly accounts: ReadonlyMap<string, AccountRecord | undefined>;
  /** address key → slot key → minimal value bytes; empty deletes the slot. */
  readonly slots: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;
  /** Accounts whose whole former storage is dropped before `slots` apply. */
  readonly clearedStorage: ReadonlySet<string>;
  /** code hash key → code. */
  readonly codes: ReadonlyMap<string, Uint8Array>;
}

/** A mark in the journal's log; reverting to it undoes everything recorded since. */
export type JournalMark = number;

/** A writable overlay over a reader. Nothing reaches the reader; `changes` says what would. */
export interface JournaledState extends StateReader {
  setAccount(address: Address, record: AccountRecord): void;
  /** Removes the account, its code reference and all its storage. */
  deleteAccount(address: Address): void;
  /** Sets a slot to minimal big-endian bytes; empty deletes it. */
  setSlot(address: Address, slot: Uint8Array, value: Uint8Array): void;
  /** Drops all storage of an account. */
  clearStorage(address: Address): void;
  /** Stores code and points the account to it (creating the account if it does not exist). */
  setCode(address: Address, code: Uint8Array): void;
  /** Creates the account if it does not exist. Zero changes nothing: whoever must create or touch uses `setAccount`. */
  addBalance(address: Address, amountWei: Wei): void;
  /** @throws InvariantError when the balance would become negative: callers check first */
  subtractBalance(address: Address, amountWei: Wei): void;
  /** The value a slot had when the running transaction began (EIP-2200). */
  originalSlot(address: Address, slot: Uint8Array): Uint8Array;
  /** Ends a transaction: forgets original values and the undo log, so earlier marks become invalid. */
  endTransaction(): void;
  mark(): JournalMark;
  revertTo(mark: JournalMark): void;
  /**
   * The net change since construction: what ended as it began is left out.
   * @throws InvariantError when storage was written under an account that does not exist
   */
  changes(): StateChanges;
}
