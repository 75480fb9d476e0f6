// `gnomon import`, `export`, `rollback` as commands: exit codes, words, and homes that stay usable after every refusal.
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS, devGenesis } from '../../genesis/devGenesis.ts';
import { bytesToHex, hexToBytes } from '../../primitives/bytes.ts';
import { rlpSpan } from '../../primitives/rlp.ts';
import { gnomon, startGnomon, temporaryDirectories } from '../helpers/gnomonCommand.ts';
import { signCall } from '../helpers/signCall.ts';
import { result } from '../rpc/support/client.ts';
import { vectorPath } from '../vectors.ts';

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());
const newHome = () => join(directories.make(), 'home');

function write(bytes: Uint8Array): string {
  const path = join(directories.make(), 'file.rlp');
  writeFileSync(path, bytes);
  return path;
}

const vectors = vectorPath('execution-apis');

describe.skipIf(vectors === undefined)('gnomon import of the execution-apis chain', () => {
  const genesis = join(vectors ?? '', 'genesis.json');
  const file = join(vectors ?? '', 'chain.rlp');
  const head: string =
    vectors === undefined
      ? ''
      : JSON.parse(readFileSync(join(vectors, 'headfcu.json'), 'utf8')).params[0].headBlockHash;

  it('ends at the expected head, again without change, and refuses another head and another genesis', async () => {
    const home = newHome();
    const importing = ['import', '--home', home, '--expect-head', head, '--json', file];
    const first = await gnomon([...importing, '--genesis', genesis]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(first.stdout)).toMatchObject({ number: '54', hash: head });
    expect(await gnomon(importing)).toEqual(first);

    const otherHead = `0x${'11'.repeat(32)}`;
    const unexpected = await gnomon(['import', '--home', home, '--expect-head', otherHead, file]);
    expect(unexpected).toMatchObject({ code: 1, stdout: '' });
    expect(unexpected.stderr).toMatch(/^gnomon: .*expected 0x11.*got 0xd226371d/);

    const otherGenesis = join(directories.make(), 'genesis.json');
    writeFileSync(otherGenesis, JSON.stringify(devGenesis()));
    const mismatch = await gnomon(['import', '--home', home, '--genesis', otherGenesis, file]);
    expect(mismatch).toMatchObject({ code: 1, stdout: '' });
    expect(mismatch.stderr).toMatch(/holds the chain of genesis 0x.*another --home/);
    expect(await gnomon(importing)).toEqual(first);
  }, 60_000);

  it('refuses a cut file by name and goes on with the whole one', async () => {
    const home = newHome();
    const cut = write(readFileSync(file));
    truncateSync(cut, 40_000);
    const refused = await gnomon(['import', '--home', home, '--genesis', genesis, cut]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/ends inside the block that begins at byte \d+; get the whole file/);
    expect(await gnomon(['import', '--home', home, '--expect-head', head, file])).toMatchObject({ code: 0 });
  }, 60_000);

  it('refuses an altered block by its number and goes on with the true one', async () => {
    const home = newHome();
    const bytes = new Uint8Array(readFileSync(file));
    let offset = 0;
    for (let block = 1; block < 20; block++) offset = rlpSpan(bytes, offset).end;
    const span = rlpSpan(bytes, offset);
    // The state root: after the header of the block, of the header, the parent and ommers hashes and the coinbase.
    const at = span.payload + 3 + 33 + 33 + 21 + 5;
    const altered = write(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));
    const refused = await gnomon(['import', '--home', home, '--genesis', genesis, altered]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /block 20 is invalid: state root mismatch: its header says 0x.*, execution gives 0x/,
    );
    expect(await gnomon(['import', '--home', home, '--expect-head', head, file])).toMatchObject({ code: 0 });
  }, 60_000);
});

describe('gnomon import of what is no chain', () => {
  const genesis = () => {
    const path = join(directories.make(), 'genesis.json');
    writeFileSync(path, JSON.stringify(devGenesis()));
    return path;
  };

  it.each([
    ['text', new TextEncoder().encode('this is no chain'), /invalid at byte 0: expected an RLP list/],
    [
      'an item that claims 2 GiB',
      hexToBytes('0xfb80000000aabb'),
      /an item of 2147483648 bytes, at most 67108864 allowed/,
    ],
    ['a length of eight bytes', hexToBytes('0xffffffffffffffffff'), /a length of 8 bytes/],
    ['an empty list', hexToBytes('0xc0'), /expected a block/],
    ['a list that holds garbage', hexToBytes('0xc5c483ffffff'), /byte 0/],
  ])('refuses %s', async (_what, bytes, words) => {
    const refused = await gnomon(['import', '--home', newHome(), '--genesis', genesis(), write(bytes)]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(words);
    expect(refused.stderr).not.toMatch(/\n\s+at /);
  });

  it('makes no home when the file, the genesis or the hash is missing or wrong', async () => {
    const home = newHome();
    const missing = join(directories.make(), 'missing.rlp');
    const present = write(new Uint8Array());
    for (const [args, words] of [
      [['--genesis', genesis(), missing], /no such file or directory: .*missing\.rlp/],
      [['--genesis', missing, present], /no such file or directory: .*missing\.rlp/],
      [[present], /holds no chain/],
      [['--genesis', genesis(), '--expect-head', '0x12', present], /0x12|32 bytes|hash/],
    ] as const) {
      const refused = await gnomon(['import', '--home', home, ...args]);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(words);
      expect(existsSync(home), args.join(' ')).toBe(false);
    }
  });

  it('does not give a home of one genesis the chain of another', async () => {
    const home = newHome();
    expect(await gnomon(['init', '--home', home, '--chain-id', '5555'])).toMatchObject({ code: 0 });
    const refused = await gnomon(['import', '--home', home, '--genesis', genesis(), write(new Uint8Array())]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toMatch(/holds the chain of genesis/);
    expect(existsSync(join(home, 'db'))).toBe(false);
  });
});

describe('export, import and rollback of a dev chain', () => {
  const home = newHome();
  let head = { number: '', hash: '' };
  const [alice, bob] = DEV_ACCOUNTS as [(typeof DEV_ACCOUNTS)[number], (typeof DEV_ACCOUNTS)[number]];

  const headOf = (url: string) => result<typeof head>(url, 'eth_getBlockByNumber', 'latest', false);

  beforeAll(async () => {
    const node = await startGnomon(['dev', '--home', home, '--port', '0']);
    for (let nonce = 0n; nonce < 3n; nonce++) {
      const raw = bytesToHex(signCall(alice.privateKey, { nonce, to: bob.address, value: 1n }));
      await result(node.url, 'eth_sendRawTransactionSync', raw);
    }
    await result(node.url, 'anvil_setBalance', bytesToHex(bob.address), '0x1234');
    await result(node.url, 'evm_mine');
    head = await headOf(node.url);
    expect(await node.end('SIGTERM')).toMatchObject({ code: 0 });
  });

  it('exports once, never over a file, and only blocks that are there', async () => {
    const file = join(directories.make(), 'chain.rlp');
    expect(await gnomon(['export', '--home', home, file])).toMatchObject({ code: 0 });
    const bytes = readFileSync(file);
    const again = await gnomon(['export', '--home', home, file]);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/there already: .*nothing was overwritten/);
    expect(readFileSync(file)).toEqual(bytes);
    for (const [from, to] of [
      ['0', '2'],
      ['3', '2'],
      ['1', '5'],
      ['one', '2'],
    ]) {
      const other = join(directories.make(), 'other.rlp');
      const refused = await gnomon(['export', '--home', home, '--from', from as string, '--to', to as string, other]);
      expect(refused, `${from} to ${to}`).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(/expected a range within blocks 1 to 4|--from must be a whole number/);
      expect(existsSync(other)).toBe(false);
    }
  }, 60_000);

  it('rolls back, takes the blocks from a file again, and makes new ones after both', async () => {
    const file = join(directories.make(), 'chain.rlp');
    expect(await gnomon(['export', '--home', home, file])).toMatchObject({ code: 0 });
    const past = await gnomon(['rollback', '--home', home, '--to', '9']);
    expect(past).toMatchObject({ code: 1, stdout: '' });
    expect(past.stderr).toMatch(/block 9 does not exist; the head is 4/);
    const back = await gnomon(['rollback', '--home', home, '--to', '1', '--json']);
    expect(back.code).toBe(0);
    expect(JSON.parse(back.stdout)).toMatchObject({ number: '1' });
    const imported = await gnomon(['import', '--home', home, '--expect-head', head.hash, '--json', file]);
    expect(imported).toMatchObject({ code: 0, stderr: '' });

    const node = await startGnomon(['dev', '--home', home, '--port', '0']);
    expect((await headOf(node.url)).hash).toBe(head.hash);
    await result(node.url, 'evm_mine');
    expect((await headOf(node.url)).number).toBe('0x5');
    await node.end('SIGKILL');

    expect(await gnomon(['rollback', '--home', home])).toMatchObject({ code: 0 });
    const restarted = await startGnomon(['dev', '--home', home, '--port', '0']);
    expect((await headOf(restarted.url)).hash).toBe(head.hash);
    await restarted.end('SIGTERM');

    expect(await gnomon(['rollback', '--home', home, '--to', '0'])).toMatchObject({ code: 0 });
    const beyond = await gnomon(['rollback', '--home', home]);
    expect(beyond).toMatchObject({ code: 1, stdout: '' });
    expect(beyond.stderr).toMatch(/genesis/);
    expect(beyond.stderr).not.toMatch(/block -1/);
  }, 90_000);
});
