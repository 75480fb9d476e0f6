// Databases with damaged files: whatever is flipped, cut or missing, opening ends in the content that some write left, or in
// an error with a name and advice. Never in a mixture, a crash or a wrong answer.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { Node } from '../../node/node.ts';
import type { Database } from '../../node/state/database.ts';
import { openLevelDatabase } from '../../node/state/levelDatabase.ts';
import { toAddress } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import { contentOf, RecordingDatabase } from '../helpers/databaseContent.ts';
import { devNodeOptions } from '../helpers/devNode.ts';
import { gnomon, startGnomon, temporaryDirectories } from '../helpers/gnomonCommand.ts';
import { rounds, testSeed } from '../helpers/random.ts';
import { signCall } from '../helpers/signCall.ts';
import { SeededRandom } from '../node/execution/support/seededRandom.ts';
import { result } from '../rpc/support/client.ts';

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());

const SESSIONS = 4;
const BLOCKS_PER_SESSION = 8;
const TRANSFERS_PER_BLOCK = 5;

/** The content after every write that was ever made. */
const contents = new Set<string>();
/** The same database as a clean stop leaves it, and as a kill does. */
const templates: { stopped: string; killed: string } = { stopped: '', killed: '' };

async function openNode(database: Database): Promise<Node> {
  const node = await Node.open(devNodeOptions({ database, mining: { kind: 'manual' } }));
  await node.start();
  return node;
}

async function makeBlocks(node: Node, random: SeededRandom): Promise<void> {
  const { privateKey, address } = DEV_ACCOUNTS[0]!;
  for (let block = 0; block < BLOCKS_PER_SESSION; block++) {
    for (let i = 0; i < TRANSFERS_PER_BLOCK; i++) {
      const to = toAddress(random.bytes(20));
      await node.submitRawTransaction(signCall(privateKey, { nonce: node.pool.nextNonce(address), to, value: 1n }));
    }
    await node.dev!.mine(1n);
  }
}

beforeAll(async () => {
  const random = new SeededRandom(7);
  const home = join(directories.make(), 'db');
  templates.stopped = home;
  templates.killed = join(directories.make(), 'killed');
  for (let session = 0; session < SESSIONS; session++) {
    const database = new RecordingDatabase(await openLevelDatabase(home), contents);
    await database.record();
    const node = await openNode(database);
    await makeBlocks(node, random);
    if (session === SESSIONS - 1) cpSync(home, templates.killed, { recursive: true });
    await node.stop();
  }
});

/** Files that hold data; LOCK and LOG tell nothing. */
function dataFiles(directory: string): string[] {
  return readdirSync(directory).filter((name) => !name.startsWith('LO'));
}

function damage(directory: string, random: SeededRandom): string {
  const name = random.pick(dataFiles(directory));
  const path = join(directory, name);
  const bytes = readFileSync(path);
  const at = random.below(Math.max(1, bytes.length));
  const kind = bytes.length === 0 ? 4 : random.below(10);
  if (kind === 0) {
    rmSync(path);
    return `${name} removed`;
  }
  if (kind <= 3) {
    truncateSync(path, at);
    return `${name} cut at ${at} of ${bytes.length}`;
  }
  if (kind === 4) {
    writeFileSync(path, random.bytes(random.below(100)), { flag: 'a' });
    return `garbage behind ${name}`;
  }
  if (kind === 5) bytes.fill(0, at, Math.min(bytes.length, at + 1 + random.below(5_000)));
  else
    for (let flips = 1 + random.below(3); flips > 0; flips--)
      bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  writeFileSync(path, bytes);
  return `${name} of ${bytes.length} changed`;
}

function copyOf(template: string): string {
  const copy = join(directories.make(), 'db');
  cpSync(template, copy, { recursive: true });
  return copy;
}

/** What comes of opening: the error, or undefined after everything that it holds was found right and a block was added. */
async function outcome(location: string, cutsDamagedLog = false): Promise<ChainError | undefined> {
  let database: Database;
  try {
    database = await openLevelDatabase(location, cutsDamagedLog ? { onLogCut: () => undefined } : {});
  } catch (error) {
    expect(error).toBeInstanceOf(ChainError);
    return error as ChainError;
  }
  expect(contents, 'a content that no write left').toContain(await contentOf(database));
  const node = await openNode(database);
  await node.dev!.mine(1n);
  await node.stop();
  return undefined;
}

describe('a damaged database', () => {
  const seed = testSeed();
  it(`is refused by name, or is what it was after some write (GNOMON_TEST_SEED=${seed})`, async () => {
    const random = new SeededRandom(seed);
    const seen = { sound: 0, refused: 0, cut: 0 };
    for (let round = 0; round < rounds(60); round++) {
      const location = copyOf(random.pick([templates.stopped, templates.killed]));
      const what = damage(location, random);
      const error = await outcome(location).catch((failure: Error) => {
        throw new Error(`${what}: ${failure.message}`, { cause: failure });
      });
      if (error === undefined) seen.sound++;
      else {
        expect(error.code, `${what}: ${error.message}`).toMatch(/^DATABASE_(CORRUPTED|FOREIGN)$/);
        expect(error.message, what).toMatch(/backup|Choose/);
        seen.refused++;
        if (error.message.includes('gnomon rollback')) {
          expect(await outcome(location, true), what).toBeUndefined();
          seen.cut++;
        }
      }
      rmSync(location, { recursive: true });
    }
    // Damage of each consequence came up.
    for (const [consequence, count] of Object.entries(seen)) expect(count, consequence).toBeGreaterThan(0);
  }, 600_000);

  it('is what it was after some write wherever its log was cut off', async () => {
    const name = dataFiles(templates.killed).find((each) => each.endsWith('.log')) as string;
    const { size } = statSync(join(templates.killed, name));
    const random = new SeededRandom(seed);
    const ends = new Set<number>();
    for (let count = 0; count < rounds(25); count++) ends.add(random.below(size + 1));
    for (const end of [0, 1, 6, 7, 8, size - 1, size, ...ends]) {
      const location = copyOf(templates.killed);
      truncateSync(join(location, name), end);
      expect(await outcome(location), `cut at ${end} of ${size}`).toBeUndefined();
      rmSync(location, { recursive: true });
    }
  }, 600_000);
});

describe('a database whose creation was cut short', () => {
  it.each([
    [[]],
    [['LOCK', 'LOG']],
    [['LOCK', 'LOG', 'MANIFEST-000001']],
    [['LOCK', 'LOG', 'MANIFEST-000001', '000001.dbtmp']],
  ])('is begun anew from %j', async (files) => {
    const location = join(directories.make(), 'db');
    mkdirSync(location);
    for (const file of files) writeFileSync(join(location, file), '');
    const node = await openNode(await openLevelDatabase(location));
    await node.dev!.mine(1n);
    await node.stop();
  });
});

describe('gnomon rollback', () => {
  it('goes back to before a damaged log, and the chain goes on from there', async () => {
    const home = join(directories.make(), 'home');
    const start = () => startGnomon(['dev', '--home', home, '--port', '0', '--no-mining']);
    const killed = await start();
    for (let block = 0; block < 20; block++) await result(killed.url, 'evm_mine');
    await killed.end('SIGKILL');
    const directory = join(home, 'db');
    const log = join(directory, dataFiles(directory).find((name) => name.endsWith('.log')) as string);
    const bytes = readFileSync(log);
    bytes[Math.floor(bytes.length * 0.7)]! ^= 1;
    writeFileSync(log, bytes);
    const refused = await gnomon(['dev', '--home', home, '--port', '0']);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is damaged .*"gnomon rollback" goes back/),
    });
    const repaired = await gnomon(['rollback', '--home', home, '--json']);
    expect(repaired).toMatchObject({ code: 0, stderr: '' });
    const { number, repairs } = JSON.parse(repaired.stdout) as { number: string; repairs: string[] };
    expect(repairs).toEqual([expect.stringContaining('the damaged log was cut off')]);
    expect(Number(number)).toBeGreaterThan(5);
    expect(Number(number)).toBeLessThan(20);
    expect(await gnomon(['verify', '--home', home, '--json'])).toMatchObject({ code: 0 });
    const node = await start();
    expect(BigInt(await result<string>(node.url, 'eth_blockNumber'))).toBe(BigInt(number));
    await result(node.url, 'evm_mine');
    expect((await node.end('SIGTERM')).code).toBe(0);
  }, 100_000);
});
