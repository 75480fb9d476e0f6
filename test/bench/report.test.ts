import { describe, expect, it } from 'vitest';
import { selfTimes } from '../../bench/harness/profile.ts';
import { parseOptions } from '../../bench/options.ts';
import { BUDGETS, evaluateBudgets } from '../../bench/report/budgets.ts';
import { compare } from '../../bench/report/comparison.ts';
import { type Results, renderReport } from '../../bench/report/report.ts';
import { formatNumber, renderTable } from '../../bench/report/table.ts';

describe('budgets', () => {
  const budgets = [
    { says: 'fast', figure: 'speed', atLeast: 1.4 },
    { says: 'small', figure: 'size', atMost: 0.6 },
  ];
  const verdicts = (figures: Record<string, number>) => evaluateBudgets(figures, budgets).map(({ verdict }) => verdict);

  it('are met at the limit and missed past it', () => {
    expect(verdicts({ speed: 1.4, size: 0.6 })).toEqual(['met', 'met']);
    expect(verdicts({ speed: 1.3999, size: 0.6001 })).toEqual(['missed', 'missed']);
  });

  it('are not met by what was not measured', () => {
    expect(verdicts({ size: Number.NaN })).toEqual(['not measured', 'not measured']);
  });

  it('each name one figure and a limit', () => {
    expect(new Set(BUDGETS.map(({ figure }) => figure)).size).toBe(BUDGETS.length);
    for (const { atLeast, atMost } of BUDGETS) expect(atLeast ?? atMost).toBeGreaterThan(0);
  });
});

describe('compare', () => {
  const rounds = new Map([
    ['ours', [{ rate: 100 }, { rate: 10 }, { rate: 90 }]],
    ['theirs', [{ rate: 50 }, { rate: 5 }, { rate: 30 }]],
  ]);
  const { table, figures } = compare({ title: 'T', notes: [], prefix: 'p', labels: { rate: 'Rate' }, rounds });

  it('shows medians and the median of the ratios', () => {
    expect(table.columns).toEqual(['', 'ours', 'theirs', 'ours / theirs']);
    expect(table.rows).toEqual([['Rate', 90, 30, 2]]);
    expect(figures).toEqual({ 'p.rate.ours': 90, 'p.rate.theirs': 30, 'p.rate.ratioTo.theirs': 2 });
  });

  it('leaves figures out that a server does not have', () => {
    const half = compare({
      title: 'T',
      notes: [],
      prefix: 'p',
      labels: { rate: 'Rate' },
      rounds: new Map([
        ['ours', [{ rate: 3 }]],
        ['theirs', [{}]],
      ]),
    });
    expect(half.figures).toEqual({ 'p.rate.ours': 3 });
  });
});

describe('tables', () => {
  it.each([
    [0, '0'],
    [20_000, '20,000'],
    [1_234.5, '1,235'],
    [12.345, '12.3'],
    [1.2345, '1.23'],
    [0.0456, '0.046'],
    [Number.NaN, '–'],
  ])('write %d as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('keep a bar in a cell from ending it', () => {
    expect(renderTable({ title: 'T', notes: [], columns: ['a'], rows: [['x|y']] })).toContain('| x\\|y |');
  });
});

describe('report', () => {
  it('names the machine, the run, what was skipped and each budget', () => {
    const results: Results = {
      version: 1,
      startedAt: '2026-01-01T00:00:00.000Z',
      tookSeconds: 61,
      commit: 'abc1234',
      arguments: ['--quick'],
      rounds: 1,
      machine: {
        cpu: 'Some CPU',
        cores: 2,
        memoryGiB: 8,
        system: 'linux-x64 6',
        node: '20.19.0',
        cryptoBackends: { keccak256: 'wasm' },
        loadBefore: 0.1,
      },
      skipped: [{ what: 'hardhat', why: 'it needs Node 22' }],
      figures: { speed: 1 },
      budgets: evaluateBudgets({ speed: 1 }, [{ says: 'fast', figure: 'speed', atLeast: 1.4 }]),
      tables: [],
    };
    const text = renderReport(results);
    for (const part of ['npm run bench -- --quick', 'abc1234', 'Some CPU, 2 cores', '**hardhat**: it needs Node 22'])
      expect(text).toContain(part);
    expect(text).toContain('| fast | ≥ 1.40 | 1 | missed |');
  });
});

describe('options', () => {
  it('are those of a full run by default', () => {
    expect(parseOptions([])).toMatchObject({
      isQuick: false,
      only: [],
      peers: [],
      rounds: 3,
      transactionCount: 20_000,
    });
    expect(parseOptions(['--quick'])).toMatchObject({ isQuick: true, rounds: 1, transactionCount: 4_000 });
  });

  it('take lists and numbers', () => {
    expect(parseOptions(['--only', 'a,b', '--peers=anvil', '--rounds', '5', '--txs', '100'])).toMatchObject({
      only: ['a', 'b'],
      peers: ['anvil'],
      rounds: 5,
      transactionCount: 100,
    });
  });

  it('profile ours alone', () => {
    expect(parseOptions(['--profile'])).toMatchObject({ profiles: true, peers: ['none'], rounds: 1 });
  });

  it.each([[['--rounds', '0']], [['--txs', '1.5']], [['--name', '../x']], [['--nonsense']]])('refuse %j', (args) => {
    expect(() => parseOptions(args)).toThrow();
  });
});

describe('profiles', () => {
  it('sum the self time of a function over all threads, without waiting', () => {
    const frame = (id: number, functionName: string, url: string) => ({
      id,
      callFrame: { functionName, url, lineNumber: 9 },
    });
    const thread = {
      nodes: [frame(1, '(idle)', ''), frame(2, 'work', 'file:///x/dist/node/a.js'), frame(3, '', 'node:fs')],
      samples: [1, 2, 3, 2],
      timeDeltas: [9_000, 1_000, 500, 2_000],
    };
    expect(selfTimes([thread, thread])).toEqual([
      { name: 'work', place: 'node/a.js:10', milliseconds: 6 },
      { name: '(anonymous)', place: 'node:fs:10', milliseconds: 1 },
    ]);
  });
});
