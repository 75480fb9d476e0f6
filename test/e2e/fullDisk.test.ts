// A small disk that fills up: the node stops loudly, nothing that it committed is lost, and it goes on once there is room.
// Verbs that make files leave none half made. Needs a tmpfs, and so the right to mount one.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { bytesToHex, toAddress } from '../../primitives/bytes.ts';
import { gnomon, startGnomon, temporaryDirectories } from '../helpers/gnomonCommand.ts';
import { testSeed } from '../helpers/random.ts';
import { signCall } from '../helpers/signCall.ts';
import { SeededRandom } from '../node/execution/support/seededRandom.ts';
import { result } from '../rpc/support/client.ts';

const DISK_MEGABYTES = 40;
const directories = temporaryDirectories();
const disk = join(directories.make(), 'disk');

function mount(): boolean {
  mkdirSync(disk);
  const options = ['-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES}m`, 'tmpfs', disk];
  return process.platform === 'linux' && spawnSync('mount', options).status === 0;
}

const isMounted = mount();
afterAll(() => {
  if (isMounted) spawnSync('umount', ['-l', disk]);
  directories.cleanUp();
});

const ballast = join(disk, 'ballast');

/** Leaves so many bytes free. */
function fill(freeBytes: number): void {
  rmSync(ballast, { force: true });
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(ballast, new Uint8Array(Math.max(0, bavail * bsize - freeBytes)));
}

const WITHOUT_RESERVE = { GNOMON_DISK_MIN_FREE_MB: '0' };
const RESERVE = { GNOMON_DISK_MIN_FREE_MB: '10' };

/** Sends transactions of many bytes until the node is gone; returns the hashes of blocks that were shown. */
async function flood(url: string, random: SeededRandom): Promise<Map<string, string>> {
  const shown = new Map<string, string>();
  const { address, privateKey } = DEV_ACCOUNTS[0]!;
  try {
    for (
      let nonce = BigInt(await result<string>(url, 'eth_getTransactionCount', bytesToHex(address), 'latest'));
      ;
      nonce++
    ) {
      const data = random.bytes(100_000);
      const raw = signCall(privateKey, { nonce, to: toAddress(random.bytes(20)), data, gasLimit: 5_000_000n });
      const receipt = await result<{ blockNumber: string; blockHash: string }>(
        url,
        'eth_sendRawTransactionSync',
        bytesToHex(raw),
        20_000,
      );
      shown.set(receipt.blockNumber, receipt.blockHash);
    }
  } catch (error) {
    // The node stops: connections are refused or cut, and the waiting request goes empty-handed.
    expect(String(error)).toMatch(/fetch failed|terminated|JSON|other side closed|stop|timeout|not included/i);
    return shown;
  }
}

async function expectShown(url: string, shown: Map<string, string>): Promise<void> {
  for (const [number, hash] of shown)
    expect((await result<{ hash: string }>(url, 'eth_getBlockByNumber', number, false)).hash).toBe(hash);
}

describe.skipIf(!isMounted)('on a disk that is full (needs mount -t tmpfs)', () => {
  const seed = testSeed();
  beforeAll(() => rmSync(ballast, { force: true }));

  it(`a node stops loudly, keeps every block that it showed, and goes on with room (GNOMON_TEST_SEED=${seed})`, async () => {
    const random = new SeededRandom(seed);
    const home = join(disk, 'home');
    const all = new Map<string, string>();
    for (const freeBytes of [2_000_000, 500_000 + random.below(500_000), 300_000]) {
      rmSync(ballast, { force: true });
      const node = await startGnomon(['dev', '--home', home, '--port', '0'], WITHOUT_RESERVE);
      await expectShown(node.url, all);
      fill(freeBytes);
      const shown = await flood(node.url, random);
      expect((await node.ended).code).toBe(1);
      expect(node.output().stderr).toMatch(
        /the node stops.*no space left for the database in .*\(0 MB of \d+ MB free\).*Free some space/,
      );
      for (const [number, hash] of shown) all.set(number, hash);
    }
    // Full as it is, it does not start, and says why.
    fill(0);
    const refused = await gnomon(['dev', '--home', home, '--port', '0'], WITHOUT_RESERVE);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/no space left for the database.*Free some space/);
    rmSync(ballast);
    const node = await startGnomon(['dev', '--home', home, '--port', '0'], WITHOUT_RESERVE);
    await expectShown(node.url, all);
    expect(all.size).toBeGreaterThan(3);
    await result(node.url, 'evm_mine');
    expect((await node.end('SIGTERM')).code).toBe(0);
    const verified = await gnomon(['verify', '--home', home, '--json'], {}, 200_000);
    expect(verified.stderr).toBe('');
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true });
    rmSync(home, { recursive: true });
  }, 400_000);

  it('a node with a reserve stops before, and does not start below it', async () => {
    const home = join(disk, 'reserve');
    const node = await startGnomon(['dev', '--home', home, '--port', '0'], RESERVE);
    fill(15_000_000);
    while (!node.output().stderr.includes('the disk fills up')) await new Promise((resolve) => setTimeout(resolve, 20));
    fill(9_000_000);
    expect((await node.ended).code).toBe(1);
    expect(node.output().stderr).toMatch(
      /stops before its disk is full: \d MB are free .* keeps 10 MB in reserve.*Every block is kept/,
    );
    const refused = await gnomon(['dev', '--home', home, '--port', '0'], RESERVE);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/only \d MB are free on the disk of .*\. Free some space/),
    });
    rmSync(ballast);
    const again = await startGnomon(['dev', '--home', home, '--port', '0'], RESERVE);
    expect((await again.end('SIGTERM')).code).toBe(0);
    rmSync(home, { recursive: true });
  }, 120_000);

  it('verbs that make files say so and leave nothing half made', async () => {
    const source = join(directories.make(), 'home');
    const node = await startGnomon(['dev', '--home', source, '--port', '0', '--no-mining']);
    await result(node.url, 'anvil_mine', '0x40');
    expect((await node.end('SIGTERM')).code).toBe(0);
    const password = join(directories.make(), 'password');
    writeFileSync(password, 'a good password');
    fill(0);
    const verbs = [
      ['init', '--home', join(disk, 'new'), '--chain-id', '77'],
      ['genesis', 'new', join(disk, 'genesis.json'), '--chain-id', '77'],
      ['keys', 'new', '--home', join(disk, 'keys'), '--light', '--password-file', password],
      ['device', 'keygen', join(disk, 'device.json'), '--type', 'p256'],
      ['export', '--home', source, join(disk, 'chain.rlp')],
    ];
    for (const verb of verbs) {
      const { code, stderr } = await gnomon(verb);
      expect(stderr, verb.join(' ')).toMatch(/no space left on the disk.*free some space and run the command again/);
      expect(code).toBe(1);
    }
    const files = readdirSync(disk, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name)).toEqual(['ballast']);
    rmSync(ballast);
    for (const verb of verbs) expect(await gnomon(verb), verb.join(' ')).toMatchObject({ code: 0 });
    expect(existsSync(join(disk, 'chain.rlp'))).toBe(true);
  }, 200_000);

  it('a log that has no room costs its lines, not the node', async () => {
    const log = openSync(join(disk, 'log'), 'a');
    fill(0);
    for (const format of ['text', 'json']) {
      const node = await startGnomon(['dev', '--port', '0', '--log-format', format], {}, log);
      for (let i = 0; i < 50; i++) await result(node.url, 'evm_mine');
      expect((await node.end('SIGTERM')).code).toBe(0);
    }
    closeSync(log);
  }, 60_000);
});
