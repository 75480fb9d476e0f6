// A JSON-RPC client that hides nothing: it sends any body and returns what came back.
import { connect } from 'node:net';
import { WebSocket } from 'ws';

export interface Answer {
  readonly jsonrpc: '2.0';
  readonly id: string | number | null;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export async function post(
  url: string,
  body: string | Uint8Array,
  headers: Record<string, string> = { 'Content-Type': 'application/json' },
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(url, { method: 'POST', body: body as string, headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export async function ask(url: string, method: string, params?: unknown): Promise<Answer> {
  const { text } = await post(url, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
  return JSON.parse(text) as Answer;
}

/** The result, or a thrown error with the answer in its message. */
export async function result<Value = unknown>(url: string, method: string, ...params: unknown[]): Promise<Value> {
  const answer = await ask(url, method, params);
  if (answer.error !== undefined) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
  return answer.result as Value;
}

/** The error of a request that must fail. */
export async function failure(
  url: string,
  method: string,
  ...params: unknown[]
): Promise<NonNullable<Answer['error']>> {
  const answer = await ask(url, method, params);
  if (answer.error === undefined) throw new Error(`${method} answered ${JSON.stringify(answer.result)}`);
  return answer.error;
}

/** Sends raw HTTP and returns everything that came back until the server closed. */
export function rawHttp(port: number, text: string, timeoutMs = 10_000): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(received);
    });
  });
}

/** A WebSocket whose messages are read in order. */
export class TestSocket {
  readonly socket: WebSocket;
  readonly messages: unknown[] = [];
  readonly #waiting: ((message: unknown) => void)[] = [];
  #id = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString()) as unknown;
      const next = this.#waiting.shift();
      if (next === undefined) this.messages.push(message);
      else next(message);
    });
  }

  static open(
    url: string,
    options: { headers?: Record<string, string>; autoPong?: boolean } = {},
  ): Promise<TestSocket> {
    const socket = new WebSocket(url.replace('http', 'ws'), options);
    const opened = new TestSocket(socket);
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(opened));
      socket.on('error', reject);
    });
  }

  next<Message = unknown>(): Promise<Message> {
    const message = this.messages.shift();
    if (message !== undefined) return Promise.resolve(message as Message);
    return new Promise((resolve) => this.#waiting.push(resolve as (message: unknown) => void));
  }

  async ask(method: string, ...params: unknown[]): Promise<Answer> {
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id: ++this.#id, method, params }));
    return this.next<Answer>();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.on('close', () => resolve());
      this.socket.close();
    });
  }
}
