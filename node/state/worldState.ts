// The writable view of state that execution works on: flat overlays over a reader and one undo log. A mark is the length
// of the log, so nested checkpoints cost nothing; a change costs one log entry. Hashing happens later, in the state store.
import { bytesKey, EMPTY_BYTES, equalBytes, keyBytes, stripZeros } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { assert } from '../../primitives/errors.ts';
import type { Address, Hash, Wei } from '../../primitives/types.ts';
import { EMPTY_ACCOUNT, EMPTY_CODE_HASH, sameAccount, sameHash } from './account.ts';
import type { AccountRecord, JournaledState, JournalMark, StateChanges, StateReader } from './types.ts';

/** A balance is one word. Only where coins were conjured (dev chains) can more come together; what is beyond is lost. */
const BALANCE_MAX: Wei = 2n ** 256n - 1n;

/** Stands in the overlay for an account that was deleted; compared by identity. */
const DELETED: AccountRecord = { ...EMPTY_ACCOUNT };

/** Changed slots of one account. Once `cleared`, slots that are not here are empty, whatever the reader says. */
interface StorageOverlay {
  readonly cleared: boolean;
  readonly values: Map<string, Uint8Array>;
}

type UndoEntry =
  | { readonly kind: 'account'; readonly key: string; readonly before: AccountRecord | undefined }
  | {
      readonly kind: 'slot';
      readonly values: Map<string, Uint8Array>;
      readonly slotKey: string;
      readonly before: Uint8Array | undefined;
    }
  | { readonly kind: 'storage'; readonly key: string; readonly before: StorageOverlay | undefined };

/** A journal over `reader`, which must not change while the journal is used. */
export function createJournaledState(reader: StateReader): JournaledState {
  return new WorldState(reader);
}

class WorldState implements JournaledState {
  readonly #reader: StateReader;
  readonly #accounts = new Map<string, AccountRecord>();
  readonly #storage = new Map<string, StorageOverlay>();
  readonly #codes = new Map<string, Uint8Array>();
  /** Values at the start of the transaction of the slots that it has written: address key → slot key → value. */
  readonly #originalSlots = new Map<string, Map<string, Uint8Array>>();
  /** Overlays that the running transaction dropped, as they were when it first dropped them. */
  readonly #originalStorage = new Map<string, StorageOverlay | undefined>();
  #undoLog: UndoEntry[] = [];

  constructor(reader: StateReader) {
    this.#reader = reader;
  }

  account(address: Address): AccountRecord | undefined {
    const changed = this.#accounts.get(bytesKey(address));
    if (changed === undefined) return this.#reader.account(address);
    return changed === DELETED ? undefined : changed;
  }

  slot(address: Address, slot: Uint8Array): Uint8Array {
    return this.#readSlot(this.#storage.get(bytesKey(address)), address, slot);
  }

  code(codeHash: Hash): Uint8Array {
    if (sameHash(codeHash, EMPTY_CODE_HASH)) return EMPTY_BYTES;
    return this.#codes.get(bytesKey(codeHash)) ?? this.#reader.code(codeHash);
  }

  setAccount(address: Address, record: AccountRecord): void {
    this.#writeAccount(bytesKey(address), record);
  }

  deleteAccount(address: Address): void {
    if (this.account(address) === undefined) return;
    const key = bytesKey(address);
    this.#writeAccount(key, DELETED);
    this.#dropStorage(key);
  }

  setSlot(address: Address, slot: Uint8Array, value: Uint8Array): void {
    const key = bytesKey(address);
    const slotKey = bytesKey(slot);
    let overlay = this.#storage.get(key);
    this.#rememberOriginal(key, slotKey, overlay, address, slot);
    if (overlay === undefined) {
      overlay = { cleared: false, values: new Map() };
      this.#storage.set(key, overlay);
    }
    this.#undoLog.push({ kind: 'slot', values: overlay.values, slotKey, before: overlay.values.get(slotKey) });
    overlay.values.set(slotKey, value[0] === 0 ? stripZeros(value).slice() : value);
  }

  clearStorage(address: Address): void {
    this.#dropStorage(bytesKey(address));
  }

  setCode(address: Address, code: Uint8Array): void {
    const codeHash = code.length === 0 ? EMPTY_CODE_HASH : keccak256(code);
    if (code.length > 0) this.#codes.set(bytesKey(codeHash), code);
    this.setAccount(address, { ...(this.account(address) ?? EMPTY_ACCOUNT), codeHash });
  }

  addBalance(address: Address, amountWei: Wei): void {
    if (amountWei === 0n) return;
    assert(amountWei > 0n, 'cannot add a negative amount');
    const record = this.account(address) ?? EMPTY_ACCOUNT;
    const sum = record.balanceWei + amountWei;
    this.setAccount(address, { ...record, balanceWei: sum < BALANCE_MAX ? sum : BALANCE_MAX });
  }

  subtractBalance(address: Address, amountWei: Wei): void {
    if (amountWei === 0n) return;
    assert(amountWei > 0n, 'cannot subtract a negative amount');
    const record = this.account(address) ?? EMPTY_ACCOUNT;
    assert(record.balanceWei >= amountWei, 'an account has less than what is to be subtracted');
    this.setAccount(address, { ...record, balanceWei: record.balanceWei - amountWei });
  }

  originalSlot(address: Address, slot: Uint8Array): Uint8Array {
    const key = bytesKey(address);
    const remembered = this.#originalSlots.get(key)?.get(bytesKey(slot));
    if (remembered !== undefined) return remembered;
    const overlay = this.#originalStorage.has(key) ? this.#originalStorage.get(key) : this.#storage.get(key);
    return this.#readSlot(overlay, address, slot);
  }

  endTransaction(): void {
    this.#undoLog = [];
    this.#originalSlots.clear();
    this.#originalStorage.clear();
  }

  mark(): JournalMark {
    return this.#undoLog.length;
  }

  revertTo(mark: JournalMark): void {
    assert(mark >= 0 && mark <= this.#undoLog.length, 'a mark that is not in the undo log');
    for (const entry of this.#undoLog.splice(mark).reverse()) this.#undo(entry);
  }

  changes(): StateChanges {
    const accounts = new Map<string, AccountRecord | undefined>();
    const codes = new Map<string, Uint8Array>();
    for (const [key, changed] of this.#accounts) {
      const record = changed === DELETED ? undefined : changed;
      const before = this.#reader.account(keyBytes(key) as Address);
      if (sameAccount(record, before)) continue;
      accounts.set(key, record);
      const code = record && this.#codes.get(bytesKey(record.codeHash));
      if (record && code) codes.set(bytesKey(record.codeHash), code);
    }
    const slots = new Map<string, ReadonlyMap<string, Uint8Array>>();
    const clearedStorage = new Set<string>();
    for (const [key, overlay] of this.#storage) {
      const address = keyBytes(key) as Address;
      const exists = this.account(address) !== undefined;
      if (overlay.cleared && exists && this.#reader.account(address) !== undefined) clearedStorage.add(key);
      const changed = this.#changedSlots(address, overlay);
      if (changed.size === 0) continue;
      assert(exists, 'storage was written under an account that does not exist');
      slots.set(key, changed);
    }
    return { accounts, slots, clearedStorage, codes };
  }

  #changedSlots(address: Address, overlay: StorageOverlay): Map<string, Uint8Array> {
    const changed = new Map<string, Uint8Array>();
    for (const [slotKey, value] of overlay.values) {
      const before = overlay.cleared ? EMPTY_BYTES : this.#reader.slot(address, keyBytes(slotKey));
      if (!equalBytes(value, before)) changed.set(slotKey, value);
    }
    return changed;
  }

  #readSlot(overlay: StorageOverlay | undefined, address: Address, slot: Uint8Array): Uint8Array {
    if (overlay === undefined) return this.#reader.slot(address, slot);
    const changed = overlay.values.get(bytesKey(slot));
    if (changed !== undefined) return changed;
    return overlay.cleared ? EMPTY_BYTES : this.#reader.slot(address, slot);
  }

  #writeAccount(key: string, record: AccountRecord): void {
    this.#undoLog.push({ kind: 'account', key, before: this.#accounts.get(key) });
    this.#accounts.set(key, record);
  }

  #dropStorage(key: string): void {
    const before = this.#storage.get(key);
    if (!this.#originalStorage.has(key)) this.#originalStorage.set(key, before);
    this.#undoLog.push({ kind: 'storage', key, before });
    this.#storage.set(key, { cleared: true, values: new Map() });
  }

  /** Keeps what a slot held before the transaction's first write to it. A dropped overlay already keeps it. */
  #rememberOriginal(
    key: string,
    slotKey: string,
    overlay: StorageOverlay | undefined,
    address: Address,
    slot: Uint8Array,
  ): void {
    let originals = this.#originalSlots.get(key);
    if (originals?.has(slotKey)) return;
    const before = this.#originalStorage.has(key) ? this.#originalStorage.get(key) : overlay;
    if (originals === undefined) {
      originals = new Map();
      this.#originalSlots.set(key, originals);
    }
    originals.set(slotKey, this.#readSlot(before, address, slot));
  }

  #undo(entry: UndoEntry): void {
    if (entry.kind === 'account') restore(this.#accounts, entry.key, entry.before);
    else if (entry.kind === 'slot') restore(entry.values, entry.slotKey, entry.before);
    else restore(this.#storage, entry.key, entry.before);
  }
}

function restore<Value>(map: Map<string, Value>, key: string, before: Value | undefined): void {
  if (before === undefined) map.delete(key);
  else map.set(key, before);
}
