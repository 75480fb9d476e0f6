import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { recoverAuthority } from '../../../node/block/authorization.ts';
import { decodeTransaction, signTransaction, type UnsignedTransaction } from '../../../node/block/transaction.ts';
import type { Authorization, Transaction } from '../../../node/block/types.ts';
import { RECOVERY_BATCH_MAX, recoveryWorkerUrl, SenderRecovery } from '../../../node/txpool/senderRecovery.ts';
import { answerRequests, packRequests, unpackAnswer } from '../../../node/txpool/senderRecoveryPacking.ts';
import { bigIntToFixedBytes } from '../../../primitives/bytes.ts';
import { addressOfPublicKey, publicKeyOf, SECP256K1_N } from '../../../primitives/crypto/secp256k1.ts';
import type { Address } from '../../../primitives/types.ts';
import { signedAuthorization } from '../../helpers/signAuthorization.ts';

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

/** A worker that says how large each batch was, as the first byte of each address. */
function sizesSource(delayMs: number): string {
  return `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', (batch) => {
      const count = batch.byteLength / 97;
      const answers = new Uint8Array(count * 21);
      for (let i = 0; i < count; i++) answers.set([1, count], i * 21);
      setTimeout(() => parentPort.postMessage(answers.buffer), ${delayMs});
    });`;
}

describe('packing', () => {
  it('carries signatures there and senders back', () => {
    const batch = [transfer(0), unrecoverable(), transfer(1)];
    const answers = answerRequests(packRequests(batch));
    expect(batch.map((_, index) => unpackAnswer(answers, index))).toEqual([senders[0], undefined, senders[1]]);
  });
});

describe('authorities (EIP-7702)', () => {
  const sign = (key: number, nonce: bigint): Authorization =>
    signedAuthorization(keys[key] as Uint8Array, { chainId: 4766n, nonce, address: new Uint8Array(20) as Address });
  const delegating = (authorizationList: readonly Authorization[]): Transaction => ({
    ...transfer(0),
    authorizationList,
  });

  for (const workerCount of [0, 1])
    it.skipIf(recoveryWorkerUrl() === undefined)(
      `are recovered with the sender by ${workerCount} threads`,
      async () => {
        const recovery = new SenderRecovery({ workerCount });
        const noKey = { ...sign(1, 3n), r: 5n };
        const highS = { ...sign(1, 4n), s: SECP256K1_N - 1n };
        const list = [sign(1, 0n), noKey, highS, sign(2, 1n)];
        const [delegated, plain] = await Promise.all([
          recovery.recover(delegating(list)),
          recovery.recover(transfer(2)),
        ]);
        expect(list.map(recoverAuthority)).toEqual([senders[1], undefined, undefined, senders[2]]);
        expect([delegated.sender, plain.sender]).toEqual([senders[0], senders[2]]);
        expect(recovery.threadCount).toBe(workerCount);
        await recovery.close();
      },
    );

  it('cost the main thread nothing, and count in the size of a batch', async () => {
    const recovery = new SenderRecovery({ workerCount: 1, workerUrl: workerOf('batches', sizesSource(0)) });
    const lists = Array.from({ length: 5 }, () => Array.from({ length: 32 }, (_, nonce) => sign(1, BigInt(nonce))));
    await Promise.all(lists.map((list) => recovery.recover(delegating(list))));
    // 33 signatures each: the fourth fills a batch of 128.
    expect(lists.map(([first]) => recoverAuthority(first as Authorization)?.[0])).toEqual([132, 132, 132, 132, 33]);
    expect(recoverAuthority(lists[0]?.[31] as Authorization)?.[0]).toBe(132);
    await recovery.close();
  });

  it('survive the death of a thread', async () => {
    const dying =
      "import { parentPort } from 'node:worker_threads'; parentPort.once('message', () => process.exit(3));";
    const recovery = new SenderRecovery({ workerCount: 1, workerUrl: workerOf('diesWithLists', dying) });
    const list = [sign(2, 0n)];
    expect((await recovery.recover(delegating(list))).sender).toEqual(senders[0]);
    expect(recovery.threadCount).toBe(0);
    expect(list.map(recoverAuthority)).toEqual([senders[2]]);
    await recovery.close();
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
    const sizes = workerOf('sizes', sizesSource(50));
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
