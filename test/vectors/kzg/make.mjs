// Makes proofs.json with c-kzg (the package kzg-wasm): `node test/vectors/kzg/make.mjs`. Loading its setup takes many
// seconds, which is why the tests read the result instead.
import { writeFileSync } from 'node:fs';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { loadKZG } from 'kzg-wasm';

const BLOB_BYTES = 131_072;
const blobs = { patterned: new Uint8Array(BLOB_BYTES), constant: new Uint8Array(BLOB_BYTES), zero: new Uint8Array(BLOB_BYTES) };
for (let offset = 0; offset < BLOB_BYTES; offset += 32) {
  const element = keccak_256(Uint8Array.of(1, offset >> 16, offset >> 8));
  element[0] &= 0x3f;
  blobs.patterned.set(element, offset);
  blobs.constant[offset + 31] = 7;
}

const kzg = await loadKZG();
const result = { madeWith: 'kzg-wasm 1.0.0' };
for (const [name, bytes] of Object.entries(blobs)) {
  const blob = `0x${Buffer.from(bytes).toString('hex')}`;
  const commitment = kzg.blobToKZGCommitment(blob);
  const blobProof = kzg.computeBlobKZGProof(blob, commitment);
  const { proofs } = kzg.computeCellsAndKZGProofs(blob);
  result[name] = { commitment, blobProof, cellProofs: proofs.map((proof) => proof.slice(2)).join('') };
}

/** Judged by c-kzg: every combination of good and bad points, values and proofs. */
const G1 = '0x97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb';
const TAU = '0xad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28e27c8dcd8fc7cb42d25926fc0c97b336e9f0fb35e5a04c81';
const INFINITY = `0xc0${'00'.repeat(47)}`;
const P = '1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab';
const points = {
  generator: G1,
  tau: TAU,
  infinity: INFINITY,
  constant: result.constant.commitment,
  'infinity with a tail': `0xc0${'00'.repeat(46)}01`,
  'infinity with the sign bit': `0xe0${'00'.repeat(47)}`,
  'uncompressed infinity': `0x40${'00'.repeat(47)}`,
  'no compression bit': `0x17${G1.slice(4)}`,
  'the infinity bit on a point': `0xd7${G1.slice(4)}`,
  'the other sign': `0xb7${G1.slice(4)}`,
  'x at the prime': `0x9a${P.slice(2)}`,
  'x of 1, not on the curve': `0x80${'00'.repeat(46)}01`,
  'x of 4, not in the subgroup': `0x80${'00'.repeat(46)}04`,
  zeros: `0x${'00'.repeat(48)}`,
};
const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const values = [0n, 7n, 9n, ORDER - 1n, ORDER, ORDER + 9n].map((value) => `0x${value.toString(16).padStart(64, '0')}`);
result.points = points;
result.values = values;
result.valid = [];
for (const [c, commitment] of Object.entries(points))
  for (const [p, proof] of Object.entries(points))
    for (const z of values)
      for (const y of values) if (kzg.verifyKZGProof(commitment, z, y, proof)) result.valid.push([c, z, y, p].join(' | '));
writeFileSync(new URL('./proofs.json', import.meta.url), `${JSON.stringify(result, null, 1)}\n`);
