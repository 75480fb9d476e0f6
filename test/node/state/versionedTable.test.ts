import { describe, expect, it } from 'vitest';
import { WriteBatch } from '../../../node/state/database.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { readVarint, varintSize, writeVarint } from '../../../node/state/varint.ts';
import {
  BlockWriter,
  decodeChanges,
  decodeRecord,
  encodeChanges,
  historyKey,
  VersionedTable,
} from '../../../node/state/versionedTable.ts';

const key = Uint8Array.of(0x20, 1, 2);

describe('the worked example of docs/spec/state.md', () => {
  it('has these bytes, reads so at every block, and is gone after pruning', async () => {
    const database = new MemoryDatabase();
    const table = new VersionedTable(database);
    const write = async (fill: (batch: WriteBatch) => void) => {
      const batch = new WriteBatch();
      fill(batch);
      await database.write(batch);
    };
    for (let block = 5; block <= 9; block++)
      await write((batch) => {
        const writer = new BlockWriter(batch, block);
        if (block === 5) writer.set(key, table.newest(key), Uint8Array.of(0xaa));
        if (block === 7) writer.set(key, table.newest(key), Uint8Array.of(0xbb));
        if (block === 9) writer.delete(key, table.newest(key));
        writer.finish();
      });
    expect(database.getSync(key)).toEqual(Uint8Array.of(0x09, 0x02));
    expect(database.getSync(historyKey(key, 0))).toEqual(Uint8Array.of(0x05, 0x00, 0xaa));
    expect(database.getSync(historyKey(key, 1))).toEqual(Uint8Array.of(0x07, 0x01, 0xbb));
    expect([...historyKey(key, 1)]).toEqual([0x21, 1, 2, 0, 0, 0, 1]);
    const read = (block: number) => table.at(key, block)?.value;
    expect([4, 5, 6, 7, 8, 9].map(read)).toEqual([
      undefined,
      Uint8Array.of(0xaa),
      Uint8Array.of(0xaa),
      Uint8Array.of(0xbb),
      Uint8Array.of(0xbb),
      new Uint8Array(0),
    ]);
    for (const block of [6, 7]) await write((batch) => expect(table.prune(batch, block)).toEqual([]));
    expect(database.getSync(historyKey(key, 0))).toBeUndefined();
    expect([7, 8, 9].map(read)).toEqual([Uint8Array.of(0xbb), Uint8Array.of(0xbb), new Uint8Array(0)]);
    await write((batch) => expect(table.prune(batch, 8)).toEqual([]));
    await write((batch) => expect(table.prune(batch, 9)).toEqual([key]));
    expect([database.getSync(key), database.getSync(historyKey(key, 1))]).toEqual([undefined, undefined]);
    expect(() => table.changesOf(9)).toThrow(/changes of block 9 is missing/);
  });

  it('writes nothing for the deletion of what is not there', () => {
    const batch = new WriteBatch();
    const writer = new BlockWriter(batch, 3);
    expect(writer.delete(key, undefined)).toBeUndefined();
    const tombstone = decodeRecord(Uint8Array.of(2, 1));
    expect(writer.delete(key, tombstone)).toBe(tombstone);
    expect(batch.keys).toEqual([]);
  });
});

describe('encodings', () => {
  it.each([0, 1, 127, 128, 16383, 16384, 2 ** 32, 2 ** 48 - 1, Number.MAX_SAFE_INTEGER])('round trip %i', (value) => {
    const bytes = new Uint8Array(varintSize(value) + 2);
    const end = writeVarint(bytes, 1, value);
    expect(end).toBe(1 + varintSize(value));
    expect(readVarint(bytes, 1)).toEqual({ value, end });
  });

  it('refuse what is no stored integer', () => {
    for (const value of [-1, 1.5, 2 ** 53])
      expect(() => writeVarint(new Uint8Array(10), 0, value)).toThrow(/safe integer/);
    expect(() => readVarint(Uint8Array.of(0x80), 0)).toThrow(/cut off/);
    expect(() => readVarint(new Uint8Array(9).fill(0x80), 0)).toThrow(/too long/);
  });

  it('round trip lists of changes', () => {
    const changes = [
      { key, version: 0, isDeletion: false },
      { key: new Uint8Array(200).fill(7), version: 2 ** 32 - 1, isDeletion: true },
    ];
    expect(decodeChanges(encodeChanges(changes))).toEqual(changes);
    expect(decodeChanges(new Uint8Array(0))).toEqual([]);
  });
});
