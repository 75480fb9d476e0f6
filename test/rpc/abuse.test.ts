// Clients that hold much, read little or come in crowds: each limit at its edge and one past, and others served.
import { afterEach, describe, expect, test } from 'vitest';
import type { LocatedLog } from '../../node/chain/chainReader.ts';
import type { RpcLimits } from '../../rpc/limits.ts';
import { type RpcServer, startRpcServer } from '../../rpc/server.ts';
import { failure, rawHttp, result, TestSocket } from './support/client.ts';
import { callBody, plainRequest, RawClient } from './support/rawClient.ts';
import { TestNode, testTransaction } from './support/testNode.ts';
import { WaitingNode } from './support/waitingNode.ts';

const CHAIN_ID = plainRequest(callBody(1, 'eth_chainId'));
const CALL = plainRequest(callBody(7, 'eth_call', { data: '0x' }, 'latest'));
/** The room that an unfinished body takes at first. */
const BODY_BYTES = 64 * 1024;

const servers: RpcServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(limits: Partial<RpcLimits>, node = new TestNode()): Promise<RpcServer> {
  const server = await startRpcServer(node, { port: 0, limits });
  servers.push(server);
  return server;
}

describe('connections', () => {
  test('the one that was idle longest makes room for one past the limit', async () => {
    const server = await start({ connectionsMax: 3 });
    const clients: RawClient[] = [];
    for (let n = 0; n < 3; n++) {
      const client = await RawClient.open(server.port);
      clients.push(client);
      client.send(CHAIN_ID);
      await client.next();
    }
    expect(server.connectionCount).toBe(3);
    clients[0]?.send(CHAIN_ID);
    await clients[0]?.next();
    const late = await RawClient.open(server.port);
    late.send(CHAIN_ID);
    expect((await late.next())?.status).toBe(200);
    await clients[1]?.closed;
    for (const client of [clients[0], clients[2]]) {
      client?.send(CHAIN_ID);
      expect((await client?.next())?.status).toBe(200);
    }
  });
  test('one past the limit is refused while all are in use', async () => {
    const node = new WaitingNode();
    const server = await start({ connectionsMax: 3 }, node);
    const plain = await RawClient.open(server.port);
    const other = await RawClient.open(server.port);
    const socket = await TestSocket.open(server.url);
    plain.send(CALL);
    other.send(CALL.replace('HTTP/1.1\r\n', 'HTTP/1.1\r\nConnection: close\r\n'));
    await node.running(2);
    const late = await RawClient.open(server.port);
    await late.closed;
    for (const { end } of node.waiting) end();
    expect((await plain.next())?.status).toBe(200);
    expect((await other.next())?.status).toBe(200);
    expect((await socket.ask('eth_chainId')).result).toBe('0x129e');
  });
  test('ten times as many as allowed leave room for others', async () => {
    const server = await start({ connectionsMax: 100 });
    const flood: RawClient[] = [];
    while (flood.length < 1_000) {
      flood.push(...(await Promise.all(Array.from({ length: 50 }, () => RawClient.open(server.port)))));
      expect(await result(server.url, 'eth_chainId')).toBe('0x129e');
      expect(server.connectionCount).toBeLessThanOrEqual(100);
    }
    for (const client of flood) client.close();
  });
  test('one that sends its head slowly is closed', async () => {
    const server = await start({ headersTimeoutMs: 100, requestTimeoutMs: 200 });
    expect(await rawHttp(server.port, 'POST / HTTP/1.1\r\nHost: local')).toMatch(/^HTTP\/1.1 408/);
    expect(await rawHttp(server.port, '')).toBe('');
  });
});

describe('what is held for all clients together', () => {
  const unfinished = `${plainRequest('x'.repeat(100_000)).slice(0, -99_990)}`;
  const chunked = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{`;

  async function untilHeld(server: RpcServer, bytes: number): Promise<void> {
    while (server.heldBytes !== bytes) await new Promise((resolve) => setImmediate(resolve));
  }

  test.each([
    ['plain', unfinished],
    ['chunked', chunked],
  ])('unfinished bodies, %s: one past the limit cuts the oldest', async (_name, text) => {
    const server = await start({ heldBytesMax: 2 * BODY_BYTES });
    const oldest = await RawClient.open(server.port);
    oldest.send(text);
    await untilHeld(server, BODY_BYTES);
    const second = await RawClient.open(server.port);
    second.send(text);
    await untilHeld(server, 2 * BODY_BYTES);
    expect(await result(server.url, 'eth_chainId')).toBe('0x129e');
    expect(oldest.socket.closed).toBe(false);
    const third = await RawClient.open(server.port);
    third.send(text);
    await oldest.closed;
    expect(second.socket.closed).toBe(false);
    second.close();
    third.close();
    await untilHeld(server, 0);
  });
  test('parts of WebSocket messages: one past the limit cuts the oldest', async () => {
    const server = await start({ heldBytesMax: 500_000 });
    const oldest = await TestSocket.open(server.url);
    const closed = new Promise<void>((resolve) => oldest.socket.on('close', () => resolve()));
    oldest.socket.send('x'.repeat(200_000), { fin: false });
    while (server.heldBytes < 200_000) await new Promise((resolve) => setImmediate(resolve));
    const second = await TestSocket.open(server.url);
    second.socket.send('x'.repeat(200_000), { fin: false });
    while (server.heldBytes < 400_000) await new Promise((resolve) => setImmediate(resolve));
    expect((await (await TestSocket.open(server.url)).ask('eth_chainId')).result).toBe('0x129e');
    second.socket.send('x'.repeat(150_000), { fin: false });
    await closed;
    second.socket.send('', { fin: true });
    expect(await second.next()).toMatchObject({ error: { code: -32700 } });
    await untilHeld(server, 0);
  });
});

describe('clients that do not read', () => {
  /** Answers repeat the identifier, so this one is large. */
  const LARGE = plainRequest(JSON.stringify({ jsonrpc: '2.0', id: 'x'.repeat(4_000_000), method: 'eth_chainId' }));

  test('get no second answer before they have read the first, and are cut in the end', async () => {
    const server = await start({ socketIdleTimeoutMs: 200 });
    const client = await RawClient.open(server.port);
    client.socket.pause();
    for (let n = 0; n < 10; n++) client.send(LARGE);
    while (server.heldBytes < 1_000_000) await new Promise((resolve) => setImmediate(resolve));
    expect(await result(server.url, 'eth_blockNumber')).toBe('0x0');
    while (server.connectionCount > 1) await new Promise((resolve) => setTimeout(resolve, 10));
    const { calls } = new Map(server.meters()).get('eth_chainId') ?? { calls: 0 };
    expect(calls).toBeLessThan(10);
    expect(server.heldBytes).toBe(0);
    client.socket.resume();
    await client.closed;
  });
  test('are the first to go when too much is held', async () => {
    const server = await start({ heldBytesMax: 6_000_000 });
    const slow = await RawClient.open(server.port);
    slow.socket.pause();
    for (let n = 0; n < 3; n++) slow.send(LARGE);
    while (server.heldBytes < 1_000_000) await new Promise((resolve) => setImmediate(resolve));
    const later = await RawClient.open(server.port);
    later.socket.pause();
    for (let n = 0; n < 3; n++) later.send(LARGE);
    while (server.connectionCount > 1) await new Promise((resolve) => setImmediate(resolve));
    later.socket.resume();
    for (let n = 0; n < 3; n++) expect((await later.next())?.status).toBe(200);
    later.close();
  });
});

describe('WebSocket clients that have gone', () => {
  test('end the calls that run for them', async () => {
    const node = new WaitingNode();
    const server = await start({}, node);
    const socket = await TestSocket.open(server.url);
    socket.socket.send(callBody(1, 'eth_call', { data: '0x' }, 'latest'));
    await node.running(1);
    const signal = node.waiting[0]?.options.signal;
    expect(signal?.aborted).toBe(false);
    const aborted = new Promise((resolve) => signal?.addEventListener('abort', resolve));
    socket.socket.terminate();
    await aborted;
    node.waiting[0]?.end();
  });
});

describe('subscriptions of all clients together', () => {
  test.each([
    ['newHeads', 'headSubscriptionsMax'],
    ['logs', 'logSubscriptionsMax'],
    ['newPendingTransactions', 'pendingSubscriptionsMax'],
  ] as const)('%s: at the limit and one past', async (kind, limit) => {
    const server = await start({ [limit]: 2 });
    const first = await TestSocket.open(server.url);
    const second = await TestSocket.open(server.url);
    expect((await first.ask('eth_subscribe', kind)).error).toBeUndefined();
    const id = (await second.ask('eth_subscribe', kind)).result;
    const third = await TestSocket.open(server.url);
    expect((await third.ask('eth_subscribe', kind)).error).toMatchObject({ code: -32005 });
    expect((await second.ask('eth_unsubscribe', id)).result).toBe(true);
    expect((await third.ask('eth_subscribe', kind)).error).toBeUndefined();
    await first.close();
    expect((await second.ask('eth_subscribe', kind)).error).toBeUndefined();
  });
});

describe('searches', () => {
  test('so many run, so many wait, and one more is refused', async () => {
    const node = new TestNode();
    const running: ((found: LocatedLog[]) => void)[] = [];
    node.chain.logsInTurns = () => new Promise((resolve) => running.push(resolve));
    const server = await start({ searchesMax: 1, searchesWaitingMax: 1 }, node);
    const socket = await TestSocket.open(server.url);
    for (const id of [1, 2, 3]) socket.socket.send(callBody(id, 'eth_getLogs', {}));
    expect(await socket.next()).toMatchObject({ id: 3, error: { code: -32005 } });
    expect(running).toHaveLength(1);
    running[0]?.([]);
    expect(await socket.next()).toMatchObject({ id: 1, result: [] });
    while (running.length < 2) await new Promise((resolve) => setImmediate(resolve));
    running[1]?.([]);
    expect(await socket.next()).toMatchObject({ id: 2, result: [] });
  });
  test('fee histories that read blocks give others their turn and agree with one that need not', async () => {
    const node = new TestNode();
    for (let n = 0; n < 300; n++) node.chain.make([{ transaction: testTransaction(1) }]);
    const server = await start({}, node);
    const [whole, part] = await Promise.all([
      result<{ reward: string[][]; oldestBlock: string }>(server.url, 'eth_feeHistory', 300, 'latest', [50]),
      result<{ reward: string[][] }>(server.url, 'eth_feeHistory', 1, 'latest', [50]),
    ]);
    expect(whole.reward).toHaveLength(300);
    expect(whole.reward.at(-1)).toEqual(part.reward[0]);
  });
});

describe('the pool in one answer', () => {
  test('at the limit and one past', async () => {
    const node = new TestNode();
    node.addPending(testTransaction(1));
    const bytes = 600 + 2 * testTransaction(1).raw.length;
    const atLimit = await start({ poolContentBytesMax: bytes }, node);
    expect(await result(atLimit.url, 'txpool_content')).toHaveProperty('pending');
    const past = await start({ poolContentBytesMax: bytes - 1 }, node);
    expect(await failure(past.url, 'txpool_content')).toMatchObject({ code: -32005 });
    expect(await result(past.url, 'txpool_inspect')).toHaveProperty('pending');
  });
});
