// The `gnomon` command at its edges: help, wrong input of every kind, output for scripts, signals. Each failure must exit with
// code 1, print nothing to standard output, and say on one line what is wrong and what to do.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS, devGenesis } from '../../genesis/devGenesis.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { type CommandResult, gnomon, startGnomon, temporaryDirectories } from '../helpers/gnomonCommand.ts';
import { signCall } from '../helpers/signCall.ts';
import { result } from '../rpc/support/client.ts';

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());
const newHome = () => join(directories.make(), 'home');

function expectRefusal(refused: CommandResult, words: RegExp): void {
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(words);
  expect(refused.stderr, 'no stack for a mistake of the user').not.toMatch(/\n\s+at /);
}

async function initialised(): Promise<string> {
  const home = newHome();
  expect(await gnomon(['init', '--home', home, '--chain-id', '4800'])).toMatchObject({ code: 0, stderr: '' });
  return home;
}

describe('gnomon', () => {
  it('lists its verbs, and each verb its options', async () => {
    const help = await gnomon(['--help']);
    expect(help.code).toBe(0);
    const verbs = ['dev', 'init', 'start', 'import', 'export', 'rollback', 'genesis', 'precompiles', 'version'];
    for (const verb of verbs) expect(help.stdout).toMatch(new RegExp(`^  ${verb}\\b`, 'm'));
    const dev = await gnomon(['dev', '--help']);
    expect(dev.code).toBe(0);
    for (const option of ['--home', '--port', '--block-time', '--no-mining']) expect(dev.stdout).toContain(option);
  });

  it.each([
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['dev', '--prot', '1'], /unknown option '--prot'.*--port/s],
    [['import'], /missing required argument 'files'/],
    [['export'], /missing required argument 'file'/],
    [['genesis', 'new', 'x.json'], /required option '--chain-id/],
  ])('refuses %j', async (args, words) => expectRefusal(await gnomon(args), words));

  it.each([
    [['dev', '--fork-url', 'http://x'], /--fork-url is not supported: .*gnomon import/],
    [['dev', '--block-time', '0'], /--block-time must be a number of seconds from 0\.01 to 86400, got "0"/],
    [['dev', '--block-time', '0.009'], /got "0\.009"/],
    [['dev', '--block-time', '86401'], /got "86401"/],
    [['dev', '--block-time', ''], /--block-time must be a number of seconds/],
    [
      ['dev', '--gas-limit', '20999'],
      /--gas-limit must be a whole number from 21000 to 9223372036854775807, got "20999"/,
    ],
    [['dev', '--gas-limit', '9223372036854775808'], /got "9223372036854775808"/],
    [['dev', '--gas-limit', '1e9'], /got "1e9"/],
    [['dev', '--port', '65536'], /http\.port must be a port from 0 to 65535/],
    [['dev', '--log-format', 'xml'], /log\.format must be "text" or "json"/],
  ])('refuses %j before anything runs', async (args, words) => expectRefusal(await gnomon(args), words));

  it('prints JSON that parses', async () => {
    const home = await initialised();
    const genesis = join(home, 'genesis.json');
    for (const args of [
      ['version', '--json'],
      ['precompiles', '--json'],
      ['precompiles', '--json', '--home', home],
      ['genesis', 'hash', '--json', '--home', home],
      ['genesis', 'validate', '--json', genesis],
    ]) {
      const { code, stdout, stderr } = await gnomon(args);
      expect({ code, stderr }, args.join(' ')).toEqual({ code: 0, stderr: '' });
      expect(typeof JSON.parse(stdout)).toBe('object');
    }
  });
});

describe('homes', () => {
  it('are made once and never over something else', async () => {
    const home = await initialised();
    const before = readFileSync(join(home, 'genesis.json'), 'utf8');
    expectRefusal(await gnomon(['init', '--home', home, '--chain-id', '4801']), /is not empty; choose another --home/);
    expect(readFileSync(join(home, 'genesis.json'), 'utf8')).toBe(before);
    const occupied = newHome();
    mkdirSync(occupied);
    writeFileSync(join(occupied, 'diary.txt'), 'dear diary');
    expectRefusal(await gnomon(['dev', '--home', occupied, '--port', '0']), /is not empty/);
    expect(existsSync(join(occupied, 'genesis.json'))).toBe(false);
  });

  it.each([
    [['--chain-id', '0'], /--chain-id must be above 0/],
    [['--chain-id', '-1'], /--chain-id must be a whole number/],
    [['--chain-id', `${2n ** 53n}`], /--chain-id must be a whole number of at most 9007199254740991/],
    [[], /a new chain needs a chain id/],
    [['--chain-id', '5', '--genesis', 'x.json'], /not both/],
    [['--genesis', 'missing.json'], /no such file or directory: missing\.json/],
    [['--chain-id', '5', '--state.mode', 'half'], /state\.mode must be "archive" or "pruned"/],
    [
      ['--chain-id', '5', '--state.mode', 'pruned', '--state.keep_blocks', '127'],
      /keep_blocks must be a whole number of at least 128/,
    ],
  ])('are not made by init %j', async (args, words) => {
    const home = newHome();
    expectRefusal(await gnomon(['init', '--home', home, ...args]), words);
    expect(existsSync(home)).toBe(false);
  });

  it.each([
    ['no JSON', '{ "config": ', /genesis\.json: .*JSON/i],
    ['no config', '{}', /genesis\.json: .*config/],
    ['a word for a number', JSON.stringify({ ...devGenesis(), gasLimit: 'lots' }), /genesis\.json: .*gasLimit/],
    [
      'an unknown member',
      JSON.stringify({ ...devGenesis(), config: { ...devGenesis().config, gnomon: { hello: 1 } } }),
      /genesis\.json: .*gnomon/,
    ],
    ['a short address', JSON.stringify({ ...devGenesis(), alloc: { '0x12': {} } }), /genesis\.json: .*alloc.*0x12/],
  ])('with a genesis file that has %s name file and path of the fault', async (_what, text, words) => {
    const home = newHome();
    mkdirSync(home);
    writeFileSync(join(home, 'genesis.json'), text);
    expectRefusal(await gnomon(['start', '--home', home]), words);
    expect(existsSync(join(home, 'db'))).toBe(false);
  });

  it('that are missing are named with the command that makes one', async () => {
    const home = newHome();
    for (const args of [['start'], ['export', 'x.rlp'], ['rollback']])
      expectRefusal(await gnomon([...args, '--home', home]), /holds no chain .*gnomon init --home/);
    expect(existsSync(home)).toBe(false);
  });

  it('without permission say so', async () => {
    if (process.getuid?.() === 0) {
      // Root passes every check of permissions: a file where a directory must be fails for everyone.
      const file = join(directories.make(), 'file');
      writeFileSync(file, '');
      expectRefusal(await gnomon(['init', '--home', join(file, 'home'), '--chain-id', '5']), /^gnomon: .*file/);
      return;
    }
    const closed = directories.make();
    chmodSync(closed, 0o500);
    expectRefusal(await gnomon(['init', '--home', join(closed, 'home'), '--chain-id', '5']), /permission denied/);
  });

  it('with a wrong setting name the file and the setting', async () => {
    const home = await initialised();
    writeFileSync(join(home, 'config.toml'), '[http]\nprot = 8545\n');
    expectRefusal(
      await gnomon(['start', '--home', home]),
      /config\.toml: unknown setting .*http\.prot.*did you mean http\.port/,
    );
  });

  it('whose rules in force were edited, or that hold another chain, are refused', async () => {
    const home = newHome();
    const node = await startGnomon(['dev', '--home', home, '--port', '0']);
    await node.end('SIGTERM');
    const path = join(home, 'genesis.json');
    const genesis = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...genesis, extraData: '0x01' }));
    expectRefusal(await gnomon(['dev', '--home', home, '--port', '0']), /the database holds the chain of genesis 0x/);
    expectRefusal(
      await gnomon(['start', '--home', await initialised(), '--http.port', '99999']),
      /http\.port must be a port/,
    );
  }, 30_000);
});

describe('a running node', () => {
  it('keeps its home and its port to itself', async () => {
    const home = newHome();
    const node = await startGnomon(['dev', '--home', home, '--port', '0']);
    const { port } = new URL(node.url);
    expectRefusal(await gnomon(['export', '--home', home, join(directories.make(), 'x.rlp')]), /lock|open|in use/i);
    expectRefusal(await gnomon(['rollback', '--home', home]), /lock|open|in use/i);
    expectRefusal(await gnomon(['dev', '--home', home, '--port', '0']), /lock|open|in use/i);
    expectRefusal(await gnomon(['dev', '--port', port]), new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use`));
    expect(await result(node.url, 'eth_chainId')).toBe('0x129e');
    expect(await node.end('SIGINT')).toMatchObject({ code: 0 });
  }, 30_000);

  it('is not disturbed by a foreign program on its port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const home = newHome();
    expectRefusal(await gnomon(['dev', '--home', home, '--port', String(port)]), /is in use/);
    server.close();
    const node = await startGnomon(['dev', '--home', home, '--port', '0']);
    expect(await node.end('SIGTERM')).toMatchObject({ code: 0 });
  }, 30_000);

  it.each([[[]], [['--block-time', '0.01']]])(
    'ends with code 0 within 5 s of SIGTERM under load, dev %j',
    async (mining) => {
      const home = newHome();
      const node = await startGnomon(['dev', '--home', home, '--port', '0', ...mining]);
      const [alice, bob] = DEV_ACCOUNTS as [(typeof DEV_ACCOUNTS)[number], (typeof DEV_ACCOUNTS)[number]];
      let nonce = 0n;
      let begin: (value?: unknown) => void = () => undefined;
      const begun = new Promise((resolve) => {
        begin = resolve;
      });
      const shown: string[] = [];
      const flood = async () => {
        for (;;) {
          const raw = bytesToHex(signCall(alice.privateKey, { nonce: nonce++, to: bob.address, value: 1n }));
          shown.push(await result<string>(node.url, 'eth_sendRawTransaction', raw));
          if (shown.length === 60) begin();
        }
      };
      const floods = [flood(), flood(), flood()].map((each) => each.catch(() => undefined));
      await begun;
      const end = await node.end('SIGTERM');
      expect(end.code).toBe(0);
      expect(end.milliseconds).toBeLessThan(5_000);
      await Promise.all(floods);
      const again = await startGnomon(['dev', '--home', home, '--port', '0']);
      expect(BigInt(await result<string>(again.url, 'eth_blockNumber'))).toBeGreaterThan(0n);
      expect(await again.end('SIGTERM')).toMatchObject({ code: 0 });
    },
    30_000,
  );

  it('started on a fresh home makes blocks at the block time of its chain', async () => {
    const home = await initialised();
    const node = await startGnomon(['start', '--home', home, '--http.port', '0']);
    const number = async () => BigInt(await result<string>(node.url, 'eth_blockNumber'));
    const begun = performance.now();
    while ((await number()) < 3n) await new Promise((resolve) => setTimeout(resolve, 50));
    const seconds = (performance.now() - begun) / 1000;
    expect(seconds).toBeGreaterThan(1);
    expect(seconds).toBeLessThan(8);
    const second = await result<{ timestamp: string }>(node.url, 'eth_getBlockByNumber', '0x2', false);
    const third = await result<{ timestamp: string }>(node.url, 'eth_getBlockByNumber', '0x3', false);
    expect(BigInt(third.timestamp) - BigInt(second.timestamp)).toBeGreaterThanOrEqual(1n);
    expect(await node.end('SIGTERM')).toMatchObject({ code: 0 });
    expectRefusal(await gnomon(['dev', '--home', home]), /no dev chain; run it with "gnomon start"/);
  }, 30_000);
});
