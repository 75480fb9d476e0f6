// Records of the database as they are read back: a damaged one is refused by name or read as something else of its form.
import fc from 'fast-check';
import { decodeUnrecoveredBlock } from '../../node/block/body.ts';
import type { Block } from '../../node/block/types.ts';
import {
  decodeBlockNumber,
  decodeBlockRecords,
  decodeHeaderRecord,
  decodeLocation,
  decodeReceiptsRecord,
  decodeSupply,
  encodeBlockNumber,
  encodeBodyRecord,
  encodeHeaderRecord,
  encodeLocation,
  encodeReceiptsRecord,
  encodeSupply,
} from '../../node/chain/blockRecords.ts';
import { createEngineStore } from '../../node/consensus/engineStore.ts';
import { metaKey } from '../../node/state/buckets.ts';
import { WriteBatch } from '../../node/state/database.ts';
import { MemoryDatabase } from '../../node/state/memoryDatabase.ts';
import { bigIntToBytes, concatBytes } from '../../primitives/bytes.ts';
import { encodeRlp } from '../../primitives/rlp.ts';
import { realBlocks, realTransactions } from '../realData.ts';
import { rlpTree } from '../structures.ts';
import { attemptLater, type FuzzTarget } from '../target.ts';

/** Every refusal of these decoders is a ChainError; which one says what was damaged. */
const ANY_NAME = /^[A-Z][A-Z_]+$/;

type Reader = (record: Uint8Array) => unknown;

async function fromEngine(key: string, record: Uint8Array): Promise<unknown> {
  const database = new MemoryDatabase();
  const batch = new WriteBatch();
  batch.put(metaKey(key), record);
  await database.write(batch);
  return createEngineStore(database).load();
}

function readersFor(block: Block): readonly (readonly [Uint8Array, Reader])[] {
  const header = encodeHeaderRecord(block.hash, block.header);
  const body = encodeBodyRecord(block);
  const receipts = encodeReceiptsRecord(
    block.transactions.map(({ type }) => ({
      type,
      succeeded: true,
      cumulativeGasUsed: 21_000n,
      gasUsed: 21_000n,
      effectiveGasPrice: 1n,
      logs: [{ address: block.header.coinbase, topics: [block.hash], data: new Uint8Array(3) }],
      logsBloom: new Uint8Array(256),
    })),
  );
  const decided = [bigIntToBytes(3n), bigIntToBytes(1_700n), bigIntToBytes(5n), realTransactions()];
  return [
    [header, decodeHeaderRecord],
    [body, (record) => decodeBlockRecords(header, record)],
    [receipts, (record) => decodeReceiptsRecord(record, block)],
    [encodeLocation({ blockNumber: 7n, index: 1 }), decodeLocation],
    [encodeBlockNumber(9n), decodeBlockNumber],
    [encodeSupply({ totalWei: 10n ** 24n, burnedFeesWei: 5n }), decodeSupply],
    [encodeRlp(decided), (record) => fromEngine('engineBlock', record)],
    [encodeRlp([bigIntToBytes(3n), block.hash]), (record) => fromEngine('engineState', record)],
  ];
}

/** A block of our own with a transaction of each type; the sender of each is made up. */
function ownBlock(): Block {
  const [real] = realBlocks();
  const sender = new Uint8Array(20).fill(1) as Block['header']['coinbase'];
  if (real !== undefined) {
    const block = decodeUnrecoveredBlock(real);
    return { ...block, transactions: block.transactions.map((transaction) => ({ ...transaction, sender })) };
  }
  const zero = new Uint8Array(32);
  const header = [zero, zero, sender, zero, zero, zero, new Uint8Array(256)];
  const numbers = [0n, 1n, 30_000_000n, 0n, 1_700n].map(bigIntToBytes);
  const list = realTransactions().filter((raw) => (raw[0] as number) < 0x80);
  const rlp = encodeRlp([[...header, ...numbers, new Uint8Array(), zero, new Uint8Array(8)], list, []]);
  const block = decodeUnrecoveredBlock(rlp);
  return { ...block, transactions: block.transactions.map((transaction) => ({ ...transaction, sender })) };
}

export const recordsTarget: FuzzTarget = {
  name: 'records',
  about: 'stored records (headers, bodies, receipts, locations, supply, the engine’s own): refused by name or read',
  shape: 'rlp',
  inputBytesMax: 64 * 1024,
  inputBudgetMs: 200,
  open: () => {
    const readers = readersFor(ownBlock());
    const withKind = (kind: number, record: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(kind), record);
    return {
      // The first byte says which record it is.
      corpus: readers.map(([record], kind) => withKind(kind, record)),
      structures: fc.tuple(fc.nat(readers.length - 1), rlpTree).map(([kind, record]) => withKind(kind, record)),
      async check(input) {
        const kind = (input[0] ?? 0) % readers.length;
        const read = (readers[kind] as (typeof readers)[0])[1];
        const { refusal } = await attemptLater(ANY_NAME, async () => read(input.subarray(1)));
        return refusal === undefined ? 'accepted' : `${kind} ${refusal}`;
      },
    };
  },
};
