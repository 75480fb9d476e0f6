// The curve precompiles as transactions meet them: through the EVM that runs blocks, on the backends that the node ships.
import { NobleBLS } from '@ethereumjs/evm';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bn254 } from '@noble/curves/bn254.js';
import { describe, expect, it, vi } from 'vitest';
import { bigIntToFixedBytes, concatBytes, hexToBytes, ZERO_ADDRESS } from '../../../primitives/bytes.ts';
import { cryptoBackends } from '../../../primitives/crypto/backends.ts';
import { sha256 } from '../../../primitives/crypto/sha256.ts';
import type { Address } from '../../../primitives/types.ts';
import { openBench } from './support/bench.ts';

const word = (value: bigint): Uint8Array => bigIntToFixedBytes(value, 32);
const field = (value: bigint): Uint8Array => bigIntToFixedBytes(value, 64);
const bnG1 = ({ x, y }: { x: bigint; y: bigint }): Uint8Array => concatBytes(word(x), word(y));
const blsG1 = ({ x, y }: { x: bigint; y: bigint }): Uint8Array => concatBytes(field(x), field(y));

async function run(address: number, data: Uint8Array): Promise<{ output: Uint8Array; exception: string | undefined }> {
  const bench = openBench([]);
  const host = bench.host();
  host.beginTransaction();
  const message = { caller: ZERO_ADDRESS, value: 0n, gasPrice: 0n, blobVersionedHashes: [] };
  const to = bigIntToFixedBytes(BigInt(address), 20) as Address;
  const { output, exception } = await host.call({ ...message, to, data, gasLimit: 1_000_000n });
  expect(bench.alarms).toEqual([]);
  return { output, exception };
}

describe('curve precompiles in the EVM', () => {
  it('adds, multiplies and pairs on bn254 by mcl', async () => {
    const { BASE } = bn254.G1.Point;
    const doubled = bnG1(BASE.double().toAffine());
    const base = bnG1(BASE.toAffine());
    expect((await run(0x06, concatBytes(base, base))).output).toEqual(doubled);
    expect((await run(0x07, concatBytes(base, word(2n)))).output).toEqual(doubled);
    const { x, y } = bn254.G2.Point.BASE.toAffine();
    const g2 = concatBytes(word(x.c1), word(x.c0), word(y.c1), word(y.c0));
    const opposite = bnG1(BASE.negate().toAffine());
    expect((await run(0x08, concatBytes(base, g2, opposite, g2))).output).toEqual(word(1n));
    expect((await run(0x08, concatBytes(base, g2, base, g2))).output).toEqual(word(0n));
    expect(cryptoBackends().bn254).toBe('mcl');
  });

  it('adds on BLS12-381 by mcl, without the reference', async () => {
    const reference = vi.spyOn(NobleBLS.prototype, 'addG1');
    const { BASE } = bls12_381.G1.Point;
    const base = blsG1(BASE.toAffine());
    expect((await run(0x0b, concatBytes(base, base))).output).toEqual(blsG1(BASE.double().toAffine()));
    expect((await run(0x0b, concatBytes(base, base.with(127, 0)))).exception).toBeDefined();
    expect(reference).not.toHaveBeenCalled();
    reference.mockRestore();
  });

  it('proves a point of a blob polynomial, and nothing else', async () => {
    // The polynomial that is 1 everywhere: its commitment is the generator, every quotient is zero.
    const commitment = bls12_381.G1.Point.BASE.toBytes(true);
    const versionedHash = sha256(commitment).slice();
    versionedHash[0] = 1;
    const infinity = hexToBytes(`0xc0${'00'.repeat(47)}`);
    const input = (value: bigint) => concatBytes(versionedHash, word(12_345n), word(value), commitment, infinity);
    const proven = await run(0x0a, input(1n));
    expect(proven).toEqual({ exception: undefined, output: concatBytes(word(4096n), word(bls12_381.fields.Fr.ORDER)) });
    expect((await run(0x0a, input(2n))).exception).toBeDefined();
  });
});
