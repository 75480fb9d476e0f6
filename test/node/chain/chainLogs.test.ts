// The log index as part of a chain: written and taken back with blocks, found again after a restart, made for old databases.
import { beforeAll, describe, expect, it } from 'vitest';
import { devGenesis } from '../../../genesis/devGenesis.ts';
import { parseGenesis } from '../../../genesis/parseGenesis.ts';
import { Chain } from '../../../node/chain/chain.ts';
import { BUCKET, metaKey } from '../../../node/state/buckets.ts';
import { WriteBatch } from '../../../node/state/database.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { bytesToHex, hexToBytes } from '../../../primitives/bytes.ts';
import type { Address } from '../../../primitives/types.ts';
import { signCall } from '../../helpers/signCall.ts';
import { ALICE, decide, openApp, proposed, type TestApp } from '../consensus/appHarness.ts';
import { contentOf } from '../state/stateModel.ts';

const spec = parseGenesis(devGenesis());
const archive = { kind: 'archive' } as const;
const INDEX = [BUCKET.logTerm, BUCKET.logTermPart];
/** Runtime: LOG1 with the first word of calldata as topic. */
const LOGGER = hexToBytes('0x6860003560006000a10060005260096017f3');
const topic = (value: number) => new Uint8Array(32).fill(value);

let database: MemoryDatabase;
let test: TestApp;
let logger: Address;

/** Block 1 makes the contract, block n calls it with topic n mod 3. */
async function logTo(last: bigint): Promise<void> {
  for (let height = test.chain.head.header.number + 1n; height <= last; height++) {
    const call = { nonce: height - 1n, to: logger, data: topic(Number(height % 3n)), gasLimit: 100_000n };
    await decide(test, proposed(height, [signCall(ALICE.privateKey, call)]));
  }
}

const numbers = (found: readonly { block: { header: { number: bigint } } }[]) =>
  found.map(({ block }) => Number(block.header.number));

beforeAll(async () => {
  database = new MemoryDatabase();
  test = await openApp(database, spec);
  await decide(test, proposed(1n, [signCall(ALICE.privateKey, { nonce: 0n, data: LOGGER, gasLimit: 200_000n })]));
  logger = test.chain.receiptsByNumber(1n)?.[0]?.contractAddress as Address;
});

describe('logs of a chain', () => {
  it('are found with their transactions, by this chain and by one that opens its database', async () => {
    await logTo(10n);
    const again = await Chain.open({ database, spec, stateMode: archive });
    for (const chain of [test.chain, again]) {
      const found = chain.logs(0n, 100n, { addresses: [logger], topics: [[topic(0)]] }, 100);
      expect(numbers(found)).toEqual([3, 6, 9]);
      for (const { block, transactionHash, transactionIndex, logIndex, log } of found) {
        const stored = test.chain.blockByHash(block.hash);
        expect([transactionIndex, logIndex]).toEqual([0, 0]);
        expect(transactionHash).toEqual(stored?.transactions[0]?.hash);
        expect(log).toMatchObject({ address: logger, topics: [topic(0)] });
      }
    }
  });

  it('go with a rollback, and leave nothing in the index', async () => {
    const before = await contentOf(database, INDEX);
    await logTo(15n);
    await test.chain.rollback(10n);
    expect(await contentOf(database, INDEX)).toEqual(before);
    expect(numbers(test.chain.logs(9n, 20n, { addresses: [], topics: [] }, 100))).toEqual([9, 10]);
  });

  it('are indexed when an older database is opened, and once only', async () => {
    const before = await contentOf(database, INDEX);
    const erase = new WriteBatch();
    for (const key of before.keys()) erase.delete(hexToBytes(key));
    erase.delete(metaKey('logIndex'));
    await database.write(erase);
    const reached: bigint[] = [];
    const open = () =>
      Chain.open({ database, spec, stateMode: archive, onIndexing: (block, head) => reached.push(block, head) });
    const chain = await open();
    expect(await contentOf(database, INDEX)).toEqual(before);
    expect(numbers(chain.logs(0n, 10n, { addresses: [], topics: [] }, 100))).toHaveLength(9);
    await open();
    expect(reached).toEqual([10n, 10n]);
  });

  it('go on being indexed where a crash cut that off', async () => {
    const before = await contentOf(database);
    const partly = new WriteBatch();
    for (const key of (await contentOf(database, INDEX)).keys()) partly.delete(hexToBytes(key));
    partly.delete(metaKey('logIndex'));
    await database.write(partly);
    const write = database.write.bind(database);
    let writes = 0;
    database.write = async (batch) => {
      if (writes++ === 1) throw new Error('cut off');
      await write(batch);
    };
    const cut = Chain.open({ database, spec, stateMode: archive });
    await expect(cut).rejects.toThrow('cut off');
    database.write = write;
    await Chain.open({ database, spec, stateMode: archive });
    expect(await contentOf(database)).toEqual(before);
  });

  it('are searched in turns with the same result, and again from the start after a rollback', async () => {
    test = await openApp(database, spec);
    await logTo(80n);
    const filter = { addresses: [logger], topics: [] };
    const whole = test.chain.logs(0n, 80n, filter, 1000);
    expect(await test.chain.logsInTurns(0n, 80n, filter, 1000)).toEqual(whole);
    const searching = test.chain.logsInTurns(0n, 80n, filter, 1000);
    await test.chain.rollback(60n);
    expect(numbers(await searching)).toEqual(numbers(whole).filter((number) => number <= 60));
    expect(bytesToHex(test.chain.head.hash)).toBe(bytesToHex((await searching).at(-1)?.block.hash as never));
  });
});
