// Other people's suites, where they are: a part of each that takes seconds. `gnomon statetest` and `blocktest` run the rest.
import { describe, expect, it } from 'vitest';
import { runBlockTests, runStateTests } from '../../../node/conformance/runFixtures.ts';
import { fixturePath } from '../../vectors.ts';

const STATE_TESTS = [
  'tests/GeneralStateTests/stExample',
  'tests/GeneralStateTests/Cancun',
  'tests/GeneralStateTests/stSelfBalance',
  'execution-spec-tests-fixtures/fusaka-devnet-5/state_tests/osaka/eip7594_peerdas',
  'execution-spec-tests-fixtures/fusaka-devnet-5/state_tests/osaka/eip7939_count_leading_zeros',
];
const BLOCK_TESTS = ['tests/BlockchainTests/InvalidBlocks', 'tests/BlockchainTests/ValidBlocks/bcEIP1559'];

describe.each([
  ['state tests', STATE_TESTS, runStateTests],
  ['block tests', BLOCK_TESTS, runBlockTests],
] as const)('%s of others (external fixtures)', (_kind, directories, run) => {
  for (const directory of directories) {
    const path = fixturePath(directory);
    it.skipIf(path === undefined)(directory, { timeout: 300_000 }, async () => {
      let count = 0;
      for await (const result of run([path ?? ''], {})) {
        expect(result).toMatchObject({ pass: true });
        count++;
      }
      expect(count).toBeGreaterThan(0);
    });
  }
});
