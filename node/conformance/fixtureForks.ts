// Names of forks in fixtures, of one fork or of the change from one to the next, and the rules that they stand for.
import { asObject, FieldReader, parseInteger, UINT64_MAX } from '../../genesis/fieldReader.ts';
import { type BlobSchedule, type Fork, type ForkActivation, includesFork } from '../../genesis/forks.ts';
import { ChainError } from '../../primitives/errors.ts';

/** geth's and the test suites' names. */
const FORK_NAMES: ReadonlyMap<string, Fork> = new Map([
  ['Frontier', 'frontier'],
  ['Homestead', 'homestead'],
  ['EIP150', 'tangerineWhistle'],
  ['TangerineWhistle', 'tangerineWhistle'],
  ['EIP158', 'spuriousDragon'],
  ['SpuriousDragon', 'spuriousDragon'],
  ['Byzantium', 'byzantium'],
  ['Constantinople', 'constantinople'],
  ['ConstantinopleFix', 'petersburg'],
  ['Istanbul', 'istanbul'],
  ['MuirGlacier', 'muirGlacier'],
  ['Berlin', 'berlin'],
  ['London', 'london'],
  ['ArrowGlacier', 'arrowGlacier'],
  ['GrayGlacier', 'grayGlacier'],
  ['Merge', 'paris'],
  ['Paris', 'paris'],
  ['Shanghai', 'shanghai'],
  ['Cancun', 'cancun'],
  ['Prague', 'prague'],
  ['Osaka', 'osaka'],
  // Blob parameters only (EIP-7892).
  ['BPO1', 'osaka'],
  ['BPO2', 'osaka'],
  ['BPO3', 'osaka'],
  ['BPO4', 'osaka'],
]);

type BlobParameters = Pick<BlobSchedule, 'target' | 'max' | 'baseFeeUpdateFraction'>;

/** Mainnet's, for fixtures that do not bring their own. */
const BLOB_PARAMETERS: ReadonlyMap<string, BlobParameters> = new Map([
  ['Cancun', { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477n }],
  ['Prague', { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716n }],
  ['Osaka', { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716n }],
  ['BPO1', { target: 10, max: 15, baseFeeUpdateFraction: 8_346_193n }],
  ['BPO2', { target: 14, max: 21, baseFeeUpdateFraction: 11_684_671n }],
]);

/** When the later fork of a change begins. */
type Start =
  | { readonly block: bigint }
  | { readonly timestampSeconds: bigint }
  /** At the first block after this total difficulty. */
  | { readonly totalDifficulty: bigint };

interface NamedStart {
  readonly name: string;
  readonly fork: Fork;
  readonly start: Start;
}

export interface FixtureForks {
  readonly forks: readonly ForkActivation[];
  readonly blobSchedules: readonly BlobSchedule[];
  readonly terminalTotalDifficulty?: bigint | undefined;
}

const CHANGE = /^(\w+?)To(\w+)At(Time|Diff)?([0-9a-fA-F]+)(k?)$/;

/**
 * The rules of a fixture's network.
 * @param blobSchedule `config.blobSchedule` of newer fixtures
 * @param mergeBlock the first block without proof of work, for networks that change by total difficulty
 * @throws ChainError `UNSUPPORTED_FORK`
 */
export function fixtureForks(network: string, blobSchedule: unknown, mergeBlock?: bigint): FixtureForks {
  const stages = stagesOf(network);
  const overrides = new FieldReader(blobSchedule ?? {}, 'config.blobSchedule');
  const forks: ForkActivation[] = [];
  const blobSchedules: BlobSchedule[] = [];
  let terminalTotalDifficulty: bigint | undefined;
  for (const { name, fork, start } of stages) {
    if ('totalDifficulty' in start) {
      terminalTotalDifficulty = start.totalDifficulty;
      forks.push({ fork, block: mergeBlock ?? UINT64_MAX });
    } else forks.push({ fork, ...start });
    if (!includesFork(fork, 'cancun')) continue;
    const timestampSeconds = 'timestampSeconds' in start ? start.timestampSeconds : 0n;
    blobSchedules.push({ name, timestampSeconds, ...blobParameters(name, overrides) });
  }
  return { forks, blobSchedules, terminalTotalDifficulty };
}

function stagesOf(network: string): NamedStart[] {
  const single = FORK_NAMES.get(network);
  if (single !== undefined) return [{ name: network, fork: single, start: { block: 0n } }];
  const [, before = '', after = '', unit, digits = '', thousands] = CHANGE.exec(network) ?? [];
  const [first, second] = [FORK_NAMES.get(before), FORK_NAMES.get(after)];
  if (first === undefined || second === undefined)
    throw new ChainError('UNSUPPORTED_FORK', `unsupported fork ${JSON.stringify(network)}`);
  const at = BigInt(unit === 'Diff' ? `0x${digits}` : digits) * (thousands === 'k' ? 1_000n : 1n);
  const start: Start =
    unit === 'Time' ? { timestampSeconds: at } : unit === 'Diff' ? { totalDifficulty: at } : { block: at };
  return [
    { name: before, fork: first, start: { block: 0n } },
    { name: after, fork: second, start },
  ];
}

function blobParameters(name: string, overrides: FieldReader): BlobParameters {
  const given = overrides.optional(name);
  if (given !== undefined) {
    const entry = new FieldReader(asObject(given, name), overrides.at(name));
    const number = (field: string) => parseInteger(entry.required(field, 'a number'), entry.at(field), UINT64_MAX);
    return {
      target: Number(number('target')),
      max: Number(number('max')),
      baseFeeUpdateFraction: number('baseFeeUpdateFraction'),
    };
  }
  const known = BLOB_PARAMETERS.get(name);
  if (known === undefined) throw new ChainError('UNSUPPORTED_FORK', `no blob parameters are known for ${name}`);
  return known;
}
