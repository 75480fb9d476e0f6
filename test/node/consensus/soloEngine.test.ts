import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { AbciMonitor } from '../../../node/consensus/abciMonitor.ts';
import type { ConsensusApp, DecidedBlock } from '../../../node/consensus/consensusApp.ts';
import { type EngineStore, type MiningMode, SoloEngine } from '../../../node/consensus/soloEngine.ts';
import { bytesToHex, EMPTY_BYTES, utf8ToBytes } from '../../../primitives/bytes.ts';

class Crash extends Error {}

/** Counts the steps of a run and dies at the chosen one, as a process would. */
class FailPoints {
  #index = 0;
  readonly at: number;

  constructor(at: number) {
    this.at = at;
  }

  pass(): void {
    if (this.#index++ === this.at) throw new Crash(`fail point ${this.at}`);
  }
}

/** What survives a crash. */
interface Disk {
  app: { height: bigint; appHash: Uint8Array };
  engine: { block?: DecidedBlock; height: bigint; appHash: Uint8Array };
}

function newDisk(): Disk {
  return { app: { height: 0n, appHash: EMPTY_BYTES }, engine: { height: 0n, appHash: EMPTY_BYTES } };
}

const hash = (...parts: string[]): Uint8Array => createHash('sha256').update(parts.join('|')).digest();

/** An app whose hash covers every transaction and time; it persists in commit only. */
class HashApp implements ConsensusApp {
  pool: Uint8Array[] = [];
  #next: { height: bigint; appHash: Uint8Array } | undefined;
  readonly #disk: Disk;
  readonly #points: FailPoints;

  constructor(disk: Disk, points: FailPoints) {
    this.#disk = disk;
    this.#points = points;
  }

  async info() {
    return { ...this.#disk.app, appVersion: 1n, version: 'test' };
  }
  async initChain() {
    this.#disk.app = { height: 0n, appHash: hash('genesis') };
    return { validators: [], appHash: this.#disk.app.appHash };
  }
  async checkTx() {
    return { code: 0, gasWanted: 0n, log: '' };
  }
  async prepareProposal() {
    return this.pool;
  }
  async processProposal() {
    return true;
  }
  async finalizeBlock(block: DecidedBlock) {
    const text = `${block.height}|${block.time.seconds}|${block.txs.map(bytesToHex).join()}`;
    const appHash = hash(bytesToHex(this.#disk.app.appHash), text);
    this.#next = { height: block.height, appHash };
    this.#points.pass();
    return {
      txResults: block.txs.map(() => ({ code: 0, data: EMPTY_BYTES, gasWanted: 0n, gasUsed: 0n })),
      validatorUpdates: [],
      appHash,
    };
  }
  async commit() {
    this.#points.pass();
    if (this.#next !== undefined) this.#disk.app = this.#next;
    this.pool = [];
    this.#points.pass();
    return { retainHeight: 0n };
  }
}

function memoryStore(disk: Disk, points: FailPoints): EngineStore {
  return {
    load: () => disk.engine,
    async saveBlock(block) {
      points.pass();
      disk.engine = { ...disk.engine, block };
      points.pass();
    },
    async saveState(height, appHash) {
      points.pass();
      disk.engine = { ...disk.engine, height, appHash };
      points.pass();
    },
    async rollback(height, appHash) {
      disk.engine = { height, appHash };
    },
  };
}

function build(disk: Disk, points: FailPoints, mode: MiningMode = { kind: 'manual' }) {
  const app = new HashApp(disk, points);
  const monitor = new AbciMonitor(app);
  const fatal: unknown[] = [];
  let nowMs = 1_000_000;
  const engine = new SoloEngine({
    app: monitor,
    store: memoryStore(disk, points),
    clock: { nowMs: () => (nowMs += 10) },
    mode,
    chainId: 'test',
    hasExecutable: () => app.pool.length > 0,
    hasFeeBound: () => false,
    onFatal: (error) => fatal.push(error),
  });
  return { app, monitor, engine, fatal, setNow: (value: number) => (nowMs = value) };
}

async function runToHeight(disk: Disk, failAt: number, target: bigint): Promise<{ crashes: number }> {
  let crashes = 0;
  for (let points = new FailPoints(failAt); ; points = new FailPoints(-1)) {
    const { app, engine, setNow } = build(disk, points);
    try {
      await engine.start();
      while (engine.height < target) {
        const next = engine.height + 1n;
        app.pool = [utf8ToBytes(`tx of ${next}`)];
        setNow(1_000_000 + Number(next) * 1000);
        await engine.produceBlock();
      }
      await engine.stop();
      return { crashes };
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      crashes++;
    }
  }
}

describe('soloEngine', () => {
  it('ends with the same hash from a crash at every step of six heights', async () => {
    const undisturbed = newDisk();
    await runToHeight(undisturbed, -1, 6n);
    let crashed = 0;
    for (let failAt = 0; failAt < 45; failAt++) {
      const disk = newDisk();
      crashed += (await runToHeight(disk, failAt, 6n)).crashes;
      expect(bytesToHex(disk.app.appHash), `crash at ${failAt}`).toBe(bytesToHex(undisturbed.app.appHash));
    }
    expect(crashed).toBeGreaterThan(35);
  });

  it('drives the app by the ABCI grammar', async () => {
    const { engine, monitor } = build(newDisk(), new FailPoints(-1));
    await engine.start();
    await engine.produceBlock();
    await engine.produceBlock();
    expect(monitor.trace).toBe('ICPVFKPVFK');
  });

  it('makes no empty block in instant mode and one block for what arrived together', async () => {
    const { app, engine } = build(newDisk(), new FailPoints(-1), { kind: 'instant' });
    await engine.start();
    app.pool = [utf8ToBytes('a'), utf8ToBytes('b')];
    engine.wake();
    engine.wake();
    await new Promise((resolve) => setImmediate(resolve));
    await engine.stop();
    expect(engine.height).toBe(1n);
  });

  it('keeps consensus time rising when the clock goes backwards', async () => {
    const disk = newDisk();
    const { engine, setNow } = build(disk, new FailPoints(-1));
    await engine.start();
    await engine.produceBlock();
    const before = disk.engine.block?.time;
    setNow(5);
    await engine.produceBlock();
    const after = disk.engine.block?.time;
    expect(Number(after?.seconds) * 1e9 + Number(after?.nanos)).toBe(
      Number(before?.seconds) * 1e9 + Number(before?.nanos) + 1e6,
    );
  });

  it('goes on where a power cut took its record of the newest block, but not the block', async () => {
    const disk = newDisk();
    await runToHeight(disk, -1, 3n);
    disk.app = { height: 4n, appHash: hash('four') };
    const { engine } = build(disk, new FailPoints(-1));
    await engine.start();
    expect(disk.engine).toEqual({ height: 4n, appHash: hash('four') });
    expect(await engine.produceBlock()).toBe(5n);
  });

  it('refuses an app that is ahead of what the engine decided', async () => {
    const disk = newDisk();
    await runToHeight(disk, -1, 3n);
    disk.app.height = 5n;
    await expect(build(disk, new FailPoints(-1)).engine.start()).rejects.toMatchObject({ code: 'APP_AHEAD_OF_ENGINE' });
  });

  it('refuses an app that lost more than the last block', async () => {
    const disk = newDisk();
    await runToHeight(disk, -1, 3n);
    disk.app.height = 1n;
    await expect(build(disk, new FailPoints(-1)).engine.start()).rejects.toMatchObject({ code: 'APP_BEHIND_ENGINE' });
  });

  it('refuses an app with another hash at the same height', async () => {
    const disk = newDisk();
    await runToHeight(disk, -1, 3n);
    disk.app.appHash = hash('another');
    await expect(build(disk, new FailPoints(-1)).engine.start()).rejects.toMatchObject({ code: 'APP_HASH_MISMATCH' });
  });

  it('adopts an imported chain that it has no record of', async () => {
    const disk = newDisk();
    disk.app = { height: 54n, appHash: hash('imported') };
    const { engine } = build(disk, new FailPoints(-1));
    await engine.start();
    await engine.produceBlock();
    expect(engine.height).toBe(55n);
  });

  it('goes on from a rollback, also after a restart', async () => {
    const disk = newDisk();
    await runToHeight(disk, -1, 5n);
    const first = build(disk, new FailPoints(-1));
    await first.engine.start();
    disk.app = { height: 2n, appHash: hash('two') };
    await first.engine.rolledBack(2n, hash('two'), 1000n);
    await first.engine.stop();
    const second = build(disk, new FailPoints(-1));
    await second.engine.start();
    expect(await second.engine.produceBlock()).toBe(3n);
  });

  it('makes a block every two seconds while the chain is ahead of the clock, and says so', async () => {
    vi.useFakeTimers();
    const disk = newDisk();
    const app = new HashApp(disk, new FailPoints(-1));
    const warnings: string[] = [];
    let nowMs = 1_000_000;
    let headSeconds = 1_000n;
    const engine = new SoloEngine({
      app,
      store: memoryStore(disk, new FailPoints(-1)),
      clock: { nowMs: () => nowMs },
      mode: { kind: 'interval', milliseconds: 500 },
      chainId: 'test',
      hasExecutable: () => false,
      hasFeeBound: () => false,
      headSeconds: () => headSeconds,
      warn: (message) => warnings.push(message),
      onFatal: () => undefined,
    });
    const blocksIn = async (milliseconds: number): Promise<bigint> => {
      const before = engine.height;
      await vi.advanceTimersByTimeAsync(milliseconds);
      return engine.height - before;
    };
    try {
      await engine.start();
      expect(await blocksIn(4_000)).toBe(8n);
      headSeconds = 1_015n;
      expect(await blocksIn(4_000)).toBe(8n);
      nowMs -= 1;
      expect(await blocksIn(4_000)).toBe(2n);
      expect(warnings).toEqual([expect.stringMatching(/ahead of the clock.*is the clock right/)]);
      nowMs += 3_600_000;
      expect(await blocksIn(4_000)).toBe(8n);
      expect(warnings).toHaveLength(2);
    } finally {
      await engine.stop();
      vi.useRealTimers();
    }
  });

  it('lets no tick queue up behind a slow block', async () => {
    const { app, engine } = build(newDisk(), new FailPoints(-1), { kind: 'interval', milliseconds: 1 });
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let started = 0;
    app.processProposal = async () => {
      started++;
      await held;
      return true;
    };
    await engine.start();
    while (started === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 30));
    const stopped = engine.stop();
    release();
    await stopped;
    expect([started, engine.height]).toEqual([1, 1n]);
  });

  it('tells the node to stop when the app fails, and makes no further block', async () => {
    const { app, engine, fatal } = build(newDisk(), new FailPoints(-1), { kind: 'instant' });
    await engine.start();
    app.finalizeBlock = async () => {
      throw new Error('database is gone');
    };
    await expect(engine.produceBlock()).rejects.toThrow('database is gone');
    expect(fatal).toHaveLength(1);
    app.pool = [utf8ToBytes('a')];
    engine.wake();
    await new Promise((resolve) => setImmediate(resolve));
    expect(engine.height).toBe(0n);
  });
});

describe('abciMonitor', () => {
  const block: DecidedBlock = {
    height: 1n,
    time: { seconds: 1n, nanos: 0 },
    hash: EMPTY_BYTES,
    txs: [],
    lastCommit: { round: 0, votes: [] },
    misbehavior: [],
    proposerAddress: EMPTY_BYTES,
    nextValidatorsHash: EMPTY_BYTES,
  };
  const monitored = () => {
    const app = new HashApp(newDisk(), new FailPoints(-1));
    return { app, monitor: new AbciMonitor(app) };
  };

  it('refuses calls out of order', async () => {
    const { monitor } = monitored();
    await expect(monitor.finalizeBlock(block)).rejects.toThrow(/before info/);
    await monitor.info();
    await expect(monitor.commit()).rejects.toThrow(/commit after start/);
    await monitor.finalizeBlock(block);
    await expect(monitor.processProposal(block)).rejects.toThrow(/process after finalize/);
  });

  it('refuses a proposal above the bytes that were allowed, framing included', async () => {
    const { app, monitor } = monitored();
    await monitor.info();
    app.pool = [new Uint8Array(127)];
    const request = { ...block, localLastCommit: { round: 0, votes: [] } };
    await expect(monitor.prepareProposal({ ...request, maxTxBytes: 128n })).rejects.toThrow(/129 bytes, at most 128/);
    expect(await monitor.prepareProposal({ ...request, maxTxBytes: 129n })).toHaveLength(1);
    app.pool = [new Uint8Array(128)];
    await expect(monitor.prepareProposal({ ...request, maxTxBytes: 130n })).rejects.toThrow(/131 bytes/);
  });

  it('refuses a proposal call that changes what is committed', async () => {
    const { app, monitor } = monitored();
    await monitor.info();
    app.processProposal = async () => {
      await app.finalizeBlock(block);
      await app.commit();
      return true;
    };
    await expect(monitor.processProposal(block)).rejects.toThrow(/changed committed state/);
  });

  it('allows finalizeBlock to repeat before commit', async () => {
    const { monitor } = monitored();
    await monitor.info();
    const [first, second] = [await monitor.finalizeBlock(block), await monitor.finalizeBlock(block)];
    expect(bytesToHex(first.appHash)).toBe(bytesToHex(second.appHash));
    await monitor.commit();
  });

  it('refuses another height than the next, a result too few and a time that did not rise', async () => {
    const { app, monitor } = monitored();
    await monitor.info();
    await monitor.finalizeBlock(block);
    await monitor.commit();
    await expect(monitor.finalizeBlock({ ...block, height: 3n, time: { seconds: 9n, nanos: 0 } })).rejects.toThrow(
      /expected 2/,
    );
    await expect(monitor.finalizeBlock({ ...block, height: 2n })).rejects.toThrow(/time did not rise/);
    app.finalizeBlock = async () => ({ txResults: [], validatorUpdates: [], appHash: EMPTY_BYTES });
    await expect(
      monitor.finalizeBlock({ ...block, height: 2n, time: { seconds: 9n, nanos: 0 }, txs: [EMPTY_BYTES] }),
    ).rejects.toThrow(/0 results for 1/);
  });
});
