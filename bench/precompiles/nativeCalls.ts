// Calls of native contracts on state in a real database, with nothing cached but what the operating system holds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEM_CONTRACTS } from '../../genesis/systemContracts.ts';
import { type NativeEnvironment, runNative } from '../../node/execution/nativeCall.ts';
import { EMPTY_ACCOUNT } from '../../node/state/account.ts';
import { type Database, WriteBatch } from '../../node/state/database.ts';
import { openLevelDatabase } from '../../node/state/levelDatabase.ts';
import { MemoryStateReader } from '../../node/state/memoryReader.ts';
import { openStateStore, type StateStore } from '../../node/state/stateStore.ts';
import type { StateChanges } from '../../node/state/types.ts';
import { createJournaledState } from '../../node/state/worldState.ts';
import type { NativePrecompile, PrecompileResult } from '../../precompiles/framework/host.ts';
import { STUB_CODE, STUB_NONCE } from '../../precompiles/registry.ts';
import { bigIntToBytes, bigIntToFixedBytes, parseAddress } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import type { MemoryHost } from '../../test/precompiles/support/memoryHost.ts';
import { leastMicroseconds, runsFor } from './cpuTime.ts';

export interface NativeCall {
  readonly from: Address;
  readonly data: Uint8Array;
  readonly valueWei: bigint;
}

export interface NativeMeasurement {
  readonly microseconds: number;
  readonly result: PrecompileResult;
}

const GAS_LIMIT = 30_000_000n;

/** Balances and slots of a chain in memory, and what every chain has, as the changes of a first block. */
function changesOf(base: MemoryHost, precompile: NativePrecompile): StateChanges {
  const state = createJournaledState(new MemoryStateReader());
  for (const [address, balanceWei] of base.balances)
    state.setAccount(parseAddress(address), { ...EMPTY_ACCOUNT, balanceWei });
  const own = state.account(precompile.address) ?? EMPTY_ACCOUNT;
  state.setAccount(precompile.address, { ...own, nonce: STUB_NONCE });
  state.setCode(precompile.address, STUB_CODE);
  for (const { address, code } of SYSTEM_CONTRACTS) state.setCode(address, code);
  for (const [key, value] of base.slots) {
    const [address = '', slot = ''] = key.split(':');
    if (value !== 0n) state.setSlot(parseAddress(address), bigIntToFixedBytes(BigInt(slot), 32), bigIntToBytes(value));
  }
  return state.changes();
}

/** A store that holds `changes` as its first block. */
async function storeWith(database: Database, changes: StateChanges): Promise<StateStore> {
  const store = openStateStore(database, { kind: 'archive' });
  const batch = new WriteBatch();
  const pending = await store.write(store.seal(changes, store.head.stateRoot), 0n, batch);
  await database.write(batch, { sync: false });
  store.accept(pending);
  return store;
}

/** Lends out a store on disk that holds the state of `base`; it is gone afterwards. */
export async function withStore<Result>(
  precompile: NativePrecompile,
  base: MemoryHost,
  work: (store: StateStore) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'gnomon-native-'));
  const database = await openLevelDatabase(directory);
  try {
    return await work(await storeWith(database, changesOf(base, precompile)));
  } finally {
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Measures one call on the state of `base`; decoded caches are emptied before each run. */
export async function measureNativeCall(
  precompile: NativePrecompile,
  base: MemoryHost,
  call: NativeCall,
  effort: { readonly rounds: number; readonly roundMs: number },
): Promise<NativeMeasurement> {
  return withStore(precompile, base, async (store) => {
    const environment = (): NativeEnvironment => ({
      state: createJournaledState(store.readerAt(0n)),
      block: { number: base.blockNumber, timestampSeconds: base.timestampSeconds, blockHash: () => undefined },
      chain: { chainId: base.chainId, genesisHash: base.genesisHash },
      alarm: ({ cause }) => {
        throw cause;
      },
    });
    const hostCall = {
      caller: call.from,
      origin: call.from,
      valueWei: call.valueWei,
      isStatic: false,
      isOwnContext: true,
      depth: 0,
      data: call.data,
      gasLimit: GAS_LIMIT,
    };
    const run = (each: NativeEnvironment) => {
      store.cache.clear();
      return runNative(precompile, hostCall, each).result;
    };
    const result = run(environment());
    const runs = await runsFor(effort.roundMs, () => run(environment()));
    const microseconds = await leastMicroseconds({ rounds: effort.rounds, runs }, environment, run);
    return { microseconds, result };
  });
}
