// The controls of dev chains: what tests and tools do to a chain that no network would allow.
import { bytesKey, EMPTY_BYTES, ZERO_ADDRESS } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Address, Hash, Wei } from '../../primitives/types.ts';
import type { CallApi, CallRequest, DevApi, StateEdit } from '../api.ts';
import { impersonate } from '../block/impersonation.ts';
import type { UnsignedTransaction } from '../block/transaction.ts';
import type { SignedTransaction, TransactionType } from '../block/types.ts';
import type { Chain } from '../chain/chain.ts';
import type { AbciMonitor } from '../consensus/abciMonitor.ts';
import type { DevInputs } from '../consensus/consensusInputs.ts';
import type { EvmApp } from '../consensus/evmApp.ts';
import type { SoloEngine } from '../consensus/soloEngine.ts';
import type { TxPool } from '../txpool/txPool.ts';
import type { StagedEdits } from './stagedEdits.ts';
import { decodeStateDump, encodeStateDump } from './stateDump.ts';

export interface DevAccountKey {
  readonly address: Address;
  readonly privateKey: Uint8Array;
}

export interface DevControlsOptions {
  readonly chain: Chain;
  readonly engine: SoloEngine;
  readonly app: EvmApp;
  readonly monitor: AbciMonitor | undefined;
  readonly pool: TxPool;
  readonly calls: CallApi;
  readonly staged: StagedEdits;
  readonly accounts: readonly DevAccountKey[];
  /** Pools a transaction and wakes the engine. */
  readonly submit: (transaction: SignedTransaction) => Promise<void>;
  /** The head or its state changed behind the pool's back. */
  readonly refreshPool: () => void;
  /** What the pool holds, and no longer holds, is on disk when it resolves. */
  readonly keepPool: () => Promise<void>;
  readonly nextBaseFee: () => Wei | undefined;
  readonly onConsoleCall: (listener: (calldata: Uint8Array) => void) => () => void;
}

/** A node remembers so many snapshots; older ones are forgotten first. */
export const SNAPSHOTS_MAX = 1_000;
/** A new block every millisecond is the most that a timer can ask for. */
export const INTERVAL_MS_MAX = 2 ** 31 - 1;
/** The last second that a JavaScript date can hold; its milliseconds are still exact as a number. */
export const TIMESTAMP_SECONDS_MAX = 8_640_000_000_000n;

/** Where `revert` goes back to. */
interface Snapshot {
  readonly blockNumber: bigint;
  /** Edits that waited for the next block. */
  readonly staged: DevInputs | undefined;
  readonly clockShiftMs: number;
  /** What the pool held, by sender and nonce. */
  readonly pooled: readonly SignedTransaction[];
}

export class DevControls implements DevApi {
  readonly accounts: readonly Address[];
  readonly #options: DevControlsOptions;
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #impersonated = new Set<string>();
  readonly #snapshots = new Map<bigint, Snapshot>();
  #nextSnapshot = 1n;

  constructor(options: DevControlsOptions) {
    this.#options = options;
    this.accounts = options.accounts.map((account) => account.address);
    this.#keys = new Map(options.accounts.map(({ address, privateKey }) => [bytesKey(address), privateKey]));
  }

  privateKey(address: Address): Uint8Array | undefined {
    return this.#keys.get(bytesKey(address));
  }

  impersonate(address: Address): void {
    this.#impersonated.add(bytesKey(address));
  }

  stopImpersonating(address: Address): void {
    this.#impersonated.delete(bytesKey(address));
  }

  isImpersonated(address: Address): boolean {
    return this.#impersonated.has(bytesKey(address));
  }

  async submitImpersonated(from: Address, request: CallRequest): Promise<Hash> {
    const transaction = impersonate(await this.#complete(from, request), from);
    await this.#options.submit(transaction);
    return transaction.hash;
  }

  edit(edit: StateEdit): Promise<void> {
    return this.#stage([edit]);
  }

  async mine(count: bigint, intervalSeconds?: bigint): Promise<void> {
    const { engine, chain } = this.#options;
    for (let i = 0n; i < count; i++) {
      if (intervalSeconds !== undefined && i > 0n) {
        const seconds = chain.head.header.timestampSeconds + intervalSeconds;
        checkTimestamp(seconds);
        engine.setNextTimestamp(seconds);
      }
      await engine.produceBlock();
    }
  }

  snapshot(): bigint {
    const id = this.#nextSnapshot++;
    const { chain, staged, engine, pool } = this.#options;
    this.#snapshots.set(id, {
      blockNumber: chain.head.header.number,
      staged: staged.inputs,
      clockShiftMs: engine.clockShiftMs,
      pooled: pool.content().map(({ transaction }) => transaction),
    });
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > SNAPSHOTS_MAX && oldest !== undefined) this.#snapshots.delete(oldest);
    return id;
  }

  async revert(id: bigint): Promise<boolean> {
    const snapshot = this.#snapshots.get(id);
    if (snapshot === undefined) return false;
    for (const later of [...this.#snapshots.keys()]) if (later >= id) this.#snapshots.delete(later);
    await this.#rollBack(snapshot);
    return true;
  }

  increaseTime(seconds: bigint): bigint {
    const { engine, chain } = this.#options;
    const { timestampSeconds } = chain.head.header;
    checkTimestamp(timestampSeconds + seconds);
    return engine.increaseTime(seconds, timestampSeconds);
  }

  setNextBlockTimestamp(seconds: bigint): void {
    const { timestampSeconds } = this.#options.chain.head.header;
    if (seconds <= timestampSeconds) {
      throw new ChainError(
        'TIMESTAMP_TOO_LOW',
        `the next block's timestamp must be above the head's: expected more than ${timestampSeconds}, got ${seconds}`,
        { minimum: timestampSeconds + 1n, got: seconds },
      );
    }
    checkTimestamp(seconds);
    this.#options.engine.setNextTimestamp(seconds);
  }

  setNextBlockBaseFeePerGas(wei: Wei): Promise<void> {
    return this.#options.engine.exclusively(async () => {
      await this.#options.staged.setBaseFee(wei);
      this.#options.refreshPool();
    });
  }

  setAutomine(on: boolean): void {
    this.#options.engine.setAutomine(on);
  }

  get automine(): boolean {
    return this.#options.engine.automine;
  }

  setIntervalMining(milliseconds: number): void {
    this.#options.engine.setIntervalMs(milliseconds);
  }

  async reset(): Promise<void> {
    this.#snapshots.clear();
    this.#impersonated.clear();
    const blockNumber = this.#options.chain.spec.genesis.number;
    await this.#rollBack({ blockNumber, staged: undefined, clockShiftMs: 0, pooled: [] });
  }

  dumpState(): Promise<Uint8Array> {
    const { chain, staged } = this.#options;
    return this.#options.engine.exclusively(() =>
      encodeStateDump(chain.state.dump(), chain.stateAt(chain.head.header.number), staged.inputs?.edits ?? []),
    );
  }

  async loadState(dump: Uint8Array): Promise<void> {
    await this.#stage(decodeStateDump(dump));
  }

  onConsoleCall(listener: (calldata: Uint8Array) => void): () => void {
    return this.#options.onConsoleCall(listener);
  }

  /** Between blocks, so that no block is made of half of the edits. */
  #stage(edits: readonly StateEdit[]): Promise<void> {
    return this.#options.engine.exclusively(async () => {
      await this.#options.staged.add(edits);
      this.#options.refreshPool();
    });
  }

  #rollBack({ blockNumber, staged: edits, clockShiftMs, pooled }: Snapshot): Promise<void> {
    const { engine, chain, app, monitor, staged, pool, refreshPool, keepPool } = this.#options;
    return engine.exclusively(async () => {
      chain.stateAt(blockNumber);
      await engine.rollingBack(chain.head.hash);
      await chain.rollback(blockNumber);
      await staged.restore(edits);
      app.forget();
      const { header, hash } = chain.head;
      const height = header.number - (chain.spec.gnomon?.heightOffset ?? 0n);
      monitor?.rolledBack(height);
      await engine.rolledBack(height, hash, header.timestampSeconds, clockShiftMs);
      pool.clear();
      refreshPool();
      restorePool(pool, pooled);
      // A restart must not bring back what was dropped here, and rolled back blocks would let it.
      await keepPool();
    });
  }

  /** Fills in what a transaction needs and the request leaves open: nonce, gas, fees. */
  async #complete(from: Address, request: CallRequest): Promise<UnsignedTransaction> {
    const { chain, pool, calls, nextBaseFee } = this.#options;
    const nonce = request.nonce ?? pool.nextNonce(from);
    const tip = request.maxPriorityFeePerGas ?? request.gasPrice ?? 0n;
    const cap = request.maxFeePerGas ?? request.gasPrice ?? (nextBaseFee() ?? 0n) * 2n + tip;
    const gasLimit = request.gas ?? (await estimateOrFail(calls, { ...request, from }, chain.head.header.number));
    return {
      type: typeOf(request),
      chainId: chain.spec.chainId,
      nonce,
      gasLimit,
      maxFeePerGas: cap,
      maxPriorityFeePerGas: request.gasPrice ?? tip,
      to: request.to,
      value: request.value ?? 0n,
      data: request.data ?? EMPTY_BYTES,
      accessList: request.accessList ?? [],
      authorizationList: request.authorizationList ?? [],
      blobVersionedHashes: [],
      maxFeePerBlobGas: 0n,
    };
  }
}

/** Puts back what was pooled; the pool may refuse some of it, as when its lifetime is over. */
function restorePool(pool: TxPool, pooled: readonly SignedTransaction[]): void {
  for (const transaction of pooled) {
    try {
      pool.add(transaction);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
    }
  }
}

/** @throws ChainError `TIMESTAMP_TOO_HIGH` */
function checkTimestamp(seconds: bigint): void {
  if (seconds <= TIMESTAMP_SECONDS_MAX) return;
  throw new ChainError(
    'TIMESTAMP_TOO_HIGH',
    `a block's timestamp must be at most ${TIMESTAMP_SECONDS_MAX} seconds (the last date that JavaScript knows), got ${seconds}`,
    { maximum: TIMESTAMP_SECONDS_MAX, got: seconds },
  );
}

function typeOf(request: CallRequest): TransactionType {
  if (request.authorizationList !== undefined) return 4;
  if (request.gasPrice === undefined) return 2;
  return request.accessList === undefined ? 0 : 1;
}

async function estimateOrFail(calls: CallApi, request: CallRequest, blockNumber: bigint): Promise<bigint> {
  const estimate = await calls.estimateGas(request, { blockNumber });
  if ('gas' in estimate) return estimate.gas;
  const to = request.to ?? ZERO_ADDRESS;
  throw new ChainError(
    'ESTIMATE_FAILED',
    'the transaction would fail, so its gas cannot be estimated; give "gas" to send it all the same',
    {
      to,
      outcome: estimate.outcome,
    },
  );
}
