// When each fork starts, from the `config` object of a geth genesis file.

import { type FieldReader, UINT64_MAX, UINT256_MAX } from './fieldReader.ts';
import { FORKS, type Fork, type ForkActivation } from './forks.ts';
import { nearestName, refuse } from './genesisError.ts';

/** One key of geth's `config` that schedules a fork of ours. Optional forks may be absent while later ones are scheduled. */
interface ForkKey {
  readonly key: string;
  readonly fork: Fork;
  readonly by: 'block' | 'time';
  readonly optional?: true;
}

const FORK_KEYS: readonly ForkKey[] = [
  { key: 'homesteadBlock', fork: 'homestead', by: 'block' },
  { key: 'eip150Block', fork: 'tangerineWhistle', by: 'block' },
  { key: 'eip158Block', fork: 'spuriousDragon', by: 'block' },
  { key: 'byzantiumBlock', fork: 'byzantium', by: 'block' },
  { key: 'constantinopleBlock', fork: 'constantinople', by: 'block' },
  { key: 'petersburgBlock', fork: 'petersburg', by: 'block' },
  { key: 'istanbulBlock', fork: 'istanbul', by: 'block' },
  { key: 'muirGlacierBlock', fork: 'muirGlacier', by: 'block', optional: true },
  { key: 'berlinBlock', fork: 'berlin', by: 'block' },
  { key: 'londonBlock', fork: 'london', by: 'block' },
  { key: 'arrowGlacierBlock', fork: 'arrowGlacier', by: 'block', optional: true },
  { key: 'grayGlacierBlock', fork: 'grayGlacier', by: 'block', optional: true },
  { key: 'mergeNetsplitBlock', fork: 'paris', by: 'block', optional: true },
  { key: 'shanghaiTime', fork: 'shanghai', by: 'time' },
  { key: 'cancunTime', fork: 'cancun', by: 'time' },
  { key: 'pragueTime', fork: 'prague', by: 'time' },
  { key: 'osakaTime', fork: 'osaka', by: 'time' },
];

/** The file's name for the start of each fork. */
export const KEY_OF_FORK: ReadonlyMap<Fork, string> = new Map(FORK_KEYS.map(({ fork, key }) => [fork, key]));

/** Consensus engines and rule sets of other clients: their chains follow rules that are not Ethereum's or not ours. */
const FOREIGN_ENGINES: ReadonlyMap<string, string> = new Map([
  ['clique', 'proof-of-authority seals (EIP-225) are not checked here'],
  ['ibft', 'its headers are not Ethereum headers'],
  ['ibft2', 'its headers are not Ethereum headers'],
  ['qbft', 'its headers are not Ethereum headers'],
  ['aura', 'its headers are not Ethereum headers'],
  ['bor', 'it changes the rules of blocks'],
  ['parlia', 'it changes the rules of blocks'],
  ['optimism', 'it changes the rules of blocks'],
  ['isQuorum', 'it changes the rules of blocks'],
]);

export interface ParsedForks {
  readonly forks: readonly ForkActivation[];
  readonly terminalTotalDifficulty: bigint | undefined;
}

/**
 * Reads every fork of `config` (a reader of that object) into fork order.
 * @throws ChainError `GENESIS_FORK_ORDER`, `GENESIS_UNSUPPORTED`, `GENESIS_INVALID_RULE` and those of the field reader
 */
export function parseForks(config: FieldReader, genesisTimestampSeconds: bigint): ParsedForks {
  refuseUnsupported(config);
  const starts = new Map<Fork, ForkActivation>();
  for (const { key, fork, by } of FORK_KEYS) {
    const start = config.optionalInteger(key, UINT64_MAX);
    if (start === undefined) continue;
    starts.set(fork, by === 'block' ? { fork, block: start } : { fork, timestampSeconds: start });
  }
  applyOldMergeName(config, starts);
  applyReplayProtection(config, starts);
  const constantinople = starts.get('constantinople');
  // geth: Petersburg switches on with Constantinople unless it is given a block of its own.
  if (constantinople?.block !== undefined && !starts.has('petersburg'))
    starts.set('petersburg', { fork: 'petersburg', block: constantinople.block });
  const terminalTotalDifficulty = applyMerge(config, starts, genesisTimestampSeconds);
  checkOrder(config, starts);
  const forks = FORKS.flatMap((fork) => starts.get(fork) ?? []);
  const startsLater = forks.every(
    ({ block, timestampSeconds }) =>
      block !== 0n && (timestampSeconds === undefined || timestampSeconds > genesisTimestampSeconds),
  );
  return {
    forks: startsLater ? [{ fork: 'frontier', block: 0n }, ...forks] : forks,
    terminalTotalDifficulty,
  };
}

function refuseUnsupported(config: FieldReader): void {
  for (const [engine, reason] of FOREIGN_ENGINES) {
    const value = config.optional(engine);
    if (value !== undefined && value !== false)
      refuse('GENESIS_UNSUPPORTED', config.at(engine), `no ${engine} chain`, value, `It is refused because ${reason}`);
  }
  config.optional('ethash');
  config.optionalInteger('daoForkBlock', UINT64_MAX);
  if (config.boolean('daoForkSupport', false)) {
    const reason = 'The DAO fork moves the balances of 116 listed accounts of mainnet, which this node does not carry';
    refuse('GENESIS_UNSUPPORTED', config.at('daoForkSupport'), 'false', true, reason);
  }
  if (config.boolean('enableVerkleAtGenesis', false))
    refuse('GENESIS_UNSUPPORTED', config.at('enableVerkleAtGenesis'), 'false', true, 'Verkle tries are not executed');
}

/** `mergeForkBlock` is what `mergeNetsplitBlock` was called at first; files in use have either or both. */
function applyOldMergeName(config: FieldReader, starts: Map<Fork, ForkActivation>): void {
  const block = config.optionalInteger('mergeForkBlock', UINT64_MAX);
  const netsplit = starts.get('paris')?.block;
  if (block === undefined || block === netsplit) return;
  if (netsplit !== undefined)
    refuse('GENESIS_FORK_ORDER', config.at('mergeForkBlock'), `the block of mergeNetsplitBlock (${netsplit})`, block);
  starts.set('paris', { fork: 'paris', block });
}

/** EIP-155 and EIP-158 are one fork here, Spurious Dragon, as they were on every public chain. */
function applyReplayProtection(config: FieldReader, starts: Map<Fork, ForkActivation>): void {
  const eip155 = config.optionalInteger('eip155Block', UINT64_MAX);
  const eip158 = starts.get('spuriousDragon')?.block;
  if (eip155 === eip158) return;
  const expected = eip158 === undefined ? 'eip158Block beside it' : `the block of eip158Block (${eip158})`;
  refuse('GENESIS_FORK_ORDER', config.at('eip155Block'), expected, eip155, 'Both are parts of Spurious Dragon');
}

/**
 * Paris starts at `mergeNetsplitBlock`; without it, at the genesis block when the chain begins merged: its terminal total
 * difficulty is 0, or a fork after Paris is in force at genesis.
 */
function applyMerge(
  config: FieldReader,
  starts: Map<Fork, ForkActivation>,
  genesisTimestampSeconds: bigint,
): bigint | undefined {
  const total = config.optionalInteger('terminalTotalDifficulty', UINT256_MAX);
  config.boolean('terminalTotalDifficultyPassed', false);
  const netsplit = starts.get('paris')?.block;
  if (total === 0n && netsplit !== undefined && netsplit > 0n) {
    const expected = '0, since a terminal total difficulty of 0 is reached at genesis';
    refuse('GENESIS_INVALID_RULE', config.at('mergeNetsplitBlock'), expected, netsplit);
  }
  if (netsplit !== undefined) return total;
  const timed = FORK_KEYS.filter(({ fork, by }) => by === 'time' && starts.has(fork));
  const [firstTimed] = timed;
  const firstTime = firstTimed && starts.get(firstTimed.fork)?.timestampSeconds;
  if (total === 0n || (firstTime !== undefined && firstTime <= genesisTimestampSeconds))
    starts.set('paris', { fork: 'paris', block: 0n });
  else if (firstTimed !== undefined) {
    const expected = `the number of the first block after the merge, since ${firstTimed.key} is set`;
    refuse('GENESIS_MISSING_FIELD', config.at('mergeNetsplitBlock'), expected, undefined);
  }
  return total;
}

/** As geth checks it: no fork starts before an earlier one, and none but the optional ones is left out before a later one. */
function checkOrder(config: FieldReader, starts: ReadonlyMap<Fork, ForkActivation>): void {
  let previous: { key: string; start: bigint; by: 'block' | 'time' } | undefined;
  let missing: string | undefined;
  for (const { key, fork, by, optional } of FORK_KEYS) {
    const activation = starts.get(fork);
    const start = activation?.block ?? activation?.timestampSeconds;
    if (start === undefined) {
      if (!optional) missing ??= key;
      continue;
    }
    if (missing !== undefined)
      refuse('GENESIS_FORK_ORDER', config.at(missing), `a start no later than that of ${key}, which is set`, undefined);
    if (previous !== undefined && previous.by === by && start < previous.start) {
      const expected = `${by} ${previous.start} (${previous.key}) or later`;
      refuse('GENESIS_FORK_ORDER', config.at(key), expected, start);
    }
    previous = { key, start, by };
  }
}

/** Names of `config` that look like the start of a fork and are none that this node executes. */
export function refuseUnknownForks(config: FieldReader): void {
  for (const name of config.unknownNames()) {
    if (!/(Time|Block)$/i.test(name)) continue;
    const known = FORK_KEYS.map(({ key }) => key);
    const advice = `${nearestName(name, known)} The newest fork that this node executes is Osaka`.trim();
    refuse('GENESIS_UNSUPPORTED', config.at(name), 'a fork that this node executes', name, advice);
  }
}
