// State as the stock VM keeps it: a Merkle Patricia trie of @ethereumjs, written when a block ends.
import type { Common } from '@ethereumjs/common';
import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { Caches, CacheType, MerkleStateManager } from '@ethereumjs/statemanager';
import { Account, type DB, Address as EvmAddress, ValueEncoding } from '@ethereumjs/util';
import type { GenesisAccount } from '../../genesis/chainSpec.ts';
import { concatBytes, equalBytes, padLeft, stripZeros } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import type { StateEdit } from '../api.ts';

/** Trie nodes kept decoded in memory. */
const TRIE_NODES_CACHED_MAX = 20_000;
/** Holds all that a block touched until {@link StockState.forgetTouched}, whatever the size says; the stock LRU would evict writes. */
const KEEP_ALL = { type: CacheType.ORDERED_MAP, size: 1 };
/** EIP-7702: what the code of a delegating account begins with. */
const DELEGATION_PREFIX = Uint8Array.of(0xef, 0x01, 0x00);

export class StockState extends MerkleStateManager {
  #senderOfNextTransaction: Address | undefined;

  constructor(common: Common, store?: DB<string, Uint8Array>) {
    const cache = { cacheSize: TRIE_NODES_CACHED_MAX };
    const disk = store === undefined ? {} : { db: store, valueEncoding: ValueEncoding.Bytes };
    super({
      common,
      trie: new MerklePatriciaTrie({ useKeyHashing: true, common, ...cache, ...disk }),
      caches: new Caches({ account: KEEP_ALL, code: KEEP_ALL, storage: KEEP_ALL }),
    });
  }

  /**
   * Lets a contract send the next transaction, as dev chains allow (EIP-3607 forbids it): the stock VM asks for the sender's
   * code once before it runs anything, and is told of a delegation.
   */
  allowContractSender(sender: Address): void {
    this.#senderOfNextTransaction = sender;
  }

  override async getCode(address: EvmAddress): Promise<Uint8Array> {
    const sender = this.#senderOfNextTransaction;
    if (sender === undefined || !equalBytes(address.bytes, sender)) return super.getCode(address);
    this.#senderOfNextTransaction = undefined;
    return concatBytes(DELEGATION_PREFIX, sender);
  }

  /** Ends a block: what it touched is forgotten, so that memory does not grow with the accounts of the chain. */
  async forgetTouched(): Promise<void> {
    this.#senderOfNextTransaction = undefined;
    await this.setStateRoot(await this.getStateRoot());
  }

  /** Sets a whole account. An account of a genesis file exists even if it is empty. */
  async setAccount(address: Address, balanceWei: bigint, nonce: bigint, code: Uint8Array): Promise<void> {
    const at = new EvmAddress(address);
    await this.putAccount(at, new Account(nonce, balanceWei));
    if (code.length > 0) await this.putCode(at, code);
  }

  async setSlot(address: Address, slot: Uint8Array, value: Uint8Array): Promise<void> {
    await this.putStorage(new EvmAddress(address), slot, value);
  }

  /** The first state of a chain. */
  async allocate(alloc: readonly GenesisAccount[]): Promise<void> {
    await this.checkpoint();
    for (const { address, balanceWei, nonce, code, storage } of alloc) {
      await this.setAccount(address, balanceWei, nonce, code);
      for (const { slot, value } of storage) await this.setSlot(address, slot, value);
    }
    await this.commit();
  }

  /** Applies an edit of a dev chain (docs/spec/block.md). */
  async applyEdit(edit: StateEdit): Promise<void> {
    const at = new EvmAddress(edit.address);
    const known = await this.getAccount(at);
    const account = known ?? new Account();
    switch (edit.kind) {
      case 'balance':
        account.balance = edit.wei;
        return this.putAccount(at, account);
      case 'nonce':
        account.nonce = edit.nonce;
        return this.putAccount(at, account);
      case 'code':
        if (known === undefined) await this.putAccount(at, account);
        return this.putCode(at, edit.code);
      case 'storage':
        if (known === undefined) {
          // Without nonce, balance and code it would be empty and vanish with its storage (EIP-161).
          account.nonce = 1n;
          await this.putAccount(at, account);
        }
        return this.putStorage(at, padLeft(edit.slot, 32), stripZeros(edit.value));
    }
  }

  async balanceOf(address: Address): Promise<bigint> {
    return (await this.getAccount(new EvmAddress(address)))?.balance ?? 0n;
  }

  /** Adds to a balance; 0 creates no account. */
  async addBalance(address: Address, wei: bigint): Promise<void> {
    if (wei === 0n) return;
    const at = new EvmAddress(address);
    const account = (await this.getAccount(at)) ?? new Account();
    account.balance += wei;
    await this.putAccount(at, account);
  }
}
