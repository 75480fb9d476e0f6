// The whole newest state, streamed from one snapshot: for dumps and exports. Records are kept under raw addresses and slots,
// so nothing needs a preimage.
import { ADDRESS_LENGTH, compareBytes, equalBytes } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import type { Address } from '../../primitives/types.ts';
import { BUCKET, prefixRange } from './buckets.ts';
import type { Database, DatabaseEntry, DatabaseSnapshot } from './database.ts';
import { decodeHeadAccount } from './headCache.ts';
import type { AccountRecord } from './types.ts';
import { decodeRecord } from './versionedTable.ts';

/** An account, or a slot of the account before it. */
export type DumpEntry =
  | { readonly kind: 'account'; readonly address: Address; readonly record: AccountRecord }
  | { readonly kind: 'slot'; readonly address: Address; readonly slot: Uint8Array; readonly value: Uint8Array };

/** Accounts in the order of addresses, each followed by its slots in theirs. */
export async function* dumpState(database: Database): AsyncGenerator<DumpEntry> {
  const snapshot = database.snapshot();
  try {
    const slots = liveEntries(snapshot, BUCKET.slot);
    let slot = await slots.next();
    for await (const [key, bytes] of liveEntries(snapshot, BUCKET.account)) {
      const address = key.slice(1) as Address;
      const record = decodeHeadAccount(decodeRecord(bytes));
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
          value: decodeRecord(slot.value[1]).value,
        };
      assert(slot.done || compareBytes(slot.value[0].subarray(1), address) > 0, 'a slot without an account');
    }
    assert(slot.done, 'a slot without an account');
  } finally {
    await snapshot.close();
  }
}

async function* liveEntries(snapshot: DatabaseSnapshot, bucket: number): AsyncGenerator<DatabaseEntry, undefined> {
  for await (const entry of snapshot.entries(prefixRange(Uint8Array.of(bucket))))
    if (decodeRecord(entry[1]).value.length > 0) yield entry;
  return undefined;
}
