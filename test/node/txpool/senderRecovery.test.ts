import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeTransaction, signTransaction, type UnsignedTransaction } from '../../../node/block/transaction.ts';
import type { Transaction } from '../../../node/block/types.ts';
import { RECOVERY_BATCH_MAX, recoveryWorkerUrl, SenderRecovery } from '../../../node/txpool/senderRecovery.ts';
import { answerRequests, packRequests, unpackAnswer } from '../../../node/txpool/senderRecoveryPacking.ts';
import { bigIntToFixedBytes } from '../../../primitives/bytes.ts';
import { addressOfPublicKey, publicKeyOf } from '../../../primitives/crypto/secp256k1.ts';
import type { Address } from '../../../primitives/types.ts';

const keys = [1n, 2n, 3n].map((key) => bigIntToFixedBytes(key, 32));
const senders = keys.map((key) => addressOfPublicKey(publicKeyOf(key)));

function transfer(nonce: number): Transaction {
  const unsigned: UnsignedTransaction = {
    type: 2,
    chainId: 4766n,
    nonce: BigInt(nonce),
    gasLimit: 21_000n,
    maxFeePerGas: 10n,
    maxPriorityFeePerGas: 1n,
    to: new Uint8Array(20) as Address,
    value: 1n,
    data: new Uint8Array(0),
    accessList: [],
    authorizationList: [],
    blobVersionedHashes: [],
    maxFeePerBlobGas: 0n,
  };
  return signTransaction(unsigned, keys[nonce % 3] as Uint8Array);
}

/** A transaction whose r is no x coordinate of the curve. */
function unrecoverable(): Transaction {
  const valid = transfer(0);
  return { ...valid, r: 5n };
}

const transactions = Array.from({ length: 3 * RECOVERY_BATCH_MAX + 1 }, (_, nonce) => transfer(nonce));

async function expectAllRecovered(recovery: SenderRecovery): Promise<void> {
  const recovered = await Promise.all(transactions.map((transaction) => recovery.recover(transaction)));
  expect(recovered.map(({ sender }) => sender)).toEqual(transactions.map((_, nonce) => senders[nonce % 3]));
  expect(recovered.map(({ hash }) => hash)).toEqual(transactions.map(({ hash }) => hash));
}

const folder = mkdtempSync(join(tmpdir(), 'gnomon-recovery-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A worker of the given JavaScript, to misbehave in tests. */
function workerOf(name: string, source: string): URL {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, source);
  return pathToFileURL(path);
}

describe('packing', () => {
  it('carries signatures there and senders back', () => {
    const batch = [transfer(0), unrecoverable(), transfer(1)];
    const answers = answerRequests(packRequests(batch));
    expect(batch.map((_, index) => unpackAnswer(answers, index))).toEqual([senders[0], undefined, senders[1]]);
  });
});

describe('sender recovery', () => {
  it.skipIf(recoveryWorkerUrl() === undefined)('recovers in threads', async () => {
    expect(existsSync(recoveryWorkerUrl() as URL)).toBe(true);
    const logged: string[] = [];
    const recovery = new SenderRecovery({ workerCount: 1, log: (message) => logged.push(message) });
    expect(recovery.threadCount).toBe(0);
    await expectAllRecovered(recovery);
    expect(recovery.threadCount).toBe(1);
    await expect(Promise.all([recovery.recover(transfer(1)), recovery.recover(unrecoverable())])).rejects.toMatchObject(
      {
        code: 'INVALID_SIGNATURE',
      },
    );
    await recovery.close();
    expect(recovery.threadCount).toBe(0);
    expect(logged).toEqual([]);
  });

  it('sends what comes while the worker is busy when it answers', async () => {
    // It says how large each batch was, as the first byte of each sender.
    const sizes = workerOf(
      'sizes',
      `import { parentPort } from 'node:worker_threads';
      parentPort.on('message', (batch) => {
        const count = batch.byteLength / 97;
        const answers = new Uint8Array(count * 21);
        for (let i = 0; i < count; i++) answers.set([1, count], i * 21);
        setTimeout(() => parentPort.postMessage(answers.buffer), 50);
      });`,
    );
    const recovery = new SenderRecovery({ workerCount: 1, workerUrl: sizes });
    const first = [0, 1].map((nonce) => recovery.recover(transfer(nonce)));
    await new Promise((resolve) => setImmediate(resolve));
    const later: ReturnType<SenderRecovery['recover']>[] = [];
    for (let nonce = 2; nonce < 5; nonce++) {
      later.push(recovery.recover(transfer(nonce)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const batchSizes = (await Promise.all([...first, ...later])).map(({ sender }) => sender[0]);
    expect(batchSizes).toEqual([2, 2, 3, 3, 3]);
    await recovery.close();
  });

  it('recovers on the main thread when told to use no worker', async () => {
    const recovery = new SenderRecovery({ workerCount: 0 });
    await expectAllRecovered(recovery);
    await expect(recovery.recover(unrecoverable())).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' });
    expect(recovery.threadCount).toBe(0);
    await recovery.close();
  });

  it('starts no thread for single transactions', async () => {
    const recovery = new SenderRecovery({ workerCount: 1 });
    expect((await recovery.recover(transfer(2))).sender).toEqual(senders[2]);
    expect(recovery.threadCount).toBe(0);
    await recovery.close();
  });

  it('loses nothing when a worker dies with batches in hand, and says so', async () => {
    const source =
      "import { parentPort } from 'node:worker_threads'; parentPort.once('message', () => process.exit(3));";
    const logged: string[] = [];
    const recovery = new SenderRecovery({
      workerCount: 1,
      workerUrl: workerOf('dies', source),
      log: (message) => logged.push(message),
    });
    await expectAllRecovered(recovery);
    expect(logged).toEqual([expect.stringContaining('exited with code 3')]);
    expect(recovery.threadCount).toBe(0);
    await expectAllRecovered(recovery);
    await recovery.close();
  });

  it('survives a worker that throws and one that cannot be loaded', async () => {
    const throwing =
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { throw new Error('no'); });";
    for (const workerUrl of [workerOf('throws', throwing), pathToFileURL(join(folder, 'absent.mjs'))]) {
      const logged: string[] = [];
      const recovery = new SenderRecovery({ workerCount: 2, workerUrl, log: (message) => logged.push(message) });
      await expectAllRecovered(recovery);
      expect(logged.length).toBeGreaterThan(0);
      await recovery.close();
    }
  });

  it('finishes what it accepted before it closes, and accepts nothing after', async () => {
    const recovery = new SenderRecovery({ workerCount: 1 });
    const results = transactions.map((transaction) => recovery.recover(transaction));
    await recovery.close();
    expect((await Promise.all(results)).length).toBe(transactions.length);
    await expect(recovery.recover(transfer(0))).rejects.toMatchObject({ code: 'RECOVERY_CLOSED' });
    await recovery.close();
  });

  it('gives the transaction its sender and nothing else', async () => {
    const recovery = new SenderRecovery({ workerCount: 0 });
    const transaction = transfer(1);
    expect(await recovery.recover(transaction)).toEqual({ ...decodeTransaction(transaction.raw), sender: senders[1] });
    await recovery.close();
  });
});
