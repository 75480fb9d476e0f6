// The log index against a model that looks at every block, and its limits.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Log } from '../../../node/block/types.ts';
import type { LogFilter } from '../../../node/chain/chainReader.ts';
import { addressTerm, LogIndex } from '../../../node/chain/logIndex.ts';
import { LOG_SEARCH_LIMITS, type LogSource, matchesFilter, searchLogs } from '../../../node/chain/logSearch.ts';
import { PART_BYTES_MAX } from '../../../node/chain/postingList.ts';
import { WriteBatch } from '../../../node/state/database.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { keyBytes, toAddress } from '../../../primitives/bytes.ts';
import { contentOf } from '../state/stateModel.ts';

const address = (n: number) => toAddress(new Uint8Array(20).fill(n));
const topic = (n: number) => new Uint8Array(32).fill(n);
const log = (from: number, ...topics: number[]): Log => ({
  address: address(from),
  topics: topics.map(topic),
  data: new Uint8Array(0),
});
const filterOf = (addresses: number[], ...topics: number[][]): LogFilter => ({
  addresses: addresses.map(address),
  topics: topics.map((choices) => choices.map(topic)),
});

/** The index over blocks that consist of nothing but logs, and what a search reads of them. */
class IndexedBlocks {
  readonly database = new MemoryDatabase();
  readonly index = new LogIndex(this.database);
  readonly blocks: Log[][] = [[]];
  blocksRead = 0;

  get source(): LogSource {
    return {
      database: this.database,
      index: this.index,
      chain: {
        headerByNumber: (number: bigint) => ({ header: { number } }) as never,
        blockByNumber: () => ({ transactions: [{ hash: topic(0) }] }) as never,
      },
      logsOf: (number) => {
        this.blocksRead++;
        return [this.blocks[Number(number)] as Log[]];
      },
    };
  }

  async append(logs: Log[]): Promise<void> {
    const batch = new WriteBatch();
    const pending = this.index.begin();
    this.index.append(pending, batch, BigInt(this.blocks.length), [logs]);
    await this.#finish(pending, batch);
    this.blocks.push(logs);
  }

  async removeLast(): Promise<void> {
    const batch = new WriteBatch();
    const pending = this.index.begin();
    const logs = this.blocks.pop() as Log[];
    this.index.remove(pending, batch, BigInt(this.blocks.length), [logs]);
    await this.#finish(pending, batch);
  }

  search(from: number, to: number, filter: LogFilter, limit = 1_000_000, limits = LOG_SEARCH_LIMITS) {
    const slices = searchLogs(this.source, BigInt(from), BigInt(to), filter, limit, limits);
    let turns = 0;
    for (let slice = slices.next(); ; slice = slices.next(), turns++)
      if (slice.done === true) {
        const found = slice.value.map(({ block, logIndex, log: each }) => [block.header.number, logIndex, each]);
        return { found, turns };
      }
  }

  expected(from: number, to: number, filter: LogFilter) {
    return this.blocks.flatMap((logs, number) =>
      number < from || number > to
        ? []
        : logs.flatMap((each, index) => (matchesFilter(each, filter) ? [[BigInt(number), index, each]] : [])),
    );
  }

  async #finish(pending: ReturnType<LogIndex['begin']>, batch: WriteBatch): Promise<void> {
    this.index.finish(pending, batch);
    await this.database.write(batch);
    this.index.accept(pending);
  }
}

const few = fc.nat(3);
const logs = fc.array(
  fc.tuple(few, fc.array(few, { maxLength: 4 })).map(([from, topics]) => log(from, ...topics)),
  { maxLength: 4 },
);
const filters = fc.record({
  addresses: fc.array(few.map(address), { maxLength: 2 }),
  topics: fc.array(fc.option(fc.array(few.map(topic), { maxLength: 2 }), { nil: undefined }), { maxLength: 4 }),
});

describe('log index', () => {
  it('finds what looking at every block finds, whatever was appended and taken back', async () => {
    const step = fc.oneof({ weight: 5, arbitrary: logs }, { weight: 1, arbitrary: fc.constant('remove' as const) });
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.array(filters, { minLength: 4, maxLength: 4 }),
      fc.nat(20),
      fc.nat(50),
      async (steps, asked, from, to) => {
        const chain = new IndexedBlocks();
        for (const one of steps) {
          if (one !== 'remove') await chain.append(one);
          else if (chain.blocks.length > 1) await chain.removeLast();
        }
        for (const filter of asked)
          expect(chain.search(from, to, filter).found).toEqual(chain.expected(from, to, filter));
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  it('keeps nothing of what was taken back, across full parts', async () => {
    const chain = new IndexedBlocks();
    const contents = [await contentOf(chain.database)];
    const count = PART_BYTES_MAX * 2 + 3;
    for (let n = 1; n <= count; n++) {
      await chain.append(n % 7 === 0 ? [log(1, 1), log(2, n % 5)] : [log(1, 1)]);
      contents.push(await contentOf(chain.database));
    }
    expect(chain.index.head(addressTerm(address(1)))?.partCount).toBe(2);
    for (let n = count; n > 0; n--) {
      expect(await contentOf(chain.database)).toEqual(contents[n]);
      await chain.removeLast();
    }
    expect(await contentOf(chain.database)).toEqual(contents[0]);
    expect(contents[0]?.size).toBe(0);
  });

  it('takes a block whose terms share their hash, and takes it back', async () => {
    const database = new MemoryDatabase();
    const index = new LogIndex(database, 1);
    const block = [Array.from({ length: 200 }, (_, n) => log(n, n, n, n, n))];
    for (const change of ['append', 'remove'] as const) {
      const batch = new WriteBatch();
      const pending = index.begin();
      index[change](pending, batch, 1n, block);
      index.finish(pending, batch);
      await database.write(batch);
      index.accept(pending);
      const { size } = await contentOf(database);
      if (change === 'append') expect(size).toBeGreaterThan(200);
      else expect(size).toBe(0);
    }
  });

  it('says the same to a reader that never saw the blocks', async () => {
    const chain = new IndexedBlocks();
    for (let n = 1; n <= 600; n++) await chain.append([log(1 + (n % 2), n % 3)]);
    const filter = filterOf([1], [0]);
    const cold = { ...chain.source, index: new LogIndex(chain.database) };
    const slices = searchLogs(cold, 0n, 600n, filter, 1_000_000);
    let slice = slices.next();
    while (slice.done !== true) slice = slices.next();
    expect(slice.value).toHaveLength(100);
    expect(slice.value).toHaveLength(chain.expected(0, 600, filter).length);
  });

  it('ends one past the number of results', async () => {
    const chain = new IndexedBlocks();
    for (let n = 1; n <= 5; n++) await chain.append([log(1), log(1)]);
    expect(chain.search(0, 5, filterOf([1]), 3).found).toHaveLength(4);
    expect(chain.search(0, 5, filterOf([1]), 10).found).toHaveLength(10);
    expect(chain.blocksRead).toBe(2 + 5);
  });
});

describe('a search of many blocks', () => {
  const COUNT = 20_000;
  const RARE = [777, 5_000, 19_999];
  const chain = new IndexedBlocks();
  // Address 1 speaks in every block, topic 3 is in every block of another address, 9 is rare.
  const filled = (async () => {
    for (let n = 1; n <= COUNT; n++)
      await chain.append([log(1, 2), log(2, 3), ...(RARE.includes(n) ? [log(1, 2, 9)] : [])]);
  })();

  it('reads a few records for what is rare, alone or with what is common', async () => {
    await filled;
    let reads = 0;
    const getSync = chain.database.getSync.bind(chain.database);
    chain.database.getSync = (key) => {
      reads++;
      return getSync(key);
    };
    for (const [filter, most] of [
      [filterOf([], [], [9]), 1],
      [filterOf([1], [2], [9]), 2 + 3 * 9],
      [filterOf([8]), 1],
      [filterOf([1], [3]), 1],
    ] as const) {
      chain.blocksRead = 0;
      reads = 0;
      const { found } = chain.search(0, COUNT, filter);
      expect(found).toEqual(chain.expected(0, COUNT, filter));
      expect(chain.blocksRead).toBe(found.length);
      expect(reads).toBeLessThanOrEqual(most);
    }
    chain.database.getSync = getSync;
  });

  it('lets others run in between', async () => {
    await filled;
    expect(chain.search(0, 6_400, filterOf([1])).turns).toBe(200);
  });

  it('stops past the blocks that one search may read, and says how far it came', async () => {
    await filled;
    // Both are in every block, but never in one log.
    const filter = filterOf([1, 8], [3, 8], []);
    const pairless = {
      ...filter,
      addresses: Array.from({ length: 600 }, (_, n) => address(n === 0 ? 1 : 200 + (n % 50))),
    };
    const max = LOG_SEARCH_LIMITS.blocksReadMax;
    expect(chain.search(1, max, pairless).found).toEqual([]);
    expect(() => chain.search(1, max + 1, pairless)).toThrow(
      expect.objectContaining({ code: 'LOG_SEARCH_LIMIT', data: { from: 1n, searchedTo: BigInt(max) } }),
    );
  });

  it('stops past the index records that one search may read', async () => {
    await filled;
    const filter = filterOf([1], [2]);
    // The list of the pair: its head, and a part for every 256 blocks.
    const parts = Math.floor((COUNT - 1) / (PART_BYTES_MAX - 1));
    const roomy = { ...LOG_SEARCH_LIMITS, blocksReadMax: COUNT };
    const most = chain.index.head(addressTerm(address(1)))?.partCount as number;
    expect(most).toBeGreaterThan(parts - 3);
    const search = (indexReadsMax: number) => chain.search(1, COUNT, filter, 1_000_000, { ...roomy, indexReadsMax });
    expect(search(most + 1).found).toHaveLength(COUNT + RARE.length);
    expect(() => search(most)).toThrow(expect.objectContaining({ code: 'LOG_SEARCH_LIMIT' }));
  });

  it('stops past the logs that one search may read, and lets others run after a block that is full of them', async () => {
    const full = new IndexedBlocks();
    for (let block = 1; block <= 3; block++) await full.append(Array.from({ length: 2_048 }, () => log(1, 2)));
    const all = (logsReadMax: number) =>
      full.search(1, 3, filterOf([1]), 1_000_000, { ...LOG_SEARCH_LIMITS, logsReadMax });
    expect(all(4_097)).toMatchObject({ turns: 3 });
    expect(() => all(4_096)).toThrow(
      expect.objectContaining({ code: 'LOG_SEARCH_LIMIT', data: { from: 1n, searchedTo: 2n } }),
    );
  });

  it('stops past the data that one search may find, and a block alone is found whole', async () => {
    const heavy = new IndexedBlocks();
    for (let block = 1; block <= 4; block++) await heavy.append([{ ...log(1, 2), data: new Uint8Array(100) }]);
    const search = (dataBytesMax: number) =>
      heavy.search(1, 4, filterOf([1]), 1_000_000, { ...LOG_SEARCH_LIMITS, dataBytesMax });
    expect(search(400).found).toHaveLength(4);
    expect(() => search(399)).toThrow(
      expect.objectContaining({ code: 'LOG_SEARCH_LIMIT', data: { from: 1n, searchedTo: 3n } }),
    );
    const alone = heavy.search(4, 4, filterOf([1]), 1_000_000, { ...LOG_SEARCH_LIMITS, dataBytesMax: 99 });
    expect(alone.found).toHaveLength(1);
  });

  it('names a block by terms of eight bytes', () => {
    expect(keyBytes(addressTerm(address(1)))).toHaveLength(8);
    expect(addressTerm(address(1))).not.toBe(addressTerm(address(2)));
  });
});
