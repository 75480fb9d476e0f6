import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scrubTables } from '../../../../node/state/leveldb/scrubTables.ts';

const root = mkdtempSync(join(tmpdir(), 'gnomon-scrub-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const never = new AbortController().signal;
const table = () => join(root, readdirSync(root).find((name) => name.endsWith('.ldb')) as string);

beforeAll(async () => {
  const level = new ClassicLevel<string, string>(root);
  await level.put('key', 'a value that stands in a table');
  await level.close();
  await level.open();
  await level.close();
});

describe('scrubbing tables', () => {
  it('finds damage in what opening left out, and nothing else', async () => {
    await scrubTables(root, () => 0, never, 0);
    const bytes = readFileSync(table());
    bytes[20] = (bytes[20] as number) ^ 4;
    writeFileSync(table(), bytes);
    await expect(scrubTables(root, () => 0, never, 0)).rejects.toMatchObject({ code: 'DATABASE_CORRUPTED' });
    await scrubTables(root, () => 0, never, bytes.length);
  });

  it('passes over a table that is gone by now', async () => {
    rmSync(table());
    await scrubTables(root, () => 0, never, 0);
  });
});
