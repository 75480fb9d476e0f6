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
import type { EvmApp } from '../consensus/evmApp.ts';
import type { MiningMode, SoloEngine } from '../consensus/soloEngine.ts';
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
  readonly nextBaseFee: () => Wei | undefined;
  readonly onConsoleCall: (listener: (calldata: Uint8Array) => void) => () => void;
}

/** A node remembers so many snapshots; older ones are forgotten first. */
export const SNAPSHOTS_MAX = 1_000;
/** A new block every millisecond is the most that a timer can ask for. */
export const INTERVAL_MS_MAX = 2 ** 31 - 1;

export class DevControls implements DevApi {
  readonly accounts: readonly Address[];
  readonly #options: DevControlsOptions;
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #impersonated = new Set<string>();
  readonly #snapshots = new Map<bigint, bigint>();
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
        engine.setNextTimestamp(chain.head.header.timestampSeconds + intervalSeconds);
      }
      await engine.produceBlock();
    }
  }

  snapshot(): bigint {
    const id = this.#nextSnapshot++;
    this.#snapshots.set(id, this.#options.chain.head.header.number);
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > SNAPSHOTS_MAX && oldest !== undefined) this.#snapshots.delete(oldest);
    return id;
  }

  async revert(id: bigint): Promise<boolean> {
    const number = this.#snapshots.get(id);
    if (number === undefined) return false;
    for (const later of [...this.#snapshots.keys()]) if (later >= id) this.#snapshots.delete(later);
    await this.#rollBack(number);
    return true;
  }

  increaseTime(seconds: bigint): bigint {
    return this.#options.engine.increaseTime(seconds);
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
    this.#options.engine.setNextTimestamp(seconds);
  }

  setNextBlockBaseFeePerGas(wei: Wei): Promise<void> {
    return this.#options.engine.exclusively(async () => {
      await this.#options.staged.setBaseFee(wei);
      this.#options.refreshPool();
    });
  }

  setAutomine(on: boolean): void {
    this.#options.engine.setMode(on ? { kind: 'instant' } : { kind: 'manual' });
  }

  get automine(): boolean {
    return this.#options.engine.mode.kind === 'instant';
  }

  setIntervalMining(milliseconds: number): void {
    const mode: MiningMode = milliseconds === 0 ? { kind: 'manual' } : { kind: 'interval', milliseconds };
    this.#options.engine.setMode(mode);
  }

  async reset(): Promise<void> {
    this.#snapshots.clear();
    this.#impersonated.clear();
    await this.#rollBack(this.#options.chain.spec.genesis.number);
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

  #rollBack(number: bigint): Promise<void> {
    const { engine, chain, app, monitor, staged, pool, refreshPool } = this.#options;
    return engine.exclusively(async () => {
      await staged.clear();
      await chain.rollback(number);
      app.forget();
      const { header, hash } = chain.head;
      const height = header.number - (chain.spec.gnomon?.heightOffset ?? 0n);
      monitor?.rolledBack(height);
      await engine.rolledBack(height, hash, header.timestampSeconds);
      pool.clear();
      refreshPool();
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
