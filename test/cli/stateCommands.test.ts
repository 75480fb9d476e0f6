// `gnomon prune` and `gnomon export-state` on real homes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesisText } from '../../genesis/genesisText.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { formatGenesis } from '../../genesis/serializeGenesis.ts';
import { genesisRoot } from '../../node/chain/chain.ts';
import { openLevelDatabase } from '../../node/state/levelDatabase.ts';
import { bytesToHex, toAddress } from '../../primitives/bytes.ts';
import { gnomon, startGnomon, temporaryDirectories } from '../helpers/gnomonCommand.ts';
import { signCall } from '../helpers/signCall.ts';
import { ALICE, decide, openApp, proposed } from '../node/consensus/appHarness.ts';
import { result } from '../rpc/support/client.ts';

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());
const payee = toAddress(new Uint8Array(20).fill(0xaa));
const HEAD = 200n;
const home = join(directories.make(), 'home');
const config = join(home, 'config.toml');
let roots: string[];

beforeAll(async () => {
  const genesisFile = join(directories.make(), 'genesis.json');
  writeFileSync(genesisFile, formatGenesis(devGenesis()));
  expect(await gnomon(['init', '--home', home, '--genesis', genesisFile])).toMatchObject({ code: 0 });
  const database = await openLevelDatabase(join(home, 'db'));
  const test = await openApp(database, parseGenesis(devGenesis()));
  for (let height = 1n; height <= HEAD; height++)
    await decide(test, proposed(height, [signCall(ALICE.privateKey, { nonce: height - 1n, to: payee, value: 1n })]));
  roots = Array.from({ length: Number(HEAD) + 1 }, (_, number) =>
    bytesToHex(test.chain.headerByNumber(BigInt(number))?.header.stateRoot as Uint8Array),
  );
  await database.close();
});

const rootOfText = (text: string) => bytesToHex(genesisRoot(parseGenesis(parseGenesisText(text))));

describe('gnomon export-state', () => {
  it('writes a genesis file that begins with the state of the block, to a file or to standard output', async () => {
    const file = join(directories.make(), 'state.json');
    const written = await gnomon(['export-state', '--home', home, '--output', file]);
    expect(written).toMatchObject({ code: 0, stdout: '' });
    expect(written.stderr).toContain(`State of block ${HEAD}: `);
    expect(written.stderr).toContain(roots[Number(HEAD)]);
    expect(rootOfText(readFileSync(file, 'utf8'))).toBe(roots[Number(HEAD)]);
    const printed = await gnomon(['export-state', '--home', home, '--block', '7']);
    expect(rootOfText(printed.stdout)).toBe(roots[7]);
    const next = join(directories.make(), 'next');
    expect(await gnomon(['init', '--home', next, '--genesis', file])).toMatchObject({ code: 0 });
    const again = await gnomon(['export-state', '--home', home, '--output', file]);
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toMatch(/there already/);
  });

  it('refuses other formats and blocks that are not there', async () => {
    const format = await gnomon(['export-state', '--home', home, '--format', 'csv']);
    expect(format).toMatchObject({ code: 1, stderr: 'gnomon: --format must be genesis or dump, got "csv"\n' });
    const block = await gnomon(['export-state', '--home', home, '--block', '201']);
    expect(block.stderr).toMatch(/block 201 is not there: the newest is 200/);
    const dump = await gnomon(['export-state', '--home', home, '--format', 'dump']);
    expect(`0x${JSON.parse(dump.stdout).root}`).toBe(roots[Number(HEAD)]);
  });
});

describe('gnomon prune', () => {
  it('refuses while the node runs, and too few blocks, and changes nothing then', async () => {
    const before = readFileSync(config, 'utf8');
    const few = await gnomon(['prune', '--home', home, '--keep-blocks', '127']);
    expect(few).toMatchObject({ code: 1, stdout: '' });
    expect(few.stderr).toMatch(/--keep-blocks must be at least 128.*got 127/);
    const running = await startGnomon(['dev', '--home', home, '--port', '0', '--no-mining']);
    const locked = await gnomon(['prune', '--home', home, '--keep-blocks', '128']);
    expect(locked).toMatchObject({ code: 1, stdout: '' });
    expect(locked.stderr).toMatch(/is in use: another process has it open/);
    expect(await running.end('SIGTERM')).toMatchObject({ code: 0 });
    expect(readFileSync(config, 'utf8')).toBe(before);
  });

  it('turns an archive into a pruned chain that a node goes on with', async () => {
    const pruned = await gnomon(['prune', '--home', home, '--keep-blocks', '128', '--json']);
    expect(pruned).toMatchObject({ code: 0, stderr: '' });
    const summary = JSON.parse(pruned.stdout);
    expect(summary).toMatchObject({ head: '200', oldestBefore: '0', oldestAfter: '73' });
    expect(summary.bytesAfter).toBeLessThan(summary.bytesBefore);
    expect(readFileSync(config, 'utf8')).toMatch(/mode = "pruned" .*\nkeep_blocks = 128\n/);
    const gone = await gnomon(['export-state', '--home', home, '--block', '72']);
    expect(gone).toMatchObject({ code: 1, stdout: '' });
    expect(gone.stderr).toMatch(/the state of block 72 is pruned: the oldest kept is that of block 73/);
    const kept = await gnomon(['export-state', '--home', home, '--block', '73']);
    expect(rootOfText(kept.stdout)).toBe(roots[73]);

    const running = await startGnomon(['dev', '--home', home, '--port', '0', '--no-mining']);
    const balanceAt = (block: number) =>
      result(running.url, 'eth_getBalance', bytesToHex(payee), `0x${block.toString(16)}`);
    expect(await balanceAt(73)).toBe('0x49');
    expect(await balanceAt(200)).toBe('0xc8');
    expect(await running.end('SIGTERM')).toMatchObject({ code: 0 });
  });

  it('says that a home without blocks has nothing to prune', async () => {
    const empty = join(directories.make(), 'empty');
    await gnomon(['init', '--home', empty, '--chain-id', '5']);
    for (const verb of ['prune', 'export-state']) {
      const refused = await gnomon([verb, '--home', empty]);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(/holds no blocks yet/);
    }
  });
});
