// Our KZG verifier against c-kzg (the package kzg-wasm), which made the proofs and judged the points in test/vectors/kzg.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bigIntToFixedBytes, hexToBytes } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import { BLS_SCALAR_ORDER } from '../../../primitives/crypto/kzg/blobPolynomial.ts';
import { SETUP_G1_BASE64, SETUP_G2_BASE64 } from '../../../primitives/crypto/kzg/generated/ceremonySetup.ts';
import { BLOB_BYTES, CELLS_PER_BLOB, createKzg, type Kzg } from '../../../primitives/crypto/kzg.ts';

const INFINITY = Uint8Array.of(0xc0, ...new Uint8Array(47));
const ours: Kzg = createKzg();

/** A canonical blob whose elements all differ, as test/vectors/kzg/make.mjs makes it. */
function patternedBlob(): Uint8Array {
  const blob = new Uint8Array(BLOB_BYTES);
  for (let offset = 0; offset < BLOB_BYTES; offset += 32) {
    const element = keccak256(Uint8Array.of(1, offset >> 16, offset >> 8));
    element[0] = (element[0] as number) & 0x3f;
    blob.set(element, offset);
  }
  return blob;
}

function constantBlob(value: number): Uint8Array {
  const blob = new Uint8Array(BLOB_BYTES);
  for (let offset = 31; offset < BLOB_BYTES; offset += 32) blob[offset] = value;
  return blob;
}

interface Proven {
  readonly commitment: string;
  readonly blobProof: string;
  readonly cellProofs: string;
}
const vectors = JSON.parse(readFileSync(new URL('../../vectors/kzg/proofs.json', import.meta.url), 'utf8')) as Record<
  'patterned' | 'constant' | 'zero',
  Proven
> & { points: Record<string, string>; values: string[]; valid: string[] };

function proven(name: 'patterned' | 'constant' | 'zero'): {
  commitment: Uint8Array;
  blobProof: Uint8Array;
  cellProofs: Uint8Array[];
} {
  const { commitment, blobProof, cellProofs } = vectors[name];
  const proofs = hexToBytes(`0x${cellProofs}`);
  return {
    commitment: hexToBytes(commitment),
    blobProof: hexToBytes(blobProof),
    cellProofs: Array.from({ length: CELLS_PER_BLOB }, (_, cell) => proofs.slice(cell * 48, (cell + 1) * 48)),
  };
}

const blob = patternedBlob();
const { commitment, blobProof, cellProofs } = proven('patterned');

/** One bit changed; the point may still decode or not. */
function altered(bytes: Uint8Array, at: number, mask = 1): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ mask;
  return copy;
}

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
    expect(ours.verifyBlobProof(blob, commitment, blobProof)).toBe(true);
    expect(ours.verifyBlobProof(altered(blob, 31), commitment, blobProof)).toBe(false);
    expect(ours.verifyBlobProof(constantBlob(7), commitment, blobProof)).toBe(false);
    expect(ours.verifyBlobProof(blob, commitment, INFINITY)).toBe(false);
    expect(ours.verifyBlobProof(blob, commitment, commitment)).toBe(false);
    expect(ours.verifyBlobProof(blob, blobProof, blobProof)).toBe(false);
  });

  it('hold for constant blobs, zero included, whose proof is infinity', () => {
    for (const [name, value] of [
      ['constant', 7],
      ['zero', 0],
    ] as const) {
      const constant = proven(name);
      expect(constant.blobProof).toEqual(INFINITY);
      expect(ours.verifyBlobProof(constantBlob(value), constant.commitment, INFINITY)).toBe(true);
      expect(ours.verifyBlobProof(blob, constant.commitment, INFINITY)).toBe(false);
    }
  });

  it('refuse a blob with an element at the field order', () => {
    const beyond = blob.slice();
    beyond.set(bigIntToFixedBytes(BLS_SCALAR_ORDER, 32), 64);
    expect(ours.verifyBlobProof(beyond, commitment, blobProof)).toBe(false);
    expect(ours.verifyCellProofs(beyond, commitment, cellProofs)).toBe(false);
    expect(() => ours.verifyBlobProof(blob.subarray(32), INFINITY, INFINITY)).toThrow(/131072 bytes/);
  });
});

describe('cell proofs', () => {
  it('hold together, and not when one is altered, exchanged or replaced', () => {
    expect(ours.verifyCellProofs(blob, commitment, cellProofs)).toBe(true);
    const exchanged = cellProofs.with(3, cellProofs[90] as Uint8Array).with(90, cellProofs[3] as Uint8Array);
    expect(ours.verifyCellProofs(blob, commitment, exchanged)).toBe(false);
    for (const at of [0, 64, 127]) {
      const negated = altered(cellProofs[at] as Uint8Array, 0, 0x20);
      expect(ours.verifyCellProofs(blob, commitment, cellProofs.with(at, INFINITY))).toBe(false);
      expect(ours.verifyCellProofs(blob, commitment, cellProofs.with(at, negated))).toBe(false);
      expect(ours.verifyCellProofs(blob, commitment, cellProofs.with(at, new Uint8Array(48)))).toBe(false);
    }
    expect(ours.verifyCellProofs(altered(blob, 4095), commitment, cellProofs)).toBe(false);
    expect(ours.verifyCellProofs(blob, blobProof, cellProofs)).toBe(false);
    expect(() => ours.verifyCellProofs(blob, commitment, cellProofs.slice(1))).toThrow(/128 cell proofs/);
  });

  it('hold for constant blobs', () => {
    const constant = proven('constant');
    expect(ours.verifyCellProofs(constantBlob(7), constant.commitment, constant.cellProofs)).toBe(true);
    expect(ours.verifyCellProofs(constantBlob(8), constant.commitment, constant.cellProofs)).toBe(false);
    expect(ours.verifyCellProofs(constantBlob(0), INFINITY, proven('zero').cellProofs)).toBe(true);
  });
});

describe('point proofs', () => {
  it('hold exactly where c-kzg says, over good and bad points and field elements', () => {
    const valid = new Set(vectors.valid);
    let checked = 0;
    for (const [commitmentName, commitment] of Object.entries(vectors.points))
      for (const [proofName, proof] of Object.entries(vectors.points))
        for (const point of vectors.values)
          for (const value of vectors.values) {
            const name = [commitmentName, point, value, proofName].join(' | ');
            expect(ours.library.verifyProof(commitment, point, value, proof), name).toBe(valid.has(name));
            checked++;
          }
    expect(checked).toBe(14 * 14 * 36);
    expect(valid.size).toBe(16);
  });
});
