// The scripts that README quotes, run as they stand on the compiled SDK against a dev node.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { keccak256, toHex } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDid } from '../../sdk/did.ts';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';
import { clientOf, mined, OWNER } from './support/clients.ts';

const run = promisify(execFile);
const script = (name: string) => fileURLToPath(new URL(`../../examples/register-device/${name}`, import.meta.url));
const isBuilt = existsSync(new URL('../../dist/sdk/actions.js', import.meta.url));

let dev: DevNode;
beforeAll(async () => {
  dev = await startDevNode();
});
afterAll(() => dev.stop());

async function example(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [script(name), ...args, dev.rpc.url], { timeout: 30_000 });
  return stdout.trim();
}

/** A proxy before a node that changes one digit in the last node of a proof. */
async function startLiar(target: string, part: 'accountProof' | 'storageProof') {
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('');
    const answer = await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const json = (await answer.json()) as { result?: { accountProof: string[]; storageProof: { proof: string[] }[] } };
    if (body.includes('eth_getProof') && json.result !== undefined) {
      const nodes = part === 'accountProof' ? json.result.accountProof : json.result.storageProof[0]?.proof;
      const last = nodes?.pop() ?? '';
      nodes?.push(`${last.slice(0, -1)}${last.endsWith('0') ? '1' : '0'}`);
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() };
}

describe('examples/register-device', () => {
  it('is compiled: `npm test` builds first, `npx vitest` alone does not', () => {
    expect(isBuilt).toBe(true);
  });

  it('register.mjs prints a DID that verify.mjs proves', async () => {
    const did = await example('register.mjs');
    const { chainId, identity } = parseDid(did);
    expect(chainId).toBe(4766);
    const client = clientOf(dev.rpc.url, OWNER);
    const record = await client.resolveDevice({ identity });
    expect(record.keys.length).toBe(1);

    const block = await client.getBlock();
    const proven = JSON.parse(await example('verify.mjs', did));
    expect(proven).toEqual({
      block: block.hash,
      stateRoot: block.stateRoot,
      identity,
      status: 'active',
      controller: OWNER.address.toLowerCase(),
      payee: OWNER.address.toLowerCase(),
      registeredAt: new Date(Number(record.created) * 1_000).toISOString(),
      keyType: 'P-256',
      publicKey: record.keys[0]?.publicKey,
    });

    await mined(client, client.suspend({ identity }));
    expect(JSON.parse(await example('verify.mjs', did)).status).toBe('suspended');
  });

  it('verify.mjs proves the absence of a device that nobody made', async () => {
    const identity = keccak256(toHex('nobody')).slice(0, 42);
    expect(JSON.parse(await example('verify.mjs', `did:gnomon:${identity}`))).toMatchObject({
      status: 'none',
      keyType: 'none',
    });
  });

  it.each(['accountProof', 'storageProof'] as const)(
    'verify.mjs sees through a node that lies in its %s',
    async (part) => {
      const did = await example('register.mjs');
      const liar = await startLiar(dev.rpc.url, part);
      try {
        await expect(run(process.execPath, [script('verify.mjs'), did, liar.url])).rejects.toThrow(/[Pp]roof|[Tt]rie/);
      } finally {
        liar.stop();
      }
    },
  );

  it('verify.mjs refuses what is no DID', async () => {
    await expect(example('verify.mjs', 'did:example:1')).rejects.toThrow(/INVALID_DID|did:gnomon/);
  });
});
