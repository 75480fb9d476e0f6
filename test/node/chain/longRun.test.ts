// A node's life in short: blocks, rollbacks, restarts and changed cache sizes on a real database, archive and pruned, against
// a model that remembers everything. GNOMON_SIMULATION_STEPS makes it as long as one likes; the seed is in the name.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { devGenesis } from '../../../genesis/devGenesis.ts';
import { parseGenesis } from '../../../genesis/parseGenesis.ts';
import type { ChainOptions } from '../../../node/chain/chain.ts';
import { BUCKET } from '../../../node/state/buckets.ts';
import type { CompactableDatabase } from '../../../node/state/database.ts';
import { openLevelDatabase } from '../../../node/state/levelDatabase.ts';
import type { StateMode } from '../../../node/state/stateStore.ts';
import { decodeChanges } from '../../../node/state/versionedTable.ts';
import { concatBytes, hexToBytes, toAddress } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import type { Address } from '../../../primitives/types.ts';
import { testSeed } from '../../helpers/random.ts';
import { signCall } from '../../helpers/signCall.ts';
import { ALICE, BOB, CAROL, decide, openApp, proposed, type TestApp } from '../consensus/appHarness.ts';
import { SeededRandom } from '../execution/support/seededRandom.ts';

const STEPS = Number(process.env.GNOMON_SIMULATION_STEPS ?? 260);
const SENDERS = [ALICE, BOB, CAROL];
const PAYEES = Array.from({ length: 40 }, (_, n) => toAddress(new Uint8Array(20).fill(n + 100)));
const KEEP = 128;
const SMALL: ChainOptions['limits'] = {
  state: { accountsMax: 8, slotsMax: 8, codesMax: 2, accountNodesMax: 12, storageNodesMax: 8 },
  blocks: { headersMax: 4, blocksMax: 2, itemsMax: 4 },
};
/** Stores its second word at its first, and logs the first as topic. */
const KEEPER = hexToBytes('0x6f6020356000355560003560006000a10060005260106010f3');
const HISTORY = [BUCKET.accountHistory, BUCKET.slotHistory, BUCKET.accountNodeHistory, BUCKET.storageNodeHistory];
const word = (value: number) => Uint8Array.from({ length: 32 }, (_, at) => (at === 31 ? value : 0));

/** What is known of one block. */
interface Expected {
  readonly nonces: readonly bigint[];
  readonly paid: readonly bigint[];
  readonly slots: ReadonlyMap<number, number>;
  /** First words of this block's calls. */
  readonly logged: readonly number[];
}

class Life {
  readonly #directory = mkdtempSync(join(tmpdir(), 'gnomon-life-'));
  readonly #spec = parseGenesis(devGenesis());
  readonly #mode: StateMode;
  readonly #random: SeededRandom;
  /** By block number. */
  readonly expected: Expected[] = [{ nonces: [0n, 0n, 0n], paid: PAYEES.map(() => 0n), slots: new Map(), logged: [] }];
  #limits: ChainOptions['limits'];
  #database: CompactableDatabase | undefined;
  #keeper: Address | undefined;
  test: TestApp | undefined;

  constructor(mode: StateMode, random: SeededRandom) {
    this.#mode = mode;
    this.#random = random;
  }

  get app(): TestApp {
    if (this.test === undefined) throw new Error('not begun');
    return this.test;
  }

  get database(): CompactableDatabase {
    if (this.#database === undefined) throw new Error('not begun');
    return this.#database;
  }

  async begin(): Promise<void> {
    this.#database = await openLevelDatabase(this.#directory);
    await this.#openApp();
    const deploy = signCall(ALICE.privateKey, { nonce: 0n, data: KEEPER, gasLimit: 200_000n });
    await decide(this.app, proposed(1n, [deploy]));
    this.#keeper = this.app.chain.receiptsByNumber(1n)?.[0]?.contractAddress;
    expect(this.app.chain.receiptsByNumber(1n)?.[0]?.succeeded).toBe(true);
    this.expected.push({ ...(this.expected[0] as Expected), nonces: [1n, 0n, 0n] });
  }

  async step(): Promise<void> {
    const choice = this.#random.below(100);
    if (choice < 86) await this.#addBlock();
    else if (choice < 93) await this.#rollBack();
    else if (choice < 98) await this.#restart();
    else this.#limits = this.#limits === undefined ? SMALL : undefined;
  }

  async end(): Promise<void> {
    await this.#database?.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Everything that is known of a block, as the chain has it. */
  check(number: number): void {
    const { chain } = this.app;
    const expected = this.expected[number] as Expected;
    const state = chain.stateAt(BigInt(number));
    expect(SENDERS.map(({ address }) => state.account(address)?.nonce)).toEqual(expected.nonces);
    expect(PAYEES.map((payee) => state.account(payee)?.balanceWei ?? 0n)).toEqual(expected.paid);
    const keeper = this.#keeper as Address;
    for (let slot = 0; slot < 16; slot++)
      expect(state.slot(keeper, word(slot)).at(-1) ?? 0, `slot ${slot} at ${number}`).toBe(
        expected.slots.get(slot) ?? 0,
      );
    const { accountProof } = chain.proofAt(BigInt(number), keeper, []);
    expect(keccak256(accountProof[0] as Uint8Array)).toEqual(chain.headerByNumber(BigInt(number))?.header.stateRoot);
  }

  checkLogs(): void {
    const topic = this.#random.below(16);
    const filter = { addresses: [this.#keeper as Address], topics: [[word(topic)]] };
    const found = this.app.chain.logs(0n, BigInt(this.expected.length), filter, 1_000_000);
    const expected = this.expected.flatMap(({ logged }, number) =>
      logged.filter((one) => one === topic).map(() => number),
    );
    expect(found.map(({ block }) => Number(block.header.number))).toEqual(expected);
  }

  /** Every block whose state must be there, and none before. */
  checkAll(every: number): void {
    const oldest = Number(this.app.chain.oldestStateBlock);
    const head = this.expected.length - 1;
    if (this.#mode.kind === 'archive') expect(oldest).toBe(0);
    else if (head >= KEEP) expect(oldest).toBeLessThanOrEqual(head);
    for (let number = oldest; number <= head; number += every) this.check(number);
    this.check(head);
    if (oldest === 0) return;
    for (const gone of [0, oldest - 1]) {
      const pruned = expect.objectContaining({ code: 'STATE_PRUNED' });
      expect(() => this.app.chain.stateAt(BigInt(gone))).toThrow(pruned);
      expect(() => this.app.chain.proofAt(BigInt(gone), PAYEES[0] as Address, [])).toThrow(pruned);
    }
  }

  /** History in the database, and what the kept blocks account for: one record for each value that one of them replaced. */
  async history(): Promise<{ records: number; accountedFor: number }> {
    const snapshot = this.database.snapshot();
    let [records, accountedFor] = [0, 0];
    for await (const [key, value] of snapshot.entries({ from: Uint8Array.of(0) })) {
      if (HISTORY.includes(key[0] as never)) records++;
      if (key[0] === BUCKET.changes) accountedFor += decodeChanges(value).filter(({ version }) => version > 0).length;
    }
    await snapshot.close();
    return { records, accountedFor };
  }

  async #addBlock(): Promise<void> {
    const before = this.expected.at(-1) as Expected;
    const [nonces, paid, slots, logged] = [[...before.nonces], [...before.paid], new Map(before.slots), [] as number[]];
    const txs = Array.from({ length: this.#random.below(5) }, () => {
      const from = this.#random.below(SENDERS.length);
      const nonce = nonces[from] as bigint;
      nonces[from] = nonce + 1n;
      const key = (SENDERS[from] as typeof ALICE).privateKey;
      if (this.#random.below(2) === 0) {
        const [to, value] = [this.#random.below(PAYEES.length), BigInt(1 + this.#random.below(1000))];
        paid[to] = (paid[to] as bigint) + value;
        return signCall(key, { nonce, to: PAYEES[to], value });
      }
      const [slot, value] = [this.#random.below(16), this.#random.below(3)];
      slots.set(slot, value);
      logged.push(slot);
      return signCall(key, { nonce, to: this.#keeper, data: concatBytes(word(slot), word(value)), gasLimit: 100_000n });
    });
    const { txResults } = await decide(this.app, proposed(BigInt(this.expected.length), txs));
    expect(txResults.filter(({ code }) => code !== 0)).toEqual([]);
    this.expected.push({ nonces, paid, slots, logged });
  }

  async #rollBack(): Promise<void> {
    const head = this.expected.length - 1;
    const least = Math.max(1, Number(this.app.chain.oldestStateBlock));
    const to = Math.max(least, head - 1 - this.#random.below(4));
    if (to >= head) return;
    await this.app.chain.rollback(BigInt(to));
    this.expected.length = to + 1;
    await this.#openApp();
  }

  async #restart(): Promise<void> {
    await this.database.close();
    this.#database = await openLevelDatabase(this.#directory);
    await this.#openApp();
  }

  async #openApp(): Promise<void> {
    this.test = await openApp(this.database, this.#spec, this.#mode, this.#limits);
  }
}

describe('a long run', () => {
  const seed = testSeed();
  const modes: StateMode[] = [{ kind: 'archive' }, { kind: 'pruned', keepBlocks: KEEP }];

  it.each(modes)(
    `of a chain that is $kind reads right at every kept block (seed ${seed}, ${STEPS} steps)`,
    async (mode) => {
      const life = new Life(mode, new SeededRandom(seed));
      try {
        await life.begin();
        for (let step = 1; step <= STEPS; step++) {
          await life.step();
          if (step % 25 !== 0) continue;
          life.checkLogs();
          life.checkAll(1 + Math.floor(life.expected.length / 20));
        }
        life.checkAll(1);
        const { records, accountedFor } = await life.history();
        expect(records).toBe(accountedFor);
        if (mode.kind === 'pruned') expect(life.app.chain.oldestStateBlock).toBeGreaterThan(0n);
      } finally {
        await life.end();
      }
    },
    3_600_000,
  );
});
