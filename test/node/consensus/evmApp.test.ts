import { describe, expect, it, vi } from 'vitest';
import { BlockMaker } from '../../../node/consensus/blockMaker.ts';
import { consensusInputsHash } from '../../../node/consensus/consensusInputs.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { bytesToHex, EMPTY_BYTES, hexToBytes } from '../../../primitives/bytes.ts';
import { signCall } from '../../helpers/signCall.ts';
import { SeededRandom } from '../execution/support/seededRandom.ts';
import {
  ALICE,
  appSpec,
  BOB,
  CAROL,
  decide,
  openApp,
  preparation,
  proposed,
  type TestApp,
  timeOf,
} from './appHarness.ts';

const spec = appSpec();
const transfer = (nonce: bigint, fields: object = {}) =>
  signCall(ALICE.privateKey, { nonce, to: CAROL.address, value: 1n, ...fields });
const open = () => openApp(new MemoryDatabase(), spec);

/** Well-formed transactions that no block after genesis can hold, and bytes that are no transactions. */
const UNINCLUDABLE: readonly (readonly [string, Uint8Array])[] = [
  ['a nonce gap', transfer(7n)],
  ['another chain id', transfer(0n, { chainId: 1n })],
  ['more value than there is', transfer(0n, { value: 10n ** 30n })],
  ['too little gas', transfer(0n, { gasLimit: 20_999n })],
  ['more gas than a block has', transfer(0n, { gasLimit: 30_000_001n })],
  ['a fee cap below the base fee', transfer(0n, { maxFeePerGas: 1n, maxPriorityFeePerGas: 0n })],
  ['a tip above the cap', transfer(0n, { maxPriorityFeePerGas: 10n ** 13n })],
  ['an empty string', EMPTY_BYTES],
  ['a byte', Uint8Array.of(2)],
  ['an empty list', Uint8Array.of(0xc0)],
  ['an unknown type', Uint8Array.of(0x7e, 0xc0)],
  ['a cut transaction', transfer(0n).subarray(0, 60)],
  ['a transaction with a byte too many', Uint8Array.of(...transfer(0n), 0)],
  [
    'blobs',
    signCall(ALICE.privateKey, {
      type: 3,
      to: CAROL.address,
      blobVersionedHashes: [Uint8Array.of(1, ...new Uint8Array(31)) as never],
      maxFeePerBlobGas: 10n,
    }),
  ],
];

async function bothFinalize(first: TestApp, second: TestApp, txs: readonly Uint8Array[]) {
  const block = proposed(1n, txs);
  const [a, b] = [await decide(first, block), await decide(second, block)];
  expect(bytesToHex(a.appHash)).toBe(bytesToHex(b.appHash));
  expect(a).toEqual(b);
  return a;
}

describe('evmApp proposals', () => {
  it('accepts on another node what it prepared itself, leaving out what cannot be included', async () => {
    const [proposer, validator] = [await open(), await open()];
    proposer.pool = [
      ...UNINCLUDABLE.map(([, raw]) => raw),
      transfer(0n),
      transfer(1n),
      signCall(BOB.privateKey, { to: ALICE.address }),
    ];
    const txs = await proposer.monitored.prepareProposal(preparation(1n));
    expect(txs).toEqual(proposer.pool.slice(-3));
    expect(proposer.refused.length).toBeGreaterThan(5);
    expect(await validator.monitored.processProposal(proposed(1n, txs))).toBe(true);
    expect(await proposer.monitored.processProposal(proposed(1n, txs))).toBe(true);
  });

  it.each(UNINCLUDABLE)('rejects a proposal with %s, first, last and alone', async (_what, raw) => {
    const { monitored } = await open();
    for (const txs of [
      [raw],
      [raw, signCall(BOB.privateKey, { to: CAROL.address })],
      [signCall(BOB.privateKey, { to: CAROL.address }), raw],
    ])
      expect(await monitored.processProposal(proposed(1n, txs))).toBe(false);
    expect(await monitored.processProposal(proposed(1n, [transfer(0n)]))).toBe(true);
  });

  it('rejects the same transaction twice, and another height', async () => {
    const { monitored, app } = await open();
    expect(await monitored.processProposal(proposed(1n, [transfer(0n), transfer(0n)]))).toBe(false);
    expect(await app.processProposal(proposed(2n, []))).toBe(false);
    expect(await app.processProposal(proposed(0n, []))).toBe(false);
  });

  it('keeps to the bytes that the engine allows, framing included', async () => {
    const test = await open();
    test.pool = [transfer(0n), transfer(1n)];
    const size = BigInt((test.pool[0] as Uint8Array).length + 2);
    expect(await test.monitored.prepareProposal(preparation(1n, 0n))).toEqual([]);
    expect(await test.monitored.prepareProposal(preparation(1n, size - 1n))).toEqual([]);
    expect(await test.monitored.prepareProposal(preparation(1n, size))).toHaveLength(1);
    expect(await test.monitored.prepareProposal(preparation(1n, 2n * size))).toHaveLength(2);
  });

  it('writes nothing before commit', async () => {
    const database = new MemoryDatabase();
    const test = await openApp(database, spec);
    const write = vi.spyOn(database, 'write');
    test.pool = [transfer(0n)];
    const txs = await test.monitored.prepareProposal(preparation(1n));
    await test.monitored.processProposal(proposed(1n, txs));
    await test.monitored.processProposal(proposed(1n, [Uint8Array.of(1)]));
    await test.monitored.finalizeBlock(proposed(1n, txs));
    await test.monitored.finalizeBlock(proposed(1n, txs));
    expect(write).not.toHaveBeenCalled();
    await test.monitored.commit();
    expect(write).toHaveBeenCalledExactlyOnceWith(expect.anything(), { sync: true });
  });

  it('executes a block once, from the proposal to the commit', async () => {
    const opened = vi.spyOn(BlockMaker.prototype, 'open');
    const test = await open();
    test.pool = [transfer(0n)];
    const txs = await test.monitored.prepareProposal(preparation(1n));
    await test.monitored.processProposal(proposed(1n, txs));
    await decide(test, proposed(1n, txs));
    expect(opened).toHaveBeenCalledTimes(1);
    // Another time is another block.
    await test.monitored.processProposal(proposed(2n, []));
    await test.monitored.processProposal(proposed(2n, [], { time: timeOf(3n) }));
    expect(opened).toHaveBeenCalledTimes(3);
    opened.mockRestore();
  });
});

describe('evmApp decisions', () => {
  it('may be finalised again, by the same app and after a restart, with equal results', async () => {
    const database = new MemoryDatabase();
    const first = await openApp(database, spec);
    const block = proposed(1n, [transfer(0n), Uint8Array.of(9), transfer(1n)]);
    const results = [await first.monitored.finalizeBlock(block), await first.monitored.finalizeBlock(block)];
    const restarted = await openApp(database, spec);
    results.push(await restarted.monitored.finalizeBlock(block));
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    await restarted.monitored.commit();
    expect(bytesToHex(restarted.chain.head.hash)).toBe(bytesToHex(results[0]?.appHash as Uint8Array));
  });

  it('leave out what cannot be included with code 1, alike on every node', async () => {
    const [first, second] = [await open(), await open()];
    const txs = UNINCLUDABLE.flatMap(([, raw]) => [raw]);
    txs.splice(3, 0, transfer(0n));
    txs.splice(9, 0, transfer(1n));
    const { txResults } = await bothFinalize(first, second, txs);
    expect(txResults).toHaveLength(txs.length);
    expect(txResults.flatMap(({ code }, index) => (code === 0 ? [index] : []))).toEqual([3, 9]);
    expect(txResults[3]).toMatchObject({ gasWanted: 21_000n, gasUsed: 21_000n });
    expect(first.chain.blockByNumber(1n)?.transactions).toHaveLength(2);
  });

  it('survive random bytes', async () => {
    const random = new SeededRandom(11);
    const [first, second] = [await open(), await open()];
    const txs = Array.from({ length: 300 }, () => {
      const bytes = random.bytes(random.below(200));
      return random.chance(0.5) ? bytes : transfer(0n).map((byte) => (random.chance(0.02) ? random.below(256) : byte));
    });
    expect(await first.monitored.processProposal(proposed(1n, txs))).toBe(false);
    expect((await bothFinalize(first, second, txs)).txResults).toHaveLength(300);
  });

  it('report a reverted transaction with code 0', async () => {
    const test = await open();
    const revert = signCall(ALICE.privateKey, { to: undefined, data: hexToBytes('0x60006000fd'), gasLimit: 100_000n });
    const { txResults } = await decide(test, proposed(1n, [revert]));
    expect(txResults.map(({ code }) => code)).toEqual([0]);
    expect(test.chain.receiptsByNumber(1n)?.[0]?.succeeded).toBe(false);
  });

  it('commit to what consensus adds, and name the consensus block in the next header', async () => {
    const test = await open();
    const hash = new Uint8Array(32).fill(0x77);
    const votes = [{ address: new Uint8Array(20).fill(1), power: 5n, flag: 2 as const }];
    await decide(test, proposed(1n, [], { hash, lastCommit: { round: 3, votes } }));
    await decide(test, proposed(2n, [], { hash: new Uint8Array(32).fill(0x78) }));
    const [one, two] = [test.chain.headerByNumber(1n)?.header, test.chain.headerByNumber(2n)?.header];
    expect(one?.extraData).toEqual(consensusInputsHash(test.chain.consensusInputs(1n)));
    expect(test.chain.consensusInputs(1n).length).toBeGreaterThan(60);
    expect(two?.parentBeaconBlockRoot).toEqual(hash);
  });

  it('keep timestamps rising when consensus time does not', async () => {
    const test = await open();
    await decide(test, proposed(1n, []));
    await decide(test, proposed(2n, [], { time: { ...timeOf(1n), nanos: 900 } }));
    expect(test.chain.head.header.timestampSeconds).toBe(timeOf(1n).seconds + 1n);
  });

  it('refuse a commit without a decision and a decision of another height', async () => {
    const { app } = await open();
    await expect(app.commit()).rejects.toThrow(/without a finalized block/);
    await expect(app.finalizeBlock(proposed(5n, []))).rejects.toThrow(/height 5 was decided after 0/);
  });
});

describe('evmApp checkTx', () => {
  it('answers with a code, never with an exception', async () => {
    const { monitored } = await open();
    expect((await monitored.checkTx({ tx: transfer(0n), recheck: false })).code).toBe(0);
    expect((await monitored.checkTx({ tx: transfer(0n), recheck: true })).code).toBe(0);
    expect((await monitored.checkTx({ tx: transfer(1n), recheck: true })).code).toBe(1);
    const refused = await monitored.checkTx({ tx: Uint8Array.of(1, 2, 3), recheck: false });
    expect(refused.code).toBe(1);
    expect(refused.log).not.toBe('');
  });
});
