// Rounds of several servers, side by side: medians, and the median of the rounds' ratios of ours to each peer.
import { median, medianRatio } from './statistics.ts';
import type { Table } from './table.ts';

/** Figures of one round by name; a missing one was not measured. */
export type Round = Readonly<Record<string, number>>;

export interface Comparison {
  readonly title: string;
  readonly notes: readonly string[];
  /** Names that figures of this comparison begin with. */
  readonly prefix: string;
  /** Figure → what the report calls it. */
  readonly labels: Readonly<Record<string, string>>;
  /** Server → its rounds, ours first; round n of each ran in the same turn. */
  readonly rounds: ReadonlyMap<string, readonly Round[]>;
}

export function compare(comparison: Comparison): { table: Table; figures: Record<string, number> } {
  const [ours, ...others] = [...comparison.rounds.keys()];
  const figures: Record<string, number> = {};
  const values = (server: string, figure: string) =>
    (comparison.rounds.get(server) ?? []).map((round) => round[figure] ?? Number.NaN);
  const rows = Object.entries(comparison.labels).map(([figure, label]) => {
    const row: (string | number)[] = [label];
    for (const server of comparison.rounds.keys()) {
      const value = median(values(server, figure).filter((entry) => !Number.isNaN(entry)));
      if (!Number.isNaN(value)) figures[`${comparison.prefix}.${figure}.${server}`] = value;
      row.push(value);
    }
    for (const other of others) {
      const ratio = ours === undefined ? Number.NaN : medianRatio(values(ours, figure), values(other, figure));
      if (!Number.isNaN(ratio)) figures[`${comparison.prefix}.${figure}.ratioTo.${other}`] = ratio;
      row.push(ratio);
    }
    return row;
  });
  const columns = ['', ...comparison.rounds.keys(), ...others.map((other) => `${ours} / ${other}`)];
  return { table: { title: comparison.title, notes: comparison.notes, columns, rows }, figures };
}
