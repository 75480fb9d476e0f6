// The command line of the benchmark.
import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly isQuick: boolean;
  /** Names of suites; empty means all. */
  readonly only: readonly string[];
  /** Names of peers beside ours; empty means all that run here. */
  readonly peers: readonly string[];
  readonly rounds: number;
  readonly transactionCount: number;
  /** Of the result files; undefined: chosen by what was run. */
  readonly name: string | undefined;
  readonly profiles: boolean;
  readonly isLong: boolean;
  readonly wantsHelp: boolean;
}

export const FULL_ROUNDS = 3;
export const FULL_TRANSACTIONS = 20_000;
export const QUICK_ROUNDS = 1;
export const QUICK_TRANSACTIONS = 4_000;

export const USAGE = `npm run bench -- [options]
  --quick          everything in small: under three minutes on two cores; a look, not a measurement
  --only a,b       only these parts (listed below)
  --peers a,b      only these peers beside ours: anvil, hardhat, geth; "none" for ours alone
  --rounds N       interleaved rounds (default ${FULL_ROUNDS}, quick ${QUICK_ROUNDS})
  --txs N          transactions of each load (default ${FULL_TRANSACTIONS}, quick ${QUICK_TRANSACTIONS})
  --name NAME      write bench/results/NAME.json and NAME.md
  --long           with the part that takes very long (10^6 devices)
  --profile        ours alone, under the profiler: where its time went, by function`;

function positive(name: string, text: string | undefined, standard: number): number {
  const value = text === undefined ? standard : Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number above 0, got "${text}"`);
  return value;
}

const list = (text: string | undefined) => (text === undefined ? [] : text.split(',').filter((part) => part !== ''));

/** @throws Error that says what is wrong with the arguments */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      peers: { type: 'string' },
      rounds: { type: 'string' },
      txs: { type: 'string' },
      name: { type: 'string' },
      long: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.name !== undefined && !/^[\w.-]+$/.test(values.name))
    throw new Error(`--name must be a file name without a folder, got "${values.name}"`);
  const isQuick = values.quick;
  return {
    isQuick,
    only: list(values.only),
    peers: values.profile ? ['none'] : list(values.peers),
    rounds: positive('rounds', values.rounds, isQuick || values.profile ? QUICK_ROUNDS : FULL_ROUNDS),
    transactionCount: positive('txs', values.txs, isQuick ? QUICK_TRANSACTIONS : FULL_TRANSACTIONS),
    name: values.name,
    profiles: values.profile,
    isLong: values.long,
    wantsHelp: values.help,
  };
}
