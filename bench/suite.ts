// What a part of the benchmark gets and gives.
import type { Peer } from './harness/peers.ts';
import type { RunningServer } from './harness/server.ts';
import type { Round } from './report/comparison.ts';
import { formatNumber, type Table } from './report/table.ts';

export interface SuiteContext {
  /** Smaller sizes and fewer rounds: a look, not a measurement. */
  readonly isQuick: boolean;
  /** With what takes very long. */
  readonly isLong: boolean;
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

/** One server after the other, round after round, each time a fresh one; what each round gave, by server. */
export async function runRounds(
  context: SuiteContext,
  name: string,
  start: { readonly blockTimeSeconds?: number | undefined },
  work: (server: RunningServer, peer: Peer) => Promise<Round>,
): Promise<Map<string, Round[]>> {
  const results = new Map<string, Round[]>(context.peers.map((peer) => [peer.name, []]));
  for (let round = 1; round <= context.rounds; round++) {
    for (const peer of context.peers) {
      const figures = await context.withServer(peer, start, (server) => work(server, peer));
      results.get(peer.name)?.push(figures);
      const [first = '', second = ''] = Object.keys(figures);
      const show = (figure: string) =>
        figure === '' ? '' : `${figure} ${formatNumber(figures[figure] ?? Number.NaN)}`;
      context.progress(`${name}, round ${round} of ${context.rounds}, ${peer.name}: ${show(first)}, ${show(second)}`);
    }
  }
  return results;
}
