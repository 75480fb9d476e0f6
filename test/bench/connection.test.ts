import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readResponse } from '../../bench/harness/connection.ts';
import { RpcClient, requestBodies, sendLoad } from '../../bench/harness/rpcClient.ts';

describe('readResponse', () => {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
  const chunked =
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n';

  it('reads a body of known length and one in chunks', () => {
    expect(readResponse(Buffer.from(text))).toEqual({ body: 'hello', closes: false });
    expect(readResponse(Buffer.from(chunked))).toEqual({ body: 'hello', closes: true });
  });

  it.each([text, chunked])('waits at every place where the rest is still missing', (response) => {
    const bytes = Buffer.from(response);
    for (let length = 0; length < bytes.length; length++)
      expect(readResponse(bytes.subarray(0, length)), `${length} bytes`).toBeUndefined();
  });
});

describe('loads', () => {
  let server: Server;
  let url = '';

  beforeAll(async () => {
    // Answers each request with its own id; even ids with an error.
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        const parsed = JSON.parse(body) as { id: number } | { id: number }[];
        const answer = ({ id }: { id: number }) =>
          id % 2 === 0 ? { id, error: { code: -1, message: 'even' } } : { id, result: id };
        response.end(JSON.stringify(Array.isArray(parsed) ? parsed.map(answer) : answer(parsed)));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it.each([1, 7])('counts results and errors, %d requests a body', async (batchSize) => {
    const bodies = requestBodies(31, batchSize, () => ['m', []]);
    const load = await sendLoad(url, bodies, 3);
    expect(load).toMatchObject({ succeeded: 15, failed: 16 });
    expect(load.firstError).toContain('even');
  });

  it('throws what a single call was refused for', async () => {
    const client = new RpcClient(url);
    expect(await client.call('m')).toBe(1);
    await expect(client.callMany('m', [[], []])).rejects.toThrow('m: -1 even');
    client.close();
  });

  it('does not mix the answers of two calls at once', async () => {
    const client = new RpcClient(url);
    const first = client.call('m');
    await expect(client.call('m')).rejects.toThrow('one request at a time');
    expect(await first).toBe(1);
    client.close();
  });
});
