// All meters of one node: what is handed to its parts to count, and what is read of them. Made only when somebody scrapes.
import { ChainError } from '../../primitives/errors.ts';
import type { Chain } from '../chain/chain.ts';
import type { ConsensusApp } from '../consensus/consensusApp.ts';
import type { TxPool } from '../txpool/txPool.ts';
import { MeteredExecution } from './executionMeter.ts';
import { MeteredApp } from './meteredApp.ts';
import type { Metric } from './metric.ts';
import { chainMetrics, poolMetrics, RefusalCounter, stateMetrics } from './nodeMetrics.ts';

export class NodeMeters {
  readonly execution: MeteredExecution;
  readonly #nowMs: () => number;
  readonly #refusals = new RefusalCounter();
  #metrics: readonly Metric[] = [];

  /** @param nowMs a clock that never goes back, in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.execution = new MeteredExecution(nowMs);
  }

  /** What can be read, in the order of the exposition. */
  get metrics(): readonly Metric[] {
    return this.#metrics;
  }

  /** Begins to count what chain and pool do. */
  attach(chain: Chain, pool: TxPool, nextBaseFee: () => bigint | undefined): void {
    this.#metrics = [
      ...chainMetrics(chain, nextBaseFee),
      ...poolMetrics(pool, this.#refusals),
      ...stateMetrics(chain),
      ...this.execution.metrics,
      ...this.#metrics,
    ];
  }

  /** `app` with every call measured. */
  metered(app: ConsensusApp): ConsensusApp {
    const meteredApp = new MeteredApp(app, this.#nowMs);
    this.#metrics = [...this.#metrics, ...meteredApp.metrics];
    return meteredApp;
  }

  /** Counts a submission and, if it comes to that, why it was refused. */
  async submission<Result>(submit: () => Promise<Result>): Promise<Result> {
    this.#refusals.submitted++;
    try {
      return await submit();
    } catch (error) {
      if (error instanceof ChainError) this.#refusals.refused(error.code);
      throw error;
    }
  }
}
