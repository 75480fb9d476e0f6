// The commands of README, run as they stand, against the chain that `npm start` runs on its own port.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const run = promisify(execFile);

/** Lines of README's shell blocks, continued lines joined, comments left out. */
const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((match) =>
  (match[1] as string)
    .replaceAll('\\\n', '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')),
);

const command = (start: string): string => {
  const found = commands.find((line) => line.startsWith(start));
  if (found === undefined) throw new Error(`README has no command that starts with ${start}`);
  return found;
};

async function shell(line: string, cwd = root): Promise<string> {
  const { stdout } = await run('bash', ['-c', line], { cwd, timeout: 60_000 });
  return stdout;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isTaken = once(server, 'error').then(() => false);
  server.listen(port, '127.0.0.1');
  const free = await Promise.race([once(server, 'listening').then(() => true), isTaken]);
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}

const portIsFree = await isFree(8545);
let node: ChildProcess;
let folder: string;
let did: string;

describe.skipIf(!portIsFree)('README (skipped where port 8545 is taken)', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gnomon-readme-'));
    node = spawn('npm', ['start'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    await new Promise<void>((resolve, reject) => {
      let output = '';
      node.once('exit', (code) => reject(new Error(`npm start ended with ${code}: ${output}`)));
      node.stdout?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('eth_blockNumber')) resolve();
      });
    });
  }, 120_000);
  afterAll(async () => {
    const ended = once(node, 'exit');
    if (node.pid !== undefined) process.kill(-node.pid, 'SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers eth_chainId', async () => {
    expect(JSON.parse(await shell(command('curl')))).toEqual({ jsonrpc: '2.0', id: 1, result: '0x129e' });
  });

  it('registers a P-256 device and prints its DID', async () => {
    did = (await shell(command('node examples/register-device/register.mjs'))).trim();
    expect(did).toMatch(/^did:gnomon:0x129e:0x[0-9a-f]{40}$/);
  });

  it('proves the device against the state root', async () => {
    const line = command('node examples/register-device/verify.mjs').replace('did:gnomon:0x129e:0x…', did);
    const device = JSON.parse(await shell(line)) as Record<string, string>;
    expect(device).toMatchObject({ status: 'active', keyType: 'P-256', identity: did.split(':')[3] });
    expect(device['controller']).toBe('0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266');
  });

  it('does the same from the command line', async () => {
    const file = join(folder, 'device.json');
    const verb = (start: string) => command(`npm run -s gnomon -- device ${start}`).replace('device.json', file);
    await shell(verb('keygen'));
    const [registered] = (await shell(verb('register'))).split('\n');
    const shown = await shell(verb('show').replace('did:gnomon:0x129e:0x…', registered as string));
    expect(shown).toContain('active');
    expect(shown).toContain('P-256');
  });
});
