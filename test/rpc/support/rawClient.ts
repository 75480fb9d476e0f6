// An HTTP client that sends bytes as it is told and gives back what comes, also over one connection many times.
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

export class RawClient {
  readonly socket: Socket;
  /** Resolves when the connection is closed, by either side. */
  readonly closed: Promise<void>;
  #received = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        resolve();
        this.#wake();
      });
    });
  }

  static open(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new RawClient(socket)));
      socket.on('error', reject);
    });
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  /** The next answer, which must have a Content-Length or be without a body; undefined when the connection is closed. */
  async next(): Promise<RawAnswer | undefined> {
    for (;;) {
      const endOfHead = this.#received.indexOf('\r\n\r\n');
      const head = this.#received.toString('latin1', 0, Math.max(endOfHead, 0));
      const bytes = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      const end = endOfHead + 4 + bytes;
      if (endOfHead >= 0 && this.#received.length >= end) {
        const body = this.#received.toString('utf8', endOfHead + 4, end);
        this.#received = this.#received.subarray(end);
        return { status: Number(head.slice(9, 12)), head, body };
      }
      if (this.socket.closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A request as programs send it. */
export function plainRequest(body: string, ...extra: string[]): string {
  const lines = ['POST / HTTP/1.1', 'Host: 127.0.0.1:8545', 'Content-Type: application/json', ...extra];
  return `${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** The body of a call of `method`. */
export function callBody(id: number, method: string, ...params: unknown[]): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}
