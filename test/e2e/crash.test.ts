// kill -9 at random moments under load: whatever a client was shown must be there after the restart, and the state must be
// the one that the head commits to. `npm run test:kills` does it 200 times.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyMerkleProof } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { afterAll, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { bytesToBigInt, bytesToHex, EMPTY_BYTES, hexToBytes, toAddress } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { gnomon, type RunningCommand, startGnomon, temporaryDirectories } from '../helpers/gnomonCommand.ts';
import { rounds, testSeed } from '../helpers/random.ts';
import { signCall } from '../helpers/signCall.ts';
import { SeededRandom } from '../node/execution/support/seededRandom.ts';
import { result } from '../rpc/support/client.ts';

const SENDERS = DEV_ACCOUNTS.slice(0, 6);
const PAYEES = Array.from({ length: 40 }, (_, index) => toAddress(new Uint8Array(20).fill(index + 100)));

interface ShownReceipt {
  readonly transactionHash: string;
  readonly blockHash: string;
  readonly blockNumber: string;
}

/** Everything that a client was told, over all lives of the node. */
interface Shown {
  readonly receipts: Map<string, ShownReceipt>;
  readonly blockHashes: Map<string, string>;
}

const KILLS = rounds(20);
/** Of instant blocks; the others are with --block-time. */
const KILLS_INSTANT = Math.ceil(KILLS * 0.6);
/** Receipts of earlier lives that are asked for again after each kill; at the end it is all of them. */
const OLD_RECEIPTS = 200;
const REPLAY_TIMEOUT_MS = 60_000 + KILLS * 3_000;

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());

function transfer(sender: (typeof SENDERS)[number], nonce: bigint, random: SeededRandom): string {
  const value = BigInt(1 + random.below(1_000_000));
  return bytesToHex(signCall(sender.privateKey, { nonce, to: random.pick(PAYEES), value }));
}

/** Sends transfers of one account, one after the other, until the node is gone. */
async function flood(
  url: string,
  sender: (typeof SENDERS)[number],
  random: SeededRandom,
  onShown: (receipt: ShownReceipt) => void,
) {
  try {
    let nonce = BigInt(await result<string>(url, 'eth_getTransactionCount', bytesToHex(sender.address), 'pending'));
    for (;;)
      onShown(await result<ShownReceipt>(url, 'eth_sendRawTransactionSync', transfer(sender, nonce++, random), 5_000));
  } catch (error) {
    // Only the death of the process may end the flood; an answer of the node that is an error is a failure of the test.
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
  }
}

/** Floods the node, and kills it a random time after a random number of receipts was shown. */
async function killUnderLoad(node: RunningCommand, shown: Shown, random: SeededRandom): Promise<void> {
  const receiptsBeforeKill = 1 + random.below(50);
  const delayMs = random.below(12);
  let count = 0;
  let killed: Promise<unknown> | undefined;
  await Promise.all(
    SENDERS.map((sender) =>
      flood(node.url, sender, random, (receipt) => {
        shown.receipts.set(receipt.transactionHash, receipt);
        shown.blockHashes.set(receipt.blockNumber, receipt.blockHash);
        if (++count < receiptsBeforeKill || killed !== undefined) return;
        killed = new Promise((resolve) => setTimeout(resolve, delayMs)).then(() => node.end('SIGKILL'));
      }),
    ),
  );
  expect(killed, 'the flood ended before the kill').toBeDefined();
  await killed;
}

/** Requests at once: the node takes so many connections and no more. */
const REQUESTS_MAX = 50;

async function fewAtOnce<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += REQUESTS_MAX)
    await Promise.all(items.slice(start, start + REQUESTS_MAX).map(work));
}

async function checkNothingLost(url: string, shown: Shown): Promise<void> {
  const head = BigInt(await result<string>(url, 'eth_blockNumber'));
  await fewAtOnce([...shown.blockHashes], async ([number, hash]) => {
    expect(BigInt(number) <= head, `block ${number} was shown, the head is ${head}`).toBe(true);
    expect((await result<{ hash: string }>(url, 'eth_getBlockByNumber', number, false)).hash).toBe(hash);
  });
  await fewAtOnce([...shown.receipts], async ([hash, receipt]) => {
    expect(await result(url, 'eth_getTransactionReceipt', hash)).toEqual(receipt);
  });
}

/** Proves accounts against the head's state root with an independent library. */
async function checkStateRoot(url: string, random: SeededRandom): Promise<void> {
  const { stateRoot, number } = await result<{ stateRoot: string; number: string }>(
    url,
    'eth_getBlockByNumber',
    'latest',
    false,
  );
  const addresses = [random.pick(PAYEES), random.pick(PAYEES), ...SENDERS.map(({ address }) => address)];
  for (const address of addresses) {
    const proof = await result<Record<string, string> & { accountProof: string[] }>(
      url,
      'eth_getProof',
      bytesToHex(address),
      [],
      number,
    );
    const value = await verifyMerkleProof(
      keccak256(address),
      proof.accountProof.map((node) => hexToBytes(node)),
      {
        root: hexToBytes(stateRoot),
      },
    );
    const [nonce, balance] = value === null ? [EMPTY_BYTES, EMPTY_BYTES] : (RLP.decode(value) as Uint8Array[]);
    expect(bytesToBigInt(nonce as Uint8Array)).toBe(BigInt(proof['nonce'] as string));
    expect(bytesToBigInt(balance as Uint8Array)).toBe(BigInt(proof['balance'] as string));
  }
}

/** Executes the whole chain again in a new home, which must end at the same head. */
async function checkReplay(home: string, head: string): Promise<void> {
  const file = join(directories.make(), 'chain.rlp');
  expect(await gnomon(['export', '--home', home, file], {}, REPLAY_TIMEOUT_MS)).toMatchObject({ code: 0 });
  const copy = join(directories.make(), 'home');
  const genesis = join(home, 'genesis.json');
  const command = ['import', '--home', copy, '--genesis', genesis, '--expect-head', head, '--json', file];
  const imported = await gnomon(command, {}, REPLAY_TIMEOUT_MS);
  expect(imported.stderr).toBe('');
  expect(JSON.parse(imported.stdout)).toMatchObject({ hash: head });
}

/** Has the whole chain executed by the stock EVM, and every root, receipt and account compared. */
async function checkSecondOpinion(home: string, head: string): Promise<void> {
  const verified = await gnomon(['verify', '--home', home, '--json'], {}, REPLAY_TIMEOUT_MS);
  expect(verified.stderr).toBe('');
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, hash: head });
}

/** Everything of the newest life, and a sample of what was before. */
function sampleOf(all: Shown, newest: Shown, random: SeededRandom): Shown {
  const share = OLD_RECEIPTS / Math.max(1, all.receipts.size);
  const some = <Value>(entries: Map<string, Value>) => [...entries].filter(() => random.chance(share));
  return {
    receipts: new Map([...some(all.receipts), ...newest.receipts]),
    blockHashes: new Map([...some(all.blockHashes), ...newest.blockHashes]),
  };
}

const base64 = (hex: string) => Buffer.from(hexToBytes(hex)).toString('base64');

/** Transactions that wait, two of each sender; returns what was sent. */
async function fillPool(url: string, random: SeededRandom): Promise<string[]> {
  const sent: string[] = [];
  for (const sender of SENDERS)
    for (let i = 0; i < 2; i++) {
      const nonce = await result<string>(url, 'eth_getTransactionCount', bytesToHex(sender.address), 'pending');
      const raw = transfer(sender, BigInt(nonce), random);
      await result(url, 'eth_sendRawTransaction', raw);
      sent.push(raw);
    }
  return sent;
}

async function surviveKills(kills: number, mining: readonly string[], random: SeededRandom): Promise<void> {
  const home = join(directories.make(), 'home');
  const start = (when = mining) => startGnomon(['dev', '--home', home, '--port', '0', ...when]);
  const all: Shown = { receipts: new Map(), blockHashes: new Map() };
  let shown: Shown = { receipts: new Map(), blockHashes: new Map() };
  for (let life = 0; life < kills; life++) {
    const node = await start();
    // What the life before showed, completely; then, while the node is killed again, new ones.
    await checkNothingLost(node.url, sampleOf(all, shown, random));
    await checkStateRoot(node.url, random);
    shown = { receipts: new Map(), blockHashes: new Map() };
    await killUnderLoad(node, shown, random);
    for (const name of ['receipts', 'blockHashes'] as const)
      for (const [key, value] of shown[name]) all[name].set(key, value as never);
  }
  // No block may follow the head that is read here.
  let node = await start(['--no-mining']);
  await checkNothingLost(node.url, all);
  await checkStateRoot(node.url, random);
  const { hash } = await result<{ hash: string }>(node.url, 'eth_getBlockByNumber', 'latest', false);
  const pooled = await fillPool(node.url, random);
  // The journal is written behind the back of who sends; what it holds outlives the kill.
  const journal = join(home, 'txpool.journal');
  while (!pooled.every((raw) => readFileSync(journal, 'latin1').includes(base64(raw))))
    await new Promise((resolve) => setTimeout(resolve, 5));
  await node.end('SIGKILL');
  node = await start(['--no-mining']);
  for (const raw of pooled) {
    const found = await result(node.url, 'eth_getTransactionByHash', bytesToHex(keccak256(hexToBytes(raw))));
    expect(found).toMatchObject({ blockHash: null });
  }
  expect((await node.end('SIGTERM')).code).toBe(0);
  await checkReplay(home, hash);
  await checkSecondOpinion(home, hash);
  process.stderr.write(`${kills} kills: ${all.receipts.size} receipts in ${all.blockHashes.size} blocks, none lost\n`);
}

describe('kill -9 under load', () => {
  const seed = testSeed();
  const timeoutMs = 120_000 + KILLS * 10_000;
  it(
    `loses nothing that was shown in ${KILLS_INSTANT} kills with instant blocks (GNOMON_TEST_SEED=${seed})`,
    () => surviveKills(KILLS_INSTANT, [], new SeededRandom(seed)),
    timeoutMs,
  );

  it(
    `loses nothing that was shown in ${KILLS - KILLS_INSTANT} kills with --block-time (GNOMON_TEST_SEED=${seed})`,
    () => surviveKills(KILLS - KILLS_INSTANT, ['--block-time', '0.03'], new SeededRandom(seed + 1)),
    timeoutMs,
  );
});
