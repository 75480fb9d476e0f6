// `gnomon device` against a real dev node.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let dev: DevNode;
let folder: string;

beforeAll(async () => {
  dev = await startDevNode();
  folder = mkdtempSync(join(tmpdir(), 'gnomon-device-'));
});
afterAll(async () => {
  await dev.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Beside the node, which runs in this process and must go on meanwhile. */
function device(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'device', ...args], (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('gnomon device', () => {
  it.each(['p256', 'secp256k1', 'ed25519', 'babyjubjub'])(
    'makes, registers and shows a device with a %s key',
    async (type) => {
      const file = join(folder, `${type}.json`);
      const made = JSON.parse((await device('keygen', file, '--type', type, '--json')).stdout) as { identity: string };
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const registered = await device('register', '--key', file, '--rpc', dev.rpc.url, '--bond', '1gnm', '--json');
      expect(JSON.parse(registered.stdout)).toMatchObject({ did: `did:gnomon:0x129e:${made.identity}` });
      const shown = await device('show', `did:gnomon:0x129e:${made.identity}`, '--rpc', dev.rpc.url);
      expect(shown.stdout).toContain('active');
      const again = await device('register', '--key', file, '--rpc', dev.rpc.url);
      expect(again).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^gnomon: DeviceDID refused the registration: AlreadyRegistered\(/),
      });
    },
  );

  it('never overwrites a key', async () => {
    const file = join(folder, 'once.json');
    await device('keygen', file, '--type', 'p256');
    expect(await device('keygen', file, '--type', 'p256')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('there already'),
    });
  });

  it.each([
    ['an unknown type', () => ['keygen', join(folder, 'x.json'), '--type', 'rsa'], /--type must be one of p256/],
    [
      'a node that is not there',
      () => ['show', `0x${'11'.repeat(20)}`, '--rpc', 'http://127.0.0.1:1'],
      /no node answers at .*npm start/,
    ],
    [
      'a key file that is none',
      () => ['register', '--key', join(folder, 'bad.json')],
      /bad.json is no device key: it is not JSON/,
    ],
    [
      'a DID of another chain',
      () => ['show', `did:gnomon:0x1:0x${'11'.repeat(20)}`, '--rpc', dev.rpc.url],
      /is on another chain/,
    ],
  ])('refuses %s', async (_name, args, message) => {
    writeFileSync(join(folder, 'bad.json'), 'not json');
    const { status, stderr } = await device(...args());
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
  });
});
