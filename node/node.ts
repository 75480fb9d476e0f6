// The composition root: builds every service of a node from its options, starts and stops them in order, and offers them
// to the front ends as NodeApi. The one way into this folder.
import type { ChainSpec, GnomonRules } from '../genesis/chainSpec.ts';
import type { NativePrecompile } from '../precompiles/framework/host.ts';
import { precompiles as registry } from '../precompiles/registry.ts';
import { keccak256 } from '../primitives/crypto/keccak.ts';
import { ChainError, messageOf } from '../primitives/errors.ts';
import type { Hash, Wei } from '../primitives/types.ts';
import type { CallApi, DevApi, NodeApi, PoolApi, PrecompileInfo, SupplyTotals } from './api.ts';
import { impersonatedSender } from './block/impersonation.ts';
import { decodeNetworkTransaction, decodeTransaction, withSender } from './block/transaction.ts';
import type { Receipt, SignedTransaction } from './block/types.ts';
import { Chain } from './chain/chain.ts';
import type { ChainReader, CommittedBlock } from './chain/chainReader.ts';
import type { ImportContext } from './chain/importBlock.ts';
import { AbciMonitor } from './consensus/abciMonitor.ts';
import { BlockMaker } from './consensus/blockMaker.ts';
import { createEngineStore } from './consensus/engineStore.ts';
import { EvmApp } from './consensus/evmApp.ts';
import { NetworkClock } from './consensus/networkClock.ts';
import { type Clock, type MiningMode, SoloEngine } from './consensus/soloEngine.ts';
import { type DevAccountKey, DevControls } from './dev/devControls.ts';
import { StagedEdits } from './dev/stagedEdits.ts';
import { createCallApi } from './execution/calls.ts';
import type { ExecutionAlarm } from './execution/nativeCall.ts';
import type { MemoryLimits } from './memoryLimits.ts';
import type { Metric } from './metrics/metric.ts';
import { NodeMeters } from './metrics/nodeMeters.ts';
import { nextBlockPrices, poolHead } from './poolHead.ts';
import { proposalSource } from './proposalSource.ts';
import { ReceiptWaiters } from './receiptWaiters.ts';
import type { Database } from './state/database.ts';
import type { StateMode } from './state/stateStore.ts';
import { POOL_LIMITS } from './txpool/limits.ts';
import type { PoolJournal } from './txpool/poolJournal.ts';
import { SenderRecovery } from './txpool/senderRecovery.ts';
import { Submissions } from './txpool/submissions.ts';
import { TxPool } from './txpool/txPool.ts';

export interface NodeLog {
  info(message: string, detail?: Readonly<Record<string, unknown>>): void;
  warn(message: string, detail?: Readonly<Record<string, unknown>>): void;
  error(message: string, detail?: Readonly<Record<string, unknown>>): void;
}

export interface NodeOptions {
  readonly spec: ChainSpec;
  readonly database: Database;
  readonly stateMode: StateMode;
  /** What may be kept in memory; default: what {@link memoryLimits} makes of its default. */
  readonly limits?: MemoryLimits | undefined;
  readonly clock: Clock;
  /** A clock that never goes back, in milliseconds; measures lifetimes and limits, never consensus. */
  readonly steadyNowMs: () => number;
  readonly log: NodeLog;
  readonly version: string;
  /** When the solo engine makes blocks. */
  readonly mining: MiningMode;
  /** Unlocked accounts of a dev chain. */
  readonly devAccounts?: readonly DevAccountKey[] | undefined;
  /** Checks the ABCI grammar of every call: on in tests. */
  readonly monitorsConsensus?: boolean | undefined;
  /** Threads that recover senders; default one fewer than cores. */
  readonly recoveryWorkers?: number | undefined;
  /** File that keeps the pool over restarts; without one it begins empty. */
  readonly poolJournalFile?: string | undefined;
  /** Counts and measures what the node does, for `Node.metrics`. */
  readonly measures?: boolean | undefined;
  /** The node can no longer trust itself; whoever owns it must stop it. */
  readonly onFatal: (error: unknown) => void;
}

const NO_PRECOMPILES: readonly NativePrecompile[] = [];

export class Node implements NodeApi {
  readonly clientVersion: string;
  readonly engineKind: 'solo' | 'none';
  readonly rules: GnomonRules | undefined;
  readonly chain: ChainReader;
  readonly pool: PoolApi;
  readonly calls: CallApi;
  readonly dev: DevApi | undefined;
  readonly #chain: Chain;
  readonly #pool: TxPool;
  readonly #engine: SoloEngine | undefined;
  readonly #recovery: SenderRecovery;
  readonly #submissions = new Submissions(POOL_LIMITS);
  readonly #staged: StagedEdits | undefined;
  readonly #waiters: ReceiptWaiters;
  readonly #options: NodeOptions;
  readonly #alarm: ExecutionAlarm;
  readonly #meters: NodeMeters | undefined;
  readonly #consoleListeners = new Set<(calldata: Uint8Array) => void>();
  readonly #stopping = new AbortController();
  #journal: PoolJournal | undefined;
  #isReady = false;
  #activePrecompiles: readonly NativePrecompile[] = NO_PRECOMPILES;

  private constructor(options: NodeOptions, chain: Chain) {
    const { spec, log } = options;
    this.#options = options;
    this.#chain = chain;
    this.chain = chain;
    this.rules = spec.gnomon;
    this.engineKind = spec.gnomon === undefined ? 'none' : 'solo';
    this.clientVersion = `Gnomon/v${options.version}/${process.platform}-${process.arch}/node${process.versions.node}`;
    this.#meters = options.measures === true ? new NodeMeters(options.steadyNowMs) : undefined;
    const alarm: ExecutionAlarm = ({ precompile, cause }) => {
      log.error('a precompile failed in a way that it should not have', { precompile, cause: messageOf(cause) });
    };
    this.#alarm = this.#meters?.execution.counting(alarm) ?? alarm;
    this.#recovery = new SenderRecovery({
      workerCount: options.recoveryWorkers,
      log: (message) => log.warn(message),
    });
    this.#staged = spec.gnomon?.devChain === true ? new StagedEdits(options.database) : undefined;
    if (this.#staged !== undefined) chain.overlayHead(this.#staged);
    this.#pool = new TxPool(poolHead(chain, this.#staged), {
      now: options.steadyNowMs,
      allowsUnprotected: spec.gnomon?.devChain === true || spec.gnomon === undefined,
      ...(options.limits === undefined ? {} : { limits: options.limits.pool }),
    });
    this.pool = this.#pool;
    this.calls = createCallApi({
      chain,
      precompilesAt: this.#precompilesAt,
      alarm: this.#alarm,
      nowMs: options.steadyNowMs,
      nextTimestampSeconds: () => this.#engine?.nextTimestampSeconds ?? 0n,
      consoleCall: this.#consoleCall,
      stopping: this.#stopping.signal,
    });
    this.#waiters = new ReceiptWaiters(chain);
    this.#meters?.attach(chain, this.#pool, () => this.nextBaseFee());
    const solo = spec.gnomon === undefined ? undefined : this.#createSolo();
    this.#engine = solo?.engine;
    this.dev = this.#staged === undefined || solo === undefined ? undefined : this.#createDev(solo, this.#staged);
    chain.onCommit(() => this.#pool.reset(poolHead(chain, this.#staged)));
    this.#pool.onPending(() => this.#engine?.wake());
  }

  /**
   * Opens the chain and builds the services; nothing runs before `start`.
   * @throws ChainError of the database or the chain (`GENESIS_MISMATCH`, `RULES_CHANGED`, …)
   */
  static async open(options: NodeOptions): Promise<Node> {
    const { database, spec, stateMode, limits, log } = options;
    const onIndexing = (block: bigint, head: bigint) => log.info('indexing the logs of older blocks', { block, head });
    const onListenerError = (error: unknown) =>
      log.error('a listener of blocks failed; the chain goes on', { cause: messageOf(error) });
    return new Node(options, await Chain.open({ database, spec, stateMode, limits, onIndexing, onListenerError }));
  }

  /**
   * Recovers from an unfinished block, begins to make new ones, and brings the pool back.
   * @param stopping ends the last of these early
   */
  async start(stopping?: AbortSignal): Promise<void> {
    await this.#engine?.start();
    const { poolJournalFile: file, log } = this.#options;
    if (file !== undefined) {
      const { openPoolJournal } = await import('./txpool/openPoolJournal.ts');
      this.#journal = await openPoolJournal({ file, pool: this.#pool, log, decode: this.#decode, stopping });
    }
    this.#isReady = true;
  }

  /** Finishes what is being done and closes everything, the database last. */
  async stop(): Promise<void> {
    this.#isReady = false;
    this.#stopping.abort();
    await this.#engine?.stop();
    this.#waiters.close();
    await this.#recovery.close();
    await this.#journal?.close();
    await this.#options.database.close();
  }

  /** What importing and verifying blocks needs. */
  get importContext(): ImportContext {
    return { chain: this.#chain, precompilesAt: this.#precompilesAt, blockStartSteps: [], alarm: this.#alarm };
  }

  get precompiles(): readonly PrecompileInfo[] {
    if (this.rules === undefined) return [];
    return registry.describe(this.rules.precompiles, this.#chain.head.header.timestampSeconds);
  }

  /** What can be read of the node by `expose`; empty unless it measures. */
  get metrics(): readonly Metric[] {
    return this.#meters?.metrics ?? [];
  }

  submitRawTransaction(raw: Uint8Array): Promise<Hash> {
    return this.#meters === undefined ? this.#submit(raw) : this.#meters.submission(() => this.#submit(raw));
  }

  async #submit(raw: Uint8Array): Promise<Hash> {
    const { transaction, sidecar } = decodeNetworkTransaction(raw);
    this.#pool.screen(transaction, sidecar);
    if (this.rules?.devChain === true && impersonatedSender(transaction) !== undefined) {
      throw new ChainError(
        'INVALID_SIGNATURE',
        'this signature stands for an impersonated account on a dev chain; nobody can have signed with it, use eth_sendTransaction',
      );
    }
    const signatures = 1 + transaction.authorizationList.length;
    return this.#submissions.run(raw.length, signatures, async () => {
      const signed = await this.#recovery.recover(transaction);
      if (sidecar === undefined) this.#pool.add(signed);
      else await this.#pool.submit(signed, sidecar);
      return signed.hash;
    });
  }

  waitForReceipt(
    hash: Hash,
    timeoutMs: number,
  ): Promise<{ committed: CommittedBlock; receipt: Receipt; index: number } | undefined> {
    return this.#waiters.wait(hash, timeoutMs);
  }

  nextBaseFee(): Wei | undefined {
    return nextBlockPrices(this.#chain, this.#staged).baseFeePerGas;
  }

  nextBlobBaseFee(): Wei | undefined {
    return nextBlockPrices(this.#chain, this.#staged).blobBaseFee;
  }

  supply(): SupplyTotals {
    const { number } = this.#chain.head.header;
    const { totalWei, burnedFeesWei } = this.#chain.supply(number);
    const genesisWei = this.#chain.supply(this.#chain.spec.genesis.number).totalWei;
    return { blockNumber: number, genesisWei, burnedFeesWei, totalWei };
  }

  isReady(): boolean {
    return this.#isReady;
  }

  async peerCount(): Promise<number> {
    return 0;
  }

  readonly #precompilesAt = (timestampSeconds: bigint): readonly NativePrecompile[] => {
    if (this.rules === undefined) return NO_PRECOMPILES;
    const active = [...registry.activeAt(this.rules.precompiles, timestampSeconds).values()];
    // The same list as long as it holds the same: tables are made for a list once.
    const known = this.#activePrecompiles;
    const isKnown = known.length === active.length && known.every((precompile, index) => precompile === active[index]);
    if (!isKnown) this.#activePrecompiles = active;
    return this.#activePrecompiles;
  };

  readonly #consoleCall = (calldata: Uint8Array): void => {
    for (const listener of this.#consoleListeners) listener(calldata);
  };

  /** Raw transactions of a decided block: from the pool where it has them, otherwise decoded and recovered together. */
  readonly #decode = (raws: readonly Uint8Array[]): Promise<readonly (SignedTransaction | ChainError)[]> =>
    Promise.all(
      raws.map(async (raw) => {
        const pooled = this.#pool.get(keccak256(raw));
        if (pooled !== undefined) return pooled.transaction;
        try {
          const transaction = decodeTransaction(raw);
          const from = this.rules?.devChain === true ? impersonatedSender(transaction) : undefined;
          return from === undefined ? await this.#recovery.recover(transaction) : withSender(transaction, from);
        } catch (error) {
          if (error instanceof ChainError) return error;
          throw error;
        }
      }),
    );

  #createSolo(): { engine: SoloEngine; app: EvmApp; monitor: AbciMonitor | undefined } {
    const { clock, database, log, mining, spec, onFatal, version, steadyNowMs } = this.#options;
    const chain = this.#chain;
    const app = new EvmApp({
      chain,
      maker: new BlockMaker({
        chain,
        precompilesAt: this.#precompilesAt,
        blockStartSteps: [],
        alarm: this.#alarm,
        meter: this.#meters?.execution,
        consoleCall: this.#staged === undefined ? undefined : this.#consoleCall,
      }),
      pool: proposalSource(this.#pool, chain, (raw) => this.submitRawTransaction(raw), log),
      decode: this.#decode,
      hashOf: keccak256,
      staged: this.#staged,
      version,
      warn: (message, detail) => log.warn(message, detail),
      nowMs: steadyNowMs,
    });
    const monitor = this.#options.monitorsConsensus === true ? new AbciMonitor(app) : undefined;
    const driven = monitor ?? app;
    const isDev = this.#staged !== undefined;
    const warn = (message: string, detail: Readonly<Record<string, unknown>>) => log.warn(message, detail);
    const engine = new SoloEngine({
      app: this.#meters?.metered(driven) ?? driven,
      store: createEngineStore(database),
      clock: isDev ? clock : new NetworkClock({ clock, steadyNowMs, warn }),
      mode: mining,
      chainId: spec.chainId.toString(),
      keepsClockShift: isDev,
      headSeconds: isDev ? undefined : () => chain.head.header.timestampSeconds,
      warn,
      hasExecutable: () => this.#pool.counts().pending > 0,
      hasFeeBound: () => this.#pool.hasFeeBound(),
      onFatal,
    });
    return { engine, app, monitor };
  }

  #createDev(
    solo: { engine: SoloEngine; app: EvmApp; monitor: AbciMonitor | undefined },
    staged: StagedEdits,
  ): DevControls {
    return new DevControls({
      ...solo,
      chain: this.#chain,
      pool: this.#pool,
      calls: this.calls,
      staged,
      accounts: this.#options.devAccounts ?? [],
      submit: async (transaction) => this.#pool.add(transaction),
      refreshPool: () => this.#pool.reset(poolHead(this.#chain, staged)),
      keepPool: async () => this.#journal?.flush({ sync: true }),
      nextBaseFee: () => this.nextBaseFee(),
      onConsoleCall: (listener) => {
        this.#consoleListeners.add(listener);
        return () => this.#consoleListeners.delete(listener);
      },
    });
  }
}
