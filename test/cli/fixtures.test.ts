// `gnomon statetest` and `gnomon blocktest` as commands, in the output format of geth's `evm`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { gnomon, temporaryDirectories } from '../helpers/gnomonCommand.ts';

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());
const folder = fileURLToPath(new URL('../vectors/fixtures/', import.meta.url));
const stateTests = join(folder, 'stateTests.json');

describe('gnomon statetest', () => {
  it('prints a JSON array and ends with 0 when all passed', async () => {
    const { code, stdout, stderr } = await gnomon(['statetest', stateTests]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const results = JSON.parse(stdout) as Record<string, unknown>[];
    expect(results.length).toBe(15);
    expect(results[0]).toEqual({
      name: 'transfer',
      pass: true,
      fork: 'Frontier',
      stateRoot: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    });
    expect((await gnomon(['statetest', '--json', stateTests])).stdout).toBe(stdout);
    expect((await gnomon(['statetest', '--run', 'none', stateTests])).stdout).toBe('[]\n');
  });

  it('prints lines for people, only what was chosen, and ends with 1 when one failed', async () => {
    const tests = JSON.parse(readFileSync(stateTests, 'utf8'));
    tests.transfer.post.Osaka[0].hash = `0x${'12'.repeat(32)}`;
    const file = join(directories.make(), 'spoilt.json');
    writeFileSync(file, JSON.stringify(tests));
    const options = ['--human', '--run', '^transfer$', '--fork', 'Osaka'];
    const { code, stdout } = await gnomon(['statetest', ...options, file, stateTests]);
    expect(code).toBe(1);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^\[FAIL\] transfer \(Osaka\): post state root mismatch: got 0x\w{64}, want 0x12/),
      '[PASS] transfer (Osaka)',
      '[PASS] transfer (Osaka)',
      '[PASS] transfer (Osaka)',
      '--',
      '3 tests passed, 1 tests failed.',
      '',
    ]);
  });

  it.each([
    [['--human', '--json'], /give --human or --json, not both/],
    [['--run', '('], /--run must be a regular expression/],
  ])('refuses %s', async (options, words) => {
    const refused = await gnomon(['statetest', ...options, stateTests]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(words);
  });

  it('says which file is missing', async () => {
    const refused = await gnomon(['statetest', join(folder, 'missing.json')]);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no such file or directory: .*missing\.json/),
    });
  });
});

describe('gnomon blocktest', () => {
  it('reports in the same way', async () => {
    const { code, stdout } = await gnomon(['blocktest', join(folder, 'blockTests.json')]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { name: 'transfers_Osaka', pass: true, fork: 'Osaka' },
      { name: 'sideChain_Byzantium', pass: true, fork: 'Byzantium' },
      { name: 'change_HomesteadToEIP150At2', pass: true, fork: 'HomesteadToEIP150At2' },
    ]);
  });
});
