// The second opinion's point evaluation where c-kzg judged points and proofs (test/vectors/kzg).
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { verifyPointProof } from '../../../node/secondOpinion/pointProof.ts';

const vectors = JSON.parse(readFileSync(new URL('../../vectors/kzg/proofs.json', import.meta.url), 'utf8')) as {
  readonly points: Readonly<Record<string, string>>;
  readonly values: readonly string[];
  readonly valid: readonly string[];
};

it('holds wherever c-kzg says so', () => {
  expect(vectors.valid.length).toBe(16);
  for (const name of vectors.valid) {
    const [commitment, point, value, proof] = name.split(' | ') as [string, string, string, string];
    expect(verifyPointProof(vectors.points[commitment]!, point, value, vectors.points[proof]!), name).toBe(true);
  }
});

it('holds nowhere else, over every pair of points, good and bad, and the field elements at both ends', () => {
  const ends = [vectors.values[0]!, vectors.values.at(-1)!];
  for (const [commitmentName, commitment] of Object.entries(vectors.points))
    for (const [proofName, proof] of Object.entries(vectors.points))
      for (const point of ends) {
        const name = [commitmentName, point, ends[0], proofName].join(' | ');
        expect(verifyPointProof(commitment, point, ends[0]!, proof), name).toBe(vectors.valid.includes(name));
      }
});
