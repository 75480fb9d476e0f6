// A whole state, streamed from one snapshot: for dumps and exports. Records are kept under raw addresses and slots,
// so nothing needs a preimage.
import { ADDRESS_LENGTH, compareBytes, equalBytes } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import type { Address } from '../../primitives/types.ts';
import { BUCKET, prefixRange } from './buckets.ts';
import type { Database, DatabaseSnapshot } from './database.ts';
import { decodeHeadAccount } from './headCache.ts';
import type { AccountRecord } from './types.ts';
import { decodeRecord, type VersionedRecord } from './versionedTable.ts';

/** An account, or a slot of the account before it. */
export type DumpEntry =
  | { readonly kind: 'account'; readonly address: Address; readonly record: AccountRecord }
  | { readonly kind: 'slot'; readonly address: Address; readonly slot: Uint8Array; readonly value: Uint8Array };

/** The record in force of a key whose newest record is `newest`, or undefined when there was none. */
export type RecordOf = (key: Uint8Array, newest: VersionedRecord) => VersionedRecord | undefined;

/** Accounts in the order of addresses, each followed by its slots in theirs. */
export async function* dumpState(database: Database, recordOf: RecordOf): AsyncGenerator<DumpEntry> {
  const snapshot = database.snapshot();
  try {
    const slots = liveEntries(snapshot, BUCKET.slot, recordOf);
    let slot = await slots.next();
    for await (const [key, stored] of liveEntries(snapshot, BUCKET.account, recordOf)) {
      const address = key.slice(1) as Address;
      const record = decodeHeadAccount(stored);
      if (record === undefined) continue;
      yield { kind: 'account', address, record };
      for (
        ;
        !slot.done && equalBytes(slot.value[0].subarray(1, 1 + ADDRESS_LENGTH), address);
        slot = await slots.next()
      )
        yield {
          kind: 'slot',
          address,
          slot: slot.value[0].slice(1 + ADDRESS_LENGTH),
          value: slot.value[1].value,
        };
      assert(slot.done || compareBytes(slot.value[0].subarray(1), address) > 0, 'a slot without an account');
    }
    assert(slot.done, 'a slot without an account');
  } finally {
    await snapshot.close();
  }
}

type LiveEntry = readonly [key: Uint8Array, record: VersionedRecord];

/** A deleted key stands in the table as long as a block is kept in which it was there, so this misses none. */
async function* liveEntries(
  snapshot: DatabaseSnapshot,
  bucket: number,
  recordOf: RecordOf,
): AsyncGenerator<LiveEntry, undefined> {
  for await (const [key, bytes] of snapshot.entries(prefixRange(Uint8Array.of(bucket)))) {
    const record = recordOf(key, decodeRecord(bytes));
    if (record !== undefined && record.value.length > 0) yield [key, record];
  }
  return undefined;
}
