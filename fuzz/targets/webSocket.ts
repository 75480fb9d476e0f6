// Frames on a WebSocket of the RPC server: what comes back are whole frames of a server, and the server goes on.
import fc from 'fast-check';
import { concatBytes } from '../../primitives/bytes.ts';
import { FuzzedServer } from '../serverTarget.ts';
import { utf8 } from '../structures.ts';
import { expectThat, type FuzzTarget } from '../target.ts';

const HANDSHAKE = utf8(
  'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
);
const BODY = '{"jsonrpc":"2.0","id":7,"method":"eth_chainId","params":[]}';
const OPCODES = { text: 1, binary: 2, close: 8, ping: 9 } as const;

/** A frame as a client masks it (RFC 6455 §5.2); the mask is zero, so that the payload can be read in a finding. */
function frame(opcode: number, payload: Uint8Array, flags = 0x80, isMasked = true): Uint8Array {
  const mask = isMasked ? 0x80 : 0;
  const { length } = payload;
  const size = length < 126 ? [mask | length] : [mask | 126, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.of(flags | opcode, ...size, ...(isMasked ? [0, 0, 0, 0] : [])), payload);
}

/** Opcodes of the server's frames. */
function opcodesOf(bytes: Buffer): number[] {
  const opcodes: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [first, second] = [bytes[at] as number, bytes[at + 1] ?? 0];
    expectThat((second & 0x80) === 0, 'a server masks no frame');
    expectThat((first & 0x70) === 0, 'a reserved bit is set');
    const short = second & 0x7f;
    const width = short === 126 ? 2 : short === 127 ? 8 : 0;
    const length =
      width === 0
        ? short
        : Number(bytes.subarray(at + 2, at + 2 + width).readUIntBE(Math.max(0, width - 6), Math.min(6, width)));
    opcodes.push(first & 0x0f);
    at += 2 + width + length;
    expectThat(at <= bytes.length, 'a frame is cut off');
  }
  return opcodes;
}

const payload = fc.oneof(
  fc
    .constantFrom(BODY, `[${BODY}]`, '', '{', '{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}')
    .map(utf8),
  fc.uint8Array({ maxLength: 200 }),
);
const frames = fc
  .array(fc.tuple(fc.nat(15), payload, fc.constantFrom(0x80, 0x80, 0x80, 0, 0xc0, 0x90), fc.boolean()), {
    minLength: 1,
    maxLength: 4,
  })
  .map((list) =>
    concatBytes(...list.map(([opcode, data, flags, odd]) => frame(opcode, data, flags, !odd || flags === 0x80))),
  );

export const webSocketTarget: FuzzTarget = {
  name: 'webSocket',
  about: 'frames on a WebSocket of the RPC server: answered by sound frames or closed',
  shape: 'bytes',
  inputBytesMax: 16 * 1024,
  inputBudgetMs: 2_000,
  testExecutions: 120,
  open: async () => {
    const server = await FuzzedServer.open();
    const text = frame(OPCODES.text, utf8(BODY));
    const close = frame(OPCODES.close, Uint8Array.of(0x03, 0xe8));
    return {
      corpus: [
        concatBytes(text, close),
        concatBytes(frame(OPCODES.text, utf8(BODY.slice(0, 20)), 0), frame(0, utf8(BODY.slice(20))), close),
        concatBytes(frame(OPCODES.ping, utf8('x')), text, close),
        frame(OPCODES.binary, utf8(BODY)),
      ],
      structures: frames,
      dictionary: [text, close, Uint8Array.of(0x81, 0xff), Uint8Array.of(0x81, 0xfe, 0xff, 0xff)],
      async check(input) {
        const answer = await server.exchange([HANDSHAKE, input]);
        const end = answer.indexOf('\r\n\r\n');
        expectThat(answer.toString('latin1', 0, 12) === 'HTTP/1.1 101', 'the handshake was refused');
        const opcodes = opcodesOf(answer.subarray(end + 4));
        if (opcodes.includes(OPCODES.text)) return 'accepted';
        return opcodes.length === 0 ? 'hung up on' : `opcodes ${[...new Set(opcodes)].join(' ')}`;
      },
      close: () => server.close(),
    };
  },
};
