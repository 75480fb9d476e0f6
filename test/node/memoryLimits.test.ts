// The limits that one number makes, and that the caches of a running chain stay within them.
import { describe, expect, it } from 'vitest';
import { Chain } from '../../node/chain/chain.ts';
import { ChainStore, DEFAULT_BLOCK_CACHE_LIMITS } from '../../node/chain/chainStore.ts';
import { MEMORY_MIB_DEFAULT, MEMORY_MIB_MAX, MEMORY_MIB_MIN, memoryLimits } from '../../node/memoryLimits.ts';
import { DEFAULT_DATABASE_LIMITS } from '../../node/state/databaseLimits.ts';
import { MemoryDatabase } from '../../node/state/memoryDatabase.ts';
import { DEFAULT_STATE_LIMITS } from '../../node/state/stateStore.ts';
import { POOL_LIMITS } from '../../node/txpool/limits.ts';
import { appSpec, decide, openApp, proposed } from './consensus/appHarness.ts';
import { TransactionSource } from './execution/support/randomTransactions.ts';
import { SeededRandom } from './execution/support/seededRandom.ts';

/** The numbers of nested limits, by path. */
function numbersOf(limits: object, path = ''): [string, number][] {
  return Object.entries(limits).flatMap(([name, value]): [string, number][] =>
    typeof value === 'number' ? [[`${path}${name}`, value]] : numbersOf(value, `${path}${name}.`),
  );
}

describe('memory limits', () => {
  it('are the defaults of each part at the default', () => {
    expect(memoryLimits(MEMORY_MIB_DEFAULT)).toEqual({
      state: DEFAULT_STATE_LIMITS,
      blocks: DEFAULT_BLOCK_CACHE_LIMITS,
      database: DEFAULT_DATABASE_LIMITS,
      pool: POOL_LIMITS,
    });
  });

  it('never fall as the memory grows, and are whole and above zero everywhere', () => {
    let before = new Map<string, number>();
    for (const mebibytes of [MEMORY_MIB_MIN, 257, 400, 1_024, 3_000, MEMORY_MIB_MAX]) {
      const now = new Map(numbersOf(memoryLimits(mebibytes)));
      for (const [name, value] of now) {
        expect(Number.isInteger(value) && value > 0, name).toBe(true);
        expect(value, name).toBeGreaterThanOrEqual(before.get(name) ?? 0);
      }
      before = now;
    }
    expect(memoryLimits(MEMORY_MIB_MIN).state.accountNodesMax).toBeLessThan(DEFAULT_STATE_LIMITS.accountNodesMax / 8);
    expect(memoryLimits(4_096).state.accountNodesMax).toBeGreaterThan(DEFAULT_STATE_LIMITS.accountNodesMax * 4);
  });

  it('are refused below the least and above the most', () => {
    for (const mebibytes of [MEMORY_MIB_MIN - 1, MEMORY_MIB_MAX + 1, 512.5, Number.NaN])
      expect(() => memoryLimits(mebibytes)).toThrow(
        expect.objectContaining({ code: 'INVALID_MEMORY', message: expect.stringContaining('from 256 to 16384, got') }),
      );
  });
});

describe('a chain with small limits', () => {
  const state = { accountsMax: 40, slotsMax: 20, codesMax: 4, accountNodesMax: 30, storageNodesMax: 20 };
  const blocks = { headersMax: 10, blocksMax: 5, itemsMax: 20 };

  it('keeps its caches within them, and says the same as one with room', async () => {
    const [small, roomy] = [new MemoryDatabase(), new MemoryDatabase()];
    const open = () =>
      Chain.open({ database: small, spec: appSpec(), stateMode: { kind: 'archive' }, limits: { state, blocks } });
    const test = await openApp(roomy, appSpec());
    const limited = await openApp(small, appSpec(), { kind: 'archive' }, { state, blocks });
    const source = new TransactionSource(new SeededRandom(3), 'osaka', 4766n);
    for (let height = 1n; height <= 25n; height++) {
      const reader = test.chain.stateAt(height - 1n);
      const baseFee = test.chain.head.header.baseFeePerGas ?? 0n;
      const nonceOf = (address: Parameters<typeof reader.account>[0]) => reader.account(address)?.nonce ?? 0n;
      const txs = Array.from({ length: 12 }, () => source.next(baseFee, nonceOf).raw);
      for (const each of [test, limited]) await decide(each, proposed(height, txs));
      expect(limited.chain.head.hash).toEqual(test.chain.head.hash);
      const memory = limited.chain.state.memory();
      expect(memory.accounts).toBeLessThanOrEqual(state.accountsMax);
      expect(memory.slots).toBeLessThanOrEqual(state.slotsMax);
      expect(memory.codes).toBeLessThanOrEqual(state.codesMax);
      expect(memory.accountNodes).toBeLessThanOrEqual(state.accountNodesMax);
      expect(memory.storageNodes).toBeLessThanOrEqual(state.storageNodesMax);
    }
    const again = await open();
    const facts = (chain: Chain, number: bigint) =>
      chain.receiptsByNumber(number)?.map(({ logs, gasUsed, succeeded }) => ({ logs, gasUsed, succeeded }));
    for (let number = 0n; number <= 25n; number++) expect(facts(again, number)).toEqual(facts(test.chain, number));
  });

  it('keeps the newest block decoded, however large, and of the others what fits', async () => {
    const test = await openApp(new MemoryDatabase(), appSpec());
    const database = new MemoryDatabase();
    const store = new ChainStore(database, true, blocks);
    const block = test.chain.blockByNumber(0n);
    if (block === undefined) throw new Error('no genesis block');
    const remember = (number: number, count: number) =>
      store.remember({
        block: { ...block, header: { ...block.header, number: BigInt(number) }, transactions: Array(count).fill({}) },
        receipts: Array(count).fill({ logs: [{}] }),
        consensusInputs: new Uint8Array(0),
        supply: { totalWei: 0n, burnedFeesWei: 0n },
        totalDifficulty: 0n,
      });
    for (let number = 1; number <= 10; number++) remember(number, 4);
    expect(store.decoded()).toEqual({ headers: 10, blocks: 5, transactions: 20, receipts: 2, receiptItems: 16 });
    remember(11, 5);
    expect(store.decoded()).toEqual({ headers: 10, blocks: 4, transactions: 17, receipts: 2, receiptItems: 18 });
    remember(12, 100);
    expect(store.decoded()).toMatchObject({ blocks: 1, transactions: 100, receipts: 1, receiptItems: 200 });
    remember(13, 1);
    expect(store.decoded()).toMatchObject({ blocks: 1, transactions: 1, receipts: 1, receiptItems: 2 });
  });
});
