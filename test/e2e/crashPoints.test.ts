// Dies before and after every write that a node makes, once and twice, with and without what was never synced, and starts
// again: nothing that a client saw is lost, engine, head and state agree, and the chain goes on by the ABCI grammar.
import { describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import type { FileEntry } from '../../node/chain/chainFile.ts';
import { importFile } from '../../node/chain/importFile.ts';
import { createEngineStore } from '../../node/consensus/engineStore.ts';
import { Node } from '../../node/node.ts';
import type { Database } from '../../node/state/database.ts';
import { MemoryDatabase } from '../../node/state/memoryDatabase.ts';
import { bytesToHex, EMPTY_BYTES, equalBytes, toAddress } from '../../primitives/bytes.ts';
import { Crash, CrashingDatabase, CrashPoints, Disk, type Unsynced } from '../helpers/crashingDatabase.ts';
import { devNodeOptions } from '../helpers/devNode.ts';
import { rounds, testSeed } from '../helpers/random.ts';
import { signCall } from '../helpers/signCall.ts';

const PAYEE = toAddress(new Uint8Array(20).fill(0x42));
const SENDER = DEV_ACCOUNTS[0]!;

/** What a client was told, over all lives: block hashes by number, in order. */
type Shown = Map<bigint, string>;

interface Life {
  readonly node: Node;
  readonly database: Database;
  readonly shown: Shown;
}

type Scenario = (life: Life) => Promise<void>;

/** A transfer in a block of its own, unless an earlier life included it. */
async function transfer({ node, shown }: Life, nonce: bigint): Promise<void> {
  const raw = signCall(SENDER.privateKey, { nonce, to: PAYEE, value: nonce + 1n });
  const state = node.chain.stateAt(node.chain.head.header.number);
  if ((state.account(SENDER.address)?.nonce ?? 0n) > nonce) return;
  await node.submitRawTransaction(raw);
  await node.dev!.mine(1n);
  shown.set(node.chain.head.header.number, bytesToHex(node.chain.head.hash));
}

const produce: Scenario = async (life) => {
  await life.node.start();
  for (let nonce = 0n; nonce < 3n; nonce++) await transfer(life, nonce);
};

const edit: Scenario = async (life) => {
  await life.node.start();
  await life.node.dev!.edit({ kind: 'balance', address: PAYEE, wei: 5n });
  await transfer(life, 0n);
  await life.node.dev!.edit({ kind: 'code', address: PAYEE, code: Uint8Array.of(0) });
  await transfer(life, 1n);
};

/** `evm_revert` over two blocks, with staged edits on both sides. */
const revert: Scenario = async (life) => {
  const { node, shown } = life;
  await node.start();
  await transfer(life, 0n);
  await node.dev!.edit({ kind: 'balance', address: PAYEE, wei: 77n });
  const snapshot = node.dev!.snapshot();
  const { number } = node.chain.head.header;
  await transfer(life, 1n);
  await transfer(life, 2n);
  // From here on the later blocks may go: a client asked for it.
  for (const later of [...shown.keys()]) if (later > number) shown.delete(later);
  await node.dev!.revert(snapshot);
  await transfer(life, 1n);
};

/** `gnomon import` and, unless it died, `gnomon start`. */
const importing: Scenario = async ({ node, database, shown }) => {
  const { chain } = node.importContext;
  await createEngineStore(database).rollback(chain.head.header.number, chain.head.hash);
  await importFile(node.importContext, await fileOfBlocks(), {
    progress: (number) => shown.set(number, bytesToHex(chain.headerByNumber(number)!.hash)),
  });
  await node.start();
  await node.dev!.mine(1n);
};

/** `gnomon rollback` by two blocks, and `gnomon start`. */
const rollingBack: Scenario = async ({ node, database, shown }) => {
  const { chain } = node.importContext;
  const { number } = chain.head.header;
  shown.clear();
  await createEngineStore(database).rollback(number, chain.head.hash);
  await chain.rollback(number > 2n ? number - 2n : 0n);
  const started = await Node.open(devNodeOptions({ database, mining: { kind: 'manual' } }));
  await started.start();
  for (let nonce = 0n; nonce < 4n; nonce++) await transfer({ node: started, database, shown }, nonce);
};

let made: FileEntry[] | undefined;
async function fileOfBlocks(): Promise<AsyncIterable<FileEntry>> {
  if (made === undefined) {
    const node = await Node.open(devNodeOptions({ mining: { kind: 'manual' } }));
    await node.start();
    await produce({ node, database: new MemoryDatabase(), shown: new Map() });
    const { chain } = node.importContext;
    made = [1n, 2n, 3n].map((number) => ({
      blockRlp: chain.blockRlp(number)!,
      consensusInputs: chain.consensusInputs(number),
      offset: 0,
      end: 0,
    }));
  }
  const entries = made;
  return (async function* () {
    yield* entries;
  })();
}

/** One life of a process: true when it came to the end of the scenario, false when it died. */
async function live(
  disk: Disk,
  points: CrashPoints,
  unsynced: Unsynced,
  shown: Shown,
  run: Scenario,
): Promise<boolean> {
  const database = new CrashingDatabase(await disk.afterCrash(unsynced), disk, points);
  try {
    const node = await Node.open(devNodeOptions({ database, mining: { kind: 'manual' } }));
    if (run !== rollingBack) checkShown(node, shown);
    await run({ node, database, shown });
    const reopened = await Node.open(devNodeOptions({ database }));
    checkShown(reopened, shown);
    checkTogether(reopened, database);
    return true;
  } catch (error) {
    const isCrash = error instanceof Crash || (error instanceof Error && error.cause instanceof Crash);
    if (!isCrash) throw error;
    return false;
  }
}

function checkShown({ chain }: Node, shown: Shown): void {
  for (const [number, hash] of shown)
    expect(bytesToHex(chain.headerByNumber(number)?.hash ?? EMPTY_BYTES), `block ${number}`).toBe(hash);
}

/** Head, state and engine say the same, on the disk too. */
function checkTogether({ chain, importContext }: Node, database: CrashingDatabase): void {
  const { header, hash } = chain.head;
  const { state } = importContext.chain;
  expect(BigInt(state.head.blockNumber)).toBe(header.number);
  expect(equalBytes(state.head.stateRoot, header.stateRoot)).toBe(true);
  const stored = createEngineStore(database).load();
  expect(stored.height).toBe(header.number);
  expect(bytesToHex(stored.appHash)).toBe(bytesToHex(hash));
  for (let number = 1n; number <= header.number; number++) {
    const block = chain.blockByNumber(number)!;
    expect(chain.receiptsByNumber(number)).toHaveLength(block.transactions.length);
    for (const transaction of block.transactions)
      expect(chain.locateTransaction(transaction.hash)?.blockNumber).toBe(number);
  }
}

async function survive(run: Scenario, unsynced: Unsynced, ...at: number[]): Promise<{ lives: number; points: number }> {
  const disk = new Disk();
  const points = new CrashPoints(...at);
  const shown: Shown = new Map();
  for (let lives = 1; ; lives++) {
    expect(lives, 'it dies for ever').toBeLessThan(5);
    if (await live(disk, points, unsynced, shown, run)) return { lives, points: points.passed };
  }
}

const SCENARIOS: readonly (readonly [string, Scenario])[] = [
  ['blocks', produce],
  ['state edits', edit],
  ['evm_revert', revert],
  ['import', importing],
  ['rollback', rollingBack],
];

/** Writes of a start after a crash and the block after it; each is a point before and one after. */
const RECOVERY_POINTS = 6;

describe.each(SCENARIOS)('%s', (_name, run) => {
  describe.each<Unsynced>(['kept', 'lost', 'holes'])('with unsynced writes %s', (unsynced) => {
    it('survives a crash at every write', async () => {
      const { points } = await survive(run, unsynced);
      expect(points).toBeGreaterThan(12);
      for (let at = 0; at < points; at++) expect((await survive(run, unsynced, at)).lives, `point ${at}`).toBe(2);
    });

    const seed = testSeed();
    it(`survives a second crash in the recovery (GNOMON_TEST_SEED=${seed})`, async () => {
      const { points } = await survive(run, unsynced);
      for (let at = 0; at < points; at++)
        // One of the points of the recovery, another for each point before; all of them with GNOMON_TEST_ROUNDS=6.
        for (let round = 0; round < rounds(1); round++) {
          const later = 1 + ((seed + at + round) % RECOVERY_POINTS);
          const { lives, points: passed } = await survive(run, unsynced, at, at + later);
          expect(lives, `points ${at} and ${at + later}`).toBe(passed > at + later ? 3 : 2);
        }
    }, 300_000);
  });
});
