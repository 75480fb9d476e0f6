import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterAll, describe, expect, it } from 'vitest';
import { DATABASE_FORMAT, metaKey, prefixRange, recordKey } from '../../../node/state/buckets.ts';
import { type Database, WriteBatch } from '../../../node/state/database.ts';
import { accessError, openError } from '../../../node/state/databaseErrors.ts';
import { openLevelDatabase } from '../../../node/state/levelDatabase.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { utf8ToBytes } from '../../../primitives/bytes.ts';
import { ChainError } from '../../../primitives/errors.ts';

const root = mkdtempSync(join(tmpdir(), 'gnomon-database-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const place = () => join(root, String(count++));

async function refusal(location: string): Promise<ChainError> {
  const error = await openLevelDatabase(location).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ChainError);
  return error as ChainError;
}

/** A closed database with one record in it. */
async function sound(): Promise<string> {
  const location = place();
  const database = await openLevelDatabase(location);
  const batch = new WriteBatch();
  batch.put(recordKey(0x70, Uint8Array.of(1)), Uint8Array.of(2));
  await database.write(batch, { sync: true });
  await database.close();
  return location;
}

describe.each([
  ['level', () => openLevelDatabase(place())],
  ['memory', async () => new MemoryDatabase()],
] as const)('%s database', (_name, open: () => Promise<Database>) => {
  const key = (...bytes: number[]) => recordKey(0x70, Uint8Array.from(bytes));

  it('reads what it wrote, the later of two writes to a key, and nothing after a deletion', async () => {
    const database = await open();
    const batch = new WriteBatch();
    batch.put(key(1), Uint8Array.of(1));
    batch.put(key(1), Uint8Array.of(2));
    batch.put(key(2), Uint8Array.of(3));
    batch.delete(key(2));
    batch.delete(key(3));
    batch.put(key(3), new Uint8Array(0));
    expect(batch.byteLength).toBe(6 * 2 + 3);
    await database.write(batch, { sync: true });
    expect(database.getSync(key(1))).toEqual(Uint8Array.of(2));
    expect(database.getSync(key(2))).toBeUndefined();
    expect(database.getSync(key(3))).toEqual(new Uint8Array(0));
    await database.close();
  });

  it('iterates a range in order on a snapshot that later writes do not change', async () => {
    const database = await open();
    const batch = new WriteBatch();
    for (const last of [9, 3, 255, 0]) batch.put(key(7, last), Uint8Array.of(last));
    batch.put(key(8), Uint8Array.of(1));
    batch.put(key(6, 255), Uint8Array.of(1));
    await database.write(batch, { sync: false });
    const snapshot = database.snapshot();
    const later = new WriteBatch();
    later.delete(key(7, 3));
    later.put(key(7, 4), Uint8Array.of(4));
    await database.write(later, { sync: false });
    const seen: number[] = [];
    for await (const [found, value] of snapshot.entries(prefixRange(key(7)))) {
      expect(found).toEqual(key(7, value[0] as number));
      seen.push(value[0] as number);
    }
    expect(seen).toEqual([0, 3, 9, 255]);
    await snapshot.close();
    await database.close();
  });
});

describe('prefixRange', () => {
  it.each([
    [[1], [2]],
    [[1, 255], [2]],
    [
      [1, 2, 255, 255],
      [1, 3],
    ],
    [
      [255, 254],
      [255, 255],
    ],
  ])('ends %j before %j', (prefix, before) => {
    expect(prefixRange(Uint8Array.from(prefix)).before).toEqual(Uint8Array.from(before));
  });

  it('has no end for the last prefix and refuses the empty one', () => {
    expect(prefixRange(Uint8Array.of(255, 255)).before).toBeUndefined();
    expect(() => prefixRange(new Uint8Array(0))).toThrow(/names no range/);
  });
});

describe('opening', () => {
  it('creates missing directories and finds its data again', async () => {
    const location = join(place(), 'deep', 'er');
    await (await openLevelDatabase(location)).close();
    const database = await openLevelDatabase(location);
    expect(database.getSync(metaKey('format'))).toEqual(utf8ToBytes(DATABASE_FORMAT));
    await database.close();
  });

  it('refuses a second open in this process, and the first goes on to hold the lock against others', async () => {
    const location = await sound();
    const database = await openLevelDatabase(location);
    expect((await refusal(location)).code).toBe('DATABASE_LOCKED');
    const other = spawnSync(process.execPath, ['-e', OPEN_ELSEWHERE, location], { encoding: 'utf8' });
    expect(other.stdout).toBe('LEVEL_LOCKED');
    await database.close();
    await (await openLevelDatabase(location)).close();
  });

  it('says when another process has it open', async () => {
    const error = openError('/data', Object.assign(new Error('x'), { cause: coded('LEVEL_LOCKED') }));
    expect(error.code).toBe('DATABASE_LOCKED');
    expect(error.message).toMatch(/another process .* Stop the other node/);
  });

  it('refuses a directory of other files and leaves it as it was', async () => {
    const location = place();
    mkdirSync(location);
    writeFileSync(join(location, 'letters.txt'), 'dear');
    const error = await refusal(location);
    expect(error.code).toBe('DATABASE_FOREIGN');
    expect(error.message).toContain('letters.txt');
    expect(readdirSync(location)).toEqual(['letters.txt']);
  });

  it('refuses a file', async () => {
    const location = place();
    writeFileSync(location, '');
    expect((await refusal(location)).code).toBe('DATABASE_FOREIGN');
  });

  it('refuses the database of another program, writes nothing to it, and lets go of it', async () => {
    const location = place();
    const other = new ClassicLevel(location);
    await other.put('key', 'value');
    await other.close();
    expect((await refusal(location)).code).toBe('DATABASE_FOREIGN');
    await other.open();
    expect(await other.keys().all()).toEqual(['key']);
    await other.close();
  });

  it('refuses another format version by name', async () => {
    const location = await sound();
    const other = new ClassicLevel<Uint8Array, string>(location, { keyEncoding: 'view', valueEncoding: 'utf8' });
    await other.put(metaKey('format'), 'gnomon-0');
    await other.close();
    const error = await refusal(location);
    expect(error.code).toBe('DATABASE_FORMAT');
    expect(error.message).toMatch(/format gnomon-0, this version reads gnomon-1/);
  });

  it.each([
    ['CURRENT points nowhere', (at: string) => writeFileSync(join(at, 'CURRENT'), 'MANIFEST-999999\n')],
    ['CURRENT is missing', (at: string) => rmSync(join(at, 'CURRENT'))],
    ['the manifest is garbage', (at: string) => writeFileSync(manifestOf(at), Buffer.alloc(64, 7))],
    ['the manifest is cut', (at: string) => writeFileSync(manifestOf(at), readFileSync(manifestOf(at)).subarray(0, 5))],
  ])('says that it is damaged when %s', async (_what, damage) => {
    const location = place();
    cpSync(await sound(), location, { recursive: true });
    damage(location);
    const error = await refusal(location);
    expect(error.code).toBe('DATABASE_CORRUPTED');
    expect(error.message).toMatch(/Restore it from a backup/);
  });

  it('opens again after a first attempt that was cut off', async () => {
    const location = place();
    mkdirSync(location);
    writeFileSync(join(location, 'LOCK'), '');
    writeFileSync(join(location, 'LOG'), '');
    await (await openLevelDatabase(location)).close();
  });
});

const OPEN_ELSEWHERE = `
  const { ClassicLevel } = require('classic-level');
  const level = new ClassicLevel(process.argv[1]);
  level.open().then(() => process.stdout.write('opened'), (error) => process.stdout.write(error.cause.code));
`;

function coded(code: string, message = 'it failed'): Error {
  return Object.assign(new Error(message), { code });
}

function manifestOf(location: string): string {
  return join(location, readdirSync(location).find((name) => name.startsWith('MANIFEST-')) as string);
}

describe('what a failure means', () => {
  it.each([
    [coded('ENOSPC'), 'DATABASE_FULL'],
    [coded('EDQUOT'), 'DATABASE_FULL'],
    [coded('LEVEL_IO_ERROR', 'IO error: /d/000005.log: No space left on device'), 'DATABASE_FULL'],
    [coded('EACCES'), 'DATABASE_PERMISSION'],
    [coded('EROFS'), 'DATABASE_PERMISSION'],
    [coded('LEVEL_IO_ERROR', 'IO error: /d/LOCK: Permission denied'), 'DATABASE_PERMISSION'],
    [coded('LEVEL_CORRUPTION', 'Corruption: checksum mismatch'), 'DATABASE_CORRUPTED'],
    [coded('LEVEL_IO_ERROR', 'IO error: something else'), 'DATABASE_FAILED'],
    ['not an error', 'DATABASE_FAILED'],
  ])('%s is %s', (error, code) => {
    expect(accessError('/d', error).code).toBe(code);
    expect(openError('/d', error).code).toBe(code);
  });
});
