// Runs state tests through the node's own execution: the transaction as in a block, without the steps of a block around it.

import { bytesToHex, equalBytes, toHash, utf8ToBytes, ZERO_HASH } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { ChainError, messageOf } from '../../primitives/errors.ts';
import { encodeRlp } from '../../primitives/rlp.ts';
import type { Hash } from '../../primitives/types.ts';
import { blobBaseFee, blobGasMax } from '../block/blobGas.ts';
import type { Log } from '../block/types.ts';
import { applyTransaction } from '../execution/applyTransaction.ts';
import type { BlockEnvironment } from '../execution/blockEnvironment.ts';
import { EvmHost } from '../execution/evmHost.ts';
import { isMachineFailure } from '../execution/executionErrors.ts';
import { type ForkRules, forkRulesAt, isActive } from '../execution/forkRules.ts';
import { deleteIfEmpty } from '../execution/rewards.ts';
import { EMPTY_ACCOUNT, EMPTY_TRIE_ROOT } from '../state/account.ts';
import { WriteBatch } from '../state/database.ts';
import { genesisChanges } from '../state/genesisState.ts';
import { MemoryDatabase } from '../state/memoryDatabase.ts';
import { openStateStore, type StateStore } from '../state/stateStore.ts';
import type { JournaledState } from '../state/types.ts';
import { createJournaledState } from '../state/worldState.ts';
import { fixtureForks } from './fixtureForks.ts';
import type { FixtureEnvironment, FixtureOutcome, StateFixture } from './stateFixture.ts';
import type { TestResult } from './testResult.ts';

/** EIP-1559's first base fee, where a fixture names none. */
const BASE_FEE_DEFAULT = 10n;
const BLOCK_HASH_WINDOW = 256n;

/** Runs every outcome of a test, or those of one fork. */
export async function runStateFixture(fixture: StateFixture, onlyFork?: string): Promise<TestResult[]> {
  const chosen = fixture.outcomes.filter(({ fork }) => onlyFork === undefined || fork === onlyFork);
  if (chosen.length === 0) return [];
  const store = await storeOf(fixture);
  const results: TestResult[] = [];
  for (const outcome of chosen) results.push(await runOutcome(fixture, outcome, store));
  return results;
}

/** The state before the transaction, in a real store; every outcome starts from it and writes nothing. */
async function storeOf({ alloc }: StateFixture): Promise<StateStore> {
  const database = new MemoryDatabase();
  const store = openStateStore(database, { kind: 'archive' });
  const batch = new WriteBatch();
  const pending = await store.write(store.seal(genesisChanges(alloc), EMPTY_TRIE_ROOT), 0n, batch);
  await database.write(batch);
  store.accept(pending);
  return store;
}

async function runOutcome(fixture: StateFixture, outcome: FixtureOutcome, store: StateStore): Promise<TestResult> {
  const { fork, expectsRefusal } = outcome;
  const head = { name: fixture.name, fork };
  try {
    const rules = rulesOf(fixture, fork);
    const state = createJournaledState(store.readerAt(0n));
    const execution = await execute(fixture, outcome, rules, state);
    touchCoinbase(state, fixture.environment, rules);
    const root = store.seal(state.changes(), store.head.stateRoot).stateRoot;
    const stateRoot = bytesToHex(root);
    const error = judge(outcome, execution, root);
    if (error !== undefined) return { ...head, pass: false, stateRoot, error };
    return { ...head, pass: true, ...(expectsRefusal ? {} : { stateRoot }) };
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    return { ...head, pass: false, error: error.message };
  }
}

type Execution = { readonly logs: readonly Log[] } | { readonly refusal: ChainError };

/** Undefined when it went as it must. After a refusal that is expected nothing else is compared, as in geth. */
function judge(
  { expectsRefusal, stateRoot, logsHash }: FixtureOutcome,
  execution: Execution,
  root: Hash,
): string | undefined {
  if ('refusal' in execution) return expectsRefusal ? undefined : `unexpected error: ${execution.refusal.message}`;
  if (expectsRefusal) return 'expected the transaction to be refused, but it was included';
  if (!equalBytes(root, stateRoot))
    return `post state root mismatch: got ${bytesToHex(root)}, want ${bytesToHex(stateRoot)}`;
  const logs = hashLogs(execution.logs);
  if (!equalBytes(logs, logsHash))
    return `post state logs hash mismatch: got ${bytesToHex(logs)}, want ${bytesToHex(logsHash)}`;
  return undefined;
}

function hashLogs(logs: readonly Log[]): Hash {
  return keccak256(encodeRlp(logs.map(({ address, topics, data }) => [address, topics, data])));
}

function rulesOf({ chainId, blobSchedule, environment }: StateFixture, network: string): ForkRules {
  const { forks, blobSchedules } = fixtureForks(network, blobSchedule);
  const genesis = { number: 0n, timestampSeconds: 0n, gasLimit: 0n, difficulty: 0n } as const;
  return forkRulesAt(
    {
      chainId,
      forks,
      blobSchedules,
      genesis: {
        ...genesis,
        nonce: new Uint8Array(8),
        mixHash: ZERO_HASH,
        coinbase: environment.coinbase,
        extraData: new Uint8Array(0),
        parentHash: ZERO_HASH,
      },
      alloc: [],
      specHash: ZERO_HASH,
      config: {},
    },
    environment.number,
    environment.timestampSeconds,
  );
}

async function execute(
  { environment, chainId }: StateFixture,
  outcome: FixtureOutcome,
  rules: ForkRules,
  state: JournaledState,
): Promise<Execution> {
  const block = blockOf(environment, rules);
  const host = new EvmHost({
    rules,
    state,
    block,
    chain: { chainId, genesisHash: ZERO_HASH },
    precompiles: [],
    alarm: ({ precompile, cause }) => {
      throw new ChainError('ALARM', `${precompile} failed: ${messageOf(cause)}`, {}, { cause });
    },
  });
  const { blobSchedule } = rules;
  const progress = {
    gasUsed: 0n,
    blobGasLeft: blobSchedule === undefined ? 0n : blobGasMax(blobSchedule),
    nativeWorkMicrosecondsLeft: Number.POSITIVE_INFINITY,
    nativeWorkMicrosecondsMax: Number.POSITIVE_INFINITY,
  };
  try {
    // Roots between transactions stand in receipts alone, which a state test does not look at.
    const context = { rules, block, state, host, stateRootOf: () => ZERO_HASH };
    const { receipt } = await applyTransaction(outcome.transaction(), context, progress);
    return { logs: receipt.logs };
  } catch (error) {
    if (!(error instanceof ChainError) || isMachineFailure(error) || error.code === 'ALARM') throw error;
    return { refusal: error };
  }
}

function blockOf(environment: FixtureEnvironment, rules: ForkRules): BlockEnvironment {
  const { number, baseFeePerGas, excessBlobGas, prevRandao, difficulty } = environment;
  const isMerged = isActive(rules, 'paris');
  return {
    ...environment,
    difficulty: isMerged ? 0n : difficulty,
    prevRandao: prevRandao ?? ZERO_HASH,
    baseFeePerGas: isActive(rules, 'london') ? (baseFeePerGas ?? BASE_FEE_DEFAULT) : undefined,
    blobBaseFee: rules.blobSchedule === undefined ? undefined : blobBaseFee(excessBlobGas ?? 0n, rules.blobSchedule),
    // The convention of the suites: the hash of the number's decimal digits.
    blockHash: (asked) =>
      asked < number && asked + BLOCK_HASH_WINDOW >= number ? toHash(keccak256(utf8ToBytes(String(asked)))) : undefined,
  };
}

/** The suites add a reward of 0: the coinbase is there before EIP-161, and deleted if empty after. */
function touchCoinbase(state: JournaledState, { coinbase }: FixtureEnvironment, rules: ForkRules): void {
  if (isActive(rules, 'spuriousDragon')) deleteIfEmpty(state, coinbase);
  else if (state.account(coinbase) === undefined) state.setAccount(coinbase, EMPTY_ACCOUNT);
  state.endTransaction();
}
