// What a part of the benchmark gets and gives.
import type { Peer } from './harness/peers.ts';
import type { RunningServer } from './harness/server.ts';
import type { Table } from './report/table.ts';

export interface SuiteContext {
  /** Smaller sizes and fewer rounds: a look, not a measurement. */
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly transactionCount: number;
  /** Ours first; those that can run here. */
  readonly peers: readonly Peer[];
  /** Starts a peer, ours under the profiler when that was asked for, runs the work and stops it, whatever happens. */
  withServer<Result>(
    peer: Peer,
    start: { readonly blockTimeSeconds?: number | undefined },
    work: (server: RunningServer) => Promise<Result>,
  ): Promise<Result>;
  progress(line: string): void;
}

export interface SuiteResult {
  readonly tables: readonly Table[];
  /** By dotted name; budgets and later runs refer to them. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface Suite {
  readonly name: string;
  /** One line for `--help` and the report. */
  readonly says: string;
  run(context: SuiteContext): Promise<SuiteResult>;
}
