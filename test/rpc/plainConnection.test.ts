// Connections that speak plain requests: the order of answers, pieces, what is handed over to node:http, and who is cut.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RpcServer, startRpcServer } from '../../rpc/server.ts';
import { result } from './support/client.ts';
import { callBody, plainRequest, RawClient } from './support/rawClient.ts';
import { WaitingNode } from './support/waitingNode.ts';

const CHAIN_ID = callBody(1, 'eth_chainId');
const CALL = callBody(7, 'eth_call', { data: '0x' }, 'latest');

let node: WaitingNode;
let server: RpcServer;
beforeAll(async () => {
  node = new WaitingNode();
  server = await startRpcServer(node, { port: 0 });
});
afterAll(() => server.close());

async function open(): Promise<RawClient> {
  return RawClient.open(server.port);
}

describe('answers', () => {
  test('come with what HTTP/1.1 asks for, and the connection stays', async () => {
    const client = await open();
    for (let n = 0; n < 3; n++) {
      client.send(plainRequest(CHAIN_ID));
      const answer = await client.next();
      expect(JSON.parse(answer?.body ?? '')).toEqual({ jsonrpc: '2.0', id: 1, result: '0x129e' });
      expect(answer?.head.split('\r\n')).toEqual([
        'HTTP/1.1 200 OK',
        'Content-Type: application/json',
        expect.stringMatching(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/),
        'Connection: keep-alive',
        'Keep-Alive: timeout=65',
        'Content-Length: 42',
      ]);
    }
    client.close();
  });
  test('to notifications are empty', async () => {
    const client = await open();
    client.send(plainRequest(JSON.stringify({ jsonrpc: '2.0', method: 'eth_chainId' })) + plainRequest(CHAIN_ID));
    expect(await client.next()).toMatchObject({ status: 204, body: '' });
    expect(await client.next()).toMatchObject({ status: 200 });
    client.close();
  });
  test('with characters beyond ASCII have their length in bytes', async () => {
    const client = await open();
    const body = JSON.stringify({ jsonrpc: '2.0', id: 'é😀', method: 'eth_chainId' });
    client.send(plainRequest(body) + plainRequest(CHAIN_ID));
    expect(JSON.parse((await client.next())?.body ?? '')).toMatchObject({ id: 'é😀' });
    expect(JSON.parse((await client.next())?.body ?? '')).toMatchObject({ id: 1 });
    client.close();
  });
  test('come in the order of the requests, however long one takes', async () => {
    const client = await open();
    node.waiting.length = 0;
    const requests = [callBody(1, 'eth_chainId'), CALL, callBody(3, 'eth_chainId'), callBody(4, 'eth_chainId')];
    client.send(requests.map((body) => plainRequest(body)).join(''));
    expect(JSON.parse((await client.next())?.body ?? '').id).toBe(1);
    await node.running(1);
    client.send(plainRequest(callBody(5, 'eth_chainId')));
    node.waiting[0]?.end();
    const ids: unknown[] = [];
    for (let n = 0; n < 4; n++) ids.push(JSON.parse((await client.next())?.body ?? '').id);
    expect(ids).toEqual([7, 3, 4, 5]);
    client.close();
  });
  test('come to a flood that is sent ahead, all and in order', async () => {
    const client = await open();
    const count = 3_000;
    node.waiting.length = 0;
    client.send(plainRequest(CALL));
    await node.running(1);
    client.send(Array.from({ length: count }, (_, id) => plainRequest(callBody(id, 'eth_chainId'))).join(''));
    await result(server.url, 'eth_chainId');
    node.waiting[0]?.end();
    expect(JSON.parse((await client.next())?.body ?? '').id).toBe(7);
    for (let id = 0; id < count; id++) expect(JSON.parse((await client.next())?.body ?? '').id).toBe(id);
    client.close();
  });
});

describe('requests in pieces', () => {
  test('byte by byte', async () => {
    const client = await open();
    client.socket.setNoDelay(true);
    for (const byte of Buffer.from(plainRequest(CHAIN_ID))) {
      client.send(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(JSON.parse((await client.next())?.body ?? '')).toMatchObject({ id: 1, result: '0x129e' });
    client.close();
  });
  test('cut anywhere, with the next request behind', async () => {
    const text = plainRequest(CHAIN_ID) + plainRequest(callBody(2, 'eth_blockNumber'));
    for (let at = 1; at < text.length; at += 3) {
      const client = await open();
      client.socket.setNoDelay(true);
      client.send(text.slice(0, at));
      await new Promise((resolve) => setTimeout(resolve, 1));
      client.send(text.slice(at));
      expect(JSON.parse((await client.next())?.body ?? '')).toMatchObject({ id: 1, result: '0x129e' });
      expect(JSON.parse((await client.next())?.body ?? '')).toMatchObject({ id: 2, result: '0x0' });
      client.close();
    }
  });
});

describe('what is not plain goes to node:http, also behind plain requests', () => {
  const chunked = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${CHAIN_ID.length.toString(16)}\r\n${CHAIN_ID}\r\n0\r\n\r\n`;
  const others: [string, string, number][] = [
    ['chunks', chunked, 200],
    ['a page', plainRequest(CHAIN_ID, 'Origin: http://localhost:3000'), 200],
    ['a page of another site', plainRequest(CHAIN_ID, 'Origin: https://evil.example'), 403],
    ['a preflight', 'OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:3000\r\n\r\n', 204],
    ['a GET', 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n', 200],
    ['HTTP/1.0', plainRequest(CHAIN_ID).replace('HTTP/1.1', 'HTTP/1.0'), 200],
    ['a last request', plainRequest(CHAIN_ID, 'Connection: close'), 200],
    ['another host', plainRequest(CHAIN_ID).replace('127.0.0.1', 'evil.example'), 403],
    ['no host', plainRequest(CHAIN_ID).replace(/Host: .*?\r\n/, ''), 400],
    ['a form', plainRequest(CHAIN_ID).replace('application/json', 'text/plain'), 415],
    ['two different lengths', plainRequest(CHAIN_ID, 'Content-Length: 3'), 400],
    ['a length and chunks', plainRequest(CHAIN_ID, 'Transfer-Encoding: chunked'), 400],
    ['a space before a colon', plainRequest(CHAIN_ID, 'Content-Length : 3'), 400],
    ['a bare LF', plainRequest(CHAIN_ID).replace('\r\nContent-Type', '\nContent-Type'), 400],
    ['a folded line', plainRequest(CHAIN_ID, 'X-Long: a', ' Content-Length: 3'), 400],
    ['nonsense', 'nonsense\r\n\r\n', 400],
  ];
  test.each(others)('%s', async (_name, text, status) => {
    const client = await open();
    client.send(plainRequest(callBody(1, 'eth_chainId')) + plainRequest(callBody(2, 'eth_chainId')) + text);
    expect(JSON.parse((await client.next())?.body ?? '').id).toBe(1);
    expect(JSON.parse((await client.next())?.body ?? '').id).toBe(2);
    expect((await client.next())?.status).toBe(status);
    client.close();
  });
  test('a client that waits for the go-ahead gets it', async () => {
    const client = await open();
    const [head = '', body = ''] = plainRequest(CHAIN_ID, 'Expect: 100-continue').split('\r\n\r\n');
    client.send(`${head}\r\n\r\n`);
    expect(await client.next()).toMatchObject({ status: 100 });
    client.send(body);
    expect(await client.next()).toMatchObject({ status: 200 });
    client.close();
  });
  test('a WebSocket', async () => {
    const client = await open();
    client.send(plainRequest(CHAIN_ID));
    await client.next();
    client.send(
      'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    expect((await client.next())?.head).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    client.close();
  });
  test('a request while another is answered', async () => {
    const client = await open();
    node.waiting.length = 0;
    client.send(`${plainRequest(CALL)}GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await node.running(1);
    node.waiting[0]?.end();
    expect(JSON.parse((await client.next())?.body ?? '').id).toBe(7);
    expect(JSON.parse((await client.next())?.body ?? '')).toEqual({ status: 'ok' });
    client.close();
  });
});

describe('clients that have gone', () => {
  test.each([
    ['plain', plainRequest(CALL)],
    ['with node:http', plainRequest(CALL, 'Connection: close')],
  ])('end the calls that run for them: %s', async (_name, request) => {
    const client = await open();
    node.waiting.length = 0;
    client.send(request);
    await node.running(1);
    const signal = node.waiting[0]?.options.signal;
    expect(signal?.aborted).toBe(false);
    const aborted = new Promise((resolve) => signal?.addEventListener('abort', resolve));
    client.close();
    await aborted;
    node.waiting[0]?.end();
  });
});

describe('stopping', () => {
  test('closes idle connections at once and lets a running request end', async () => {
    const other = new WaitingNode();
    const stopping = await startRpcServer(other, { port: 0 });
    const idle = await RawClient.open(stopping.port);
    const busy = await RawClient.open(stopping.port);
    idle.send(plainRequest(CHAIN_ID));
    await idle.next();
    busy.send(plainRequest(CALL));
    await other.running(1);
    const stopped = stopping.close();
    await idle.closed;
    other.waiting[0]?.end();
    expect((await busy.next())?.head).toContain('Connection: close');
    await busy.closed;
    await stopped;
  });
});
