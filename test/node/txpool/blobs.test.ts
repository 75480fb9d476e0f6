import { describe, expect, it } from 'vitest';
import { versionedHashOf } from '../../../node/block/sidecar.ts';
import type { SignedTransaction } from '../../../node/block/types.ts';
import { emptyBlobSidecar, PoolFixture, RULES, tx } from './helpers.ts';

const PLAIN = { ...RULES, isGnomon: false };

describe('blobs on plain chains', () => {
  const sidecar = emptyBlobSidecar(1, 1);
  const hash = versionedHashOf(sidecar.commitments[0] as Uint8Array);
  const blobTx = (fields: Partial<SignedTransaction> = {}): SignedTransaction =>
    tx({ type: 3, blobVersionedHashes: [hash], maxFeePerBlobGas: 5n, ...fields });
  const submit = async (fixture: PoolFixture, ...args: Parameters<PoolFixture['pool']['submit']>): Promise<string> =>
    fixture.pool.submit(...args).then(
      () => 'accepted',
      (error: { code: string }) => error.code,
    );

  it('are taken with a sidecar that holds', async () => {
    const fixture = new PoolFixture({ rules: PLAIN });
    const sent = blobTx();
    expect(await submit(fixture, sent, sidecar)).toBe('accepted');
    expect(fixture.pool.get(sent.hash)).toEqual({ transaction: sent, sidecar, pending: true });
    expect(fixture.pool.sizes().sidecarBytes).toBe(131_072 + 48 + 128 * 48);
    fixture.reset({ blobBaseFee: 6n });
    expect(fixture.shown()).toBe('(0)');
  });

  it('are refused without one, with another version, with one that does not hold, and below the blob base fee', async () => {
    const fixture = new PoolFixture({ rules: PLAIN });
    expect(await submit(fixture, blobTx())).toBe('SIDECAR_MISSING');
    expect(await submit(fixture, blobTx(), emptyBlobSidecar(1, 0))).toBe('SIDECAR_VERSION');
    expect(await submit(fixture, tx(), sidecar)).toBe('SIDECAR_UNEXPECTED');
    expect(await submit(fixture, blobTx({ maxFeePerBlobGas: 0n }), sidecar)).toBe('BLOB_FEE_CAP_TOO_LOW');
    const blobs = [new Uint8Array(131_072).fill(1, 131_071)];
    expect(await submit(fixture, blobTx(), { ...sidecar, blobs })).toBe('INVALID_SIDECAR');
    expect(fixture.pool.content()).toEqual([]);
    const before = new PoolFixture({ rules: { ...PLAIN, fork: 'prague' } });
    expect(await submit(before, blobTx(), sidecar)).toBe('SIDECAR_VERSION');
    expect(await submit(before, blobTx(), emptyBlobSidecar(1, 0))).toBe('accepted');
  });

  it('are replaced for twice the price of everything, and bounded in bytes', async () => {
    const fixture = new PoolFixture({ rules: PLAIN }, { sidecarBytesMax: 2 * (131_072 + 129 * 48) });
    expect(await submit(fixture, blobTx(), sidecar)).toBe('accepted');
    const twice = { maxFeePerGas: 200n, maxPriorityFeePerGas: 20n, maxFeePerBlobGas: 10n };
    for (const less of [{ maxFeePerGas: 199n }, { maxPriorityFeePerGas: 19n }, { maxFeePerBlobGas: 9n }])
      expect(await submit(fixture, blobTx({ ...twice, ...less }), sidecar)).toBe('REPLACEMENT_UNDERPRICED');
    expect(await submit(fixture, blobTx(twice), sidecar)).toBe('accepted');
    expect(await submit(fixture, blobTx({ nonce: 1n }), sidecar)).toBe('accepted');
    expect(await submit(fixture, blobTx({ nonce: 2n }), sidecar)).toBe('BLOB_POOL_FULL');
  });
});
