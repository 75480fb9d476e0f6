// The state that a database holds after one block, put into a stock trie: where a replay begins, and the proof that the
// records which reads are served from are those that the header commits to.
import { ADDRESS_LENGTH } from '../../primitives/bytes.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { BUCKET, prefixRange } from '../state/buckets.ts';
import type { Database } from '../state/database.ts';
import { decodeHeadAccount } from '../state/headCache.ts';
import { openStateStore } from '../state/stateStore.ts';
import { VersionedTable } from '../state/versionedTable.ts';
import type { StockState } from './stockState.ts';

/** Writes between two commits of the trie: bounds what it holds in memory. */
const WRITES_PER_COMMIT = 5_000;

export interface LoadedState {
  readonly root: Uint8Array;
  /** The sum of all balances. */
  readonly totalWei: bigint;
}

/**
 * Loads the state after block `blockNumber` into an empty `target`.
 * @throws ChainError `STATE_PRUNED`, `BLOCK_NOT_FOUND`
 */
export async function loadStoredState(
  database: Database,
  blockNumber: bigint,
  target: StockState,
  progress?: (accounts: number) => void,
): Promise<LoadedState> {
  const reader = openStateStore(database, { kind: 'archive' }).readerAt(blockNumber);
  const table = new VersionedTable(database);
  const height = Number(blockNumber);
  const snapshot = database.snapshot();
  let writes = 0;
  let accounts = 0;
  let totalWei = 0n;
  const written = async () => {
    if (++writes % WRITES_PER_COMMIT !== 0) return;
    await target.commit();
    await target.forgetTouched();
    await target.checkpoint();
  };
  await target.checkpoint();
  try {
    for await (const [key] of snapshot.entries(prefixRange(Uint8Array.of(BUCKET.account)))) {
      const record = decodeHeadAccount(table.at(key, height));
      if (record === undefined) continue;
      totalWei += record.balanceWei;
      const code = reader.code(record.codeHash as Hash);
      await target.setAccount(key.slice(1) as Address, record.balanceWei, record.nonce, code);
      progress?.(++accounts);
      await written();
    }
    for await (const [key] of snapshot.entries(prefixRange(Uint8Array.of(BUCKET.slot)))) {
      const value = table.at(key, height)?.value;
      if (value === undefined || value.length === 0) continue;
      const address = key.slice(1, 1 + ADDRESS_LENGTH) as Address;
      await target.setSlot(address, key.slice(1 + ADDRESS_LENGTH), value);
      await written();
    }
    await target.commit();
  } finally {
    await snapshot.close();
  }
  await target.forgetTouched();
  return { root: await target.getStateRoot(), totalWei };
}
