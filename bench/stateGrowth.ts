// What the size of the state does to the cost of a transaction: transfers among accounts that are chosen evenly, or four fifths
// of them among one in a hundred, and registrations of devices, on a real chain in a database on disk. Whole blocks are
// executed, sealed and committed; senders are known, so that the figures do not hide behind signature recovery.
import { readFileSync } from 'node:fs';
import type { ChainSpec } from '../genesis/chainSpec.ts';
import { devGenesis } from '../genesis/devGenesis.ts';
import { parseGenesis } from '../genesis/parseGenesis.ts';
import { impersonate } from '../node/block/impersonation.ts';
import type { UnsignedTransaction } from '../node/block/transaction.ts';
import type { SignedTransaction } from '../node/block/types.ts';
import { Chain } from '../node/chain/chain.ts';
import { BlockMaker } from '../node/consensus/blockMaker.ts';
import { EMPTY_ACCOUNT } from '../node/state/account.ts';
import type { Database } from '../node/state/database.ts';
import { openLevelDatabase } from '../node/state/levelDatabase.ts';
import type { StateMode } from '../node/state/stateStore.ts';
import type { AccountRecord } from '../node/state/types.ts';
import { precompiles as registry } from '../precompiles/registry.ts';
import { bytesKey, EMPTY_BYTES } from '../primitives/bytes.ts';
import { keccak256 } from '../primitives/crypto/keccak.ts';
import type { Address } from '../primitives/types.ts';

/** How the accounts of a transfer are chosen. */
export type Choice = 'even' | 'skewed';

export interface GrowthFigure {
  readonly what: string;
  /** Accounts, or devices. */
  readonly population: number;
  readonly transactions: number;
  /** Processor time of all threads, compaction included, in µs per transaction. */
  readonly cpuMicroseconds: number;
  /** What the operating system holds for the process at the end, in MiB. */
  readonly rssMiB: number;
}

/** Accounts of one block while the state is filled. */
const FILL_BLOCK = 5_000;
const GAS_PRICE = 10n ** 12n;

/** A generator whose numbers depend on nothing but its seed (mulberry32). */
export function seededNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function indexBytes(tag: number, index: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = tag;
  new DataView(bytes.buffer).setUint32(5, index);
  return bytes;
}

/** The account with an index; nobody has its key. */
export function accountAt(index: number): Address {
  return keccak256(indexBytes(1, index)).slice(0, 20) as Address;
}

/** A chain on disk that can be filled and measured. */
export class GrowthChain {
  readonly chain: Chain;
  readonly maker: BlockMaker;
  readonly #database: Database;
  readonly #nonces: Uint32Array;
  #accounts = 0;

  private constructor(chain: Chain, database: Database, accountsMax: number) {
    this.chain = chain;
    this.#database = database;
    this.#nonces = new Uint32Array(accountsMax);
    const rules = chain.spec.gnomon?.precompiles ?? [];
    this.maker = new BlockMaker({
      chain,
      precompilesAt: (time) => [...registry.activeAt(rules, time).values()],
      blockStartSteps: [],
      alarm: ({ cause }) => {
        throw cause;
      },
    });
  }

  static async open(directory: string, accountsMax: number, stateMode: StateMode): Promise<GrowthChain> {
    const spec: ChainSpec = parseGenesis(devGenesis());
    const database = await openLevelDatabase(directory);
    return new GrowthChain(await Chain.open({ database, spec, stateMode }), database, accountsMax);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** Makes accounts until there are `count`, as edits of the state rather than by transfers. */
  async fillAccounts(count: number): Promise<void> {
    while (this.#accounts < count) {
      const accounts = new Map<string, AccountRecord>();
      const end = Math.min(count, this.#accounts + FILL_BLOCK);
      for (; this.#accounts < end; this.#accounts++)
        accounts.set(bytesKey(accountAt(this.#accounts)), { ...EMPTY_ACCOUNT, balanceWei: 10n ** 24n });
      await this.commitChanges(accounts, new Map());
    }
  }

  /** Appends a block that changes the state without a transaction. */
  async commitChanges(
    accounts: ReadonlyMap<string, AccountRecord>,
    slots: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>,
  ): Promise<void> {
    const candidate = await this.maker.execute(this.#inputs(), [], []);
    const { changes } = candidate.executed;
    const merged = {
      ...changes,
      accounts: new Map([...changes.accounts, ...accounts]),
      slots: new Map([...changes.slots, ...slots]),
    };
    await this.chain.commit(
      this.maker.seal({ ...candidate, executed: { ...candidate.executed, changes: merged } }, undefined),
    );
  }

  /** Executes, seals and commits one block of these transactions. @returns processor time in µs */
  async makeBlock(transactions: readonly SignedTransaction[]): Promise<number> {
    const raw = transactions.map((transaction) => transaction.raw);
    const before = process.cpuUsage();
    const candidate = await this.maker.execute(this.#inputs(), raw, transactions);
    const [refusal] = candidate.refusals.values();
    if (refusal !== undefined) throw refusal;
    await this.chain.commit(this.maker.seal(candidate, undefined));
    const { user, system } = process.cpuUsage(before);
    return user + system;
  }

  /** Transfers of one wei between accounts. */
  transfers(count: number, choice: Choice, below: (limit: number) => number): SignedTransaction[] {
    const hot = Math.max(2, Math.floor(this.#accounts / 100));
    const pick = () => below(choice === 'skewed' && below(5) < 4 ? hot : this.#accounts);
    return Array.from({ length: count }, () => {
      const from = pick();
      const nonce = this.#nonces[from] as number;
      this.#nonces[from] = nonce + 1;
      return impersonate(callOf({ nonce: BigInt(nonce), to: accountAt(pick()), value: 1n }), accountAt(from));
    });
  }

  #inputs() {
    return { time: { seconds: this.chain.head.header.timestampSeconds + 2n, nanos: 0 }, dev: undefined };
  }
}

/** Where the memory is, in MiB: what the process has for itself, file pages that it maps, and V8's own figures. */
export function memoryLine(): string {
  const status = readFileSync('/proc/self/status', 'utf8');
  const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  const { heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
  return `anonymous ${mib(kib('RssAnon') * 1024)}, files ${mib(kib('RssFile') * 1024)}, heap ${mib(heapUsed)}/${mib(heapTotal)}, external ${mib(external)} (buffers ${mib(arrayBuffers)})`;
}

/** A type 2 transaction of the dev chain: enough gas for a transfer, a price above every base fee. */
export function callOf(fields: Partial<UnsignedTransaction>): UnsignedTransaction {
  return {
    type: 2,
    chainId: 4766n,
    nonce: 0n,
    gasLimit: 21_000n,
    maxFeePerGas: GAS_PRICE,
    maxPriorityFeePerGas: 1n,
    to: undefined,
    value: 0n,
    data: EMPTY_BYTES,
    accessList: [],
    authorizationList: [],
    blobVersionedHashes: [],
    maxFeePerBlobGas: 0n,
    ...fields,
  };
}

export function rssMiB(): number {
  return Math.round(process.memoryUsage.rss() / 2 ** 20);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The median block of several, per transaction; the first blocks warm up and do not count. */
export async function measureBlocks(
  growth: GrowthChain,
  blocks: number,
  warmUp: number,
  next: () => readonly SignedTransaction[] | Promise<readonly SignedTransaction[]>,
): Promise<{ cpuMicroseconds: number; transactions: number }> {
  const costs: number[] = [];
  let transactions = 0;
  for (let block = 0; block < warmUp + blocks; block++) {
    const work = await next();
    const cost = (await growth.makeBlock(work)) / work.length;
    if (block < warmUp) continue;
    costs.push(cost);
    transactions += work.length;
  }
  return { cpuMicroseconds: Math.round(median(costs) * 10) / 10, transactions };
}

export interface AccountGrowthOptions {
  readonly directory: string;
  /** Ascending. */
  readonly populations: readonly number[];
  readonly blocks: number;
  readonly transfersPerBlock: number;
  readonly stateMode: StateMode;
  readonly progress: (line: string) => void;
}

/** Cost of a transfer at each number of accounts, for both choices of accounts. */
export async function measureAccountGrowth(options: AccountGrowthOptions): Promise<GrowthFigure[]> {
  const { directory, populations, blocks, transfersPerBlock, stateMode, progress } = options;
  const growth = await GrowthChain.open(directory, Math.max(...populations), stateMode);
  const figures: GrowthFigure[] = [];
  const below = seededNumbers(1);
  try {
    for (const population of populations) {
      await growth.fillAccounts(population);
      progress(`${population} accounts: ${rssMiB()} MiB, ${memoryLine()}`);
      for (const choice of ['even', 'skewed'] as const) {
        const next = () => growth.transfers(transfersPerBlock, choice, below);
        const cost = await measureBlocks(growth, blocks, Math.ceil(blocks / 2), next);
        figures.push({ what: `transfer, ${choice}`, population, ...cost, rssMiB: rssMiB() });
        progress(
          `${population} accounts, ${choice}: ${cost.cpuMicroseconds} µs a transfer, ${rssMiB()} MiB, ${memoryLine()}`,
        );
      }
    }
    return figures;
  } finally {
    await growth.close();
  }
}
