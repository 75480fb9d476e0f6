// Signals in the middle of anything: the process ends within five seconds with the exit code that is usual, says why, and
// leaves a database and files that go on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { gnomon, type RunningCommand, startGnomon, temporaryDirectories } from '../helpers/gnomonCommand.ts';
import { testSeed } from '../helpers/random.ts';
import { signCall } from '../helpers/signCall.ts';
import { SeededRandom } from '../node/execution/support/seededRandom.ts';
import { result } from '../rpc/support/client.ts';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** What an operator waits for. */
const STOP_MS_MAX = 5_000;

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());
const newHome = () => join(directories.make(), 'home');

const dev = (home: string, ...more: string[]) => startGnomon(['dev', '--home', home, '--port', '0', ...more]);

async function expectCleanStop(node: RunningCommand, signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<void> {
  const { code, milliseconds } = await node.end(signal);
  expect(code, node.output().stderr).toBe(0);
  expect(milliseconds).toBeLessThan(STOP_MS_MAX);
  expect(node.output().stderr).toContain('stopping');
  expect(node.output().stderr).not.toMatch(/ error |Error:/);
}

/** The home opens, and its chain goes on. */
async function expectSound(home: string): Promise<bigint> {
  const node = await dev(home, '--no-mining');
  const before = BigInt(await result<string>(node.url, 'eth_blockNumber'));
  await result(node.url, 'evm_mine');
  expect(BigInt(await result<string>(node.url, 'eth_blockNumber'))).toBe(before + 1n);
  await expectCleanStop(node);
  return before;
}

/** Asks and lets the answer be what it may: the node is about to stop. */
function ask(url: string, method: string, ...params: unknown[]): void {
  void result(url, method, ...params).catch(() => undefined);
}

/** A loop without end: JUMPDEST PUSH1 0 JUMP. */
const ENDLESS = '0x5b600056';

describe('a running node', () => {
  it('stops while calls run that would not end, with sockets, subscribers and waiters of all kinds open', async () => {
    const home = newHome();
    const node = await dev(home, '--no-mining');
    const { port } = new URL(node.url);
    const sockets = Array.from({ length: 50 }, () => connect(Number(port), '127.0.0.1').on('error', () => undefined));
    const webSockets = Array.from({ length: 20 }, () => new WebSocket(node.url.replace('http', 'ws')));
    await Promise.all(webSockets.map((socket) => once(socket, 'open')));
    const closed = webSockets.map((socket) => once(socket, 'close'));
    for (const socket of webSockets)
      socket.send('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}');
    await Promise.all(webSockets.map((socket) => once(socket, 'message')));
    const { address, privateKey } = DEV_ACCOUNTS[0]!;
    const to = address;
    for (let i = 0; i < 8; i++) ask(node.url, 'eth_call', { data: ENDLESS, gas: '0x2faf080' }, 'latest');
    const raw = bytesToHex(signCall(privateKey, { to }));
    ask(node.url, 'eth_sendRawTransactionSync', raw, 20_000);
    await result(node.url, 'eth_getBlockByNumber', 'latest', false);
    await expectCleanStop(node);
    for (const [code] of await Promise.all(closed)) expect(code).toBe(1001);
    for (const socket of sockets) socket.destroy();
    await expectSound(home);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('stops by %s while it makes blocks as fast as it can', async (signal) => {
    const home = newHome();
    const node = await dev(home);
    ask(node.url, 'anvil_mine', '0x186a0');
    for (const [index, { address, privateKey }] of DEV_ACCOUNTS.slice(0, 4).entries())
      for (let nonce = 0n; nonce < 20n; nonce++)
        ask(
          node.url,
          'eth_sendRawTransaction',
          bytesToHex(signCall(privateKey, { nonce, to: address, value: BigInt(index) })),
        );
    while (BigInt(await result<string>(node.url, 'eth_blockNumber')) < 20n) await new Promise(setImmediate);
    await expectCleanStop(node, signal);
    expect(await expectSound(home)).toBeGreaterThanOrEqual(20n);
  });

  it('ends at once at the second signal', async () => {
    const home = newHome();
    const node = await dev(home, '--no-mining');
    // Only a connection with a request under way keeps it from stopping at once.
    const raw = bytesToHex(signCall(DEV_ACCOUNTS[0]!.privateKey, { to: DEV_ACCOUNTS[0]!.address }));
    ask(node.url, 'eth_sendRawTransactionSync', raw, 20_000);
    await result(node.url, 'eth_chainId');
    const first = node.end('SIGTERM');
    while (!node.output().stderr.includes('stopping')) await new Promise(setImmediate);
    const { code } = await node.end('SIGTERM');
    expect([0, 143]).toContain(code);
    expect((await first).milliseconds).toBeLessThan(STOP_MS_MAX);
    await expectSound(home);
  });
});

/** Starts a verb, sends the signal after so many milliseconds, and resolves with how it ended. */
async function interrupted(args: readonly string[], afterMs: number, signal: 'SIGTERM' | 'SIGINT') {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  let signalledMs = 0;
  const timer = setTimeout(() => {
    signalledMs = performance.now();
    child.kill(signal);
  }, afterMs);
  const [code, by] = await ended;
  clearTimeout(timer);
  return { code, by, stderr, milliseconds: signalledMs === 0 ? 0 : performance.now() - signalledMs };
}

describe('a signal at any moment', () => {
  it('of a verify and a prune ends them soon, with the usual exit code and a sound chain', async () => {
    const home = newHome();
    const node = await dev(home, '--no-mining');
    await result(node.url, 'anvil_mine', '0x3e8');
    await expectCleanStop(node);
    for (const [verb, signal, expected, stepMs, ...more] of [
      ['verify', 'SIGTERM', [143], 400],
      // Pruning is soon done: a signal may come too late.
      ['prune', 'SIGINT', [0, 130], 150, '--keep-blocks', '256'],
    ] as const)
      for (let afterMs = 400, isHeard = false; !isHeard; afterMs += stepMs) {
        const { code, by, milliseconds, stderr } = await interrupted([verb, '--home', home, ...more], afterMs, signal);
        expect(milliseconds).toBeLessThan(STOP_MS_MAX);
        // Before the command hears signals, they end it as they end every program.
        isHeard = by !== signal;
        if (!isHeard) continue;
        expect(expected, `${verb}: ${code} ${by} ${stderr}`).toContain(code);
        if (code !== 0) expect(stderr).toMatch(/stopped by SIG\w+: (nothing is known|every block is kept)/);
      }
    expect(await gnomon(['prune', '--home', home, '--keep-blocks', '256'])).toMatchObject({ code: 0 });
    expect(await gnomon(['verify', '--home', home, '--from', '900', '--json'])).toMatchObject({ code: 0 });
    await expectSound(home);
  }, 120_000);

  const seed = testSeed();
  it(`of a start leaves a home that starts (GNOMON_TEST_SEED=${seed})`, async () => {
    const random = new SeededRandom(seed);
    const home = newHome();
    for (let round = 0; round < 6; round++) {
      const signal = random.pick(['SIGTERM', 'SIGINT'] as const);
      const { code, by, milliseconds, stderr } = await interrupted(
        ['dev', '--home', home, '--port', '0'],
        random.below(1_500),
        signal,
      );
      // Before the command hears signals, they end it as they end every program.
      expect(by === signal || code === 0, `${code} ${by} ${stderr}`).toBe(true);
      expect(milliseconds).toBeLessThan(STOP_MS_MAX);
    }
    await expectSound(home);
  }, 120_000);

  it(`of an import and an export leaves whole blocks and whole files (GNOMON_TEST_SEED=${seed})`, async () => {
    const random = new SeededRandom(seed);
    const home = newHome();
    const node = await dev(home, '--no-mining');
    await result(node.url, 'anvil_mine', '0x12c');
    await expectCleanStop(node);
    const directory = directories.make();
    const file = join(directory, 'chain.rlp');
    for (let round = 0; round < 3; round++) {
      const signal = random.pick(['SIGTERM', 'SIGINT'] as const);
      const { code, by } = await interrupted(['export', '--home', home, file], random.below(1_200), signal);
      if (code === 0) break;
      expect(by === signal || code === (signal === 'SIGINT' ? 130 : 143), `${code} ${by}`).toBe(true);
      expect(existsSync(file)).toBe(false);
    }
    if (!existsSync(file)) expect(await gnomon(['export', '--home', home, file])).toMatchObject({ code: 0 });
    expect(readdirSync(directory)).toEqual(['chain.rlp']);

    const copy = newHome();
    const command = ['import', '--home', copy, '--genesis', join(home, 'genesis.json'), file];
    for (let round = 0; round < 4; round++) {
      const signal = random.pick(['SIGTERM', 'SIGINT'] as const);
      const { code, by, stderr, milliseconds } = await interrupted(command, 600 + random.below(2_500), signal);
      if (code === 0) break;
      expect(by === signal || code === (signal === 'SIGINT' ? 130 : 143), `${code} ${by} ${stderr}`).toBe(true);
      if (by === null) expect(stderr).toMatch(/stopped by SIG\w+: block \d+ was the last; the same command goes on/);
      expect(milliseconds).toBeLessThan(STOP_MS_MAX);
    }
    const whole = await gnomon([...command, '--json'], {}, 100_000);
    expect(whole.stderr).toBe('');
    expect(JSON.parse(whole.stdout)).toMatchObject({ number: '300' });
    const rolledBack = await interrupted(['rollback', '--home', copy, '--to', '1'], 900, 'SIGINT');
    expect(rolledBack.by === 'SIGINT' || [0, 130].includes(rolledBack.code ?? -1), rolledBack.stderr).toBe(true);
    expect(await gnomon(['rollback', '--home', copy, '--to', '0'])).toMatchObject({ code: 0 });
  }, 300_000);
});
