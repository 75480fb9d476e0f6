// The server's front: addresses, access from browsers, limits at and one past, health, stopping.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RPC_LIMITS } from '../../rpc/limits.ts';
import { type RpcServer, startRpcServer } from '../../rpc/server.ts';
import { type Answer, ask, post, rawHttp, result, TestSocket } from './support/client.ts';
import { TestNode } from './support/testNode.ts';

const JSON_HEADERS = { 'Content-Type': 'application/json' };
const CHAIN_ID = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });

let node: TestNode;
let server: RpcServer;
beforeAll(async () => {
  node = new TestNode();
  server = await startRpcServer(node, { port: 0 });
});
afterAll(() => server.close());

function request(head: string, body = ''): string {
  return `${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}

describe('listening', () => {
  test('binds this machine only by default', () => {
    expect(server.host).toBe('127.0.0.1');
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  });
  test('a port in use says what to do', async () => {
    await expect(startRpcServer(node, { port: server.port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining('--http.port'),
    });
  });
  test('an address of another machine says what to do', async () => {
    await expect(startRpcServer(node, { port: 0, host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'ADDRESS_NOT_AVAILABLE',
      message: expect.stringContaining('--http.addr'),
    });
  });
  test('HTTP and WebSocket share the port', async () => {
    const socket = await TestSocket.open(server.url);
    expect((await socket.ask('eth_chainId')).result).toBe('0x129e');
    expect(await result(server.url, 'eth_chainId')).toBe('0x129e');
    await socket.close();
  });
});

describe('access from browsers', () => {
  const hosts: [string, number][] = [
    ['localhost', 200],
    ['localhost:1234', 200],
    ['app.localhost', 200],
    ['127.0.0.1', 200],
    ['192.168.1.7:8545', 200],
    ['[::1]:8545', 200],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['evil.example@localhost', 403],
  ];
  test.each(hosts)('Host %s answers %i (DNS rebinding)', async (host, status) => {
    const head = `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json`;
    expect(await rawHttp(server.port, request(head, CHAIN_ID))).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
  });
  const origins: [string, number][] = [
    ['http://localhost:3000', 200],
    ['https://localhost', 200],
    ['http://127.0.0.1:5173', 200],
    ['http://[::1]:5173', 200],
    ['chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn', 200],
    ['https://evil.example', 403],
    ['http://localhost.evil.example', 403],
    ['http://evil.example#localhost', 403],
    ['null', 403],
  ];
  test.each(origins)('Origin %s answers %i on a dev chain', async (origin, status) => {
    const answer = await post(server.url, CHAIN_ID, { ...JSON_HEADERS, Origin: origin });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('access-control-allow-origin')).toBe(status === 200 ? origin : null);
  });
  test('a network answers no page unless told so', async () => {
    const network = await startRpcServer(new TestNode({ dev: false }), {
      port: 0,
      allowedOrigins: ['https://app.example'],
      allowedHosts: ['node.example'],
    });
    const status = async (origin: string): Promise<number> =>
      (await post(network.url, CHAIN_ID, { ...JSON_HEADERS, Origin: origin })).status;
    expect(await status('http://localhost:3000')).toBe(403);
    expect(await status('https://app.example')).toBe(200);
    const head = 'POST / HTTP/1.1\r\nHost: node.example\r\nContent-Type: application/json';
    expect(await rawHttp(network.port, request(head, CHAIN_ID))).toMatch(/^HTTP\/1.1 200/);
    await network.close();
  });
  test('a preflight names what is allowed', async () => {
    const response = await fetch(server.url, {
      method: 'OPTIONS',
      headers: {
        Origin: 'http://localhost:3000',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Private-Network': 'true',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    expect(response.headers.get('access-control-allow-headers')).toBe('Content-Type');
    expect(response.headers.get('access-control-allow-private-network')).toBe('true');
    expect(response.headers.get('vary')).toBe('Origin');
  });
  test('WebSockets of other sites and host names are refused', async () => {
    await expect(TestSocket.open(server.url, { headers: { Origin: 'https://evil.example' } })).rejects.toThrow('403');
    await expect(TestSocket.open(server.url, { headers: { Host: 'evil.example' } })).rejects.toThrow('403');
    const allowed = await TestSocket.open(server.url, { headers: { Origin: 'http://localhost:3000' } });
    await allowed.close();
  });
  test('a form of another site cannot reach a method', async () => {
    const answer = await post(server.url, CHAIN_ID, { 'Content-Type': 'text/plain' });
    expect(answer.status).toBe(415);
    expect(answer.text).toContain('Content-Type: application/json');
  });
});

describe('HTTP', () => {
  test('health and readiness', async () => {
    expect(await (await fetch(`${server.url}/health`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${server.url}/ready`)).json()).toEqual({ ready: true, blockNumber: '0x0' });
    node.ready = false;
    const response = await fetch(`${server.url}/ready`);
    node.ready = true;
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, blockNumber: '0x0' });
  });
  test.each([
    ['GET', '/', 405],
    ['PUT', '/', 405],
    ['POST', '/health', 405],
    ['POST', '/elsewhere', 404],
  ])('%s %s answers %i', async (method, path, status) => {
    expect((await fetch(`${server.url}${path}`, { method, headers: JSON_HEADERS })).status).toBe(status);
  });
  test('content types with parameters and of older clients are accepted', async () => {
    for (const type of ['application/json; charset=utf-8', 'application/json-rpc', 'APPLICATION/JSON'])
      expect((await post(server.url, CHAIN_ID, { 'Content-Type': type })).status).toBe(200);
  });
  test('a chunked body is answered', async () => {
    const head =
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
    const half = CHAIN_ID.length >> 1;
    const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
    const answer = await rawHttp(
      server.port,
      `${head}${chunk(CHAIN_ID.slice(0, half))}${chunk(CHAIN_ID.slice(half))}0\r\n\r\n`,
    );
    expect(answer).toContain('0x129e');
  });
});

describe('limits at and one past', () => {
  function bodyOf(bytes: number): string {
    const frame = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'web3_clientVersion', params: [], padding: '' });
    return frame.replace('"padding":""', `"padding":"${'x'.repeat(bytes - frame.length)}"`);
  }
  test('body bytes', async () => {
    expect((await post(server.url, bodyOf(RPC_LIMITS.bodyBytesMax))).status).toBe(200);
    const past = await post(server.url, bodyOf(RPC_LIMITS.bodyBytesMax + 1));
    expect(past.status).toBe(413);
    expect(JSON.parse(past.text).error.code).toBe(-32005);
  });
  test('body bytes without a declared length', async () => {
    const small = await startRpcServer(node, { port: 0, limits: { bodyBytesMax: 100 } });
    const head =
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
    const chunked = (bytes: number): string => `${head}${bytes.toString(16)}\r\n${bodyOf(bytes)}\r\n0\r\n\r\n`;
    expect(await rawHttp(small.port, chunked(100))).toMatch(/^HTTP\/1.1 200/);
    expect(await rawHttp(small.port, chunked(101))).toMatch(/^HTTP\/1.1 413/);
    await small.close();
  });
  test('requests in a batch', async () => {
    const one = { jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] };
    const batch = (count: number): Promise<{ text: string }> =>
      post(server.url, JSON.stringify(Array(count).fill(one)));
    expect(JSON.parse((await batch(RPC_LIMITS.batchRequestsMax)).text)).toHaveLength(RPC_LIMITS.batchRequestsMax);
    expect(JSON.parse((await batch(RPC_LIMITS.batchRequestsMax + 1)).text)).toMatchObject({
      id: null,
      error: { code: -32005, message: expect.stringContaining('at most 100') },
    });
  });
  test('bytes of the answers of a batch', async () => {
    const probe = { jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] };
    const length = JSON.stringify({ jsonrpc: '2.0', id: 1, result: '0x129e' }).length;
    const small = await startRpcServer(node, { port: 0, limits: { batchResponseBytesMax: 2 * length } });
    const answers = JSON.parse((await post(small.url, JSON.stringify([probe, probe, probe]))).text) as Answer[];
    expect(answers.map((answer) => answer.result ?? answer.error?.code)).toEqual(['0x129e', '0x129e', -32005]);
    await small.close();
  });
  test('depth of JSON', async () => {
    const nested = (depth: number): string =>
      `{"jsonrpc":"2.0","id":1,"method":"web3_clientVersion","params":[],"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(JSON.parse((await post(server.url, nested(RPC_LIMITS.jsonDepthMax))).text).result).toBe('gnomon/test');
    expect(JSON.parse((await post(server.url, nested(RPC_LIMITS.jsonDepthMax + 1))).text).error.code).toBe(-32600);
    const brackets = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'x', params: ['[{"\\'.repeat(100)] });
    expect(JSON.parse((await post(server.url, brackets)).text).error.code).toBe(-32601);
  });
  test('bytes of headers', async () => {
    const head = (bytes: number): string =>
      request(`GET /health HTTP/1.1\r\nHost: localhost\r\nX-Padding: ${'x'.repeat(bytes)}`);
    expect(await rawHttp(server.port, head(RPC_LIMITS.headerBytesMax - 200))).toMatch(/^HTTP\/1.1 200/);
    expect(await rawHttp(server.port, head(RPC_LIMITS.headerBytesMax))).toMatch(/^HTTP\/1.1 431/);
  });
  test('time to send headers and body', async () => {
    const hasty = await startRpcServer(node, { port: 0, limits: { headersTimeoutMs: 100, requestTimeoutMs: 200 } });
    const startedMs = performance.now();
    const unfinished =
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{';
    const answer = await rawHttp(hasty.port, unfinished);
    expect(answer).toMatch(/^HTTP\/1.1 408/);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    await hasty.close();
  });
  test('connections', async () => {
    const narrow = await startRpcServer(node, { port: 0, limits: { connectionsMax: 2 } });
    const sockets = [await TestSocket.open(narrow.url), await TestSocket.open(narrow.url)];
    await expect(TestSocket.open(narrow.url)).rejects.toThrow();
    await Promise.all(sockets.map((socket) => socket.close()));
    await narrow.close();
  });
  test('a WebSocket message', async () => {
    const socket = await TestSocket.open(server.url);
    socket.socket.send(bodyOf(RPC_LIMITS.bodyBytesMax));
    expect(await socket.next<Answer>()).toMatchObject({ result: 'gnomon/test' });
    const closed = new Promise<number>((resolve) => socket.socket.on('close', resolve));
    socket.socket.send(bodyOf(RPC_LIMITS.bodyBytesMax + 1));
    expect(await closed).toBe(1009);
  });
  test('a client that does not read its notifications is cut', async () => {
    const busy = new TestNode();
    const strict = await startRpcServer(busy, { port: 0, limits: { socketBacklogBytesMax: 200_000 } });
    const socket = await TestSocket.open(strict.url);
    for (let i = 0; i < 50; i++) await socket.ask('eth_subscribe', 'newHeads');
    const closed = new Promise<void>((resolve) => socket.socket.on('close', () => resolve()));
    socket.socket.pause();
    // Kernel buffers take some megabytes before anything piles up in the server.
    for (let i = 0; i < 400; i++) {
      busy.chain.make();
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    socket.socket.resume();
    await closed;
    expect(await result(strict.url, 'eth_blockNumber')).toBe('0x190');
    await strict.close();
  });
  test('a client that answers pings stays, one that does not is cut', async () => {
    const strict = await startRpcServer(node, { port: 0, limits: { socketPingMs: 50 } });
    const alive = await TestSocket.open(strict.url);
    const dead = await TestSocket.open(strict.url, { autoPong: false });
    await new Promise((resolve) => dead.socket.on('close', resolve));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await alive.ask('eth_chainId')).result).toBe('0x129e');
    await alive.close();
    await strict.close();
  });
  test('an idle HTTP connection is closed, before and after a request', async () => {
    const strict = await startRpcServer(node, {
      port: 0,
      limits: { socketIdleTimeoutMs: 100, keepAliveTimeoutMs: 100 },
    });
    expect(await rawHttp(strict.port, '')).toBe('');
    const kept = await rawHttp(strict.port, 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(kept).toMatch(/^HTTP\/1.1 200/);
    await strict.close();
  });
  test('a WebSocket that floods is read as fast as it is answered', async () => {
    const socket = await TestSocket.open(server.url);
    const count = RPC_LIMITS.socketRequestsMax * 3;
    for (let i = 0; i < count; i++)
      socket.socket.send(JSON.stringify({ jsonrpc: '2.0', id: i, method: 'eth_chainId' }));
    const ids: unknown[] = [];
    for (let i = 0; i < count; i++) ids.push((await socket.next<Answer>()).id);
    expect(ids).toEqual(Array.from({ length: count }, (_, i) => i));
    await socket.close();
  });
});

describe('stopping', () => {
  test('closes idle connections and WebSockets, and frees the port', async () => {
    const other = await startRpcServer(new TestNode(), { port: 0 });
    const socket = await TestSocket.open(other.url);
    const code = new Promise<number>((resolve) => socket.socket.on('close', resolve));
    const idle = connect(other.port, '127.0.0.1');
    await ask(other.url, 'eth_chainId');
    await other.close();
    expect(await code).toBe(1001);
    idle.destroy();
    const again = await startRpcServer(new TestNode(), { port: other.port });
    await again.close();
  });
});
