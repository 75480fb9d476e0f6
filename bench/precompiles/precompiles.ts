// What each method of each precompile costs beside what its gas says: 10 gas for a microsecond (docs/spec/precompiles.md).
import { deviceDid } from '../../precompiles/did/contract.ts';
import type { Table } from '../report/table.ts';
import type { Suite, SuiteContext } from '../suite.ts';
import { builtinCases } from './builtinCases.ts';
import { Builtins } from './builtins.ts';
import { DID_CASES, type DidCase } from './didCases.ts';
import { callsThatFit, executeFilledBlock, type FilledBlock, WORK_LIMIT_MICROSECONDS } from './filledBlock.ts';
import { measureNativeCall, type NativeMeasurement } from './nativeCalls.ts';

const GAS_PER_MICROSECOND = 10;
const EFFORT = { rounds: 7, roundMs: 30 };
const QUICK_EFFORT = { rounds: 2, roundMs: 4 };
/** Blocks that are really executed: those of the calls that make the longest ones. */
const BLOCKS = 4;

export interface Row {
  readonly name: string;
  readonly says: string;
  readonly gas: number;
  readonly microseconds: number;
  /** Measured over what the gas says. */
  readonly ratio: number;
}

function rowOf(name: string, says: string, gas: bigint, microseconds: number): Row {
  // What costs nothing (BLAKE2F without a round) has no ratio.
  const ratio = gas === 0n ? Number.NaN : (microseconds * GAS_PER_MICROSECOND) / Number(gas);
  return { name, says, gas: Number(gas), microseconds, ratio };
}

/** The dearest row of each name, dearest first. */
export function dearest(rows: readonly Row[]): Row[] {
  const byName = new Map<string, Row>();
  for (const row of rows) {
    const known = byName.get(row.name);
    if (known === undefined || Number.isNaN(known.ratio) || row.ratio > known.ratio) byName.set(row.name, row);
  }
  return [...byName.values()].sort((left, right) => right.ratio - left.ratio);
}

function costTable(title: string, notes: readonly string[], rows: readonly Row[]): Table {
  return {
    title,
    notes,
    columns: ['method', 'dearest input', 'gas', 'gas says, µs', 'measured, µs', 'measured / gas says'],
    rows: rows.map(({ name, says, gas, microseconds, ratio }) => [
      name,
      says,
      gas,
      gas / GAS_PER_MICROSECOND,
      microseconds,
      ratio,
    ]),
  };
}

interface Measured {
  readonly didCase: DidCase;
  readonly measurement: NativeMeasurement;
}

async function measureDid(context: SuiteContext): Promise<Measured[]> {
  const effort = context.isQuick ? QUICK_EFFORT : EFFORT;
  const measured: Measured[] = [];
  for (const didCase of DID_CASES) {
    const { chain, call } = didCase.prepare();
    measured.push({ didCase, measurement: await measureNativeCall(deviceDid, chain.host, call, effort) });
  }
  return measured;
}

async function measureBuiltins(context: SuiteContext): Promise<Row[]> {
  const builtins = new Builtins();
  const rows: Row[] = [];
  for (const each of builtinCases()) {
    const { gas, microseconds } = await builtins.measure(each, context.isQuick ? QUICK_EFFORT : EFFORT);
    rows.push(rowOf(each.name, each.says, gas, microseconds));
  }
  return rows;
}

/** Blocks full of what can be called again and again, the ones that should take longest first. */
async function fillBlocks(measured: readonly Measured[], rounds: number) {
  const views = new Set(
    (deviceDid.abi as readonly { type: string; name?: string; stateMutability?: string }[])
      .filter(({ type, stateMutability }) => type === 'function' && stateMutability === 'view')
      .map(({ name }) => name),
  );
  const candidates = measured
    .filter(({ didCase, measurement }) => views.has(didCase.method) || measurement.result.outcome === 'revert')
    .map((each) => {
      const { call } = each.didCase.prepare();
      const { count, isFilledByWork } = callsThatFit(call, each.measurement.result);
      return { ...each, isFilledByWork, expected: count * each.measurement.microseconds };
    })
    .filter(({ isFilledByWork }) => isFilledByWork)
    .sort((left, right) => right.expected - left.expected)
    .slice(0, BLOCKS);
  const blocks: (FilledBlock & { readonly name: string })[] = [];
  for (const { didCase, measurement } of candidates) {
    const { chain, call } = didCase.prepare();
    const block = await executeFilledBlock(chain.host, call, measurement.result, rounds);
    blocks.push({ ...block, name: `${didCase.method}, ${didCase.says}` });
  }
  return blocks;
}

async function run(context: SuiteContext) {
  const measured = await measureDid(context);
  const did = dearest(
    measured.map(({ didCase, measurement: { microseconds, result } }) =>
      rowOf(`DeviceDID.${didCase.method}`, didCase.says, result.gasUsed, microseconds),
    ),
  );
  context.progress(`DeviceDID: ${measured.length} calls measured; ${did[0]?.name} is dearest`);
  const builtin = await measureBuiltins(context);
  const p256 = builtin.filter(({ name }) => name === 'P256VERIFY');
  const others = builtin.filter(({ name }) => name !== 'P256VERIFY');
  context.progress(`built-in precompiles: ${builtin.length} calls measured`);
  const blocks = await fillBlocks(measured, context.isQuick ? 2 : 4);
  const ratios = blocks.map(({ measuredMicroseconds }) => measuredMicroseconds / WORK_LIMIT_MICROSECONDS);
  const notes = [
    'Processor time of one call, the least of several rounds. State in LevelDB on disk, decoded caches emptied before every ' +
      'call; gas without the transaction’s own. Of several inputs the dearest for its gas is shown.',
  ];
  return {
    tables: [
      costTable('Native methods', notes, dearest([...did, ...p256])),
      costTable(
        'Precompiles of the EVM',
        [
          'Their prices are Ethereum’s and fixed; 10 gas for a microsecond is this chain’s measure. Every input that costs gas is shown.',
        ],
        others.filter(({ ratio }) => ratio >= 0).sort((left, right) => right.ratio - left.ratio),
      ),
      {
        title: 'Blocks filled to the limit of native work',
        notes: [
          `One second of a network: ${WORK_LIMIT_MICROSECONDS / 1000} ms of declared work, one call again and again.`,
        ],
        columns: ['call', 'calls', 'gas', 'declared, ms', 'executed in, ms', 'of the limit'],
        rows: blocks.map(({ name, calls, gasUsed, workMicroseconds, measuredMicroseconds }, index) => [
          name,
          calls,
          Number(gasUsed),
          workMicroseconds / 1000,
          measuredMicroseconds / 1000,
          ratios[index] ?? Number.NaN,
        ]),
      },
    ],
    figures: {
      ...Object.fromEntries(did.map(({ name, ratio }) => [`precompiles.${name}`, ratio])),
      'precompiles.P256VERIFY': Math.max(...p256.map(({ ratio }) => ratio)),
      'precompiles.dearest': Math.max(...[...did, ...p256].map(({ ratio }) => ratio)),
      'precompiles.filledBlock': Math.max(...ratios),
      ...Object.fromEntries(dearest(others).map(({ name, ratio }) => [`builtins.${name}`, ratio])),
    },
  };
}

export const precompileCosts: Suite = {
  name: 'precompiles',
  says: 'time against gas of every precompile method, and blocks full of the dearest',
  run,
};
