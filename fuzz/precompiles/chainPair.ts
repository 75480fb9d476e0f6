// A node that makes blocks and one that imports them: the same transactions must give the same roots twice, conserve the coin,
// and be judged the same by the second opinion.
import { tmpdir } from 'node:os';
import { DEV_ACCOUNTS, devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { SYSTEM_CONTRACTS } from '../../genesis/systemContracts.ts';
import type { FileEntry } from '../../node/chain/chainFile.ts';
import { importFile } from '../../node/chain/importFile.ts';
import { Node } from '../../node/node.ts';
import { verifyChain } from '../../node/secondOpinion/verifyChain.ts';
import { MemoryDatabase } from '../../node/state/memoryDatabase.ts';
import { dumpState } from '../../node/state/stateDump.ts';
import { precompiles } from '../../precompiles/registry.ts';
import { bytesKey, bytesToHex, EMPTY_BYTES } from '../../primitives/bytes.ts';
import { expectThat, Finding } from '../target.ts';

export const GENESIS_SECONDS = 1_800_000_000n;
const SPEC = parseGenesis(devGenesis({ timestampSeconds: GENESIS_SECONDS }));

export class ChainPair {
  readonly first: Node;
  readonly #database: MemoryDatabase;
  /** Imports what the first one made: the same blocks executed again, by the code that takes other people's. */
  readonly #second: Node;
  readonly #faults: unknown[];
  #verified = 0n;

  private constructor(first: Node, database: MemoryDatabase, second: Node, faults: unknown[]) {
    this.first = first;
    this.#database = database;
    this.#second = second;
    this.#faults = faults;
  }

  static async open(): Promise<ChainPair> {
    const faults: unknown[] = [];
    const database = new MemoryDatabase();
    const first = await openNode(database, faults);
    await first.start();
    return new ChainPair(first, database, await openNode(new MemoryDatabase(), faults), faults);
  }

  /** Makes the block of these transactions, and has it imported elsewhere. */
  async makeBlock(raws: readonly Uint8Array[]): Promise<void> {
    for (const raw of raws) await this.first.submitRawTransaction(raw);
    await this.first.dev?.mine(1n);
    const fault = this.#faults.shift();
    if (fault !== undefined) throw fault instanceof Error ? fault : new Finding(String(fault));
    this.#expectBooks(raws.length);
    const { hash, header } = this.first.chain.head;
    const chain = this.first.importContext.chain;
    const blockRlp = chain.blockRlp(header.number) ?? EMPTY_BYTES;
    const entry = { blockRlp, consensusInputs: chain.consensusInputs(header.number), offset: 0, end: blockRlp.length };
    await importFile(this.#second.importContext, oneEntry(entry), { expectHead: hash });
  }

  /** Gas within its limits, and no coin made or lost but by fees. */
  #expectBooks(count: number): void {
    const { chain } = this.first;
    const { number } = chain.head.header;
    const block = chain.blockByNumber(number);
    const receipts = chain.receiptsByNumber(number) ?? [];
    expectThat(block?.transactions.length === count && receipts.length === count, 'a transaction is not in its block');
    for (const [index, { gasUsed }] of receipts.entries())
      expectThat(gasUsed <= (block.transactions[index]?.gasLimit ?? 0n), 'more gas was used than was bought');
    const { genesisWei, burnedFeesWei, totalWei } = this.first.supply();
    expectThat(totalWei === genesisWei - burnedFeesWei, `supply ${totalWei}, expected ${genesisWei - burnedFeesWei}`);
  }

  /** Replays what has been made since the last time by the stock VM, and looks whose storage has been written. */
  async verify(): Promise<void> {
    const { number } = this.first.chain.head.header;
    if (number === this.#verified) return;
    const summary = await verifyChain({
      database: this.#database,
      spec: SPEC,
      precompilesAt: (timestampSeconds) => [
        ...precompiles.activeAt(SPEC.gnomon?.precompiles ?? [], timestampSeconds).values(),
      ],
      from: this.#verified + 1n,
      temporaryDirectory: tmpdir(),
    });
    expectThat(summary.difference === undefined, `the second opinion differs: ${JSON.stringify(summary.difference)}`);
    this.#verified = number;
    await expectOwnStorage(this.#database);
  }

  async close(): Promise<void> {
    await this.first.stop();
    await this.#second.stop();
  }
}

async function* oneEntry(entry: FileEntry): AsyncGenerator<FileEntry> {
  yield entry;
}

/** The programs store nothing: only native and system contracts have slots. */
async function expectOwnStorage(database: MemoryDatabase): Promise<void> {
  const owners = new Set([
    ...precompiles.byRule.map(({ address }) => bytesKey(address)),
    ...SYSTEM_CONTRACTS.map(({ address }) => bytesKey(address)),
  ]);
  for await (const entry of dumpState(database, (_key, newest) => newest))
    expectThat(
      entry.kind === 'account' || owners.has(bytesKey(entry.address)),
      `a slot was written in ${bytesToHex(entry.address)}, which is no native contract`,
    );
}

function openNode(database: MemoryDatabase, faults: unknown[]): Promise<Node> {
  const quiet = (): void => undefined;
  return Node.open({
    spec: SPEC,
    database,
    stateMode: { kind: 'archive' },
    clock: { nowMs: () => Number(GENESIS_SECONDS) * 1_000 },
    // Stands still, so that no block is cut short because the machine is slow.
    steadyNowMs: () => 0,
    log: { info: quiet, warn: quiet, error: (message, detail) => faults.push(new Error(message, { cause: detail })) },
    version: '0.0.0-fuzz',
    mining: { kind: 'manual' },
    devAccounts: DEV_ACCOUNTS,
    monitorsConsensus: true,
    recoveryWorkers: 0,
    onFatal: (error) => faults.push(error),
  });
}
