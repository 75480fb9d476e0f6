// `gnomon verify` as a command: agreement, the first difference, exit codes, and homes that it leaves as they are.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { BUCKET, blockKey } from '../../node/state/buckets.ts';
import { WriteBatch } from '../../node/state/database.ts';
import { openLevelDatabase } from '../../node/state/levelDatabase.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { gnomon, startGnomon, temporaryDirectories } from '../helpers/gnomonCommand.ts';
import { signCall } from '../helpers/signCall.ts';
import { result } from '../rpc/support/client.ts';
import { vectorPath } from '../vectors.ts';

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());

/** Registers a device of each key type, sends a transfer, and edits state. */
async function fill(url: string): Promise<void> {
  const [alice, bob] = DEV_ACCOUNTS as [(typeof DEV_ACCOUNTS)[number], (typeof DEV_ACCOUNTS)[number]];
  for (const type of ['p256', 'secp256k1', 'ed25519', 'babyjubjub']) {
    const key = join(directories.make(), `${type}.json`);
    expect(await gnomon(['device', 'keygen', key, '--type', type])).toMatchObject({ code: 0 });
    const bond = type === 'p256' ? ['--bond', '1gnm'] : [];
    expect(await gnomon(['device', 'register', '--key', key, '--rpc', url, ...bond])).toMatchObject({ code: 0 });
  }
  const nonce = BigInt(await result<string>(url, 'eth_getTransactionCount', bytesToHex(alice.address), 'latest'));
  const raw = bytesToHex(signCall(alice.privateKey, { nonce, to: bob.address, value: 1n }));
  await result(url, 'eth_sendRawTransactionSync', raw);
  await result(url, 'anvil_setBalance', bytesToHex(bob.address), '0x1234');
  await result(url, 'evm_mine');
}

describe('gnomon verify of a dev chain', () => {
  const home = join(directories.make(), 'home');

  beforeAll(async () => {
    const node = await startGnomon(['dev', '--home', home, '--port', '0']);
    await fill(node.url);
    const running = await gnomon(['verify', '--home', home]);
    expect(running).toMatchObject({ code: 1, stdout: '' });
    expect(running.stderr).toMatch(/^gnomon: the database in .* is in use: .*Stop the other node/);
    expect(await node.end('SIGTERM')).toMatchObject({ code: 0 });
  }, 90_000);

  it('agrees on every block, device registrations and edits of state included, in text and in JSON', async () => {
    const text = await gnomon(['verify', '--home', home]);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/agrees with blocks 1 to 6: 6 blocks, 5 transactions, \d+ gas\n {2}hash {8}0x/);
    const json = await gnomon(['verify', '--home', home, '--from', '2', '--to', '5', '--json']);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, from: '2', to: '5', blocks: 4, stateCompared: true });
  }, 60_000);

  it('refuses a range that the chain does not have', async () => {
    const refused = await gnomon(['verify', '--home', home, '--from', '9']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/expected a range within blocks 1 to 6, got 9 to 6/);
  }, 60_000);

  it('ends with 1 at the first difference and names it', async () => {
    const database = await openLevelDatabase(join(home, 'db'));
    const key = blockKey(BUCKET.header, 3n);
    const record = Uint8Array.from(database.getSync(key)!);
    // The state root: after the hash, and in the header's list after parent, ommers' hash and coinbase.
    record[32 + 3 + 33 + 33 + 21 + 5] = (record[32 + 3 + 33 + 33 + 21 + 5] as number) ^ 1;
    const batch = new WriteBatch();
    batch.put(key, record);
    await database.write(batch, { sync: true });
    await database.close();
    const text = await gnomon(['verify', '--home', home]);
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(/differs at block 3, stateRoot: expected 0x[0-9a-f]{64}, got 0x[0-9a-f]{64}\n/);
    const json = JSON.parse((await gnomon(['verify', '--home', home, '--json'])).stdout);
    expect(json).toMatchObject({ ok: false, blocks: 2, difference: { blockNumber: '3', field: 'stateRoot' } });
  }, 60_000);
});

describe('gnomon verify of a home without blocks', () => {
  it('says so and makes nothing', async () => {
    const home = join(directories.make(), 'home');
    expect(await gnomon(['verify', '--home', home])).toMatchObject({ code: 1, stdout: '' });
    expect(existsSync(home)).toBe(false);
    expect(await gnomon(['init', '--home', home, '--chain-id', '5555'])).toMatchObject({ code: 0 });
    const empty = await gnomon(['verify', '--home', home]);
    expect(empty).toMatchObject({ code: 1, stdout: '' });
    expect(empty.stderr).toMatch(/holds no blocks yet: there is nothing to verify/);
    expect(existsSync(join(home, 'db'))).toBe(false);
  });
});

const vectors = vectorPath('execution-apis');

describe.skipIf(vectors === undefined)('gnomon verify of the execution-apis chain (external vectors)', () => {
  it('agrees through every fork from Homestead on, ommers and blobs included', async () => {
    const home = join(directories.make(), 'home');
    const [genesis, chain] = [join(vectors ?? '', 'genesis.json'), join(vectors ?? '', 'chain.rlp')];
    expect(await gnomon(['import', '--home', home, '--genesis', genesis, chain])).toMatchObject({ code: 0 });
    const tables = () =>
      readdirSync(join(home, 'db'))
        .filter((name) => name.endsWith('.ldb'))
        .map((name) =>
          createHash('sha256')
            .update(readFileSync(join(home, 'db', name)))
            .digest('hex'),
        );
    expect(statSync(join(home, 'genesis.json')).isFile()).toBe(true);
    for (const range of [[], ['--from', '30'], ['--from', '12', '--to', '20']]) {
      const verified = await gnomon(['verify', '--home', home, ...range]);
      expect(verified).toMatchObject({ code: 0, stderr: '' });
      expect(verified.stdout).toMatch(/^The second opinion agrees with blocks/);
    }
    const before = tables();
    expect(await gnomon(['verify', '--home', home])).toMatchObject({ code: 0 });
    expect(tables()).toEqual(before);
  }, 120_000);
});
