// The way in: a geth genesis.json, with or without `config.gnomon`, to a checked and frozen chain spec.
import type { ChainSpec, GenesisAccount, GenesisHeader, GnomonRules } from './chainSpec.ts';
import { FieldReader, parseAddressField, parseInteger, UINT64_MAX } from './fieldReader.ts';
import { refuse } from './genesisError.ts';
import { freezeJson } from './genesisText.ts';
import { checkGnomonChain, completeAlloc } from './gnomonChain.ts';
import { parseAlloc } from './parseAlloc.ts';
import { parseBlobSchedules } from './parseBlobSchedules.ts';
import { parseForks, refuseUnknownForks } from './parseForks.ts';
import { parseGnomonRules } from './parseGnomonRules.ts';
import { parseGenesisHeader } from './parseHeader.ts';
import { PRECOMPILE_CATALOG, type PrecompileEntry } from './precompileCatalog.ts';
import { type ChainRules, specHash } from './specHash.ts';

/**
 * Parses a genesis file that has been read as JSON (from text: {@link parseGenesisText}, which keeps large integers).
 * Without `config.gnomon` the chain is a plain Ethereum chain and what geth ignores is ignored; with it every unknown
 * name is refused, and the accounts that the protocol itself needs are added to the alloc.
 *
 * @param catalog the native contracts that the file may activate
 * @throws ChainError with a `GenesisErrorCode`; its message names the place in the file
 * @see docs/spec/genesis.md
 */
export function parseGenesis(json: unknown, catalog: readonly PrecompileEntry[] = PRECOMPILE_CATALOG): ChainSpec {
  const file = new FieldReader(json, '');
  const config = new FieldReader(file.required('config', 'the rules of the chain'), 'config');
  const genesis = parseGenesisHeader(file);
  const gnomonField = config.optional('gnomon');
  const gnomon = gnomonField === undefined ? undefined : parseGnomonRules(gnomonField, 'config.gnomon', catalog);
  const rules = parseRules(config, genesis, gnomon);
  const alloc = parseAlloc(file.required('alloc', 'the first accounts'), gnomon !== undefined);
  if (gnomon !== undefined) {
    file.refuseUnknown();
    config.refuseUnknown();
    checkGnomonChain(rules, genesis, alloc);
  }
  return deepFreezeSpec({
    ...rules,
    genesis,
    alloc: gnomon === undefined ? alloc : completeAlloc(alloc, gnomon, genesis.timestampSeconds, catalog),
    specHash: specHash(rules),
    config: freezeJson(file.optional('config'), 'config') as Readonly<Record<string, unknown>>,
  });
}

function parseRules(config: FieldReader, genesis: GenesisHeader, gnomon: GnomonRules | undefined): ChainRules {
  const chainId = parseInteger(config.required('chainId', 'the chain id'), config.at('chainId'), UINT64_MAX);
  if (chainId === 0n) refuse('GENESIS_NUMBER_OUT_OF_RANGE', config.at('chainId'), 'at least 1', chainId);
  const { forks, terminalTotalDifficulty } = parseForks(config, genesis.timestampSeconds);
  const blobSchedules = parseBlobSchedules(config, forks);
  const deposit = config.optional('depositContractAddress');
  refuseUnknownForks(config);
  return {
    chainId,
    forks,
    blobSchedules,
    terminalTotalDifficulty,
    depositContractAddress:
      deposit === undefined ? undefined : parseAddressField(deposit, config.at('depositContractAddress')),
    gnomon,
  };
}

/** Freezes records and lists. Byte arrays cannot be frozen; nothing in the project writes to one it did not make. */
function deepFreezeSpec(spec: ChainSpec): ChainSpec {
  const freezeList = <T extends object>(list: readonly T[]): readonly T[] => Object.freeze(list.map(freezeRecord));
  const freezeAccount = (account: GenesisAccount): GenesisAccount => ({
    ...account,
    storage: freezeList(account.storage),
  });
  const gnomon = spec.gnomon && freezeRecord({ ...spec.gnomon, precompiles: freezeList(spec.gnomon.precompiles) });
  return freezeRecord({
    ...spec,
    forks: freezeList(spec.forks),
    blobSchedules: freezeList(spec.blobSchedules),
    gnomon,
    genesis: freezeRecord(spec.genesis),
    alloc: freezeList(spec.alloc.map(freezeAccount)),
  });
}

function freezeRecord<T extends object>(record: T): T {
  return Object.freeze(record);
}
