// Chains whose records do not belong together: what only a damaged or edited database can be.
import { describe, expect, it } from 'vitest';
import { encodeBlockNumber } from '../../../node/chain/blockRecords.ts';
import { Node } from '../../../node/node.ts';
import { BUCKET, blockKey, metaKey } from '../../../node/state/buckets.ts';
import { WriteBatch } from '../../../node/state/database.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { devNodeOptions } from '../../helpers/devNode.ts';

async function chainOfThree(): Promise<MemoryDatabase> {
  const database = new MemoryDatabase();
  const node = await Node.open(devNodeOptions({ database, mining: { kind: 'manual' } }));
  await node.start();
  await node.dev?.mine(3n);
  return database;
}

const header = (number: number) => blockKey(BUCKET.header, number);

/** The record of block 3's header with one byte of it changed. */
function changedHeader(database: MemoryDatabase, at: number): Uint8Array {
  const record = Uint8Array.from(database.getSync(header(3)) ?? []);
  record[at] = (record[at] as number) ^ 1;
  return record;
}

describe('a chain whose records do not belong together is refused', () => {
  it.each<[string, RegExp, (batch: WriteBatch, database: MemoryDatabase) => void]>([
    ['no head', /record of the head is missing/, (batch) => batch.delete(metaKey('head'))],
    [
      'a head that is not there',
      /head, block 9, is missing/,
      (batch) => batch.put(metaKey('head'), encodeBlockNumber(9n)),
    ],
    ['a head without its header', /head, block 3, is missing/, (batch) => batch.delete(header(3))],
    [
      'a header that is changed',
      /is not what its hash says/,
      (batch, database) => batch.put(header(3), changedHeader(database, 300)),
    ],
    [
      'a hash that is changed',
      /is not what its hash says/,
      (batch, database) => batch.put(header(3), changedHeader(database, 0)),
    ],
    ['a header that cannot be read', /cannot be read/, (batch) => batch.put(header(3), new Uint8Array(40))],
    [
      'a header in the place of another',
      /is not what its hash says/,
      (batch, database) => batch.put(header(3), database.getSync(header(2)) as Uint8Array),
    ],
    [
      'a state that is newer',
      /head is block 2, but its state is that of block 3/,
      (batch) => batch.put(metaKey('head'), encodeBlockNumber(2n)),
    ],
    [
      'a state that is older',
      /head is block 3, but its state is that of block 2/,
      (batch) => batch.put(metaKey('state'), Uint8Array.of(2, 0)),
    ],
    [
      'another state root',
      /state root of its head, block 3, must be 0x[0-9a-f]{64}, got/,
      (batch) => batch.put(Uint8Array.of(BUCKET.accountNode), Uint8Array.of(0, 0, 0xc0)),
    ],
    ['no genesis', /record of the genesis is missing/, (batch) => batch.delete(metaKey('genesisHash'))],
    ['no rules', /record of the rules is missing/, (batch) => batch.delete(metaKey('rules'))],
  ])('%s', async (_what, message, damage) => {
    const database = await chainOfThree();
    const batch = new WriteBatch();
    damage(batch, database);
    await database.write(batch);
    const opened = Node.open(devNodeOptions({ database }));
    await expect(opened).rejects.toMatchObject({ code: 'CHAIN_DAMAGED' });
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toThrow(/backup, or remove it and import the chain again/);
  });
});
