// What the server tells of itself: the cost of its methods, and addresses that others add.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HttpAnswer } from '../../rpc/http.ts';
import { type RpcServer, startRpcServer } from '../../rpc/server.ts';
import { ask, post } from './support/client.ts';
import { TestNode } from './support/testNode.ts';

const warnings: string[] = [];
let server: RpcServer;
beforeAll(async () => {
  server = await startRpcServer(new TestNode(), {
    port: 0,
    routes: new Map<string, () => HttpAnswer | Promise<HttpAnswer>>([
      ['/metrics', () => ({ status: 200, contentType: 'text/plain; version=0.0.4', body: 'up 1\n' })],
      ['/later', async () => ({ status: 200, contentType: 'text/plain', body: 'later' })],
      ['/broken', () => Promise.reject(new TypeError('secret detail'))],
    ]),
    log: { info: () => undefined, warn: (message) => warnings.push(message) },
  });
});
afterAll(() => server.close());

function meter(name: string): { calls: number; errors: number; totalMicroseconds: number } {
  const found = new Map(server.meters()).get(name);
  if (found === undefined) throw new Error(`no meter ${name}`);
  return { ...found };
}

describe('meters', () => {
  test('count calls, errors and time, also of batches', async () => {
    await ask(server.url, 'eth_getBalance', [`0x${'00'.repeat(20)}`, 'latest']);
    await ask(server.url, 'eth_getBalance', ['0x']);
    const one = { jsonrpc: '2.0', id: 1, method: 'eth_getBalance', params: [`0x${'00'.repeat(20)}`] };
    await post(server.url, JSON.stringify([one, { ...one, id: undefined }]));
    expect(meter('eth_getBalance')).toMatchObject({ calls: 4, errors: 1 });
    expect(meter('eth_getBalance').totalMicroseconds).toBeGreaterThan(0);
    expect(meter('eth_getCode')).toEqual({ calls: 0, errors: 0, totalMicroseconds: 0 });
  });
  test('names that do not exist are counted together', async () => {
    for (const name of ['first', 'second', 'constructor']) await ask(server.url, name);
    expect(meter('unknown')).toMatchObject({ calls: 3, errors: 3 });
    expect([...server.meters()].map(([name]) => name)).not.toContain('first');
  });
});

describe('addresses that others add', () => {
  test('answer a GET with their own content type, now or later', async () => {
    const response = await fetch(`${server.url}/metrics?all`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('up 1\n');
    expect(await (await fetch(`${server.url}/later`)).text()).toBe('later');
    expect((await fetch(`${server.url}/metrics`, { method: 'POST' })).status).toBe(405);
  });
  test('one that fails is answered with 500 and reported', async () => {
    const response = await fetch(`${server.url}/broken`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(warnings).toHaveLength(1);
  });
  test('are named where an address does not exist', async () => {
    const response = await fetch(`${server.url}/elsewhere`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('/health, /ready, /metrics');
  });
});
