// Two apps on databases of their own, driven by the same random legal schedule: rounds that fail, proposals that are tampered
// with, decisions that hold garbage, nodes that lose their memory at any point. Their hashes must never differ.
import { describe, expect, it } from 'vitest';
import type { DecidedBlock } from '../../../node/consensus/consensusApp.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { bytesToHex } from '../../../primitives/bytes.ts';
import { testSeed } from '../../helpers/random.ts';
import { TransactionSource } from '../execution/support/randomTransactions.ts';
import { SeededRandom } from '../execution/support/seededRandom.ts';
import { appSpec, openApp, preparation, proposed, type TestApp } from './appHarness.ts';

const HEIGHTS = 40n;
const ROUNDS_MAX = 4;

class Simulation {
  readonly random: SeededRandom;
  readonly #spec = appSpec();
  readonly #databases = [new MemoryDatabase(), new MemoryDatabase()] as const;
  readonly #transactions: TransactionSource;
  #apps: TestApp[] = [];
  readonly counts = { accepted: 0, rejected: 0, included: 0, refused: 0, restarts: 0 };

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.#transactions = new TransactionSource(this.random, 'osaka', this.#spec.chainId);
  }

  async start(): Promise<void> {
    this.#apps = await Promise.all(this.#databases.map((database) => openApp(database, this.#spec)));
  }

  #app(index: number): TestApp {
    return this.#apps[index] as TestApp;
  }

  async #loseMemory(index: number): Promise<void> {
    this.counts.restarts++;
    this.#apps[index] = await openApp(this.#databases[index] as MemoryDatabase, this.#spec);
  }

  #somePool(): Uint8Array[] {
    const { chain } = this.#app(0);
    const state = chain.stateAt(chain.head.header.number);
    const sent = new Map<string, bigint>();
    const nonceOf = (address: Uint8Array) =>
      (state.account(address as never)?.nonce ?? 0n) + (sent.get(bytesToHex(address)) ?? 0n);
    return Array.from({ length: this.random.below(12) }, () => {
      if (this.random.chance(0.05)) return this.random.bytes(this.random.below(120));
      const transaction = this.#transactions.next(chain.head.header.baseFeePerGas ?? 0n, nonceOf);
      const key = bytesToHex(transaction.sender);
      if (transaction.type !== 3) sent.set(key, (sent.get(key) ?? 0n) + 1n);
      return transaction.raw;
    });
  }

  /** What reaches the validators of a round: the proposal, or what a faulty proposer made of it. */
  #tamper(txs: readonly Uint8Array[]): readonly Uint8Array[] {
    const { random } = this;
    return random.pick([
      () => [...txs, ...txs.slice(0, 1)],
      () => txs.slice(1),
      () => [...txs].reverse(),
      () => [random.bytes(30), ...txs],
      () => txs.map((raw) => (random.chance(0.3) ? raw.map((byte) => (random.chance(0.03) ? byte ^ 1 : byte)) : raw)),
    ])();
  }

  async #round(height: bigint): Promise<DecidedBlock> {
    const proposer = this.#app(this.random.below(2));
    proposer.pool = this.#somePool();
    const prepared = await proposer.monitored.prepareProposal(preparation(height));
    const isHonest = this.random.chance(0.6);
    const consensusHash = this.random.chance(0.5) ? this.random.bytes(32) : new Uint8Array();
    const block = proposed(height, isHonest ? prepared : this.#tamper(prepared), { hash: consensusHash });
    const verdicts: boolean[] = [];
    for (const { monitored } of this.#apps) verdicts.push(await monitored.processProposal(block));
    expect(verdicts[0], `height ${height}: the nodes disagree on a proposal`).toBe(verdicts[1]);
    if (isHonest) expect(verdicts[0], `height ${height}: an honest proposal was rejected`).toBe(true);
    this.counts[verdicts[0] === true ? 'accepted' : 'rejected']++;
    return block;
  }

  async height(height: bigint): Promise<void> {
    const blocks: DecidedBlock[] = [];
    for (let round = this.random.below(ROUNDS_MAX) + 1; round > 0; round--) {
      blocks.push(await this.#round(height));
      if (this.random.chance(0.1)) await this.#loseMemory(this.random.below(2));
      // A block of an earlier round is proposed again.
      const again = this.random.pick(blocks);
      if (this.random.chance(0.3)) for (const { monitored } of this.#apps) await monitored.processProposal(again);
    }
    const decided = this.random.pick(blocks);
    const outcomes = [];
    for (const index of [0, 1]) outcomes.push(await this.#finalize(index, decided));
    expect(bytesToHex(outcomes[0]?.appHash as Uint8Array), `height ${height}`).toBe(
      bytesToHex(outcomes[1]?.appHash as Uint8Array),
    );
    expect(outcomes[0]).toEqual(outcomes[1]);
    for (const { code } of outcomes[0]?.txResults ?? []) this.counts[code === 0 ? 'included' : 'refused']++;
    for (const index of [0, 1]) {
      await this.#app(index).monitored.commit();
      if (this.random.chance(0.1)) await this.#loseMemory(index);
      expect(this.#app(index).chain.head.header.number).toBe(height);
    }
  }

  /** Finalises once or more often, with crashes in between, after which the engine replays the decision. */
  async #finalize(index: number, block: DecidedBlock) {
    let outcome = await this.#app(index).monitored.finalizeBlock(block);
    for (let more = this.random.below(3); more > 0; more--) {
      if (this.random.chance(0.4)) await this.#loseMemory(index);
      const repeated = await this.#app(index).monitored.finalizeBlock(block);
      expect(repeated).toEqual(outcome);
      outcome = repeated;
    }
    return outcome;
  }
}

describe('two nodes under the same schedule', () => {
  it.each([1, 2, testSeed()])('agree on every height (seed %i)', async (seed) => {
    const simulation = new Simulation(seed);
    await simulation.start();
    for (let height = 1n; height <= HEIGHTS; height++) await simulation.height(height);
    // The schedule reached everything that it is meant to reach.
    for (const [what, count] of Object.entries(simulation.counts)) expect(count, what).toBeGreaterThan(3);
  });
});
