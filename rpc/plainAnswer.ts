// The bytes of an answer over HTTP/1.1, as node:http would write them (RFC 9110 §6.6.1: with a Date).
import { JSON_TYPE } from './contentTypes.ts';

export class PlainAnswers {
  readonly #keptAlive: string;
  #dateSecond = 0;
  #date = '';

  constructor(keepAliveTimeoutMs: number) {
    const seconds = Math.floor(keepAliveTimeoutMs / 1_000);
    this.#keptAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n`;
  }

  /** The whole answer with `body`, or one that says that there is none. `isLast` closes the connection. */
  text(body: string | undefined, isLast: boolean): { readonly text: string; readonly encoding: 'latin1' | 'utf8' } {
    const fields = `${this.#dateField()}${isLast ? 'Connection: close\r\n' : this.#keptAlive}`;
    if (body === undefined) return { text: `HTTP/1.1 204 No Content\r\n${fields}\r\n`, encoding: 'latin1' };
    const bytes = Buffer.byteLength(body);
    const text = `HTTP/1.1 200 OK\r\nContent-Type: ${JSON_TYPE}\r\n${fields}Content-Length: ${bytes}\r\n\r\n${body}`;
    // Without a character beyond ASCII the text is its bytes.
    return { text, encoding: bytes === body.length ? 'latin1' : 'utf8' };
  }

  #dateField(): string {
    const now = Date.now();
    const second = Math.floor(now / 1_000);
    if (second !== this.#dateSecond) {
      this.#dateSecond = second;
      this.#date = `Date: ${new Date(now).toUTCString()}\r\n`;
    }
    return this.#date;
  }
}

/** What a client gets that takes too long to send its request; node:http says the same. */
export const REQUEST_TIMEOUT_ANSWER = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';
