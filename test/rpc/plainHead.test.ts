// What is taken for a plain request, and that node:http understands each of them in the same way.
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessPolicy } from '../../rpc/access.ts';
import { RPC_LIMITS } from '../../rpc/limits.ts';
import { PlainHeads } from '../../rpc/plainHead.ts';

const access = accessPolicy({ devChain: true, allowedOrigins: [], allowedHosts: [] });
const heads = new PlainHeads(access, RPC_LIMITS);
const LINES = ['POST / HTTP/1.1', 'Host: 127.0.0.1:8545', 'Content-Type: application/json', 'Content-Length: 7'];

function headOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join('');
}
function changed(index: number, line: string): string {
  return headOf(LINES.map((old, position) => (position === index ? line : old)));
}

describe('plain requests', () => {
  const plain: [string, string, number][] = [
    ['the smallest', headOf(LINES), 7],
    ['names in any case', headOf(LINES.map((line, i) => (i === 0 ? line : line.toUpperCase()))), 7],
    ['tabs and spaces around values', changed(3, 'Content-Length: \t 7 \t'), 7],
    ['no space after the colon', changed(3, 'Content-Length:7'), 7],
    ['a charset', changed(2, 'Content-Type: application/json; charset=utf-8'), 7],
    ['keep-alive', headOf([...LINES, 'Connection: Keep-Alive']), 7],
    ['what undici sends', headOf([...LINES, 'accept: */*', 'sec-fetch-mode: cors', 'accept-encoding: gzip, br']), 7],
    ['a body of full size', changed(3, `Content-Length: ${RPC_LIMITS.bodyBytesMax}`), RPC_LIMITS.bodyBytesMax],
  ];
  test.each(plain)('%s', (_name, head, bytes) => {
    expect(heads.bodyBytes(head)).toBe(bytes);
    expect(heads.bodyBytes(head)).toBe(bytes);
  });

  const others: [string, string][] = [
    ['another method', changed(0, 'GET / HTTP/1.1')],
    ['a method in lower case', changed(0, 'post / HTTP/1.1')],
    ['another address', changed(0, 'POST /health HTTP/1.1')],
    ['a query', changed(0, 'POST /?a HTTP/1.1')],
    ['an absolute address', changed(0, 'POST http://localhost/ HTTP/1.1')],
    ['HTTP/1.0', changed(0, 'POST / HTTP/1.0')],
    ['two spaces in the request line', changed(0, 'POST  / HTTP/1.1')],
    ['an empty line before the request', `\r\n${headOf(LINES)}`],
    ['a bare LF', headOf(LINES).replace('\r\nContent-Type', '\nContent-Type')],
    ['a bare CR', headOf(LINES).replace('\r\nContent-Type', '\rContent-Type')],
    ['a folded line', headOf([...LINES, 'X-Long: a', ' b'])],
    ['a space before the colon', changed(3, 'Content-Length : 7')],
    ['a line without a colon', headOf([...LINES, 'nonsense'])],
    ['a line without a name', headOf([...LINES, ': value'])],
    ['a control character', headOf([...LINES, 'X-Bell: \u0007'])],
    ['a NUL', headOf([...LINES, 'X-Nul: \u0000'])],
    ['a character beyond ASCII', headOf([...LINES, 'X-Name: \u00e9'])],
    ['no host', headOf(LINES.filter((line) => !line.startsWith('Host')))],
    ['a host that is not allowed', changed(1, 'Host: evil.example')],
    ['two hosts', headOf([...LINES, 'Host: 127.0.0.1:8545'])],
    ['no content type', headOf(LINES.filter((line) => !line.startsWith('Content-Type')))],
    ['a form', changed(2, 'Content-Type: text/plain')],
    ['no length', headOf(LINES.slice(0, 3))],
    ['no body', changed(3, 'Content-Length: 0')],
    ['two lengths', headOf([...LINES, 'Content-Length: 7'])],
    ['two lengths in one', changed(3, 'Content-Length: 7, 7')],
    ['two different lengths', headOf([...LINES, 'content-length: 8'])],
    ['a signed length', changed(3, 'Content-Length: +7')],
    ['a length in hex', changed(3, 'Content-Length: 0x7')],
    ['a length with a leading zero', changed(3, 'Content-Length: 07')],
    ['one byte too many', changed(3, `Content-Length: ${RPC_LIMITS.bodyBytesMax + 1}`)],
    ['chunks', headOf([...LINES, 'Transfer-Encoding: chunked'])],
    ['an upgrade', headOf([...LINES, 'Connection: Upgrade', 'Upgrade: websocket'])],
    ['a last request', headOf([...LINES, 'Connection: close'])],
    ['a request that waits for a go-ahead', headOf([...LINES, 'Expect: 100-continue'])],
    ['a page', headOf([...LINES, 'Origin: http://localhost:3000'])],
    ['the names of objects', headOf([...LINES, 'Connection: __proto__'])],
  ];
  test.each(others)('not: %s', (_name, head) => {
    expect(heads.bodyBytes(head)).toBeUndefined();
  });
});

describe('beside node:http', () => {
  let server: Server;
  let port = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      request.on('end', () => response.end(JSON.stringify([request.method, request.url, bytes])));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  /** The answers to `text` and to the small request that is sent right behind it. */
  function exchange(text: string): Promise<string> {
    return new Promise((resolve) => {
      let received = '';
      const last = 'GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
      const socket = connect(port, '127.0.0.1', () => socket.write(`${text}${last}`, 'latin1'));
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(received));
    });
  }

  const name = fc.constantFrom('Accept', 'content-length', 'Content-Length', 'Host', 'X-A', 'Connection', 'TE', 'Via');
  const value = fc.oneof(
    fc.constantFrom('keep-alive', '7', '8', 'localhost', 'chunked', 'close', '', 'a\tb', '7 7'),
    fc.string({ maxLength: 6, unit: 'binary-ascii' }),
  );
  const separator = fc.constantFrom(': ', ':', ':\t', ' :', ':  ');
  const ending = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\n ');
  const line = fc.tuple(name, separator, value, ending).map((parts) => parts.join(''));
  const head = fc
    .tuple(fc.array(line, { maxLength: 3 }), fc.nat(LINES.length))
    .map(([extra, at]) => [...LINES.slice(0, at), ...extra, ...LINES.slice(at)])
    .map((lines) => lines.map((text) => (/[\r\n]$/.test(text) ? text : `${text}\r\n`)).join(''));

  test('what is plain has one meaning there too', async () => {
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(head, async (text) => {
        const bytes = heads.bodyBytes(text);
        if (bytes === undefined) return;
        plain++;
        const received = await exchange(`${text}\r\n${'x'.repeat(bytes)}`);
        expect(received).toContain(JSON.stringify(['POST', '/', bytes]));
        expect(received).toContain(JSON.stringify(['GET', '/last', 0]));
      }),
      { numRuns: 1_000 },
    );
    expect(plain).toBeGreaterThan(20);
  });
});
