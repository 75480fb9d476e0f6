// `config.gnomon`: what a Gnomon chain adds to a geth genesis file. Strict, since no other client writes it.
import { ZERO_ADDRESS } from '../primitives/bytes.ts';
import type { GnomonRules, PrecompileActivation } from './chainSpec.ts';
import { asObject, FieldReader, parseAddressField, parseInteger, UINT64_MAX } from './fieldReader.ts';
import { nearestName, refuse } from './genesisError.ts';
import type { PrecompileEntry } from './precompileCatalog.ts';

/** DESIGN §2: 400 ms of native work per second of block time leave the rest for the EVM, hashing and the network. */
export const DEFAULT_NATIVE_WORK_MICROSECONDS_PER_SECOND = 400_000;
/** More native work than time could not be executed in time. */
export const NATIVE_WORK_MICROSECONDS_PER_SECOND_MAX = 1_000_000;
export const DEFAULT_BLOCK_TIME_MS = 1_000;
/** Below this a CometBFT network spends its time on voting rounds (DESIGN §3). */
export const NETWORK_BLOCK_TIME_MS_MIN = 1_000;
/** An hour: a chain with rarer blocks could not serve as a clock for devices. */
export const BLOCK_TIME_MS_MAX = 3_600_000;
/** Versions of one precompile; each is an upgrade of a whole network. */
export const ACTIVATIONS_PER_PRECOMPILE_MAX = 64;

/**
 * Reads `config.gnomon`; absent fields take the defaults of docs/spec/genesis.md.
 * @throws ChainError `GENESIS_UNKNOWN_FIELD`, `GENESIS_INVALID_RULE` and those of the field reader
 */
export function parseGnomonRules(value: unknown, path: string, catalog: readonly PrecompileEntry[]): GnomonRules {
  const fields = new FieldReader(value, path);
  const devChain = fields.boolean('devChain', false);
  const heightOffset = fields.integer('heightOffset', UINT64_MAX, 0n);
  const feeRecipient = fields.optional('feeRecipient');
  const nativeWork = fields.integer(
    'nativeWorkMicrosecondsPerSecond',
    BigInt(NATIVE_WORK_MICROSECONDS_PER_SECOND_MAX),
    BigInt(DEFAULT_NATIVE_WORK_MICROSECONDS_PER_SECOND),
  );
  const blockTimeMs = fields.integer('blockTimeMs', BigInt(BLOCK_TIME_MS_MAX), BigInt(DEFAULT_BLOCK_TIME_MS));
  const precompiles = fields.optional('precompiles') ?? {};
  fields.refuseUnknown();
  const blockTimeMsMin = devChain ? 1 : NETWORK_BLOCK_TIME_MS_MIN;
  if (blockTimeMs < BigInt(blockTimeMsMin)) {
    const advice = devChain ? '' : 'Networks need a second for their votes; only dev chains are faster';
    refuse('GENESIS_INVALID_RULE', fields.at('blockTimeMs'), `at least ${blockTimeMsMin} ms`, blockTimeMs, advice);
  }
  if (nativeWork === 0n)
    refuse('GENESIS_INVALID_RULE', fields.at('nativeWorkMicrosecondsPerSecond'), 'at least 1', nativeWork);
  return {
    devChain,
    heightOffset,
    feeRecipient:
      feeRecipient === undefined ? ZERO_ADDRESS : parseAddressField(feeRecipient, fields.at('feeRecipient')),
    nativeWorkMicrosecondsPerSecond: Number(nativeWork),
    blockTimeMs: Number(blockTimeMs),
    precompiles: parseActivations(precompiles, fields.at('precompiles'), catalog),
  };
}

/** `{name: {time, version}}`, or a list of those for a precompile whose rules change; in order of time, then name. */
function parseActivations(value: unknown, path: string, catalog: readonly PrecompileEntry[]): PrecompileActivation[] {
  const activations: PrecompileActivation[] = [];
  for (const [name, given] of Object.entries(asObject(value, path))) {
    const entry = catalog.find((candidate) => candidate.name === name);
    if (entry === undefined) {
      const known = catalog.map((candidate) => candidate.name);
      const advice = nearestName(name, known);
      refuse('GENESIS_UNKNOWN_FIELD', `${path}.${name}`, 'a precompile of this node', name, advice);
    }
    const list: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (list.length > ACTIVATIONS_PER_PRECOMPILE_MAX || list.length === 0)
      refuse('GENESIS_TOO_LARGE', `${path}.${name}`, `1 to ${ACTIVATIONS_PER_PRECOMPILE_MAX} entries`, list.length);
    let previous: PrecompileActivation | undefined;
    for (const [index, item] of list.entries()) {
      const itemPath = Array.isArray(given) ? `${path}.${name}.${index}` : `${path}.${name}`;
      previous = parseActivation(item, itemPath, entry, previous);
      activations.push(previous);
    }
  }
  return activations.sort((a, b) => compare(a.timestampSeconds, b.timestampSeconds) || compare(a.name, b.name));
}

function parseActivation(
  value: unknown,
  path: string,
  entry: PrecompileEntry,
  previous: PrecompileActivation | undefined,
): PrecompileActivation {
  const fields = new FieldReader(value, path);
  const time = parseInteger(fields.required('time', 'the time of activation'), fields.at('time'), UINT64_MAX);
  const versionMax = BigInt(Math.max(...entry.versions));
  const version = Number(
    parseInteger(fields.required('version', 'the version of its rules'), fields.at('version'), versionMax),
  );
  fields.refuseUnknown();
  if (!entry.versions.includes(version))
    refuse('GENESIS_INVALID_RULE', fields.at('version'), `one of ${entry.versions.join(', ')}`, version);
  if (previous !== undefined && time <= previous.timestampSeconds)
    refuse('GENESIS_INVALID_RULE', fields.at('time'), `later than ${previous.timestampSeconds}`, time);
  if (previous !== undefined && version <= previous.version)
    refuse('GENESIS_INVALID_RULE', fields.at('version'), `above ${previous.version}`, version);
  return { name: entry.name, timestampSeconds: time, version };
}

/** Order by value; names by UTF-16 code unit, which no locale changes. */
function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
