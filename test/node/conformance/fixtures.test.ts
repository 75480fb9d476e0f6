// Our own small fixtures (test/vectors/fixtures), judged by the stock VM first, then run as other people's would be, whole and
// spoilt one thing at a time.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBlock } from '@ethereumjs/block';
import { createEVM } from '@ethereumjs/evm';
import { createTxFromRLP } from '@ethereumjs/tx';
import { createVM, runTx } from '@ethereumjs/vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURE_FILE_BYTES_MAX, fixtureFiles, readFixtures } from '../../../node/conformance/fixtureFiles.ts';
import { fixtureForks } from '../../../node/conformance/fixtureForks.ts';
import { runBlockTests, runStateTests } from '../../../node/conformance/runFixtures.ts';
import { parseStateFixture } from '../../../node/conformance/stateFixture.ts';
import type { TestResult } from '../../../node/conformance/testResult.ts';
import { stockRules } from '../../../node/secondOpinion/stockRules.ts';
import { StockState } from '../../../node/secondOpinion/stockState.ts';
import { bytesToHex, equalBytes } from '../../../primitives/bytes.ts';

type Json = Record<string, unknown>;
const path = (name: string) => fileURLToPath(new URL(`../../vectors/fixtures/${name}`, import.meta.url));
const load = (name: string) => JSON.parse(readFileSync(path(name), 'utf8')) as Record<string, Json>;
const STATE = 'stateTests.json';
const BLOCKS = 'blockTests.json';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(tests: unknown, name = 'tests.json'): string {
  const file = join(folder, name);
  writeFileSync(file, typeof tests === 'string' ? tests : JSON.stringify(tests));
  return file;
}

async function all(results: AsyncIterable<TestResult>): Promise<TestResult[]> {
  const list: TestResult[] = [];
  for await (const result of results) list.push(result);
  return list;
}

describe('state tests', () => {
  it('say what the stock VM says', async () => {
    let compared = 0;
    for (const [name, test] of Object.entries(load(STATE))) {
      const fixture = parseStateFixture(name, test);
      const { number, timestampSeconds, coinbase, gasLimit, difficulty, prevRandao, excessBlobGas, baseFeePerGas } =
        fixture.environment;
      for (const outcome of fixture.outcomes.filter(({ expectsRefusal }) => !expectsRefusal)) {
        const { forks, blobSchedules } = fixtureForks(outcome.fork, undefined);
        const common = stockRules(1n, forks[0]!.fork, blobSchedules[0]);
        const isMerged = common.consensusType() === 'pos';
        const header = {
          ...{ number, timestamp: timestampSeconds, coinbase, gasLimit, difficulty: isMerged ? 0n : difficulty },
          ...(prevRandao !== undefined && isMerged && { mixHash: prevRandao }),
          ...(common.isActivatedEIP(1559) && { baseFeePerGas: baseFeePerGas! }),
          ...(common.isActivatedEIP(4844) && { excessBlobGas: excessBlobGas! }),
        };
        const state = new StockState(common);
        await state.allocate(fixture.alloc);
        const vm = await createVM({
          common,
          stateManager: state,
          evm: await createEVM({ common, stateManager: state }),
        });
        const tx = createTxFromRLP(outcome.transaction().raw, { common });
        await runTx(vm, { tx, block: createBlock({ header }, { common, skipConsensusFormatValidation: true }) });
        expect(bytesToHex(await state.getStateRoot()), `${name} ${outcome.fork}`).toBe(bytesToHex(outcome.stateRoot));
        compared++;
      }
    }
    expect(compared).toBe(13);
  });

  it('all pass, refusals that are expected included', async () => {
    const results = await all(runStateTests([path(STATE)], {}));
    expect(results.length).toBe(15);
    expect(results.filter(({ pass }) => !pass)).toEqual([]);
    expect(results[0]).toEqual({ name: 'transfer', fork: 'Frontier', pass: true, stateRoot: expect.any(String) });
    expect(results.filter(({ name }) => name === 'refused').map(({ stateRoot }) => stateRoot)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('can be chosen by name and fork', async () => {
    const named = await all(runStateTests([path(STATE)], { pattern: /^(blob|transfer)$/ }));
    expect(new Set(named.map(({ name }) => name))).toEqual(new Set(['blob', 'transfer']));
    const osaka = await all(runStateTests([path(STATE)], { fork: 'Osaka' }));
    expect(osaka.map(({ name }) => name)).toEqual(['transfer', 'transfer', 'storeAndLog', 'storeAndLog', 'blob']);
    expect(await all(runStateTests([path(STATE)], { pattern: /nothing/ }))).toEqual([]);
  });

  const [transfer, stored] = [load(STATE).transfer!, load(STATE).storeAndLog!];
  const other = `0x${'12'.repeat(32)}`;
  const post = (test: Json, fork: string, change: Json) => ({
    ...test,
    post: { [fork]: [{ ...(test.post as Record<string, Json[]>)[fork]![0], ...change }] },
  });
  it.each([
    ['another root', post(transfer, 'Osaka', { hash: other }), /post state root mismatch: got 0x\w+, want 0x1212/],
    ['other logs', post(stored, 'Osaka', { logs: other }), /logs hash mismatch: got 0x\w+, want 0x1212/],
    ['a refusal that does not come', post(transfer, 'Osaka', { expectException: 'x' }), /expected .* refused/],
    [
      'a variant that is refused',
      post({ ...transfer, transaction: { ...(transfer.transaction as Json), nonce: '0x1' } }, 'Osaka', {}),
      /unexpected error: .*nonce: expected 0, got 1/,
    ],
    [
      'an unknown fork',
      { ...transfer, post: { Amsterdam: (transfer.post as Json).Osaka } },
      /unsupported fork "Amsterdam"/,
    ],
    ['no accounts', { ...transfer, pre: undefined }, /pre: expected accounts/],
    ['bytes that are no transaction', post(transfer, 'Osaka', { txbytes: '0xc0' }), /unexpected error/],
  ])('do not pass with %s', async (_what, test, words) => {
    const [result, ...more] = await all(runStateTests([written({ spoilt: test })], {}));
    expect(more.filter(({ pass }) => pass)).toEqual([]);
    expect(result).toMatchObject({ name: 'spoilt', pass: false, error: expect.stringMatching(words) });
  });
});

describe('block tests', () => {
  it('all pass: refusals, a side chain that wins, a change of forks', async () => {
    const results = await all(runBlockTests([path(BLOCKS)], {}));
    expect(results.map(({ name, pass, error }) => [name, pass, error])).toEqual([
      ['transfers_Osaka', true, undefined],
      ['sideChain_Byzantium', true, undefined],
      ['change_HomesteadToEIP150At2', true, undefined],
    ]);
  });

  const blocks = (name: string) => load(BLOCKS)[name]!;
  const osaka = blocks('transfers_Osaka');
  const list = (test: Json) => test.blocks as Json[];
  it.each([
    ['another last block', { ...osaka, lastblockhash: `0x${'12'.repeat(32)}` }, /last block hash validation mismatch/],
    [
      'the branch that loses as the last block',
      { ...blocks('sideChain_Byzantium'), blocks: list(blocks('sideChain_Byzantium')).slice(0, 2) },
      /last block hash validation mismatch/,
    ],
    [
      'an invalid block called valid',
      { ...osaka, blocks: list(osaka).map(({ rlp }) => ({ rlp, blockHeader: {} })) },
      /block 1: insertion failed: .*state root mismatch/,
    ],
    [
      'a valid block called invalid',
      { ...osaka, blocks: list(osaka).map((block) => ({ ...block, expectException: 'x' })) },
      /block 0: it was accepted, but must be refused: x/,
    ],
    [
      'a valid block without the header that older fixtures give for those',
      { ...osaka, blocks: list(osaka).map(({ rlp }) => ({ rlp })) },
      /block 0: it was accepted, but must be refused: invalid/,
    ],
    ['a block without its parent', { ...osaka, blocks: list(osaka).slice(2) }, /no valid block has the hash/],
    [
      'another genesis',
      { ...osaka, genesisBlockHeader: { ...(osaka.genesisBlockHeader as Json), gasLimit: '0x1c9c381' } },
      /genesis block hash mismatch/,
    ],
    ['a fork that moves balances', { ...osaka, network: 'HomesteadToDaoAt5' }, /unsupported fork "HomesteadToDaoAt5"/],
  ])('do not pass with %s', async (_what, test, words) => {
    const [result] = await all(runBlockTests([written({ spoilt: test })], {}));
    expect(result).toMatchObject({ name: 'spoilt', pass: false, error: expect.stringMatching(words) });
  });
});

describe('names of networks', () => {
  it.each([
    ['Frontier', ['frontier']],
    ['ConstantinopleFix', ['petersburg']],
    ['EIP158ToByzantiumAt5', ['spuriousDragon', 'byzantium']],
    ['ShanghaiToCancunAtTime15k', ['shanghai', 'cancun']],
    ['ArrowGlacierToParisAtDiffC0000', ['arrowGlacier', 'paris']],
    ['BPO1ToBPO2AtTime15k', ['osaka', 'osaka']],
  ])('%s', (network, names) => {
    expect(fixtureForks(network, undefined).forks.map(({ fork }) => fork)).toEqual(names);
  });

  it('give the start of the later fork, and blob parameters of their own', () => {
    expect(fixtureForks('EIP158ToByzantiumAt5', undefined).forks[1]).toEqual({ fork: 'byzantium', block: 5n });
    const cancun = fixtureForks('ShanghaiToCancunAtTime15k', {
      Cancun: { target: '0x1', max: '0x2', baseFeeUpdateFraction: '0x3' },
    });
    expect(cancun.forks[1]).toEqual({ fork: 'cancun', timestampSeconds: 15_000n });
    expect(cancun.blobSchedules).toEqual([
      { name: 'Cancun', timestampSeconds: 15_000n, target: 1, max: 2, baseFeeUpdateFraction: 3n },
    ]);
    const merged = fixtureForks('ArrowGlacierToParisAtDiffC0000', undefined, 7n);
    expect(merged).toMatchObject({ terminalTotalDifficulty: 0xc0000n });
    expect(merged.forks[1]).toEqual({ fork: 'paris', block: 7n });
  });
});

describe('fixture files', () => {
  it('are found below directories in the order of names, and not where names begin with a dot', () => {
    const root = join(folder, 'tree');
    for (const directory of ['b', '.meta', 'a/deep']) mkdirSync(join(root, directory), { recursive: true });
    for (const name of ['b/two.json', 'a/deep/one.json', '.meta/index.json', 'b/readme.md'])
      writeFileSync(join(root, name), '{}');
    expect(fixtureFiles([root])).toEqual([join(root, 'a/deep/one.json'), join(root, 'b/two.json')]);
    expect(fixtureFiles([join(root, 'b/two.json')])).toEqual([join(root, 'b/two.json')]);
    expect(() => fixtureFiles([join(root, 'missing')])).toThrow(/ENOENT/);
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
  ])('are refused when they hold %s', (_what, text) => {
    const file = written(text, 'bad.json');
    expect(() => readFixtures(file)).toThrow(expect.objectContaining({ code: 'INVALID_FIXTURE' }));
  });

  it('are refused above the limit before they are read', () => {
    const file = written('{}', 'large.json');
    truncateSync(file, FIXTURE_FILE_BYTES_MAX + 1);
    expect(() => readFixtures(file)).toThrow(expect.objectContaining({ code: 'FIXTURE_TOO_LARGE' }));
    truncateSync(file, 2);
    expect(readFixtures(file)).toEqual([]);
    expect(equalBytes(readFileSync(file), new TextEncoder().encode('{}'))).toBe(true);
  });
});
