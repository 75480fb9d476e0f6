// One TCP connection that speaks plain requests (plainHead.ts): answered on the socket itself, which costs half of what
// node:http takes for the same. The first request that is not plain hands the connection over to node:http for good.
import type { Socket } from 'node:net';
import { BodyBuffer } from './bodyBuffer.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { HeldBytes, Holder } from './heldBytes.ts';
import type { RpcLimits } from './limits.ts';
import type { Session } from './method.ts';
import { type PlainAnswers, REQUEST_TIMEOUT_ANSWER } from './plainAnswer.ts';
import { PLAIN_HEAD_BYTES_MAX, type PlainHeads } from './plainHead.ts';

/** What all connections of a server share. */
export interface PlainFront {
  readonly dispatcher: Dispatcher;
  readonly heads: PlainHeads;
  readonly answers: PlainAnswers;
  readonly held: HeldBytes;
  readonly limits: RpcLimits;
  /** Lets node:http have the connection; everything that was not answered is read from the socket again. */
  handOver(connection: PlainConnection): void;
}

/**
 * What a connection is doing. `collecting`: a body has begun to arrive. `answering`: a method runs. `sending`: the client
 * has not read all of the last answer. `gone`: closed, or node:http has it.
 */
type Phase = 'waiting' | 'collecting' | 'answering' | 'sending' | 'gone';

const END_OF_HEAD = Buffer.from('\r\n\r\n', 'latin1');
/** What a client may send ahead while it is being answered; beyond that the socket is not read. */
const AHEAD_BYTES_MAX = 64 * 1024;
const EMPTY = Buffer.alloc(0);

export class PlainConnection implements Session, Holder {
  readonly socket: Socket;
  readonly subscriber = undefined;
  readonly #front: PlainFront;
  #phase: Phase = 'waiting';
  /** What has come and was not used yet. */
  #ahead: Buffer = EMPTY;
  #body: BodyBuffer | undefined;
  #bodyBytes = 0;
  #gone: AbortController | undefined;
  #sinceMs = performance.now();
  #isFresh = true;
  #isLast = false;

  constructor(socket: Socket, front: PlainFront) {
    this.socket = socket;
    this.#front = front;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('drain', this.#onDrain);
    socket.on('timeout', this.#onTimeout).on('error', this.#onError).on('close', this.#onClose);
  }

  get signal(): AbortSignal {
    if (this.#gone === undefined) {
      this.#gone = new AbortController();
      if (this.#phase === 'gone') this.#gone.abort();
    }
    return this.#gone.signal;
  }

  /** Since when nothing has been asked here, in milliseconds of the steady clock; undefined while something has. */
  get idleSinceMs(): number | undefined {
    return this.#phase === 'waiting' ? this.#sinceMs : undefined;
  }

  /** Closes the connection if its time for what it does is over. To be called now and then. */
  checkTime(nowMs: number): void {
    const { headersTimeoutMs, keepAliveTimeoutMs, requestTimeoutMs, socketIdleTimeoutMs } = this.#front.limits;
    const spentMs = nowMs - this.#sinceMs;
    if (this.#phase === 'collecting' && spentMs > requestTimeoutMs) this.#refuseSlowBody();
    if (this.#phase !== 'waiting') return;
    if (spentMs > Math.min(this.#isFresh ? headersTimeoutMs : keepAliveTimeoutMs, socketIdleTimeoutMs)) this.cut();
  }

  /** Answers what runs and takes no further request. */
  finish(): void {
    this.#isLast = true;
    if (this.#phase === 'waiting') this.#close();
  }

  cut(): void {
    this.socket.destroy();
  }

  /** Leaves the socket to somebody else, with everything that was not used. */
  release(): void {
    const { socket } = this;
    this.#phase = 'gone';
    socket.off('data', this.#onData).off('end', this.#onEnd).off('drain', this.#onDrain);
    socket.off('timeout', this.#onTimeout).off('error', this.#onError).off('close', this.#onClose);
    socket.pause();
    if (this.#ahead.length > 0) socket.unshift(this.#ahead);
  }

  readonly #onData = (data: Buffer): void => {
    if (this.#phase === 'waiting') {
      this.#ahead = data;
      this.#sinceMs = performance.now();
      this.#serve();
    } else if (this.#phase === 'collecting') this.#collect(data);
    else if (this.#phase !== 'gone') this.#keep(data);
  };

  /** A client that has ended its side is taken to have gone, as node:http takes it. */
  readonly #onEnd = (): void => {
    this.#isLast = true;
    if (this.#phase === 'waiting') this.#close();
    else if (this.#phase !== 'sending') this.cut();
  };

  readonly #onDrain = (): void => {
    if (this.#phase !== 'sending') return;
    this.#front.held.release(this);
    this.socket.setTimeout(0);
    this.#wait();
    this.#serve();
  };

  readonly #onTimeout = (): void => this.cut();

  readonly #onError = (): void => this.cut();

  readonly #onClose = (): void => {
    this.#phase = 'gone';
    this.#front.held.release(this);
    this.#ahead = EMPTY;
    this.#body = undefined;
    this.#gone?.abort();
  };

  /** Answers the requests in {@link #ahead} as far as they are whole and can be answered at once. */
  #serve(): void {
    while (this.#phase === 'waiting' && this.#ahead.length > 0) {
      const endOfHead = this.#ahead.indexOf(END_OF_HEAD);
      const isLong = endOfHead < 0 || endOfHead > PLAIN_HEAD_BYTES_MAX;
      const bodyBytes = isLong
        ? undefined
        : this.#front.heads.bodyBytes(this.#ahead.toString('latin1', 0, endOfHead + 2));
      if (bodyBytes === undefined) {
        this.#front.handOver(this);
        return;
      }
      const start = endOfHead + END_OF_HEAD.length;
      const end = start + bodyBytes;
      if (this.#ahead.length < end) this.#beginBody(start, bodyBytes);
      else {
        const text = this.#ahead.toString('utf8', start, end);
        this.#ahead = this.#ahead.length === end ? EMPTY : this.#ahead.subarray(end);
        this.#answer(text);
      }
    }
    if ((this.#phase === 'waiting' || this.#phase === 'collecting') && this.socket.isPaused()) this.socket.resume();
  }

  /** A client may send its next requests ahead, but not without end. */
  #keep(data: Buffer): void {
    this.#ahead = this.#ahead.length === 0 ? data : Buffer.concat([this.#ahead, data]);
    if (this.#ahead.length > AHEAD_BYTES_MAX) this.socket.pause();
  }

  #beginBody(start: number, bodyBytes: number): void {
    const first = this.#ahead.subarray(start);
    this.#phase = 'collecting';
    this.#sinceMs = performance.now();
    this.#ahead = EMPTY;
    this.#body = new BodyBuffer(bodyBytes);
    this.#bodyBytes = bodyBytes;
    this.#collect(first);
  }

  #collect(data: Buffer): void {
    const body = this.#body;
    if (body === undefined) return;
    const missing = this.#bodyBytes - body.length;
    body.add(data.length > missing ? data.subarray(0, missing) : data);
    if (data.length < missing) {
      this.#front.held.hold(this, body.capacity);
      return;
    }
    this.#ahead = data.subarray(missing);
    this.#body = undefined;
    this.#front.held.release(this);
    this.#answer(body.text());
    this.#serve();
  }

  #answer(text: string): void {
    this.#phase = 'answering';
    const answer = this.#front.dispatcher.answer(text, this);
    if (!(answer instanceof Promise)) {
      this.#send(answer);
      return;
    }
    this.#front.held.hold(this, text.length);
    void answer.then((later) => {
      if (this.#phase === 'gone') return;
      this.#front.held.release(this);
      this.#send(later);
      this.#serve();
    });
  }

  #send(answer: string | undefined): void {
    const { text, encoding } = this.#front.answers.text(answer, this.#isLast);
    if (this.socket.write(text, encoding)) {
      this.#wait();
      return;
    }
    this.#phase = 'sending';
    this.#front.held.hold(this, this.socket.writableLength);
    // Counts only while nothing moves: each piece that the client takes begins it anew.
    this.socket.setTimeout(this.#front.limits.socketIdleTimeoutMs);
  }

  #wait(): void {
    this.#phase = 'waiting';
    this.#isFresh = false;
    this.#sinceMs = performance.now();
    if (this.#isLast) this.#close();
  }

  /** Closes the connection once everything is written. */
  #close(): void {
    this.#phase = 'gone';
    this.socket.destroySoon();
  }

  #refuseSlowBody(): void {
    this.socket.write(REQUEST_TIMEOUT_ANSWER);
    this.#close();
  }
}
