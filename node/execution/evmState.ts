// The journaled state behind the interface that @ethereumjs/evm reads and writes. Everything inside is synchronous; the
// promises are the interface's.
import type { AccountFields, StateManagerInterface } from '@ethereumjs/common';
import { Account, type Address as EvmAddress } from '@ethereumjs/util';
import { assert, InvariantError } from '../../primitives/errors.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { EMPTY_ACCOUNT } from '../state/account.ts';
import type { JournaledState, JournalMark } from '../state/types.ts';

const DONE: Promise<void> = Promise.resolve();

function addressOf(address: EvmAddress): Address {
  return address.bytes as Address;
}

export class EvmState implements StateManagerInterface {
  #journal: JournaledState | undefined;
  #marks: JournalMark[] = [];
  readonly originalStorageCache: StateManagerInterface['originalStorageCache'];

  constructor(state: JournaledState | undefined) {
    this.#journal = state;
    this.originalStorageCache = {
      get: async (address, key) => this.#state.originalSlot(addressOf(address), key),
      // The journal forgets originals when the transaction ends.
      clear: () => undefined,
    };
  }

  /** Moves to another state, or to none, with no checkpoint open. */
  stand(state: JournaledState | undefined): void {
    this.#journal = state;
    this.#marks = [];
  }

  get #state(): JournaledState {
    assert(this.#journal !== undefined, 'an EVM runs over a state');
    return this.#journal;
  }

  async getAccount(address: EvmAddress): Promise<Account | undefined> {
    const record = this.#state.account(addressOf(address));
    return record && new Account(record.nonce, record.balanceWei, record.storageRoot, record.codeHash);
  }

  async putAccount(address: EvmAddress, account?: Account): Promise<void> {
    if (account === undefined) return this.deleteAccount(address);
    this.#state.setAccount(addressOf(address), {
      nonce: account.nonce,
      balanceWei: account.balance,
      storageRoot: account.storageRoot as Hash,
      codeHash: account.codeHash as Hash,
    });
  }

  async deleteAccount(address: EvmAddress): Promise<void> {
    this.#state.deleteAccount(addressOf(address));
  }

  async modifyAccountFields(address: EvmAddress, fields: AccountFields): Promise<void> {
    const record = this.#state.account(addressOf(address)) ?? EMPTY_ACCOUNT;
    this.#state.setAccount(addressOf(address), {
      nonce: fields.nonce ?? record.nonce,
      balanceWei: fields.balance ?? record.balanceWei,
      storageRoot: (fields.storageRoot as Hash | undefined) ?? record.storageRoot,
      codeHash: (fields.codeHash as Hash | undefined) ?? record.codeHash,
    });
  }

  async putCode(address: EvmAddress, code: Uint8Array): Promise<void> {
    this.#state.setCode(addressOf(address), code);
  }

  async getCode(address: EvmAddress): Promise<Uint8Array> {
    const record = this.#state.account(addressOf(address));
    return record === undefined ? new Uint8Array(0) : this.#state.code(record.codeHash);
  }

  async getCodeSize(address: EvmAddress): Promise<number> {
    return (await this.getCode(address)).length;
  }

  async getStorage(address: EvmAddress, key: Uint8Array): Promise<Uint8Array> {
    return this.#state.slot(addressOf(address), key);
  }

  async putStorage(address: EvmAddress, key: Uint8Array, value: Uint8Array): Promise<void> {
    this.#state.setSlot(addressOf(address), key, value);
  }

  async clearStorage(address: EvmAddress): Promise<void> {
    this.#state.clearStorage(addressOf(address));
  }

  checkpoint(): Promise<void> {
    this.#marks.push(this.#state.mark());
    return DONE;
  }

  commit(): Promise<void> {
    assert(this.#marks.length > 0, 'commit without a checkpoint');
    this.#marks.pop();
    return DONE;
  }

  revert(): Promise<void> {
    const mark = this.#marks.pop();
    assert(mark !== undefined, 'revert without a checkpoint');
    this.#state.revertTo(mark);
    return DONE;
  }

  /** How many checkpoints are open: none between transactions. */
  get depth(): number {
    return this.#marks.length;
  }

  getStateRoot(): Promise<Uint8Array> {
    return Promise.reject(new InvariantError('the state root is computed when the block is sealed, not by the EVM'));
  }

  setStateRoot(): Promise<void> {
    return Promise.reject(new InvariantError('a journal stands on one state and cannot move to another'));
  }

  hasStateRoot(): Promise<boolean> {
    return Promise.resolve(false);
  }

  clearCaches(): void {
    // Nothing is cached here.
  }

  /** The same journal: an EVM's copy works on the same state. */
  shallowCopy(): StateManagerInterface {
    return new EvmState(this.#state);
  }
}
