// The solo engine: one key, no BFT, in process. It drives the same ConsensusApp in the same order as CometBFT would, keeps
// what it decided before the app sees it, and recovers by CometBFT's handshake (research/consensus §1.10, §4.1).
import { bytesToHex, EMPTY_BYTES, equalBytes } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { ConsensusApp, ConsensusTime, DecidedBlock, LastCommit } from './consensusApp.ts';

/** Where the engine keeps its one undecided-or-newest block and what it knows to be committed. */
export interface EngineStore {
  load(): { readonly block?: DecidedBlock | undefined; readonly height: bigint; readonly appHash: Uint8Array };
  saveBlock(block: DecidedBlock): Promise<void>;
  saveState(height: bigint, appHash: Uint8Array): Promise<void>;
  /** As saveState, and forgets the decided block: the chain no longer stands there. Durable once it resolves. */
  rollback(height: bigint, appHash: Uint8Array): Promise<void>;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
}

/** When blocks are made at the start: on a transaction, every so many milliseconds, or only when asked. */
export type MiningMode =
  | { readonly kind: 'instant' }
  | { readonly kind: 'interval'; readonly milliseconds: number }
  | { readonly kind: 'manual' };

export interface SoloEngineOptions {
  readonly app: ConsensusApp;
  readonly store: EngineStore;
  readonly clock: Clock;
  readonly mode: MiningMode;
  readonly chainId: string;
  /** Whether the pool holds a transaction that could be in the next block. */
  readonly hasExecutable: () => boolean;
  /** Whether one waits for the base fee to fall, which only blocks can do. */
  readonly hasFeeBound: () => boolean;
  /** Dev chains: after a restart blocks go on from the last one's time, however far it was shifted ahead. */
  readonly keepsClockShift?: boolean | undefined;
  /** Networks: the newest block's timestamp. With it the timer makes fewer blocks while they are ahead of the clock. */
  readonly headSeconds?: (() => bigint) | undefined;
  readonly warn?: ((message: string, detail: Readonly<Record<string, unknown>>) => void) | undefined;
  /** The node can no longer trust itself: it must stop. */
  readonly onFatal: (error: unknown) => void;
}

/** A solo block is not sent over any network; this only bounds what one block costs in memory and on disk. */
export const SOLO_TX_BYTES_MAX = 8n * 1024n * 1024n;

/**
 * Empty blocks in a row that instant mode makes to let the base fee fall for a waiting transaction: it falls to a five-thousandth.
 * What is priced out further waits until something else makes a block.
 */
export const FEE_RELIEF_BLOCKS_MAX = 64;

/** How far blocks may be ahead of the clock as a matter of course; as far as geth lets blocks of others be. */
export const AHEAD_OF_CLOCK_MAX_MS = 15_000;
/** The time between blocks while they are further ahead: each is a second later than its parent, so the clock catches up. */
export const CATCH_UP_INTERVAL_MS = 2_000;

const NO_COMMIT: LastCommit = { round: 0, votes: [] };

function timeFromMs(milliseconds: number): ConsensusTime {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(seconds), nanos: (milliseconds - seconds * 1000) * 1_000_000 };
}

function msFromTime(time: ConsensusTime): number {
  return Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000);
}

export class SoloEngine {
  readonly kind = 'solo';
  readonly #options: SoloEngineOptions;
  readonly #app: ConsensusApp;
  #automine: boolean;
  /** Milliseconds between blocks; 0 without a timer. */
  #intervalMs: number;
  #height = 0n;
  #lastTimeMs = 0;
  #offsetMs = 0;
  #nextTimestampSeconds: bigint | undefined;
  #work: Promise<unknown> = Promise.resolve();
  #wakeScheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #isTicking = false;
  #leftOutMs = 0;
  #isAheadOfClock = false;
  #running = false;
  /** Why no block may be made any more. */
  #ended: unknown;

  constructor(options: SoloEngineOptions) {
    this.#options = options;
    this.#app = options.app;
    this.#automine = options.mode.kind === 'instant';
    this.#intervalMs = options.mode.kind === 'interval' ? options.mode.milliseconds : 0;
  }

  /** Whether a block follows every transaction. */
  get automine(): boolean {
    return this.#automine;
  }

  /** The height of the newest committed block. */
  get height(): bigint {
    return this.#height;
  }

  /**
   * Brings app and engine to the same height, replaying a decided block that the app had not committed, then starts.
   * @throws ChainError `APP_AHEAD_OF_ENGINE`, `APP_BEHIND_ENGINE` or `APP_HASH_MISMATCH` when they cannot belong together
   */
  async start(): Promise<void> {
    const stored = this.#options.store.load();
    const info = await this.#app.info();
    if (info.height === 0n) await this.#initChain();
    const newest = stored.block;
    if (newest !== undefined && newest.height === info.height + 1n) {
      await this.#finalizeAndCommit(newest);
    } else if (newest !== undefined && newest.height > info.height + 1n) {
      throw new ChainError(
        'APP_BEHIND_ENGINE',
        `the engine decided height ${newest.height} but the chain stands at ${info.height}: the database lost blocks; restore a backup or import the chain again`,
        { engine: newest.height, app: info.height },
      );
    } else {
      await this.#adopt(stored, info);
    }
    this.#lastTimeMs = newest === undefined ? 0 : msFromTime(newest.time);
    if (this.#options.keepsClockShift === true) {
      this.#offsetMs = Math.max(0, this.#lastTimeMs - this.#options.clock.nowMs());
    }
    this.#ended = undefined;
    this.#running = true;
    this.#restartTimer();
    this.wake();
  }

  /**
   * The app stands where the engine does, or ahead of an engine that has no record (an imported chain), or by the one block
   * whose record, which is not synced by itself, a power cut took while the app's commit stayed.
   */
  async #adopt(
    stored: ReturnType<EngineStore['load']>,
    info: { readonly height: bigint; readonly appHash: Uint8Array },
  ): Promise<void> {
    if (stored.block !== undefined && info.height > stored.block.height + 1n) {
      throw new ChainError(
        'APP_AHEAD_OF_ENGINE',
        `the chain stands at height ${info.height} but the engine never decided more than ${stored.block.height}`,
        { engine: stored.block.height, app: info.height },
      );
    }
    if (stored.height === info.height && info.height > 0n && !equalBytes(stored.appHash, info.appHash)) {
      throw new ChainError(
        'APP_HASH_MISMATCH',
        `engine and chain disagree at height ${info.height}: ${bytesToHex(stored.appHash)} and ${bytesToHex(info.appHash)}`,
        { height: info.height },
      );
    }
    this.#height = info.height;
    const { store } = this.#options;
    if (stored.block !== undefined && stored.block.height < info.height)
      await store.rollback(info.height, info.appHash);
    else if (stored.height !== info.height) await store.saveState(info.height, info.appHash);
  }

  async #initChain(): Promise<void> {
    await this.#app.initChain({
      chainId: this.#options.chainId,
      time: timeFromMs(this.#options.clock.nowMs()),
      initialHeight: 1n,
      validators: [],
      appState: EMPTY_BYTES,
    });
  }

  /** Finishes the block that is being made, if any, and stops. */
  async stop(): Promise<void> {
    this.#end(new ChainError('ENGINE_STOPPED', 'the node is stopping: no block is made any more'));
    await this.#work;
  }

  #end(reason: unknown): void {
    this.#running = false;
    this.#ended ??= reason;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** A transaction became executable: in instant mode a block follows at the end of this turn of the event loop. */
  wake(): void {
    if (!this.#running || !this.#automine || this.#wakeScheduled) return;
    if (!this.#hasDemand()) return;
    this.#wakeScheduled = true;
    setImmediate(() => {
      this.#wakeScheduled = false;
      this.#enqueue(() => this.#drain()).catch(() => undefined);
    });
  }

  /** A block per transaction, or not; a timer goes on beside it. */
  setAutomine(on: boolean): void {
    this.#automine = on;
    this.wake();
  }

  /** A block every so many milliseconds, 0 for none; a block per transaction goes on beside it. */
  setIntervalMs(milliseconds: number): void {
    this.#intervalMs = milliseconds;
    this.#restartTimer();
  }

  #restartTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!this.#running || this.#intervalMs === 0) return;
    this.#timer = setInterval(() => void this.#tick(), this.#intervalMs);
  }

  /** A block that takes longer than the interval delays the next one; ticks never queue up behind it. */
  async #tick(): Promise<void> {
    if (this.#isTicking || this.#leavesOut()) return;
    this.#isTicking = true;
    await this.produceBlock().catch(() => undefined);
    this.#isTicking = false;
  }

  /** Whether this turn of the timer makes no block, so that a clock that was set back comes up with the chain. */
  #leavesOut(): boolean {
    const { headSeconds, clock, warn } = this.#options;
    if (headSeconds === undefined) return false;
    const aheadMs = Number(headSeconds()) * 1000 - clock.nowMs();
    const isAhead = aheadMs > AHEAD_OF_CLOCK_MAX_MS;
    if (isAhead !== this.#isAheadOfClock) {
      const what = isAhead
        ? 'the chain is ahead of the clock: fewer blocks are made until it has caught up; is the clock right?'
        : 'the clock has caught up with the chain';
      warn?.(what, { seconds: Math.round(aheadMs / 1000) });
    }
    this.#isAheadOfClock = isAhead;
    this.#leftOutMs += this.#intervalMs;
    if (isAhead && this.#leftOutMs < CATCH_UP_INTERVAL_MS) return true;
    this.#leftOutMs = 0;
    return false;
  }

  /** Makes one block now, empty if there is nothing to include; resolves with its height. */
  produceBlock(): Promise<bigint> {
    return this.#enqueue(async () => {
      await this.#makeBlock(true);
      return this.#height;
    });
  }

  /** Runs `task` between blocks, never during one. */
  exclusively<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.#enqueue(task);
  }

  /**
   * Shifts the clock of all coming blocks by `seconds`, counted from `headSeconds` where the head is ahead of the clock (as
   * instant blocks are); returns the whole shift in seconds.
   */
  increaseTime(seconds: bigint, headSeconds: bigint): bigint {
    const behindMs = Number(headSeconds) * 1000 - (this.#options.clock.nowMs() + this.#offsetMs);
    this.#offsetMs += Math.max(behindMs, 0) + Number(seconds) * 1000;
    return BigInt(Math.floor(this.#offsetMs / 1000));
  }

  /** How far the clock of blocks is from the true one, in milliseconds. */
  get clockShiftMs(): number {
    return this.#offsetMs;
  }

  /** The time in seconds that a block would have if it were made now. */
  get nextTimestampSeconds(): bigint {
    const nowMs = this.#options.clock.nowMs() + this.#offsetMs;
    return this.#nextTimestampSeconds ?? BigInt(Math.floor(Math.max(nowMs, this.#lastTimeMs + 1) / 1000));
  }

  /** The next block's time, from which the clock then goes on. */
  setNextTimestamp(seconds: bigint): void {
    this.#nextTimestampSeconds = seconds;
  }

  /**
   * The chain is about to be rolled back: the decided block is forgotten first, so that a crash on the way leaves a chain
   * that the next start adopts. Call from `exclusively`.
   */
  async rollingBack(appHash: Uint8Array): Promise<void> {
    await this.#options.store.rollback(this.#height, appHash);
  }

  /** The chain was rolled back or reset to `height` (dev chains), the clock to `clockShiftMs`. Call from `exclusively`. */
  async rolledBack(height: bigint, appHash: Uint8Array, timestampSeconds: bigint, clockShiftMs = 0): Promise<void> {
    this.#height = height;
    this.#offsetMs = clockShiftMs;
    this.#lastTimeMs = Number(timestampSeconds) * 1000;
    this.#nextTimestampSeconds = undefined;
    await this.#options.store.rollback(height, appHash);
  }

  /** One task at a time. A failure is its caller's; one while a block was made has also ended the engine (#makeBlock). */
  #enqueue<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#work.then(task);
    this.#work = result.catch(() => undefined);
    return result;
  }

  #hasDemand(): boolean {
    return this.#options.hasExecutable() || this.#options.hasFeeBound();
  }

  /**
   * Instant mode: blocks until nothing waits for one, or a proposal comes back empty. Transactions that a full block's base
   * fee priced out would wait for ever, so empty blocks let the fee fall for them, as on a chain with a fixed cadence.
   */
  async #drain(): Promise<void> {
    let reliefBlocks = 0;
    while (this.#running && this.#automine && this.#hasDemand()) {
      const isRelief = !this.#options.hasExecutable();
      reliefBlocks = isRelief ? reliefBlocks + 1 : 0;
      if (reliefBlocks > FEE_RELIEF_BLOCKS_MAX || !(await this.#makeBlock(isRelief))) return;
    }
  }

  #nextTime(): ConsensusTime {
    if (this.#nextTimestampSeconds !== undefined) {
      const fixedMs = Number(this.#nextTimestampSeconds) * 1000;
      this.#nextTimestampSeconds = undefined;
      this.#offsetMs = fixedMs - this.#options.clock.nowMs();
      return timeFromMs(Math.max(fixedMs, this.#lastTimeMs + 1));
    }
    return timeFromMs(Math.max(this.#options.clock.nowMs() + this.#offsetMs, this.#lastTimeMs + 1));
  }

  async #makeBlock(evenIfEmpty: boolean): Promise<boolean> {
    if (this.#ended !== undefined) throw this.#ended;
    try {
      const height = this.#height + 1n;
      const time = this.#nextTime();
      const round = { height, time, misbehavior: [], proposerAddress: EMPTY_BYTES, nextValidatorsHash: EMPTY_BYTES };
      const txs = await this.#app.prepareProposal({
        ...round,
        maxTxBytes: SOLO_TX_BYTES_MAX,
        txs: [],
        localLastCommit: NO_COMMIT,
      });
      if (txs.length === 0 && !evenIfEmpty) return false;
      const block: DecidedBlock = { ...round, hash: EMPTY_BYTES, txs, lastCommit: NO_COMMIT };
      if (!(await this.#app.processProposal(block))) {
        throw new ChainError('OWN_PROPOSAL_REJECTED', `the node rejected its own proposal of height ${height}`, {
          height,
        });
      }
      await this.#options.store.saveBlock(block);
      await this.#finalizeAndCommit(block);
      return true;
    } catch (error) {
      this.#end(error);
      this.#options.onFatal(error);
      throw error;
    }
  }

  async #finalizeAndCommit(block: DecidedBlock): Promise<void> {
    const { appHash } = await this.#app.finalizeBlock(block);
    await this.#app.commit();
    this.#height = block.height;
    this.#lastTimeMs = msFromTime(block.time);
    await this.#options.store.saveState(block.height, appHash);
  }
}
