// JSON-RPC over WebSocket, on the same port. A client that sends faster than it is answered is not read from; one that
// does not read its notifications is cut.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket, WebSocketServer } from 'ws';
import { lazyModule } from '../primitives/lazyModule.ts';
import type { AccessPolicy } from './access.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { HeldBytes, Holder } from './heldBytes.ts';
import { refuseAccess } from './http.ts';
import type { RpcLimits } from './limits.ts';
import type { Connection, Subscriptions } from './subscriptions.ts';

const library = lazyModule<typeof import('ws')>('ws');

/** One read of the socket: what a client makes the server hold counts from here on. */
const UNNOTICED_BYTES = 64 * 1024;
/** RFC 6455 §7.4.1: the server is going down. */
const GOING_AWAY = 1001;
/** RFC 6455 §7.4.1: only text is spoken here. */
const UNSUPPORTED_DATA = 1003;

export interface WebSocketFront {
  readonly dispatcher: Dispatcher;
  readonly subscriptions: Subscriptions;
  readonly access: AccessPolicy;
  readonly held: HeldBytes;
  readonly limits: RpcLimits;
}

/** The WebSocket side of a running server. */
export interface WebSockets {
  /** Says goodbye to every client. */
  close(): void;
  /** Cuts those that have not answered. */
  terminate(): void;
}

/** Accepts WebSocket connections on `server`. */
export function serveWebSockets(server: Server, front: WebSocketFront): WebSockets {
  let sockets: WebSocketServer | undefined;
  const accepting = (): WebSocketServer => {
    sockets ??= new (library().WebSocketServer)({
      noServer: true,
      maxPayload: front.limits.bodyBytesMax,
      perMessageDeflate: false,
      clientTracking: true,
    });
    return sockets;
  };
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const refusal = refuseAccess(request, front.access);
    if (refusal !== undefined) return refuseUpgrade(socket, '403 Forbidden', refusal);
    if ((request.url ?? '/').split('?', 1)[0] !== '/')
      return refuseUpgrade(socket, '404 Not Found', 'JSON-RPC is at /');
    accepting().handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, socket, front));
  });
  const heartbeat = setInterval(() => pingAll(sockets?.clients ?? []), front.limits.socketPingMs);
  heartbeat.unref();
  return {
    close() {
      clearInterval(heartbeat);
      for (const webSocket of sockets?.clients ?? []) webSocket.close(GOING_AWAY, 'the node is stopping');
      sockets?.close();
    },
    terminate() {
      for (const webSocket of sockets?.clients ?? []) webSocket.terminate();
    },
  };
}

function refuseUpgrade(socket: Duplex, status: string, reason: string): void {
  const body = `${reason}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

const awaitsPong = new WeakSet<WebSocket>();

function pingAll(clients: Iterable<WebSocket>): void {
  for (const webSocket of clients) {
    if (awaitsPong.has(webSocket)) webSocket.terminate();
    else {
      awaitsPong.add(webSocket);
      webSocket.ping();
    }
  }
}

function serve(webSocket: WebSocket, socket: Duplex, front: WebSocketFront): void {
  const { limits } = front;
  const load = new SocketLoad(webSocket, front.held);
  const send = (json: string): void => {
    if (webSocket.readyState !== webSocket.OPEN) return;
    webSocket.send(json);
    if (webSocket.bufferedAmount > limits.socketBacklogBytesMax) webSocket.terminate();
    else load.measure();
  };
  const connection = front.subscriptions.connect({ send, cut: () => webSocket.terminate() });
  const gone = new AbortController();
  let running = 0;
  webSocket.on('message', (data, isBinary) => {
    if (isBinary) {
      webSocket.close(UNSUPPORTED_DATA, 'send JSON as text');
      return;
    }
    const text = textOf(data);
    load.begin(text.length);
    if (++running >= limits.socketRequestsMax) webSocket.pause();
    void answer(text, { connection, gone: gone.signal, send }, front).then(() => {
      load.end(text.length);
      if (--running < limits.socketRequestsMax && webSocket.isPaused) webSocket.resume();
    });
  });
  webSocket.on('pong', () => awaitsPong.delete(webSocket));
  webSocket.on('error', () => webSocket.terminate());
  webSocket.on('close', () => {
    connection.close();
    load.close();
    gone.abort();
  });
  socket.on('data', (chunk: Buffer) => load.receive(chunk.length));
  socket.on('drain', () => load.measure());
}

/** What one client makes the server hold: parts of a message, requests that run, and what it has not read. */
class SocketLoad {
  readonly #webSocket: WebSocket;
  readonly #held: HeldBytes;
  readonly #holder: Holder;
  #unfinishedBytes = 0;
  #runningBytes = 0;
  #isOpen = true;

  constructor(webSocket: WebSocket, held: HeldBytes) {
    this.#webSocket = webSocket;
    this.#held = held;
    this.#holder = { cut: () => webSocket.terminate() };
  }

  /** Bytes have come; they belong to a message of which the end is not there yet, or {@link begin} has just taken them. */
  receive(bytes: number): void {
    this.#unfinishedBytes += bytes;
    if (this.#unfinishedBytes > UNNOTICED_BYTES) this.measure();
  }

  begin(bytes: number): void {
    this.#unfinishedBytes = 0;
    this.#runningBytes += bytes;
    this.measure();
  }

  end(bytes: number): void {
    this.#runningBytes -= bytes;
    this.measure();
  }

  measure(): void {
    const bytes = this.#unfinishedBytes + this.#runningBytes + this.#webSocket.bufferedAmount;
    if (bytes > UNNOTICED_BYTES && this.#isOpen) this.#held.hold(this.#holder, bytes);
    else this.#held.release(this.#holder);
  }

  close(): void {
    this.#isOpen = false;
    this.#held.release(this.#holder);
  }
}

interface Client {
  readonly connection: Connection;
  readonly gone: AbortSignal;
  readonly send: (json: string) => void;
}

function textOf(data: RawData): string {
  return Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data as Buffer).toString('utf8');
}

async function answer(text: string, { connection, gone, send }: Client, { dispatcher }: WebSocketFront): Promise<void> {
  const subscriber = connection.begin();
  const json = await dispatcher.answer(text, { subscriber, signal: gone });
  if (json !== undefined) send(json);
  subscriber.release();
}
