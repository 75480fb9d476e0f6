// Reading a journal back, whole and not.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeLine } from '../../../node/txpool/journalLines.ts';
import { readJournal } from '../../../node/txpool/readJournal.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import { temporaryDirectories } from '../../helpers/gnomonCommand.ts';

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());

const LIMITS = { bytesMax: 10_000, countMax: 10, transactionBytesMax: 100 };
const transaction = (id: number, size = 50) => new Uint8Array(size).fill(id);
const came = (id: number, size?: number) => encodeLine('+', transaction(id, size));
const went = (id: number) => encodeLine('-', keccak256(transaction(id)));

function read(text: string | Uint8Array, limits: Partial<typeof LIMITS> = {}) {
  const file = join(directories.make(), 'journal');
  writeFileSync(file, text, 'latin1');
  return readJournal(file, { ...LIMITS, ...limits });
}

const ids = ({ raws }: { raws: readonly Uint8Array[] }) => raws.map((raw) => raw[0]);
const SOUND = { damagedCount: 0, damagedLines: [], tornBytes: 0, isCut: false };

describe('readJournal', () => {
  it('takes no file for an empty journal', async () => {
    expect(await readJournal(join(directories.make(), 'none'), LIMITS)).toEqual({ raws: [], ...SOUND });
  });

  it('gives what came and did not go, in order', async () => {
    const content = await read(came(1) + came(2) + came(3) + went(2) + came(4) + went(1) + came(1));
    expect(content).toMatchObject(SOUND);
    expect(ids(content)).toEqual([3, 4, 1]);
  });

  it('drops a torn end wherever it was cut', async () => {
    const [head, tail] = [came(1) + came(2), came(3)];
    for (let length = 0; length <= tail.length; length++) {
      const content = await read(head + tail.slice(0, length));
      const isWhole = length === tail.length;
      expect(content).toMatchObject({ ...SOUND, tornBytes: isWhole ? 0 : length });
      expect(ids(content)).toEqual(isWhole ? [1, 2, 3] : [1, 2]);
    }
  });

  it('skips damaged lines and names the first eight', async () => {
    const broken = came(9).replace(':', ';');
    const content = await read(`${came(1)}${broken.repeat(9)}\0\0\n${came(2)}`);
    expect(content).toMatchObject({ damagedCount: 10, damagedLines: [2, 3, 4, 5, 6, 7, 8, 9], tornBytes: 0 });
    expect(ids(content)).toEqual([1, 2]);
  });

  it('takes the largest transaction, and none that is larger', async () => {
    expect(ids(await read(came(1, 100) + came(2)))).toEqual([1, 2]);
    const content = await read(came(1, 103) + came(2));
    expect(content).toMatchObject({ damagedLines: [1] });
    expect(ids(content)).toEqual([2]);
  });

  it('finds the end of a line that is longer than what is read at once', async () => {
    const content = await read(`${'+'.repeat(3 * 1024 * 1024)}\n${came(2)}`, { bytesMax: 10_000_000 });
    expect(content).toMatchObject({ damagedLines: [1], tornBytes: 0 });
    expect(ids(content)).toEqual([2]);
  });

  it('reads as many transactions and bytes as may be, and says that there was more', async () => {
    const ten = Array.from({ length: 10 }, (_, id) => came(id)).join('');
    expect(await read(ten + went(3) + came(11))).toMatchObject(SOUND);
    const full = await read(ten + came(11));
    expect(full).toMatchObject({ isCut: true });
    expect(ids(full)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const text = came(1) + came(2);
    expect(await read(text, { bytesMax: text.length })).toMatchObject(SOUND);
    expect(ids(await read(text, { bytesMax: text.length - 1 }))).toEqual([1, 2]);
    expect(await read(text, { bytesMax: text.length - 1 })).toMatchObject({ isCut: true });
  });

  it('throws where the file cannot be read', async () => {
    await expect(readJournal(directories.make(), LIMITS)).rejects.toThrow('EISDIR');
  });
});
