// All TCP connections of a server: how many there may be, who goes when one more comes, and the clock of those that speak
// plain requests.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { AccessPolicy } from './access.ts';
import type { Dispatcher } from './dispatcher.ts';
import { HeldBytes } from './heldBytes.ts';
import type { RpcLimits } from './limits.ts';
import { PlainAnswers } from './plainAnswer.ts';
import { PlainConnection, type PlainFront } from './plainConnection.ts';
import { PlainHeads } from './plainHead.ts';

/** How often connections are compared with their time limits; Node's own 30 s would let them run far over. */
export const TIMEOUT_CHECK_MS = 1_000;

export interface ConnectionsOptions {
  readonly dispatcher: Dispatcher;
  readonly access: AccessPolicy;
  readonly limits: RpcLimits;
}

/** A connection of either kind. */
interface Connection {
  /** Since when nothing was asked of it, in milliseconds; undefined while something is, and for WebSockets. */
  readonly idleSinceMs: number | undefined;
}

export class Connections {
  /** What clients make the server hold, by either kind of connection. */
  readonly held: HeldBytes;
  readonly #limits: RpcLimits;
  readonly #front: PlainFront;
  readonly #all = new Map<Socket, Connection>();
  readonly #plain = new Set<PlainConnection>();
  readonly #clock: NodeJS.Timeout;

  /** Puts itself before `server`: connections come here first, and go on to it when they are not plain. */
  constructor(server: Server, { dispatcher, access, limits }: ConnectionsOptions) {
    this.#limits = limits;
    this.held = new HeldBytes(limits.heldBytesMax);
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    this.#front = {
      dispatcher,
      limits,
      held: this.held,
      heads: new PlainHeads(access, limits),
      answers: new PlainAnswers(limits.keepAliveTimeoutMs),
      handOver: (connection) => {
        const { socket } = connection;
        this.#plain.delete(connection);
        connection.release();
        this.#all.set(socket, { idleSinceMs: performance.now() });
        for (const listener of listeners) listener.call(server, socket);
        socket.resume();
      },
    };
    server.on('connection', (socket: Socket) => this.#accept(socket));
    server.on('request', (request, response) => {
      this.#setIdle(request.socket, undefined);
      response.on('close', () => this.#setIdle(request.socket, performance.now()));
    });
    server.on('upgrade', (request) => this.#setIdle(request.socket, undefined));
    this.#clock = setInterval(() => this.#checkTimes(), TIMEOUT_CHECK_MS);
    this.#clock.unref();
  }

  get size(): number {
    return this.#all.size;
  }

  /** Lets running requests finish; takes no more. */
  finish(): void {
    for (const connection of this.#plain) connection.finish();
  }

  /** Closes what has not finished. */
  cut(): void {
    for (const socket of this.#all.keys()) socket.destroy();
  }

  close(): void {
    clearInterval(this.#clock);
  }

  #accept(socket: Socket): void {
    if (this.#all.size >= this.#limits.connectionsMax && !this.#makeRoom()) {
      socket.destroy();
      return;
    }
    const connection = new PlainConnection(socket, this.#front);
    this.#all.set(socket, connection);
    this.#plain.add(connection);
    socket.on('close', () => {
      this.#all.delete(socket);
      this.#plain.delete(connection);
    });
  }

  /** Closes the connection on which nothing was asked for longest; false when all are in use. */
  #makeRoom(): boolean {
    let longest: Socket | undefined;
    let since = Number.POSITIVE_INFINITY;
    for (const [socket, { idleSinceMs }] of this.#all) {
      if (idleSinceMs === undefined || idleSinceMs >= since || socket.destroyed) continue;
      longest = socket;
      since = idleSinceMs;
    }
    if (longest === undefined) return false;
    this.#all.delete(longest);
    longest.destroy();
    return true;
  }

  /** Of a connection that node:http has. */
  #setIdle(socket: Socket, idleSinceMs: number | undefined): void {
    if (this.#all.has(socket)) this.#all.set(socket, { idleSinceMs });
  }

  #checkTimes(): void {
    const nowMs = performance.now();
    for (const connection of this.#plain) connection.checkTime(nowMs);
  }
}
