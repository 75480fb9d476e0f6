import { describe, expect, it } from 'vitest';
import { versionedHashOf } from '../../../node/block/sidecar.ts';
import type { BlobSidecar, Transaction } from '../../../node/block/types.ts';
import { POOL_LIMITS } from '../../../node/txpool/limits.ts';
import { SidecarChecks } from '../../../node/txpool/sidecarChecks.ts';
import { emptyBlobSidecar, PoolFixture, RULES, tx } from './helpers.ts';

const withBlobs = (count: number): [Transaction, BlobSidecar] => {
  const sidecar = emptyBlobSidecar(count, 0);
  return [
    tx({ type: 3, maxFeePerBlobGas: 5n, blobVersionedHashes: sidecar.commitments.map(versionedHashOf) }),
    sidecar,
  ];
};
const [transaction, single] = withBlobs(1);
const broken: BlobSidecar = { ...single, blobs: [new Uint8Array(131_072).fill(1, 131_071)] };

describe('checks of sidecars', () => {
  it('take as many blobs as may wait and refuse one more until some are done', async () => {
    const checks = new SidecarChecks(3);
    const first = checks.verify(...withBlobs(2));
    const second = checks.verify(...withBlobs(1));
    await expect(checks.verify(...withBlobs(1))).rejects.toMatchObject({ code: 'TOO_MANY_SUBMISSIONS' });
    await first;
    const third = checks.verify(...withBlobs(2));
    await expect(checks.verify(...withBlobs(2))).rejects.toMatchObject({ code: 'TOO_MANY_SUBMISSIONS' });
    await Promise.all([second, third]);
    await checks.verify(...withBlobs(3));
    await expect(checks.verify(...withBlobs(4))).rejects.toMatchObject({ code: 'TOO_MANY_SUBMISSIONS' });
  });

  it('run one after another, a blob in a turn of the event loop', async () => {
    const checks = new SidecarChecks(10);
    const events: string[] = [];
    const verify = (name: string, count: number) => checks.verify(...withBlobs(count)).then(() => events.push(name));
    const both = Promise.all([verify('three', 3), verify('one', 1)]);
    let turns = 0;
    let isDone = false;
    void both.then(() => (isDone = true));
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    expect(events).toEqual(['three', 'one']);
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  it('make room when a proof does not hold, and take none for parts that do not match', async () => {
    const checks = new SidecarChecks(1);
    const failing = checks.verify(transaction, broken);
    const unmatched = { ...single, commitments: [] };
    await expect(checks.verify(transaction, unmatched)).rejects.toMatchObject({ code: 'INVALID_SIDECAR' });
    await expect(failing).rejects.toMatchObject({ code: 'INVALID_SIDECAR' });
    await checks.verify(transaction, single);
  });

  it('bound what the pool checks at once', async () => {
    const head = { rules: { ...RULES, isGnomon: false, fork: 'prague' as const } };
    const fixture = new PoolFixture(head, { checkedBlobsMax: 2 });
    const send = (nonce: bigint) =>
      fixture.pool.submit(tx({ ...transaction, hash: tx().hash, nonce }), single).then(
        () => 'accepted',
        (error: { code: string }) => error.code,
      );
    expect(await Promise.all([send(0n), send(1n), send(2n)])).toEqual(['accepted', 'accepted', 'TOO_MANY_SUBMISSIONS']);
    expect(await send(2n)).toBe('accepted');
    expect(POOL_LIMITS.checkedBlobsMax).toBeGreaterThanOrEqual(6);
  });
});
