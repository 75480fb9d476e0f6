// Bytes on a connection to the RPC server: HTTP requests, whole, cut, pipelined and broken. Whatever comes, what goes out is
// HTTP whose lengths are true, and the next client is answered.
import fc from 'fast-check';
import { concatBytes } from '../../primitives/bytes.ts';
import { FuzzedServer } from '../serverTarget.ts';
import { textOf, utf8 } from '../structures.ts';
import { expectThat, type FuzzTarget } from '../target.ts';

const BODY = '{"jsonrpc":"2.0","id":7,"method":"eth_chainId","params":[]}';
const CANARY = request(BODY, 'Connection: close\r\n');
/** How often another client makes sure that it is answered. */
const CANARY_EVERY = 16;

function request(body: string, headers = '', head = 'POST / HTTP/1.1'): Uint8Array {
  const length = Buffer.byteLength(body);
  return utf8(
    `${head}\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${headers}\r\n${body}`,
  );
}

/** Reads responses off the front of `bytes`, as long as there are any; answers with their statuses. */
function statusesOf(bytes: Buffer): number[] {
  const statuses: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const endOfHead = bytes.indexOf('\r\n\r\n', at);
    expectThat(endOfHead >= 0, 'a response without an end of its head');
    const head = bytes.toString('latin1', at, endOfHead);
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
    expectThat(status !== undefined, 'something that is no HTTP response');
    statuses.push(Number(status));
    if (Number(status) === 101) return statuses;
    const start = endOfHead + 4;
    const length = Number(/^content-length: *(\d+)$/im.exec(head)?.[1] ?? 0);
    // node:http sends what it makes up itself in chunks.
    const isChunked = /^transfer-encoding: *chunked$/im.test(head);
    const lastChunk = isChunked ? bytes.indexOf('0\r\n\r\n', start) : -1;
    expectThat(!isChunked || lastChunk >= 0, 'a chunked response without an end');
    const end = isChunked ? lastChunk + 5 : Math.min(bytes.length, start + (Number(status) === 204 ? 0 : length));
    // A HEAD request is answered with the length of what is not sent.
    const isHead = bytes.toString('latin1', start, start + 5) === 'HTTP/';
    at = isHead ? start : end;
  }
  return statuses;
}

/** Cuts the input where its own bytes say, so that heads and bodies come in pieces. */
function piecesOf(input: Uint8Array): Uint8Array[] {
  const cut = input.length < 3 ? 0 : ((input[0] as number) * 257 + (input[input.length - 1] as number)) % input.length;
  return cut % 3 === 0 ? [input] : [input.subarray(0, cut), input.subarray(cut)];
}

const header = fc.constantFrom(
  ...[
    'Connection: close',
    'Connection: keep-alive',
    'Transfer-Encoding: chunked',
    'Content-Length: 5',
    'Expect: 100-continue',
  ],
  ...[
    'Origin: http://localhost:1',
    'Host: evil.example',
    'Upgrade: websocket',
    'X: \u0001',
    ' folded',
    'A:b:c',
    ':',
    '',
  ],
  ...[
    'content-length: 0',
    'Content-Length: +5',
    'Content-Length: 5,5',
    'Content-Length: 0x5',
    'Content-Type: text/plain',
  ],
);
const head = fc.constantFrom(
  ...['POST / HTTP/1.1', 'POST /?x HTTP/1.1', 'GET /health HTTP/1.1', 'GET /ready HTTP/1.1', 'OPTIONS / HTTP/1.1'],
  ...[
    'HEAD /health HTTP/1.1',
    'POST / HTTP/1.0',
    'POST / HTTP/2.0',
    'PUT / HTTP/1.1',
    'post / HTTP/1.1',
    'POST  / HTTP/1.1',
  ],
);
const one = fc
  .tuple(head, fc.array(header, { maxLength: 3 }), fc.constantFrom(BODY, '', '[]', '[1]', `[${BODY},${BODY}]`))
  .map(([line, headers, body]) => request(body, headers.map((text) => `${text}\r\n`).join(''), line));

export const httpTarget: FuzzTarget = {
  name: 'http',
  about: 'bytes on a connection to the RPC server: answered by sound HTTP or hung up on, and others are served',
  shape: 'bytes',
  inputBytesMax: 32 * 1024,
  inputBudgetMs: 2_000,
  testExecutions: 120,
  open: async () => {
    const server = await FuzzedServer.open();
    let count = 0;
    const chunked = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    return {
      corpus: [
        CANARY,
        request(BODY),
        concatBytes(request(BODY), request(BODY), request(`[${BODY}]`)),
        utf8(`${chunked}${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`),
        request(
          '',
          'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n',
          'GET / HTTP/1.1',
        ),
      ],
      structures: fc.array(one, { minLength: 1, maxLength: 3 }).map((requests) => concatBytes(...requests)),
      dictionary: [
        '\r\n\r\n',
        '\r\n',
        '\n',
        '\r',
        ': ',
        'HTTP/1.1',
        'chunked',
        'Content-Length: ',
        '0\r\n\r\n',
        'ffffffff\r\n',
        'POST / ',
      ].map(utf8),
      async check(input) {
        const statuses = statusesOf(await server.exchange(piecesOf(input)));
        if (++count % CANARY_EVERY === 0) {
          const text = textOf(await server.exchange([CANARY]));
          expectThat(text.startsWith('HTTP/1.1 200') && text.includes('"id":7'), 'the next client was not answered');
        }
        if (statuses.length === 0) return 'hung up on';
        return statuses.every((status) => status === 200) ? 'accepted' : statuses.join(' ').slice(0, 40);
      },
      close: () => server.close(),
    };
  },
};
