// A whole state in maps: what genesis starts from and what tests read.
import { bytesKey, EMPTY_BYTES, stripZeros } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { assert } from '../../primitives/errors.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { EMPTY_ACCOUNT, EMPTY_CODE_HASH, sameHash } from './account.ts';
import type { AccountRecord, StateChanges, StateReader } from './types.ts';

/** A state that lives in memory only. It does not hash: storage roots are whatever the records say. */
export class MemoryStateReader implements StateReader {
  readonly #accounts = new Map<string, AccountRecord>();
  readonly #storage = new Map<string, Map<string, Uint8Array>>();
  readonly #codes = new Map<string, Uint8Array>();

  account(address: Address): AccountRecord | undefined {
    return this.#accounts.get(bytesKey(address));
  }

  slot(address: Address, slot: Uint8Array): Uint8Array {
    return this.#storage.get(bytesKey(address))?.get(bytesKey(slot)) ?? EMPTY_BYTES;
  }

  code(codeHash: Hash): Uint8Array {
    if (sameHash(codeHash, EMPTY_CODE_HASH)) return EMPTY_BYTES;
    const code = this.#codes.get(bytesKey(codeHash));
    assert(code !== undefined, 'the code of a known account is missing');
    return code;
  }

  /** Sets the fields given; the others stay, or start from the empty account. */
  setAccount(address: Address, fields: Partial<AccountRecord>): void {
    this.#accounts.set(bytesKey(address), { ...(this.account(address) ?? EMPTY_ACCOUNT), ...fields });
  }

  /** Stores code and points the account to it, creating the account if it does not exist. */
  setCode(address: Address, code: Uint8Array): void {
    const codeHash = code.length === 0 ? EMPTY_CODE_HASH : keccak256(code);
    this.#codes.set(bytesKey(codeHash), code);
    this.setAccount(address, { codeHash });
  }

  /** Sets a 32-byte slot; zero removes it. */
  setSlot(address: Address, slot: Uint8Array, value: Uint8Array): void {
    this.#setSlotByKey(bytesKey(address), bytesKey(slot), stripZeros(value));
  }

  /** Takes over what a journal over this reader changed. */
  apply(changes: StateChanges): void {
    for (const [key, code] of changes.codes) this.#codes.set(key, code);
    for (const key of changes.clearedStorage) this.#storage.delete(key);
    for (const [key, record] of changes.accounts) {
      if (record === undefined) {
        this.#accounts.delete(key);
        this.#storage.delete(key);
      } else this.#accounts.set(key, record);
    }
    for (const [key, slots] of changes.slots)
      for (const [slotKey, value] of slots) this.#setSlotByKey(key, slotKey, value);
  }

  #setSlotByKey(key: string, slotKey: string, value: Uint8Array): void {
    let slots = this.#storage.get(key);
    if (slots === undefined) {
      slots = new Map();
      this.#storage.set(key, slots);
    }
    if (value.length === 0) slots.delete(slotKey);
    else slots.set(slotKey, value);
  }
}
