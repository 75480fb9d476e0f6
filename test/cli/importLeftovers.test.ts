import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-import-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const gnomon = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });

describe('gnomon import into a new home', () => {
  it('leaves nothing behind when it took no block, so that the right files can be tried', () => {
    const [genesis, file, home] = ['genesis.json', 'chain.rlp', 'home'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    expect(gnomon('genesis', 'new', genesis, '--chain-id', '5').status).toBe(0);
    writeFileSync(file, 'no chain at all');
    const { status, stderr } = gnomon('import', '--home', home, '--genesis', genesis, file);
    expect(status).toBe(1);
    expect(stderr).toMatch(/the chain file is invalid at byte 0/);
    expect(existsSync(home)).toBe(false);
  });

  it('says that a directory is no file', () => {
    const genesis = join(folder, 'genesis.json');
    const { status, stderr } = gnomon('import', '--home', join(folder, 'other'), '--genesis', genesis, folder);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^gnomon: this is a directory, and a file was expected/);
  });
});
