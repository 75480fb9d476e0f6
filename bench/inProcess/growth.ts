// How costs grow with the number of accounts and of registered devices. Each size is built by one process and measured by
// a fresh one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../harness/peers.ts';
import { formatNumber, type Table } from '../report/table.ts';
import type { Suite, SuiteContext } from '../suite.ts';

const PROGRAM = fileURLToPath(new URL('./growthRun.js', import.meta.url));
const OUTPUT_BYTES_MAX = 1 << 20;

interface Cost {
  readonly execute: number;
  readonly seal: number;
  readonly commit: number;
  readonly whole: number;
}

interface Memory {
  readonly residentMiB: number;
  readonly residentPeakMiB: number;
}

interface AccountsRun extends Memory {
  readonly lookup: number;
  readonly recovery: number;
  readonly uniform: Cost;
  readonly skewed: Cost;
}

interface DevicesRun extends Cost, Memory {
  readonly slots: number;
  readonly gas: number;
}

function runProgram(args: readonly (string | number)[]): unknown {
  const run = spawnSync(process.execPath, [...NODE_FLAGS, PROGRAM, ...args.map(String)], {
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (run.status !== 0) throw new Error(`growthRun ${args.join(' ')} failed: ${run.stderr || run.error?.message}`);
  return JSON.parse(run.stdout);
}

function runSize(kind: 'accounts' | 'devices', size: number, blocks: number, transactions: number): unknown {
  const directory = mkdtempSync(join(tmpdir(), 'gnomon-growth-'));
  try {
    runProgram(['build', kind, directory, size]);
    return runProgram(['measure', kind, directory, size, blocks, transactions]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What stays the same whatever the size is part of a transaction's cost. */
const wholeCost = (cost: Cost, { recovery }: AccountsRun): number => cost.whole + recovery;

function accountsTable(runs: ReadonlyMap<number, AccountsRun>): Table {
  const rows = [...runs].flatMap(([accounts, run]) =>
    (['uniform', 'skewed'] as const).map((kind) => {
      const cost = run[kind];
      const work = kind === 'uniform' ? 'uniform' : '80 % on 1 %';
      const parts = [cost.execute, cost.seal, cost.commit, cost.whole, wholeCost(cost, run)];
      return [accounts, work, ...parts, run.lookup, run.residentPeakMiB];
    }),
  );
  return {
    title: 'Growth: accounts',
    notes: [
      'Transfers in full blocks on a chain in LevelDB: execution, roots, one synced commit. Processor µs for each transfer. ' +
        '“With recovery” adds decoding and the sender’s recovery, which every transaction needs once. A look-up is of an ' +
        'account that nothing has decoded; memory is the most that the measuring process ever had.',
    ],
    columns: ['accounts', 'work', 'execute', 'roots', 'commit', 'together', 'with recovery', 'look-up', 'peak MiB'],
    rows,
  };
}

function devicesTable(runs: ReadonlyMap<number, DevicesRun>): Table {
  return {
    title: 'Growth: devices',
    notes: ['DeviceDID `register` of P-256 devices, straight from a controller; processor µs for each registration.'],
    columns: ['devices', 'execute', 'roots', 'commit', 'together', 'new slots', 'gas', 'peak MiB'],
    rows: [...runs].map(([devices, run]) => [
      devices,
      run.execute,
      run.seal,
      run.commit,
      run.whole,
      run.slots,
      run.gas,
      run.residentPeakMiB,
    ]),
  };
}

function accountFigures(runs: ReadonlyMap<number, AccountsRun>): Record<string, number> {
  const sizes = [...runs.keys()];
  const [small, large] = [runs.get(sizes[0] ?? 0), runs.get(sizes.at(-1) ?? 0)];
  if (small === undefined || large === undefined || sizes.at(-1) !== LARGEST) return {};
  // At 10^3 accounts 1 % are ten: uneven work there is no measure of anything. Both are held against even work.
  const baseline = wholeCost(small.uniform, small);
  return {
    'growth.accounts.uniform': wholeCost(large.uniform, large) / baseline,
    'growth.accounts.skewed': wholeCost(large.skewed, large) / baseline,
    'growth.accounts.uniformWithoutRecovery': large.uniform.whole / small.uniform.whole,
    'growth.accounts.skewedWithoutRecovery': large.skewed.whole / small.uniform.whole,
    'growth.accounts.peakMiB': large.residentPeakMiB,
  };
}

const LARGEST = 1_000_000;

async function run(context: SuiteContext) {
  const [blocks, transactions] = context.isQuick ? [3, 500] : [10, 2_000];
  const accounts = new Map<number, AccountsRun>();
  for (const size of context.isQuick ? [1_000, 20_000] : [1_000, 100_000, LARGEST]) {
    const result = runSize('accounts', size, blocks, transactions) as AccountsRun;
    accounts.set(size, result);
    context.progress(`${formatNumber(size)} accounts: ${formatNumber(result.uniform.whole)} µs for a transfer`);
  }
  const devices = new Map<number, DevicesRun>();
  const deviceSizes = context.isQuick ? [1_000] : [1_000, 10_000, 100_000];
  for (const size of context.isLong ? [...deviceSizes, LARGEST] : deviceSizes) {
    const result = runSize('devices', size, context.isQuick ? 1 : 5, context.isQuick ? 50 : 100) as DevicesRun;
    devices.set(size, result);
    context.progress(`${formatNumber(size)} devices: ${formatNumber(result.whole)} µs for a registration`);
  }
  const deviceFigures = [...devices].map(([size, { whole, slots }]) => [
    [`growth.devices.${size}.microseconds`, whole],
    [`growth.devices.slots`, slots],
  ]);
  return {
    tables: [accountsTable(accounts), devicesTable(devices)],
    figures: {
      ...accountFigures(accounts),
      ...(Object.fromEntries(deviceFigures.flat()) as Record<string, number>),
    },
  };
}

export const growth: Suite = {
  name: 'growth',
  says: 'cost of transfers and registrations as accounts and devices grow, and memory',
  run,
};
