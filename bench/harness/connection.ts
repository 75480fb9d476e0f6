// A keep-alive HTTP/1.1 connection on a bare socket with one request in flight. It costs the client some 10 µs a request,
// so that on two cores the server is what is measured.
import { connect, type Socket } from 'node:net';

const HEADER_END = Buffer.from('\r\n\r\n');

interface Waiting {
  resolve(body: string): void;
  reject(error: Error): void;
}

export class Connection {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;
  #received: Buffer | undefined;
  #waiting: Waiting | undefined;
  #isBusy = false;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port || 80);
  }

  async open(): Promise<this> {
    const socket = connect({ port: this.#port, host: this.#host, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.removeAllListeners('error');
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
    socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket = socket;
    return this;
  }

  close(): void {
    this.#socket?.removeAllListeners('close');
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  /** Sends one body and resolves with the body of the answer, whatever its status. */
  async send(body: string): Promise<string> {
    if (this.#isBusy) throw new Error('one request at a time: the last one has no answer yet');
    this.#isBusy = true;
    try {
      return await this.#exchange(body);
    } finally {
      this.#isBusy = false;
    }
  }

  async #exchange(body: string): Promise<string> {
    if (this.#socket === undefined) await this.open();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket?.write(
        `POST / HTTP/1.1\r\nHost: ${this.#host}:${this.#port}\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: keep-alive\r\n\r\n${body}`,
      );
    });
  }

  #fail(error: Error): void {
    this.#socket = undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#received === undefined ? chunk : Buffer.concat([this.#received, chunk]);
    const answer = readResponse(bytes);
    if (answer === undefined) {
      this.#received = bytes;
      return;
    }
    this.#received = undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (answer.closes) this.close();
    waiting?.resolve(answer.body);
  }
}

/** The complete response in `bytes`, or undefined while some of it is missing. */
export function readResponse(bytes: Buffer): { readonly body: string; readonly closes: boolean } | undefined {
  const headerEnd = bytes.indexOf(HEADER_END);
  if (headerEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headerEnd).toLowerCase();
  const start = headerEnd + HEADER_END.length;
  const closes = head.includes('connection: close');
  const length = /content-length: *(\d+)/.exec(head)?.[1];
  if (length !== undefined) {
    const end = start + Number(length);
    return bytes.length < end ? undefined : { body: bytes.toString('utf8', start, end), closes };
  }
  const body = head.includes('transfer-encoding: chunked') ? readChunks(bytes, start) : '';
  return body === undefined ? undefined : { body, closes };
}

function readChunks(bytes: Buffer, start: number): string | undefined {
  const parts: Buffer[] = [];
  for (let offset = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', offset);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', offset, lineEnd), 16);
    const chunkStart = lineEnd + 2;
    if (bytes.length < chunkStart + size + 2) return undefined;
    if (size === 0) return Buffer.concat(parts).toString('utf8');
    parts.push(bytes.subarray(chunkStart, chunkStart + size));
    offset = chunkStart + size + 2;
  }
}
