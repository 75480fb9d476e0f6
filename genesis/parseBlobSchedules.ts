// Blob parameters over time (EIP-7840, EIP-7892), from `config.blobSchedule` and the bpoNTime keys of a geth genesis file.

import { FieldReader, parseInteger, UINT64_MAX } from './fieldReader.ts';
import type { BlobSchedule, Fork, ForkActivation } from './forks.ts';
import { refuse } from './genesisError.ts';

/** geth knows five forks that change blob parameters only; each follows Osaka. */
const BPO_NAMES = ['bpo1', 'bpo2', 'bpo3', 'bpo4', 'bpo5'] as const;
const BLOB_FORKS = ['cancun', 'prague', 'osaka'] as const satisfies readonly Fork[];

/** Blob gas is 2^17 a blob: far inside 64 bits for this many, and more than any network could carry in a block. */
export const BLOBS_PER_BLOCK_MAX = 65_535n;

type BlobParameters = Pick<BlobSchedule, 'target' | 'max' | 'baseFeeUpdateFraction'>;

/** What the forks themselves define (EIP-4844, EIP-7691; Osaka keeps Prague's), for files written before `blobSchedule`. */
const FORK_DEFAULTS: Readonly<Record<(typeof BLOB_FORKS)[number], BlobParameters>> = {
  cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477n },
  prague: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716n },
  osaka: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716n },
};

/**
 * The blob parameters of every scheduled fork that has any, in time order. Entries for forks without a time are ignored,
 * as geth ignores them.
 * @throws ChainError `GENESIS_MISSING_FIELD` for a bpo fork without parameters, `GENESIS_FORK_ORDER`, `GENESIS_INVALID_RULE`
 */
export function parseBlobSchedules(config: FieldReader, forks: readonly ForkActivation[]): BlobSchedule[] {
  const given = config.optional('blobSchedule');
  const entries = new FieldReader(given ?? {}, config.at('blobSchedule'));
  const schedules: BlobSchedule[] = [];
  for (const name of BLOB_FORKS) {
    const parameters = parseEntry(entries, name);
    const time = forks.find(({ fork }) => fork === name)?.timestampSeconds;
    if (time === undefined) continue;
    schedules.push({ name, timestampSeconds: time, ...(parameters ?? FORK_DEFAULTS[name]) });
  }
  for (const name of BPO_NAMES) addBlobParameterFork(config, entries, name, schedules);
  entries.refuseUnknown();
  return schedules;
}

function addBlobParameterFork(
  config: FieldReader,
  entries: FieldReader,
  name: string,
  schedules: BlobSchedule[],
): void {
  const parameters = parseEntry(entries, name);
  const time = config.optionalInteger(`${name}Time`, UINT64_MAX);
  if (time === undefined) return;
  const path = config.at(`${name}Time`);
  const previous = schedules.at(-1);
  if (!schedules.some((schedule) => schedule.name === 'osaka'))
    refuse('GENESIS_FORK_ORDER', path, 'osakaTime to be set', 'nothing', 'Blob-parameter forks follow Osaka');
  if (previous !== undefined && time < previous.timestampSeconds)
    refuse('GENESIS_FORK_ORDER', path, `time ${previous.timestampSeconds} (${previous.name}Time) or later`, time);
  if (parameters === undefined)
    refuse('GENESIS_MISSING_FIELD', entries.at(name), `its blob parameters, since ${name}Time is set`, undefined);
  schedules.push({ name, timestampSeconds: time, ...parameters });
}

function parseEntry(entries: FieldReader, name: string): BlobParameters | undefined {
  const value = entries.optional(name);
  if (value === undefined) return undefined;
  const entry = new FieldReader(value, entries.at(name));
  const target = parseInteger(entry.required('target', 'a number of blobs'), entry.at('target'), BLOBS_PER_BLOCK_MAX);
  const max = parseInteger(entry.required('max', 'a number of blobs'), entry.at('max'), BLOBS_PER_BLOCK_MAX);
  const fractionPath = entry.at('baseFeeUpdateFraction');
  const fraction = parseInteger(entry.required('baseFeeUpdateFraction', 'a number'), fractionPath, UINT64_MAX);
  entry.refuseUnknown();
  if (target > max) refuse('GENESIS_INVALID_RULE', entry.at('target'), `at most max (${max})`, target);
  if (fraction === 0n) refuse('GENESIS_INVALID_RULE', fractionPath, 'more than 0', fraction);
  return { target: Number(target), max: Number(max), baseFeeUpdateFraction: fraction };
}
