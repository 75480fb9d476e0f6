// The results of a run: one record for machines, one document for people.
import type { Machine } from '../harness/machine.ts';
import type { BudgetResult } from './budgets.ts';
import { formatNumber, renderTable, type Table } from './table.ts';

export interface Skipped {
  readonly what: string;
  readonly why: string;
}

export interface Results {
  /** Format of this record. */
  readonly version: 1;
  readonly startedAt: string;
  readonly tookSeconds: number;
  readonly commit: string;
  readonly arguments: readonly string[];
  readonly rounds: number;
  readonly machine: Machine;
  readonly skipped: readonly Skipped[];
  readonly figures: Readonly<Record<string, number>>;
  readonly budgets: readonly BudgetResult[];
  readonly tables: readonly Table[];
}

function limitOf({ atLeast, atMost }: BudgetResult): string {
  return atLeast === undefined ? `≤ ${formatNumber(atMost ?? Number.NaN)}` : `≥ ${formatNumber(atLeast)}`;
}

export function budgetTable(budgets: readonly BudgetResult[]): Table {
  return {
    title: 'What it must show',
    notes: [],
    columns: ['budget', 'must be', 'is', ''],
    rows: budgets.map((budget) => [budget.says, limitOf(budget), budget.measured ?? '–', budget.verdict]),
  };
}

export function renderReport(results: Results): string {
  const { machine } = results;
  const backends = Object.entries(machine.cryptoBackends).map(([part, backend]) => `${part} ${backend}`);
  return [
    '# Benchmark results',
    '',
    `\`npm run bench${results.arguments.length > 0 ? ` -- ${results.arguments.join(' ')}` : ''}\` at ${results.commit}, ` +
      `${results.startedAt}, ${results.rounds} round${results.rounds === 1 ? '' : 's'}, ${Math.round(results.tookSeconds)} s. ` +
      'How to read it: [bench/README.md](../README.md).',
    '',
    `Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; ` +
      `load before the run ${machine.loadBefore}. Cryptography: ${backends.join(', ')}.`,
    '',
    ...results.skipped.map(({ what, why }) => `- Skipped: **${what}**: ${why}`),
    ...(results.skipped.length > 0 ? [''] : []),
    renderTable(budgetTable(results.budgets)),
    ...results.tables.map(renderTable),
  ].join('\n');
}
