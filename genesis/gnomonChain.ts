// What a genesis file must and must not say when it has `config.gnomon`, and the accounts that the protocol adds to it.
import { STUB_CODE, STUB_NONCE } from '../precompiles/registry.ts';
import { bytesKey, bytesToHex, compareBytes, equalBytes, toAddress, ZERO_HASH } from '../primitives/bytes.ts';
import type { Wei } from '../primitives/types.ts';
import type { GenesisAccount, GenesisHeader, GnomonRules } from './chainSpec.ts';
import { forkAt } from './forks.ts';
import { refuse } from './genesisError.ts';
import type { PrecompileEntry } from './precompileCatalog.ts';
import type { ChainRules } from './specHash.ts';
import { type Predeploy, SYSTEM_CONTRACTS } from './systemContracts.ts';

/** Precompiles keep amounts in 128 bits; with the supply inside them no balance can fall outside. */
export const SUPPLY_WEI_MAX: Wei = 2n ** 128n - 1n;
/** Smaller blocks could not hold one ordinary contract call; the protocol's own minimum is 5,000. */
export const GNOMON_GAS_LIMIT_MIN = 1_000_000n;

/**
 * DESIGN §2: Osaka from genesis without blob-parameter forks, difficulty 0, block 0 without a parent.
 * @throws ChainError `GENESIS_INVALID_RULE`
 */
export function checkGnomonChain(rules: ChainRules, genesis: GenesisHeader, alloc: readonly GenesisAccount[]): void {
  const fork = forkAt(rules.forks, 0n, genesis.timestampSeconds);
  if (fork !== 'osaka') {
    const advice = '`gnomon genesis new` writes such a file';
    refuse('GENESIS_INVALID_RULE', 'config', 'Osaka in force at genesis, as on every Gnomon chain', fork, advice);
  }
  const extra = rules.blobSchedules.find(({ name }) => name.startsWith('bpo'));
  if (extra !== undefined) {
    const expected = 'no blob-parameter forks: Gnomon chains carry no blobs';
    refuse('GENESIS_INVALID_RULE', `config.${extra.name}Time`, expected, extra.timestampSeconds);
  }
  expectZero('difficulty', genesis.difficulty);
  expectZero('number', genesis.number);
  expectZero('gasUsed', genesis.gasUsed ?? 0n);
  expectZero('blobGasUsed', genesis.blobGasUsed ?? 0n);
  expectZero('excessBlobGas', genesis.excessBlobGas ?? 0n);
  if (genesis.nonce.some((byte) => byte !== 0))
    refuse('GENESIS_INVALID_RULE', 'nonce', '0, since nothing is mined', bytesToHex(genesis.nonce));
  if (!equalBytes(genesis.parentHash, ZERO_HASH))
    refuse('GENESIS_INVALID_RULE', 'parentHash', 'zero', bytesToHex(genesis.parentHash));
  if (genesis.gasLimit < GNOMON_GAS_LIMIT_MIN)
    refuse('GENESIS_INVALID_RULE', 'gasLimit', `at least ${GNOMON_GAS_LIMIT_MIN}`, genesis.gasLimit);
  const supplyWei = alloc.reduce((sum, account) => sum + account.balanceWei, 0n);
  if (supplyWei > SUPPLY_WEI_MAX)
    refuse('GENESIS_INVALID_RULE', 'alloc', 'balances that sum to at most 2^128 - 1 wei', supplyWei);
}

function expectZero(path: string, value: bigint): void {
  if (value !== 0n) refuse('GENESIS_INVALID_RULE', path, '0 on a Gnomon chain', value);
}

/**
 * The alloc with the system contracts and the accounts of the stateful precompiles that are in force at genesis, in
 * address order. The file may give them a balance or storage, but neither other code nor another nonce. A precompile that
 * starts later gets its account from the block that starts it, so that scheduling it leaves the genesis hash alone.
 * @throws ChainError `GENESIS_ACCOUNT_CONFLICT`
 */
export function completeAlloc(
  alloc: readonly GenesisAccount[],
  rules: GnomonRules,
  genesisTimestampSeconds: bigint,
  catalog: readonly PrecompileEntry[],
): GenesisAccount[] {
  const accounts = new Map(alloc.map((account) => [bytesKey(account.address), account]));
  for (const required of requiredAccounts(rules, genesisTimestampSeconds, catalog)) {
    const key = bytesKey(required.address);
    accounts.set(key, complete(accounts.get(key), required));
  }
  return [...accounts.values()].sort((a, b) => compareBytes(a.address, b.address));
}

function requiredAccounts(
  rules: GnomonRules,
  genesisTimestampSeconds: bigint,
  catalog: readonly PrecompileEntry[],
): Predeploy[] {
  const active = new Set(
    rules.precompiles.filter((entry) => entry.timestampSeconds <= genesisTimestampSeconds).map(({ name }) => name),
  );
  const stateful = catalog.filter(({ name, isStateful }) => isStateful && active.has(name));
  return [...SYSTEM_CONTRACTS, ...stateful.map(({ name, address }) => ({ name, address, code: STUB_CODE }))];
}

function complete(given: GenesisAccount | undefined, required: Predeploy): GenesisAccount {
  const path = `alloc.${bytesToHex(required.address)}`;
  if (given !== undefined && given.code.length > 0 && !equalBytes(given.code, required.code))
    refuse('GENESIS_ACCOUNT_CONFLICT', `${path}.code`, `the code of ${required.name} or none`, bytesToHex(given.code));
  if (given !== undefined && given.nonce !== 0n && given.nonce !== STUB_NONCE)
    refuse('GENESIS_ACCOUNT_CONFLICT', `${path}.nonce`, `1, as ${required.name} has it, or none`, given.nonce);
  return {
    address: toAddress(required.address),
    balanceWei: given?.balanceWei ?? 0n,
    nonce: STUB_NONCE,
    code: required.code,
    storage: given?.storage ?? [],
  };
}
