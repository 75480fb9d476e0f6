// A whole node that ends in every way and starts again: its pool is what it was, less what can no longer be in it.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS } from '../../../genesis/devGenesis.ts';
import { Node } from '../../../node/node.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { encodeLine } from '../../../node/txpool/journalLines.ts';
import { bytesToHex } from '../../../primitives/bytes.ts';
import { devNodeOptions } from '../../helpers/devNode.ts';
import { temporaryDirectories } from '../../helpers/gnomonCommand.ts';
import { signCall } from '../../helpers/signCall.ts';

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());

const [ALICE, BOB] = [DEV_ACCOUNTS[0]!, DEV_ACCOUNTS[1]!];

function transfer(from: typeof ALICE, nonce: bigint, more: Parameters<typeof signCall>[1] = {}): Uint8Array {
  return signCall(from.privateKey, { nonce, to: BOB.address, value: 1n, ...more });
}

/** Outlives its nodes. */
class KeptDatabase extends MemoryDatabase {
  override async close(): Promise<void> {}
}

const opened: Node[] = [];
// Those that a test took for killed, too.
afterEach(async () => {
  for (const node of opened.splice(0)) await node.stop();
});

/** One database and one journal over many lives of a node. */
class Lives {
  readonly file = join(directories.make(), 'txpool.journal');
  readonly database = new KeptDatabase();
  readonly messages: [string, Readonly<Record<string, unknown>> | undefined][] = [];

  async open(): Promise<Node> {
    const say = (message: string, detail?: Readonly<Record<string, unknown>>) =>
      void this.messages.push([message, detail]);
    const log = { info: say, warn: say, error: say };
    const { file, database } = this;
    const options = devNodeOptions({ database, poolJournalFile: file, mining: { kind: 'manual' }, log });
    const node = await Node.open(options);
    opened.push(node);
    return node;
  }

  async start(stopping?: AbortSignal): Promise<Node> {
    const node = await this.open();
    await node.start(stopping);
    return node;
  }
}

const hashes = ({ pool }: Node) => pool.content().map(({ transaction }) => bytesToHex(transaction.hash));

/** Until the journal has as many lines as that; a killed process would leave it so. */
async function journaled(lives: Lives, lines: number): Promise<void> {
  while (readFileSync(lives.file, 'latin1').split('\n').length <= lines)
    await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('the pool of a node', () => {
  it.each(['a stop', 'a crash'])('is there again after %s, in order, and in the next block', async (end) => {
    const lives = new Lives();
    const first = await lives.start();
    for (let nonce = 0n; nonce < 5n; nonce++) await first.submitRawTransaction(transfer(ALICE, nonce));
    // Behind a gap, and one whose nonce comes before it was sent.
    for (const nonce of [4n, 2n, 1n]) await first.submitRawTransaction(transfer(BOB, nonce));
    const before = hashes(first);
    if (end === 'a stop') await first.stop();
    else await journaled(lives, 8);
    const second = await lives.start();
    expect(hashes(second)).toEqual(before);
    expect(lives.messages).toEqual([['the pool is back', { transactions: 8 }]]);
    await second.dev!.mine(1n);
    expect(second.chain.blockByNumber(1n)!.transactions.map(({ nonce }) => nonce)).toEqual([0n, 1n, 2n, 3n, 4n]);
    expect(second.pool.counts()).toEqual({ pending: 0, queued: 3 });
    await second.stop();
  });

  it('is without what a block took, even where the journal does not know', async () => {
    const lives = new Lives();
    const first = await lives.start();
    for (let nonce = 0n; nonce < 3n; nonce++) await first.submitRawTransaction(transfer(ALICE, nonce));
    await journaled(lives, 3);
    const unaware = readFileSync(lives.file);
    await first.dev!.mine(1n);
    await first.submitRawTransaction(transfer(ALICE, 3n));
    await first.stop();
    const second = await lives.start();
    expect(second.pool.counts()).toEqual({ pending: 1, queued: 0 });
    expect(lives.messages.at(-1)).toEqual(['the pool is back', { transactions: 1 }]);
    await second.stop();
    writeFileSync(lives.file, unaware);
    const third = await lives.start();
    expect(third.pool.counts()).toEqual({ pending: 0, queued: 0 });
    expect(lives.messages.at(-1)).toEqual(['the pool is back', { transactions: 0, dropped: '3 NONCE_TOO_LOW' }]);
    expect(statSync(lives.file).size).toBe(0);
    await third.stop();
  });

  it('keeps what waits for lower fees, and what an impersonated account sent', async () => {
    const lives = new Lives();
    const first = await lives.start();
    await first.submitRawTransaction(
      transfer(ALICE, 0n, { maxFeePerGas: first.nextBaseFee()!, maxPriorityFeePerGas: 0n }),
    );
    await first.dev!.setNextBlockBaseFeePerGas(10n ** 10n);
    first.dev!.impersonate(BOB.address);
    await first.dev!.submitImpersonated(BOB.address, { to: ALICE.address, value: 1n, gas: 21_000n });
    expect(first.pool.counts()).toEqual({ pending: 1, queued: 1 });
    await first.stop();
    const second = await lives.start();
    expect(second.pool.counts()).toEqual({ pending: 1, queued: 1 });
    await second.stop();
  });

  it('does not bring back what evm_revert and anvil_reset dropped', async () => {
    const lives = new Lives();
    const first = await lives.start();
    await first.submitRawTransaction(transfer(ALICE, 0n));
    await journaled(lives, 1);
    const snapshot = first.dev!.snapshot();
    const kept = hashes(first);
    await first.dev!.mine(1n);
    await first.submitRawTransaction(transfer(ALICE, 1n));
    await journaled(lives, 3);
    await first.dev!.revert(snapshot);
    // Nothing more of this life reaches the file: it is killed here.
    const second = await lives.start();
    expect(hashes(second)).toEqual(kept);
    await second.submitRawTransaction(transfer(BOB, 0n));
    await second.dev!.mine(1n);
    await second.dev!.reset();
    const third = await lives.start();
    expect(hashes(third)).toEqual([]);
    await third.stop();
  });

  it('is what the sound lines say, with the damaged ones named', async () => {
    const lives = new Lives();
    const lines = [0n, 1n, 2n].map((nonce) => encodeLine('+', transfer(ALICE, nonce)));
    const junk = encodeLine('+', Uint8Array.of(1, 2, 3));
    writeFileSync(lives.file, `${junk}${lines[0]}+damaged\n${lines[1]}${lines[2]!.slice(0, -1)}`);
    const node = await lives.start();
    expect(node.pool.counts()).toEqual({ pending: 2, queued: 0 });
    expect(lives.messages).toEqual([
      [expect.stringContaining('cut off by a crash'), expect.objectContaining({ tornBytes: lines[2]!.length - 1 })],
      [expect.stringContaining('damaged and were skipped'), expect.objectContaining({ count: 1, lines: '3' })],
      ['the pool is back', { transactions: 2, dropped: '1 INVALID_TRANSACTION' }],
    ]);
    expect(readFileSync(lives.file, 'latin1')).toBe(`${lines[0]}${lines[1]}`);
    await node.stop();
  });

  it('begins empty where the journal cannot be read, which stops nothing and is left alone', async () => {
    const lives = new Lives();
    mkdirSync(lives.file);
    const node = await lives.start();
    expect(lives.messages).toEqual([
      ['the journal of the pool cannot be read', expect.objectContaining({ file: lives.file })],
    ]);
    await node.submitRawTransaction(transfer(ALICE, 0n));
    await node.dev!.mine(1n);
    await node.stop();
    expect(statSync(lives.file).isDirectory()).toBe(true);
  });

  it('leaves the journal as it is when the node is told to stop while it is read', async () => {
    const lives = new Lives();
    const text = encodeLine('+', transfer(ALICE, 0n));
    writeFileSync(lives.file, text);
    const node = await lives.start(AbortSignal.abort());
    await node.stop();
    expect(readFileSync(lives.file, 'latin1')).toBe(text);
    // Nor do verbs that open a node without running it touch it.
    await (await lives.open()).stop();
    expect(readFileSync(lives.file, 'latin1')).toBe(text);
  });
});
