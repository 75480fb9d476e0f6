// What the benchmark must show, and whether a run showed it.

export interface Budget {
  readonly says: string;
  /** The figure's name in the results. */
  readonly figure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** A run of any kind that misses it fails: what it says does not depend on the size of the run. */
  readonly isStrict?: boolean;
}

export type Verdict = 'met' | 'missed' | 'not measured';

export interface BudgetResult extends Budget {
  readonly measured: number | undefined;
  readonly verdict: Verdict;
}

export const BUDGETS: readonly Budget[] = [
  {
    says: 'transfers in batches of 100, included: of Anvil',
    figure: 'transfers.batches.includedPerSecond.ratioTo.anvil',
    atLeast: 1.4,
  },
  {
    says: 'transfers in batches of 100, server CPU: of Anvil',
    figure: 'transfers.batches.serverCpuMicroseconds.ratioTo.anvil',
    atMost: 0.6,
  },
  {
    says: 'transfers one by one, included: of Anvil',
    figure: 'transfers.singles.includedPerSecond.ratioTo.anvil',
    atLeast: 1.0,
  },
  {
    says: 'transfers one by one, server CPU: of Anvil',
    figure: 'transfers.singles.serverCpuMicroseconds.ratioTo.anvil',
    atMost: 0.9,
  },
  {
    says: 'eth_getBalance in batches: rate, of Anvil',
    figure: 'reads.balanceBatch.perSecond.ratioTo.anvil',
    atLeast: 0.9,
  },
  { says: 'eth_getBalance one by one: rate, of Anvil', figure: 'reads.balance.perSecond.ratioTo.anvil', atLeast: 0.4 },
  { says: 'npm start to the first answer, ms', figure: 'start.npmStartMs', atMost: 1_500 },
  { says: 'gnomon dev to the first answer, ms', figure: 'start.startMs.gnomon', atMost: 600 },
  { says: 'idle memory, MiB', figure: 'start.idleMiB.gnomon', atMost: 150 },
  { says: 'production install, MB', figure: 'install.megabytes', atMost: 150 },
  { says: 'transfer at 10^6 accounts, uniform: of 10^3', figure: 'growth.accounts.uniform', atMost: 2.5 },
  { says: 'transfer at 10^6 accounts, 80 % on 1 %: of 10^3', figure: 'growth.accounts.skewed', atMost: 1.5 },
  { says: 'peak memory with 10^6 accounts, MiB', figure: 'growth.accounts.peakMiB', atMost: 1_024 },
  {
    says: 'dearest native method: time, of what its gas says',
    figure: 'precompiles.dearest',
    atMost: 1.5,
    isStrict: true,
  },
  { says: 'block full of native work: time, of its limit', figure: 'precompiles.filledBlock', atMost: 1.2 },
];

export function evaluateBudgets(figures: Readonly<Record<string, number>>, budgets = BUDGETS): BudgetResult[] {
  return budgets.map((budget) => {
    const measured = figures[budget.figure];
    if (measured === undefined || Number.isNaN(measured))
      return { ...budget, measured: undefined, verdict: 'not measured' };
    const isMet = measured >= (budget.atLeast ?? -Infinity) && measured <= (budget.atMost ?? Infinity);
    return { ...budget, measured, verdict: isMet ? 'met' : 'missed' };
  });
}
