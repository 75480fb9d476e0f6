// Our KZG verifier against c-kzg (as the package kzg-wasm), which makes the proofs.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadKZG } from 'kzg-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { bigIntToFixedBytes, bytesToHex, concatBytes, hexToBytes } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import { BLS_SCALAR_ORDER } from '../../../primitives/crypto/kzg/blobPolynomial.ts';
import { SETUP_G1_BASE64, SETUP_G2_BASE64 } from '../../../primitives/crypto/kzg/generated/ceremonySetup.ts';
import { BLOB_BYTES, createKzg, type Kzg } from '../../../primitives/crypto/kzg.ts';

const INFINITY = Uint8Array.of(0xc0, ...new Uint8Array(47));
const ours: Kzg = createKzg();
let prover: Awaited<ReturnType<typeof loadKZG>>;

/** A canonical blob whose elements all differ. */
function patternedBlob(seed: number): Uint8Array {
  const blob = new Uint8Array(BLOB_BYTES);
  for (let offset = 0; offset < BLOB_BYTES; offset += 32) {
    const element = keccak256(Uint8Array.of(seed, offset >> 16, offset >> 8));
    element[0] = (element[0] as number) & 0x3f;
    blob.set(element, offset);
  }
  return blob;
}

const blob = patternedBlob(1);
const commitmentOf = (bytes: Uint8Array) => hexToBytes(prover.blobToKZGCommitment(bytesToHex(bytes)));
const blobProofOf = (bytes: Uint8Array) =>
  hexToBytes(prover.computeBlobKZGProof(bytesToHex(bytes), bytesToHex(commitmentOf(bytes))));
const cellProofsOf = (bytes: Uint8Array) => prover.computeCellsAndKZGProofs(bytesToHex(bytes)).proofs.map(hexToBytes);

/** One bit changed; the point may still decode or not. */
function altered(bytes: Uint8Array, at: number, mask = 1): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ mask;
  return copy;
}

beforeAll(async () => {
  prover = await loadKZG();
}, 120_000);

describe('the embedded setup', () => {
  it("is the ceremony's, as kzg-wasm carries it", () => {
    const entry = createRequire(import.meta.url).resolve('kzg-wasm');
    const source = readFileSync(join(dirname(entry), '..', 'esm', 'trustedSetup.js'), 'utf8');
    const field = (name: string) => new RegExp(`${name}"?'?: *["']([0-9a-f]+)["']`).exec(source)?.[1] ?? '';
    const g1 = field('g1_monomial');
    const g2 = field('g2_monomial');
    expect(Buffer.from(SETUP_G1_BASE64, 'base64').toString('hex')).toBe(g1.slice(0, 64 * 96));
    expect(Buffer.from(SETUP_G2_BASE64, 'base64').toString('hex')).toBe(
      g2.slice(0, 384) + g2.slice(64 * 192, 65 * 192),
    );
    expect(g1.length).toBe(4096 * 96);
  });
});

describe('blob proofs', () => {
  it('hold for the blob they were made for, and for no other', () => {
    const [commitment, proof] = [commitmentOf(blob), blobProofOf(blob)];
    expect(ours.verifyBlobProof(blob, commitment, proof)).toBe(true);
    expect(ours.verifyBlobProof(altered(blob, 31), commitment, proof)).toBe(false);
    expect(ours.verifyBlobProof(patternedBlob(2), commitment, proof)).toBe(false);
    expect(ours.verifyBlobProof(blob, commitment, INFINITY)).toBe(false);
    expect(ours.verifyBlobProof(blob, commitment, commitment)).toBe(false);
    expect(ours.verifyBlobProof(blob, proof, proof)).toBe(false);
  });

  it('hold for the zero blob, whose commitment and proof are infinity', () => {
    const zero = new Uint8Array(BLOB_BYTES);
    expect(commitmentOf(zero)).toEqual(INFINITY);
    expect(ours.verifyBlobProof(zero, INFINITY, INFINITY)).toBe(true);
    expect(ours.verifyBlobProof(blob, INFINITY, INFINITY)).toBe(false);
  });

  it('refuse a blob with an element at the field order', () => {
    const beyond = blob.slice();
    beyond.set(bigIntToFixedBytes(BLS_SCALAR_ORDER, 32), 64);
    expect(ours.verifyBlobProof(beyond, commitmentOf(blob), blobProofOf(blob))).toBe(false);
    expect(() => ours.verifyBlobProof(blob.subarray(32), INFINITY, INFINITY)).toThrow(/131072 bytes/);
  });
});

describe('cell proofs', () => {
  it('hold together, and not when one is altered, exchanged or replaced', () => {
    const [commitment, proofs] = [commitmentOf(blob), cellProofsOf(blob)];
    expect(ours.verifyCellProofs(blob, commitment, proofs)).toBe(true);
    const exchanged = [...proofs];
    [exchanged[3], exchanged[90]] = [proofs[90] as Uint8Array, proofs[3] as Uint8Array];
    expect(ours.verifyCellProofs(blob, commitment, exchanged)).toBe(false);
    for (const at of [0, 64, 127]) {
      expect(ours.verifyCellProofs(blob, commitment, proofs.with(at, INFINITY))).toBe(false);
      expect(ours.verifyCellProofs(blob, commitment, proofs.with(at, altered(proofs[at] as Uint8Array, 0, 0x20)))).toBe(
        false,
      );
    }
    expect(ours.verifyCellProofs(altered(blob, 4095), commitment, proofs)).toBe(false);
    expect(ours.verifyCellProofs(blob, proofs[0] as Uint8Array, proofs)).toBe(false);
    expect(() => ours.verifyCellProofs(blob, commitment, proofs.slice(1))).toThrow(/128 cell proofs/);
  });

  it('hold for a constant blob', () => {
    const constant = new Uint8Array(BLOB_BYTES);
    for (let offset = 31; offset < BLOB_BYTES; offset += 32) constant[offset] = 7;
    expect(ours.verifyCellProofs(constant, commitmentOf(constant), cellProofsOf(constant))).toBe(true);
    expect(ours.verifyCellProofs(constant, INFINITY, cellProofsOf(constant))).toBe(false);
  });
});

describe('point proofs', () => {
  const word = (value: bigint) => bigIntToFixedBytes(value, 32);

  /** The constant polynomial 7 has the value 7 everywhere, with infinity as proof; both verifiers must agree. */
  function both(commitment: Uint8Array, point: Uint8Array, value: Uint8Array, proof: Uint8Array): boolean {
    const answer = ours.verifyPointProof(commitment, point, value, proof);
    const hex = [commitment, point, value, proof].map(bytesToHex) as [string, string, string, string];
    expect(ours.library.verifyProof(...hex)).toBe(answer);
    expect(prover.verifyKZGProof(...hex)).toBe(answer);
    return answer;
  }

  it('agree with c-kzg, valid and invalid', () => {
    const constant = new Uint8Array(BLOB_BYTES);
    for (let offset = 31; offset < BLOB_BYTES; offset += 32) constant[offset] = 7;
    const commitment = commitmentOf(constant);
    expect(both(commitment, word(12345n), word(7n), INFINITY)).toBe(true);
    expect(both(commitment, word(0n), word(7n), INFINITY)).toBe(true);
    expect(both(commitment, word(12345n), word(8n), INFINITY)).toBe(false);
    expect(both(commitment, word(12345n), word(7n), commitment)).toBe(false);
    expect(both(INFINITY, word(5n), word(0n), INFINITY)).toBe(true);
    // C - [y] = (τ - z)·π with π = G1: C = [τ] - [z] + [y].
    const setup = Buffer.from(SETUP_G1_BASE64, 'base64');
    const [generator, tau] = [setup.subarray(0, 48), setup.subarray(48, 96)];
    expect(both(tau, word(9n), word(9n), generator)).toBe(true);
    expect(both(tau, word(9n), word(10n), generator)).toBe(false);
    expect(both(tau, word(BLS_SCALAR_ORDER - 1n), word(BLS_SCALAR_ORDER - 1n), generator)).toBe(true);
  });

  it('refuse field elements at the order and beyond', () => {
    const setup = Buffer.from(SETUP_G1_BASE64, 'base64');
    const [generator, tau] = [setup.subarray(0, 48), setup.subarray(48, 96)];
    expect(both(tau, word(BLS_SCALAR_ORDER + 9n), word(9n), generator)).toBe(false);
    expect(both(tau, word(9n), word(BLS_SCALAR_ORDER + 9n), generator)).toBe(false);
    expect(both(tau, word(BLS_SCALAR_ORDER), word(0n), generator)).toBe(false);
  });

  it('refuse points that are not canonical, not on the curve or not in the subgroup', () => {
    const generator = new Uint8Array(Buffer.from(SETUP_G1_BASE64, 'base64')).subarray(0, 48);
    const bad: [string, Uint8Array][] = [
      ['infinity with a tail', altered(INFINITY, 47)],
      ['infinity with the sign bit', altered(INFINITY, 0, 0x20)],
      ['uncompressed infinity', altered(INFINITY, 0, 0x80)],
      ['no compression bit', altered(generator, 0, 0x80)],
      ['the infinity bit on a point', altered(generator, 0, 0x40)],
      ['x at the prime', primeX()],
      ['x = 1, which is not on the curve', concatBytes(Uint8Array.of(0x80), new Uint8Array(46), Uint8Array.of(1))],
      [
        'x = 4, on the curve and not in the subgroup',
        concatBytes(Uint8Array.of(0x80), new Uint8Array(46), Uint8Array.of(4)),
      ],
      ['zeros', new Uint8Array(48)],
    ];
    for (const [name, point] of bad) {
      expect(both(point, word(9n), word(9n), generator), name).toBe(false);
      expect(both(generator, word(9n), word(9n), point), name).toBe(false);
    }
    expect(both(generator, word(9n), word(1n), INFINITY)).toBe(true);
  });
});

/** A compressed encoding with x = p, the field's prime. */
function primeX(): Uint8Array {
  const p = hexToBytes(
    '0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab',
  ).slice();
  p[0] = (p[0] as number) | 0x80;
  return p;
}
