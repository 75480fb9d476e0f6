// Replays a stored chain on the stock VM and compares all that is stored of it: headers, roots, receipts, gas, consensus
// inputs, senders, and at the end the state that reads are served from. Reads the database and never writes to it.
import type { Block as EvmBlock } from '@ethereumjs/block';
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { genesisHeader } from '../../genesis/genesisHeader.ts';
import type { NativePrecompile } from '../../precompiles/framework/host.ts';
import { bytesToHex, EMPTY_BYTES, toHash } from '../../primitives/bytes.ts';
import { assert, ChainError, InvariantError, messageOf } from '../../primitives/errors.ts';
import { encodeBlock } from '../block/body.ts';
import { hashHeader } from '../block/header.ts';
import { ChainStore } from '../chain/chainStore.ts';
import { metaKey } from '../state/buckets.ts';
import type { Database } from '../state/database.ts';
import { openStateStore } from '../state/stateStore.ts';
import { BlockReplay } from './blockReplay.ts';
import type { RulesOf } from './decodeStockBlock.ts';
import { ANCESTORS_KEPT, decodeStored, rulesCache } from './decodeStored.ts';
import { BlockComparison, type Difference, DifferenceFound } from './difference.ts';
import { StockExecutor } from './stockExecutor.ts';
import { StockState } from './stockState.ts';
import { loadStoredState } from './storedState.ts';
import { createTemporaryTrieStore, type TemporaryTrieStore } from './temporaryTrieStore.ts';

export interface VerifyOptions {
  readonly database: Database;
  readonly spec: ChainSpec;
  /** The native contracts in force at a time. */
  readonly precompilesAt: (timestampSeconds: bigint) => readonly NativePrecompile[];
  /** Undefined: the first block after genesis. A later one begins with the stored state of the block before. */
  readonly from?: bigint | undefined;
  /** Undefined: the head. */
  readonly to?: bigint | undefined;
  /** Where the trie of the replay is kept while it runs. */
  readonly temporaryDirectory: string;
  readonly progress?: ((what: 'loading' | 'replaying' | 'checking', done: bigint | number) => void) | undefined;
}

export interface VerifySummary {
  readonly from: bigint;
  readonly to: bigint;
  readonly blocks: number;
  readonly transactions: number;
  readonly gasUsed: bigint;
  /** Of block `to`, or of the last block that agreed. */
  readonly hash: string;
  readonly stateRoot: string;
  /** Whether the state that reads of block `to` are served from was compared too: not where it is pruned. */
  readonly stateCompared: boolean;
  readonly difference?: Difference | undefined;
}

/** How far back contracts can ask for block hashes. */
const BLOCK_HASH_WINDOW = 256n;
const GENESIS_HASH = metaKey('genesisHash');

/**
 * Replays blocks `from` to `to`. A difference is a result, not an error.
 * @throws ChainError `NO_CHAIN`, `INVALID_RANGE`, `STATE_PRUNED`, and those of the database
 */
export async function verifyChain(options: VerifyOptions): Promise<VerifySummary> {
  const trie = await createTemporaryTrieStore(options.temporaryDirectory);
  try {
    return await new Verification(options, trie).run();
  } finally {
    await trie.close();
  }
}

class Verification {
  readonly #options: VerifyOptions;
  readonly #store: ChainStore;
  readonly #rulesOf: RulesOf;
  readonly #trie: TemporaryTrieStore;
  readonly #from: bigint;
  readonly #to: bigint;
  #agreed: { readonly blocks: number; readonly transactions: number; readonly gasUsed: bigint };
  #last: { readonly hash: Uint8Array; readonly stateRoot: Uint8Array };

  constructor(options: VerifyOptions, trie: TemporaryTrieStore) {
    const { database, spec } = options;
    this.#options = options;
    this.#trie = trie;
    this.#store = new ChainStore(database, spec.gnomon?.devChain === true);
    this.#rulesOf = rulesCache(spec);
    const head = this.#store.headNumber();
    if (head === undefined)
      throw new ChainError('NO_CHAIN', 'the database holds no chain yet: there is nothing to verify');
    const first = spec.genesis.number + 1n;
    const { from = first, to = head } = options;
    if (from < first || to > head || from > to + 1n || (from > to && to !== spec.genesis.number)) {
      const range = `a range within blocks ${first} to ${head}`;
      throw new ChainError('INVALID_RANGE', `expected ${range}, got ${from} to ${to}`, { first, head });
    }
    this.#from = from;
    this.#to = to;
    this.#agreed = { blocks: 0, transactions: 0, gasUsed: 0n };
    this.#last = { hash: EMPTY_BYTES, stateRoot: EMPTY_BYTES };
  }

  async run(): Promise<VerifySummary> {
    try {
      const state = await this.#stateBefore();
      await this.#replay(state);
      return this.#summary(await this.#compareState());
    } catch (error) {
      if (error instanceof DifferenceFound) return { ...this.#summary(false), difference: error.difference };
      throw error;
    }
  }

  #summary(stateCompared: boolean): VerifySummary {
    const { hash, stateRoot } = this.#last;
    return {
      from: this.#from,
      to: this.#to,
      ...this.#agreed,
      hash: bytesToHex(hash),
      stateRoot: bytesToHex(stateRoot),
      stateCompared,
    };
  }

  /** The state before the first block: the genesis file's, or the stored one, checked against its header. */
  async #stateBefore(): Promise<StockState> {
    const { spec, database } = this.#options;
    const number = this.#from - 1n;
    const header = this.#header(number);
    const common = this.#rulesOf(number, header.header.timestampSeconds);
    const state = new StockState(common, this.#trie.store);
    const compare = new BlockComparison(number);
    if (number === spec.genesis.number) {
      await state.allocate(spec.alloc);
      const hash = hashHeader(genesisHeader(spec, toHash(await state.getStateRoot())));
      compare.same('hash', hash, header.hash);
      compare.same('genesis hash', hash, database.getSync(GENESIS_HASH));
    } else {
      const { root } = await this.#load(compare, number, state, 'loading');
      compare.same('stored state', header.header.stateRoot, root);
    }
    this.#last = { hash: header.hash, stateRoot: header.header.stateRoot };
    return state;
  }

  async #replay(state: StockState): Promise<void> {
    const { spec, precompilesAt, progress } = this.#options;
    const executor = new StockExecutor({
      state,
      chain: { chainId: spec.chainId, genesisHash: this.#header(spec.genesis.number).hash },
      depositContractAddress: spec.depositContractAddress,
      isGnomon: spec.gnomon !== undefined,
      precompilesAt,
      blockHash: (number) => this.#store.header(number)?.hash,
    });
    const replay = new BlockReplay({
      spec,
      store: this.#store,
      rulesOf: this.#rulesOf,
      executor,
      ancestors: this.#ancestors(),
      parentTotalDifficulty: this.#store.totalDifficulty(this.#from - 1n) ?? 0n,
    });
    for (let number = this.#from; number <= this.#to; number++) {
      const { transactions, gasUsed } = this.#agreed;
      const block = await replay.next(number);
      await state.forgetTouched();
      this.#agreed = {
        blocks: this.#agreed.blocks + 1,
        transactions: transactions + block.transactions.length,
        gasUsed: gasUsed + block.header.gasUsed,
      };
      this.#last = { hash: block.hash(), stateRoot: block.header.stateRoot };
      progress?.('replaying', number);
    }
  }

  /** The blocks before the first, parent first, their hashes and links checked as far as contracts can see them. */
  #ancestors(): EvmBlock[] {
    const { spec } = this.#options;
    const oldest =
      this.#from > spec.genesis.number + BLOCK_HASH_WINDOW ? this.#from - BLOCK_HASH_WINDOW : spec.genesis.number;
    const ancestors: EvmBlock[] = [];
    let link: Uint8Array | undefined;
    for (let number = this.#from - 1n; number >= oldest; number--) {
      const compare = new BlockComparison(number);
      const stored = this.#store.block(number);
      assert(stored !== undefined, `block ${number} is missing from the database`);
      const { block } = decodeStored(compare, encodeBlock(stored), this.#rulesOf, spec);
      compare.same('hash', block.hash(), stored.hash);
      if (link !== undefined) compare.same('hash', link, stored.hash);
      link = block.header.parentHash;
      if (ancestors.length < ANCESTORS_KEPT) ancestors.push(block);
    }
    return ancestors;
  }

  /** Whether the state that reads are served from is the one that the last block commits to. */
  async #compareState(): Promise<boolean> {
    const { database, temporaryDirectory } = this.#options;
    if (this.#to < openStateStore(database, { kind: 'archive' }).oldestBlock) return false;
    const { header } = this.#header(this.#to);
    const trie = await createTemporaryTrieStore(temporaryDirectory);
    try {
      const state = new StockState(this.#rulesOf(header.number, header.timestampSeconds), trie.store);
      const compare = new BlockComparison(this.#to);
      const loaded = await this.#load(compare, this.#to, state, 'checking');
      compare.same('stored state', header.stateRoot, loaded.root);
      compare.same('total supply', loaded.totalWei, this.#store.supply(this.#to)?.totalWei);
    } finally {
      await trie.close();
    }
    return true;
  }

  /** Records that cannot be read are a difference. */
  async #load(compare: BlockComparison, number: bigint, state: StockState, what: 'loading' | 'checking') {
    const { database, progress } = this.#options;
    try {
      return await loadStoredState(database, number, state, (accounts) => progress?.(what, accounts));
    } catch (error) {
      const isUnreadable = error instanceof ChainError ? error.code === 'INVALID_RLP' : error instanceof InvariantError;
      if (!isUnreadable) throw error;
      return compare.differs('stored state', 'records that can be read', messageOf(error));
    }
  }

  #header(number: bigint) {
    const header = this.#store.header(number);
    assert(header !== undefined, `the header of block ${number} is missing from the database`);
    return header;
  }
}
