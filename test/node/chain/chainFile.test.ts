import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeFileEntry, FILE_ITEM_BYTES_MAX, readChainFile } from '../../../node/chain/chainFile.ts';
import { concatBytes, EMPTY_BYTES } from '../../../primitives/bytes.ts';
import { encodeRlp } from '../../../primitives/rlp.ts';

const directory = mkdtempSync(join(tmpdir(), 'gnomon-test-'));
const path = join(directory, 'chain.rlp');
afterAll(() => rmSync(directory, { recursive: true }));

async function read(bytes: Uint8Array) {
  writeFileSync(path, bytes);
  const entries = [];
  for await (const entry of readChainFile(path)) entries.push(entry);
  return entries;
}

/** What the reader takes for a block: a list that begins with a list of strings. */
const block = fc
  .tuple(
    fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 4 }),
    fc.array(fc.uint8Array({ maxLength: 300 })),
  )
  .map(([header, transactions]) => encodeRlp([header, transactions, []]));
const entry = fc.record({ blockRlp: block, consensusInputs: fc.uint8Array({ maxLength: 120 }) });

const encodeAll = (entries: readonly { blockRlp: Uint8Array; consensusInputs: Uint8Array }[]) =>
  concatBytes(...entries.map(({ blockRlp, consensusInputs }) => encodeFileEntry(blockRlp, consensusInputs)));

describe('chain files', () => {
  it('give back what was written, with offsets that join', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
        const found = await read(encodeAll(entries));
        expect(found.map(({ blockRlp, consensusInputs }) => ({ blockRlp, consensusInputs }))).toEqual(entries);
        let offset = 0;
        for (const each of found) {
          expect(each.offset).toBe(offset);
          offset = each.end;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('give the whole entries before a cut and then say where the cut one begins', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 4 }), fc.nat(), async (entries, at) => {
        const bytes = encodeAll(entries);
        const cut = at % bytes.length;
        const ends = (await read(bytes)).map(({ end }) => end);
        const reading = read(bytes.subarray(0, cut));
        if (cut === 0 || ends.includes(cut))
          expect(await reading).toHaveLength(ends.filter((end) => end <= cut).length);
        else {
          const offset = ends.filter((end) => end <= cut).at(-1) ?? 0;
          await expect(reading).rejects.toMatchObject({ code: 'CHAIN_FILE_CUT_OFF', data: { offset } });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never make the reader fail other than by name, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        const outcome = await read(bytes).catch((error: unknown) => error);
        if (!Array.isArray(outcome))
          expect(outcome).toMatchObject({ code: expect.stringMatching(/^(INVALID_CHAIN_FILE|CHAIN_FILE_CUT_OFF)$/) });
      }),
      { numRuns: 300 },
    );
  });

  it('hold a block without inputs in one form only', async () => {
    const block = encodeRlp([[Uint8Array.of(1)], [], []]);
    const paired = encodeRlp([[[Uint8Array.of(1)], [], []], EMPTY_BYTES]);
    expect((await read(block)).map(({ consensusInputs }) => consensusInputs.length)).toEqual([0]);
    await expect(read(paired)).rejects.toMatchObject({ code: 'INVALID_CHAIN_FILE' });
  });

  it('hold entries longer than one read', async () => {
    const long = encodeRlp([[Uint8Array.of(1)], [new Uint8Array(3 * 1024 * 1024).fill(7)], []]);
    const found = await read(concatBytes(long, long));
    expect(found.map(({ blockRlp }) => blockRlp.length)).toEqual([long.length, long.length]);
  });

  it('bound an entry at the limit', async () => {
    const header = (length: number) =>
      Uint8Array.of(0xfb, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255);
    await expect(read(header(FILE_ITEM_BYTES_MAX))).rejects.toMatchObject({ code: 'CHAIN_FILE_CUT_OFF' });
    await expect(read(header(FILE_ITEM_BYTES_MAX + 1))).rejects.toMatchObject({ code: 'INVALID_CHAIN_FILE' });
    expect(await read(EMPTY_BYTES)).toEqual([]);
  });
});
