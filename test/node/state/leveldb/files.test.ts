// LevelDB's own files, made by LevelDB: what is read of them sound, and what is noticed of them damaged.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterAll, describe, expect, it } from 'vitest';
import { crc32c } from '../../../../node/state/leveldb/crc32c.ts';
import { currentManifest } from '../../../../node/state/leveldb/databaseFiles.ts';
import { FileDamage } from '../../../../node/state/leveldb/fileDamage.ts';
import { readLogFile } from '../../../../node/state/leveldb/logFile.ts';
import { uncompressSnappy } from '../../../../node/state/leveldb/snappy.ts';
import { checkTableFile } from '../../../../node/state/leveldb/tableFile.ts';
import { utf8ToBytes } from '../../../../primitives/bytes.ts';
import { testSeed } from '../../../helpers/random.ts';
import { SeededRandom } from '../../execution/support/seededRandom.ts';

const root = mkdtempSync(join(tmpdir(), 'gnomon-leveldb-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A closed database with a log of these values, one write each; opening it again makes a table of them. */
async function written(name: string, values: readonly Uint8Array[], opens = 1): Promise<string> {
  const location = join(root, name);
  const level = new ClassicLevel<string, Uint8Array>(location, { valueEncoding: 'view' });
  for (const [index, value] of values.entries()) await level.put(`key ${index}`, value);
  await level.close();
  for (let open = 1; open < opens; open++) {
    await level.open();
    await level.close();
  }
  return location;
}

function fileOf(location: string, ending: string): Uint8Array {
  // A copy that is no Buffer, whose slice() would be a view.
  return Uint8Array.from(
    readFileSync(join(location, readdirSync(location).find((name) => name.endsWith(ending)) as string)),
  );
}

describe('crc32c', () => {
  // RFC 3720 appendix B.4.
  it.each([
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    [utf8ToBytes('123456789'), 0xe3069283],
    [new Uint8Array(0), 0],
  ])('of %s', (bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });
});

describe('snappy', () => {
  it('repeats what lies before, overlapping itself too', () => {
    // Length 12; the literal "abc"; nine bytes from three before.
    const packed = Uint8Array.of(12, 2 << 2, 97, 98, 99, 1 | (5 << 2), 3);
    expect(uncompressSnappy(packed)).toEqual(utf8ToBytes('abcabcabcabc'));
  });

  it.each([
    ['a copy from before the start', [4, 1, 1]],
    ['a literal that is cut off', [4, 3 << 2, 97]],
    ['more than it says', [1, 1 << 2, 97, 98]],
    ['less than it says', [9, 0, 97]],
    ['a length beyond all reason', [0xff, 0xff, 0xff, 0x7f, 0, 97]],
  ])('refuses %s', (_what, bytes) => {
    expect(uncompressSnappy(Uint8Array.from(bytes))).toBeUndefined();
  });
});

describe('a log', () => {
  const BLOCK = 32_768;
  /** Sizes that end a record at, just before and just behind the end of a block. */
  const sizes = [0, 1, BLOCK - 100, 40, ...Array.from({ length: 24 }, (_, index) => BLOCK - 40 + index), 3 * BLOCK, 5];

  it('is read whole, whatever its records have to do with the ends of its blocks', async () => {
    const values = sizes.map((size, index) => new Uint8Array(size).fill(index));
    const { records, end, state } = readLogFile(fileOf(await written('blocks', values), '.log'));
    expect(state).toBe('whole');
    expect(records).toHaveLength(sizes.length);
    expect(end).toBeGreaterThan(sizes.reduce((sum, size) => sum + size, 0));
    for (const [index, { payload }] of records.entries())
      expect(payload.subarray(payload.length - values[index]!.length)).toEqual(values[index]);
  });

  it('ends with its last whole record wherever it is cut', async () => {
    const bytes = fileOf(await written('cut', [new Uint8Array(50), new Uint8Array(70), new Uint8Array(90)]), '.log');
    const { records } = readLogFile(bytes);
    const ends = [...records.slice(1).map(({ offset }) => offset), bytes.length];
    for (let length = 0; length <= bytes.length; length++) {
      const { records: kept, state, end } = readLogFile(bytes.subarray(0, length));
      const whole = ends.filter((each) => each <= length);
      expect([kept.length, end], `cut at ${length}`).toEqual([whole.length, whole.at(-1) ?? 0]);
      expect(state).toBe(length === end ? 'whole' : 'torn');
    }
  });

  it('is damaged where any bit before its last record changed', async () => {
    const bytes = fileOf(await written('flip', [new Uint8Array(50), new Uint8Array(70), new Uint8Array(90)]), '.log');
    const last = readLogFile(bytes).records.at(-1)!.offset;
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << (at % 8);
      const { records, state } = readLogFile(changed);
      expect(records.length, `byte ${at}`).toBeLessThan(3);
      // A length that points beyond the end looks like a write that a crash cut off.
      const isLength = (at - readLogFile(bytes).records[records.length]!.offset) >> 1 === 2;
      if (at < last && state === 'torn') expect(isLength, `byte ${at}`).toBe(true);
      else expect(state, `byte ${at}`).toBe(at < last ? 'damaged' : 'torn');
    }
  });

  it('ends where zeros begin, as some file systems leave what was never written', async () => {
    const bytes = fileOf(await written('zeros', [new Uint8Array(50)]), '.log');
    const padded = new Uint8Array(bytes.length + 500);
    padded.set(bytes);
    expect(readLogFile(padded)).toMatchObject({ state: 'torn', end: bytes.length });
  });
});

describe('a table', () => {
  it('is damaged wherever a bit that counts changed', async () => {
    const seed = testSeed();
    const random = new SeededRandom(seed);
    const values = Array.from({ length: 200 }, () => random.bytes(100));
    const location = await written('table', values, 2);
    const bytes = fileOf(location, '.ldb');
    expect(currentManifest(location).tables).toEqual(new Map([[expect.any(Number), bytes.length]]));
    checkTableFile('000005.ldb', bytes, bytes.length);
    // Behind the two handles of the footer (48 bytes) there is padding.
    const [footer, padding] = [bytes.length - 48, bytes.length - 8];
    for (let count = 0; count < 400; count++) {
      const at = random.below(bytes.length);
      if (at > footer && at < padding) continue;
      const changed = bytes.slice();
      changed[at]! ^= 1 << random.below(8);
      expect(() => checkTableFile('000005.ldb', changed, bytes.length), `byte ${at}, seed ${seed}`).toThrow(FileDamage);
    }
    expect(() => checkTableFile('000005.ldb', bytes.subarray(1), bytes.length)).toThrow(/has \d+ bytes, expected/);
    expect(() => checkTableFile('000005.ldb', new Uint8Array(20), 20)).toThrow(/not that of a table/);
  });
});
