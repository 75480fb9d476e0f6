import { describe, expect, it } from 'vitest';
import { devGenesis } from '../../../genesis/devGenesis.ts';
import { parseGenesis } from '../../../genesis/parseGenesis.ts';
import { Chain } from '../../../node/chain/chain.ts';
import type { SealedHeader } from '../../../node/chain/chainReader.ts';
import { changedRules, encodeRules } from '../../../node/chain/rulesInForce.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { bytesToHex, hexToBytes, toAddress } from '../../../primitives/bytes.ts';
import { signCall } from '../../helpers/signCall.ts';
import { ALICE, appSpec, BOB, decide, openApp, proposed, type TestApp } from '../consensus/appHarness.ts';
import { TransactionSource } from '../execution/support/randomTransactions.ts';
import { SeededRandom } from '../execution/support/seededRandom.ts';

const spec = parseGenesis(devGenesis());
const archive = { kind: 'archive' } as const;
const STRANGER = toAddress(new Uint8Array(20).fill(0xaa));

/** Decides a block with one transfer of Alice per height. */
async function grow(test: TestApp, to: bigint): Promise<void> {
  for (let height = test.chain.head.header.number + 1n; height <= to; height++) {
    const raw = signCall(ALICE.privateKey, { nonce: height - 1n, to: STRANGER, value: height });
    await decide(test, proposed(height, [raw]));
  }
}

async function balancesOf(chain: Chain): Promise<bigint> {
  let total = 0n;
  for await (const entry of chain.state.dump()) if (entry.kind === 'account') total += entry.record.balanceWei;
  return total;
}

describe('chain', () => {
  it('opens again where it stood, with every record', async () => {
    const database = new MemoryDatabase();
    const test = await openApp(database, spec);
    await grow(test, 3n);
    const again = await Chain.open({ database, spec, stateMode: archive });
    expect(again.head).toEqual(test.chain.head);
    for (let number = 0n; number <= 3n; number++) {
      const block = test.chain.blockByNumber(number);
      expect(again.blockByNumber(number)).toEqual(block);
      expect(again.blockByHash(again.headerByNumber(number)?.hash as never)).toEqual(block);
      expect(again.receiptsByNumber(number)).toEqual(test.chain.receiptsByNumber(number));
      expect(again.supply(number)).toEqual(test.chain.supply(number));
    }
    expect(again.locateTransaction(again.blockByNumber(2n)?.transactions[0]?.hash as never)).toEqual({
      blockNumber: 2n,
      index: 0,
    });
    expect(again.stateAt(2n).account(STRANGER)?.balanceWei).toBe(1n + 2n);
    for (const none of [again.blockByNumber(4n), again.headerByNumber(4n), again.receiptsByNumber(4n)])
      expect(none).toBeUndefined();
  });

  it('refuses another genesis, naming both hashes', async () => {
    const database = new MemoryDatabase();
    const first = await Chain.open({ database, spec, stateMode: archive });
    const other = parseGenesis({ ...devGenesis(), extraData: '0x01' });
    const opening = Chain.open({ database, spec: other, stateMode: archive });
    await expect(opening).rejects.toMatchObject({
      code: 'GENESIS_MISMATCH',
      data: { stored: bytesToHex(first.genesisHash) },
    });
    expect((await Chain.open({ database, spec, stateMode: archive })).head).toEqual(first.head);
  });

  it('takes new rules for the future and refuses edits of those in force', async () => {
    const database = new MemoryDatabase();
    const test = await openApp(database, spec);
    await grow(test, 1n);
    const now = Number(test.chain.head.header.timestampSeconds);
    const withRule = (time: number) => {
      const genesis = devGenesis();
      const gnomon = (genesis.config as { gnomon: { precompiles: object } }).gnomon;
      const precompiles = { ...gnomon.precompiles, DeviceDID: { time, version: 1 } };
      return parseGenesis({ ...genesis, config: { ...genesis.config, gnomon: { ...gnomon, precompiles } } });
    };
    const open = (time: number) => Chain.open({ database, spec: withRule(time), stateMode: archive });
    await expect(open(now + 1000)).rejects.toMatchObject({
      code: expect.stringMatching(/RULES_CHANGED|GENESIS_MISMATCH/),
    });
    const head: SealedHeader = test.chain.head;
    const [inForce, later, latest] = [spec, withRule(now + 1), withRule(now + 50)].map(encodeRules) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect(changedRules(inForce, later, head.header).join()).toContain('DeviceDID');
    expect(changedRules(later, inForce, head.header).join()).toContain('DeviceDID');
    expect(changedRules(later, latest, head.header)).toEqual([]);
    // At the second itself the rule is in force; one before, it is not.
    expect(changedRules(later, latest, { ...head.header, timestampSeconds: BigInt(now + 1) })).toHaveLength(1);
    expect(changedRules(later, latest, { ...head.header, timestampSeconds: BigInt(now) })).toEqual([]);
  });

  it('rolls back, forgets what was there, and goes on differently', async () => {
    const database = new MemoryDatabase();
    const test = await openApp(database, spec);
    await grow(test, 5n);
    const [third, fourth] = [test.chain.blockByNumber(3n), test.chain.blockByNumber(4n)];
    await expect(test.chain.rollback(6n)).rejects.toMatchObject({ code: 'BLOCK_NOT_FOUND' });
    await test.chain.rollback(3n);
    expect(test.chain.head.hash).toEqual(third?.hash);
    expect(test.chain.blockByHash(fourth?.hash as never)).toBeUndefined();
    expect(test.chain.locateTransaction(fourth?.transactions[0]?.hash as never)).toBeUndefined();
    expect(test.chain.stateAt(3n).account(STRANGER)?.balanceWei).toBe(6n);
    const reopened = await openApp(database, spec);
    expect(reopened.chain.head.hash).toEqual(third?.hash);
    await decide(reopened, proposed(4n, [signCall(BOB.privateKey, { to: STRANGER, value: 100n })]));
    expect(reopened.chain.stateAt(4n).account(STRANGER)?.balanceWei).toBe(106n);
    expect(await balancesOf(reopened.chain)).toBe(reopened.chain.supply(4n).totalWei);
  });

  it('says that old state was pruned, and keeps the blocks', async () => {
    const database = new MemoryDatabase();
    const pruned = await Chain.open({ database, spec, stateMode: { kind: 'pruned', keepBlocks: 128 } });
    expect(pruned.oldestStateBlock).toBe(0n);
    expect(() => pruned.stateAt(1n)).toThrow(/block 1 does not exist; the head is 0/);
    const test = await openApp(database, spec, { kind: 'pruned', keepBlocks: 128 });
    await grow(test, 140n);
    expect(test.chain.oldestStateBlock).toBeGreaterThan(0n);
    const gone = test.chain.oldestStateBlock - 1n;
    expect(() => test.chain.stateAt(gone)).toThrow(
      expect.objectContaining({ code: 'STATE_PRUNED', message: expect.stringContaining('pruned') }),
    );
    expect(() => test.chain.proofAt(gone, STRANGER, [])).toThrow(expect.objectContaining({ code: 'STATE_PRUNED' }));
    await expect(test.chain.rollback(gone)).rejects.toMatchObject({ code: 'STATE_PRUNED' });
    expect(test.chain.head.header.number).toBe(140n);
    expect(test.chain.blockByNumber(1n)?.transactions).toHaveLength(1);
    expect(test.chain.stateAt(test.chain.oldestStateBlock).account(STRANGER)).toBeDefined();
  });

  it('counts the supply to the wei through transfers, burns, creations and self-destructs', async () => {
    const test = await openApp(new MemoryDatabase(), appSpec());
    const random = new SeededRandom(7);
    const source = new TransactionSource(random, 'osaka', 4766n);
    const genesisWei = test.chain.supply(0n).totalWei;
    expect(await balancesOf(test.chain)).toBe(genesisWei);
    let included = 0;
    for (let height = 1n; height <= 12n; height++) {
      const state = test.chain.stateAt(height - 1n);
      const baseFee = test.chain.head.header.baseFeePerGas ?? 0n;
      const txs = Array.from(
        { length: 8 },
        () => source.next(baseFee, (address) => state.account(address)?.nonce ?? 0n).raw,
      );
      const { txResults } = await decide(test, proposed(height, txs));
      included += txResults.filter(({ code }) => code === 0).length;
      expect(await balancesOf(test.chain), `block ${height}`).toBe(test.chain.supply(height).totalWei);
    }
    expect(included).toBeGreaterThan(30);
    const { totalWei, burnedFeesWei } = test.chain.supply(12n);
    expect(burnedFeesWei).toBeGreaterThan(0n);
    expect(totalWei).toBeLessThanOrEqual(genesisWei - burnedFeesWei);
  });

  it('finds logs by address and topic, in order, and stops one past the limit', async () => {
    const test = await openApp(new MemoryDatabase(), spec);
    // Runtime: LOG1 with the first word of calldata as topic.
    const code = hexToBytes('0x6860003560006000a10060005260096017f3');
    await decide(test, proposed(1n, [signCall(ALICE.privateKey, { nonce: 0n, data: code, gasLimit: 200_000n })]));
    const contract = test.chain.receiptsByNumber(1n)?.[0]?.contractAddress;
    expect(contract).toBeDefined();
    const topics = [1, 2, 1, 3, 1].map((value) => new Uint8Array(32).fill(value));
    for (const [index, topic] of topics.entries()) {
      const call = { to: contract, data: topic, gasLimit: 100_000n };
      const nonce = BigInt(index) + 1n;
      await decide(test, proposed(nonce + 1n, [signCall(ALICE.privateKey, { ...call, nonce })]));
    }
    const find = (filter: object, limit = 100) =>
      test.chain
        .logs(0n, 6n, { addresses: [], topics: [], ...filter }, limit)
        .map(({ block }) => Number(block.header.number));
    expect(find({})).toEqual([2, 3, 4, 5, 6]);
    expect(find({ topics: [[topics[0]]] })).toEqual([2, 4, 6]);
    expect(find({ topics: [[topics[1], topics[3]]] })).toEqual([3, 5]);
    expect(find({ topics: [[]] })).toEqual([2, 3, 4, 5, 6]);
    expect(find({ topics: [undefined, [topics[0]]] })).toEqual([]);
    expect(find({ addresses: [contract] })).toHaveLength(5);
    expect(find({ addresses: [STRANGER] })).toEqual([]);
    expect(find({}, 2)).toEqual([2, 3, 4]);
  });
});
