// Run once around all tests: says at the end which vectors of others were not there, and so which tests were skipped.
import { fixturePath, vectorPath } from './vectors.ts';

const SETS: readonly (readonly [folder: string, what: string])[] = [
  ['execution-apis', 'the execution-apis chain and its RPC cases'],
  ['zk/eip196-197', 'bn254 operations (EIP-196, EIP-197)'],
  ['eip-7951', 'P256VERIFY (EIP-7951)'],
];

/** Checkouts below GNOMON_FIXTURES or ../shared/vectors/fixtures. */
const FIXTURES: readonly (readonly [folder: string, what: string])[] = [
  ['tests', 'state and block tests of ethereum/tests'],
  ['execution-spec-tests-fixtures', 'state tests of Osaka'],
];

export function teardown(): void {
  const absent = SETS.filter(([folder]) => vectorPath(folder) === undefined);
  if (absent.length > 0) {
    console.log('\nSkipped, because these external vectors are not here (GNOMON_VECTORS or ../shared/vectors):');
    for (const [folder, what] of absent) console.log(`  ${folder}: ${what}`);
  }
  const missing = FIXTURES.filter(([folder]) => fixturePath(folder) === undefined);
  if (missing.length > 0) {
    console.log('\nSkipped, because these fixtures are not here (GNOMON_FIXTURES or ../shared/vectors/fixtures):');
    for (const [folder, what] of missing) console.log(`  ${folder}: ${what}`);
  }
}
