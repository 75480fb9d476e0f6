import { afterEach, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS } from '../../../genesis/devGenesis.ts';
import type { DevApi } from '../../../node/api.ts';
import type { MiningMode } from '../../../node/consensus/soloEngine.ts';
import { SNAPSHOTS_MAX, TIMESTAMP_SECONDS_MAX } from '../../../node/dev/devControls.ts';
import { Node, type NodeOptions } from '../../../node/node.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { bytesToHex, hexToBytes, toAddress } from '../../../primitives/bytes.ts';
import { devNodeOptions } from '../../helpers/devNode.ts';
import { signCall } from '../../helpers/signCall.ts';

const [ALICE, BOB] = DEV_ACCOUNTS as unknown as readonly [Account, Account];
type Account = (typeof DEV_ACCOUNTS)[number];
const STRANGER = toAddress(new Uint8Array(20).fill(0xab));
const SLOT = new Uint8Array(32).fill(3);
const NOW_MS = 1_900_000_000_000;

/** A database that outlives its node, as a disk does. */
class LastingDatabase extends MemoryDatabase {
  override async close(): Promise<void> {}
}

const running: Node[] = [];
const fatal: unknown[] = [];
afterEach(async () => {
  for (const node of running.splice(0)) await node.stop();
  expect(fatal.splice(0)).toEqual([]);
});

interface Started {
  readonly node: Node;
  readonly dev: DevApi;
  readonly clock: { ms: number };
}

async function start(mining: MiningMode = { kind: 'manual' }, overrides: Partial<NodeOptions> = {}): Promise<Started> {
  const clock = { ms: NOW_MS };
  const options = {
    mining,
    clock: { nowMs: () => clock.ms },
    onFatal: (error: unknown) => void fatal.push(error),
    ...overrides,
  };
  const node = await Node.open(devNodeOptions(options));
  await node.start();
  running.push(node);
  if (node.dev === undefined) throw new Error('no dev chain');
  return { node, dev: node.dev, clock };
}

const headNumber = ({ node }: Started) => node.chain.head.header.number;
const headTime = ({ node }: Started) => node.chain.head.header.timestampSeconds;
const balance = ({ node }: Started, address = STRANGER) =>
  node.chain.stateAt(headNumber({ node } as Started)).account(address)?.balanceWei ?? 0n;

describe('snapshots', () => {
  it('go back to the block, the edits that waited for the next one, and the clock', async () => {
    const test = await start();
    const { dev } = test;
    await dev.mine(2n);
    const time = headTime(test);
    await dev.edit({ kind: 'balance', address: STRANGER, wei: 5n });
    const id = dev.snapshot();
    await dev.edit({ kind: 'balance', address: STRANGER, wei: 6n });
    dev.increaseTime(3_600n);
    await dev.mine(3n);
    expect([headNumber(test), balance(test)]).toEqual([5n, 6n]);
    expect(headTime(test)).toBeGreaterThanOrEqual(time + 3_600n);
    expect(await dev.revert(id)).toBe(true);
    expect([headNumber(test), balance(test)]).toEqual([2n, 5n]);
    await dev.mine(1n);
    expect(balance(test)).toBe(5n);
    expect(headTime(test)).toBeLessThan(time + 10n);
  });

  it('drop edits that were staged after them, without any block', async () => {
    const test = await start();
    const id = test.dev.snapshot();
    await test.dev.edit({ kind: 'balance', address: STRANGER, wei: 6n });
    await test.dev.revert(id);
    await test.dev.mine(1n);
    expect(balance(test)).toBe(0n);
  });

  it('are used up by a revert, with those after them', async () => {
    const { dev } = await start();
    const [first, second, third] = [dev.snapshot(), dev.snapshot(), dev.snapshot()];
    expect(await dev.revert(second)).toBe(true);
    expect([await dev.revert(second), await dev.revert(third), await dev.revert(99n)]).toEqual([false, false, false]);
    expect(await dev.revert(first)).toBe(true);
  });

  it('are remembered up to the limit, the oldest forgotten first', async () => {
    const { dev } = await start();
    const first = dev.snapshot();
    const second = dev.snapshot();
    for (let i = 2; i < SNAPSHOTS_MAX; i++) dev.snapshot();
    dev.snapshot();
    expect(await dev.revert(first)).toBe(false);
    expect(await dev.revert(second)).toBe(true);
  });

  it('leave a home that starts again after a crash at any write of the revert', async () => {
    for (let crashAt = 0; ; crashAt++) {
      const database = new LastingDatabase();
      const test = await start({ kind: 'manual' }, { database, onFatal: () => undefined });
      const id = test.dev.snapshot();
      await test.dev.mine(4n);
      let writes = 0;
      const write = database.write.bind(database);
      database.write = async (batch) => {
        if (writes++ >= crashAt) throw new Error('power cut');
        await write(batch);
      };
      const outcome = await test.dev.revert(id).catch((error: Error) => error.message);
      database.write = write;
      await running.pop()?.stop();
      const again = await start({ kind: 'manual' }, { database });
      const before = headNumber(again);
      await again.dev.mine(1n);
      expect(headNumber(again), `crash at write ${crashAt}`).toBe(before + 1n);
      if (outcome === true) {
        expect(crashAt).toBeGreaterThan(4);
        return;
      }
      expect(outcome).toBe('power cut');
    }
  });
});

describe('time', () => {
  it('is increased from the head, even where instant blocks ran ahead of the clock', async () => {
    const test = await start();
    await test.dev.mine(50n);
    const before = headTime(test);
    expect(before).toBeGreaterThan(BigInt(NOW_MS / 1000) + 40n);
    test.dev.increaseTime(10n);
    await test.dev.mine(1n);
    expect(headTime(test)).toBe(before + 10n);
  });

  it('is set for the next block and goes on from there', async () => {
    const test = await start();
    await test.dev.mine(1n);
    const target = headTime(test) + 1_000n;
    test.dev.setNextBlockTimestamp(target);
    await test.dev.mine(1n);
    expect(headTime(test)).toBe(target);
    test.clock.ms += 7_000;
    await test.dev.mine(1n);
    expect(headTime(test)).toBe(target + 7n);
  });

  it('passes between several mined blocks as asked', async () => {
    const test = await start();
    await test.dev.mine(1n);
    const before = headTime(test);
    await test.dev.mine(3n, 100n);
    expect(headTime(test) - before).toBeGreaterThanOrEqual(200n);
    expect(headNumber(test)).toBe(4n);
  });

  it('is refused below the head and above the limit, and the node lives on', async () => {
    const test = await start();
    await test.dev.mine(1n);
    const set = (seconds: bigint) => () => test.dev.setNextBlockTimestamp(seconds);
    expect(set(headTime(test))).toThrow(expect.objectContaining({ code: 'TIMESTAMP_TOO_LOW' }));
    expect(set(TIMESTAMP_SECONDS_MAX + 1n)).toThrow(expect.objectContaining({ code: 'TIMESTAMP_TOO_HIGH' }));
    expect(() => test.dev.increaseTime(2n ** 64n - 1n)).toThrow(
      expect.objectContaining({ code: 'TIMESTAMP_TOO_HIGH' }),
    );
    await expect(test.dev.mine(2n, 2n ** 64n - 1n)).rejects.toMatchObject({ code: 'TIMESTAMP_TOO_HIGH' });
    set(TIMESTAMP_SECONDS_MAX)();
    await test.dev.mine(1n);
    expect(headTime(test)).toBe(TIMESTAMP_SECONDS_MAX);
  });
});

describe('state', () => {
  it('that was edited is seen at once, survives a restart, and becomes part of the next block', async () => {
    const database = new LastingDatabase();
    const first = await start({ kind: 'manual' }, { database });
    await first.dev.edit({ kind: 'balance', address: STRANGER, wei: 77n });
    await first.dev.edit({ kind: 'storage', address: STRANGER, slot: SLOT, value: Uint8Array.of(4) });
    await first.dev.setNextBlockBaseFeePerGas(800n);
    expect([balance(first), headNumber(first)]).toEqual([77n, 0n]);
    await running.pop()?.stop();
    const again = await start({ kind: 'manual' }, { database });
    expect([balance(again), again.node.nextBaseFee()]).toEqual([77n, 800n]);
    await again.dev.mine(1n);
    expect(again.node.chain.head.header.baseFeePerGas).toBe(800n);
    expect(again.node.chain.stateAt(1n).slot(STRANGER, SLOT)).toEqual(Uint8Array.of(4));
    expect(again.node.supply().totalWei).toBe(again.node.supply().genesisWei + 77n);
    await running.pop()?.stop();
    const third = await start({ kind: 'manual' }, { database });
    await third.dev.mine(1n);
    // An eighth less after an empty block (EIP-1559): set once, not for ever.
    expect(third.node.chain.head.header.baseFeePerGas).toBe(700n);
  });

  it('is dumped with what waits, and loaded into another chain', async () => {
    const source = await start();
    await source.dev.edit({ kind: 'code', address: STRANGER, code: hexToBytes('0x6001') });
    await source.dev.edit({ kind: 'storage', address: STRANGER, slot: SLOT, value: Uint8Array.of(4) });
    await source.dev.mine(1n);
    await source.dev.edit({ kind: 'balance', address: STRANGER, wei: 9n });
    const dump = await source.dev.dumpState();
    const copy = await start();
    await copy.dev.loadState(dump);
    await copy.dev.mine(1n);
    const state = copy.node.chain.stateAt(1n);
    expect(state.account(STRANGER)?.balanceWei).toBe(9n);
    expect(state.slot(STRANGER, SLOT)).toEqual(Uint8Array.of(4));
    expect(bytesToHex(state.code(state.account(STRANGER)?.codeHash as never))).toBe('0x6001');
  });

  it.each([
    ['nothing', ''],
    ['text', '68656c6c6f'],
    ['an empty list', 'c0'],
    ['inputs without edits', 'c2c0c0'],
  ])('is not loaded from %s', async (_what, hex) => {
    const { dev } = await start();
    await expect(dev.loadState(hexToBytes(`0x${hex}`))).rejects.toMatchObject({ code: 'INVALID_STATE_DUMP' });
    await dev.mine(1n);
  });

  it('is that of genesis after a reset, and blocks are made from there', async () => {
    const test = await start();
    await test.node.submitRawTransaction(signCall(ALICE.privateKey, { to: STRANGER, value: 3n }));
    await test.dev.mine(2n);
    await test.dev.edit({ kind: 'balance', address: STRANGER, wei: 9n });
    test.dev.impersonate(STRANGER);
    await test.dev.reset();
    expect([headNumber(test), balance(test), test.dev.isImpersonated(STRANGER)]).toEqual([0n, 0n, false]);
    await test.node.submitRawTransaction(signCall(ALICE.privateKey, { to: STRANGER, value: 4n }));
    await test.dev.mine(1n);
    expect(balance(test)).toBe(4n);
  });
});

describe('senders and mining', () => {
  it('sends for an impersonated account, whose transaction says who it is from', async () => {
    const test = await start({ kind: 'instant' });
    await test.dev.edit({ kind: 'balance', address: STRANGER, wei: 10n ** 18n });
    test.dev.impersonate(STRANGER);
    const hash = await test.dev.submitImpersonated(STRANGER, { to: BOB.address, value: 1n });
    const found = await test.node.waitForReceipt(hash, 5_000);
    expect(found?.receipt.succeeded).toBe(true);
    expect(found?.committed.block.transactions[0]?.sender).toEqual(STRANGER);
    test.dev.stopImpersonating(STRANGER);
    expect(test.dev.isImpersonated(STRANGER)).toBe(false);
  });

  it('waits for a receipt, gives up after the time, and lets everyone go at the end', async () => {
    const test = await start();
    const raw = signCall(ALICE.privateKey, { to: STRANGER, value: 3n });
    const hash = await test.node.submitRawTransaction(raw);
    expect(await test.node.waitForReceipt(hash, 0)).toBeUndefined();
    expect(await test.node.waitForReceipt(hash, 20)).toBeUndefined();
    const [one, two] = [test.node.waitForReceipt(hash, 60_000), test.node.waitForReceipt(hash, 60_000)];
    await test.dev.mine(1n);
    expect(await one).toMatchObject({ index: 0, receipt: { succeeded: true } });
    expect(await two).toEqual(await one);
    expect(await test.node.waitForReceipt(hash, 0)).toMatchObject({ index: 0, receipt: { succeeded: true } });
    const never = test.node.waitForReceipt(STRANGER as never, 60_000);
    await running.pop()?.stop();
    expect(await never).toBeUndefined();
  });

  it('makes blocks instantly, by interval or only when asked, and switches between them', async () => {
    const test = await start({ kind: 'instant' });
    const send = (nonce: bigint) =>
      test.node.submitRawTransaction(signCall(ALICE.privateKey, { nonce, to: BOB.address }));
    expect(await test.node.waitForReceipt(await send(0n), 5_000)).toBeDefined();
    test.dev.setAutomine(false);
    expect(test.dev.automine).toBe(false);
    const waiting = await send(1n);
    expect(await test.node.waitForReceipt(waiting, 30)).toBeUndefined();
    test.dev.setIntervalMining(5);
    expect(await test.node.waitForReceipt(waiting, 5_000)).toBeDefined();
    const grown = new Promise<void>((resolve) => test.node.chain.onCommit(() => resolve()));
    await grown;
    test.dev.setIntervalMining(0);
    const queued = await send(2n);
    test.dev.setAutomine(true);
    expect(await test.node.waitForReceipt(queued, 5_000)).toBeDefined();
  });

  it('makes no block after the node began to stop', async () => {
    const test = await start();
    await running.pop()?.stop();
    await expect(test.dev.mine(1n)).rejects.toMatchObject({ code: 'ENGINE_STOPPED' });
  });
});
