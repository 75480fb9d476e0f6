// The way in: a JSON-RPC server for one node, HTTP and WebSocket on one port.
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { NodeApi } from '../node/api.ts';
import { ChainError } from '../primitives/errors.ts';
import { accessPolicy } from './access.ts';
import { Connections, TIMEOUT_CHECK_MS } from './connections.ts';
import { consoleLine } from './consoleLog.ts';
import type { RpcContext, RpcLog } from './context.ts';
import { Dispatcher, type MethodMeter } from './dispatcher.ts';
import { type Clock, Filters } from './filters.ts';
import { type GetRoutes, handleHttp, supervisionRoutes } from './http.ts';
import { RPC_LIMITS, type RpcLimits } from './limits.ts';
import { buildMethods, explainMissingMethod } from './methods/registry.ts';
import { Subscriptions } from './subscriptions.ts';
import { serveWebSockets } from './webSocket.ts';

export type RpcServerError = ChainError<
  'PORT_IN_USE' | 'PORT_NOT_PERMITTED' | 'ADDRESS_NOT_AVAILABLE' | 'LISTEN_FAILED'
>;

/** The port on which every Ethereum tool looks first. */
export const DEFAULT_RPC_PORT = 8545;
/** Only this machine. */
export const DEFAULT_RPC_HOST = '127.0.0.1';
/** How long running requests may finish when the server stops. */
const STOP_GRACE_MS = 2_000;

export interface RpcServerOptions {
  /** Address to listen on; this machine only unless told otherwise. */
  readonly host?: string | undefined;
  /** 0 chooses a free port. */
  readonly port?: number | undefined;
  /** Browser origins that are answered besides those of localhost on dev chains; '*' for all. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Host names that are answered besides localhost and addresses; '*' for all. */
  readonly allowedHosts?: readonly string[] | undefined;
  readonly limits?: Partial<RpcLimits> | undefined;
  /** Addresses that answer a GET besides `/health` and `/ready`, such as `/metrics`; called for every request. */
  readonly routes?: GetRoutes | undefined;
  readonly log?: RpcLog | undefined;
  /** Milliseconds of a steady clock, for the idle time of filters. */
  readonly clock?: Clock | undefined;
}

export interface RpcServer {
  readonly host: string;
  readonly port: number;
  /** `http://…`; the WebSocket address is the same with `ws://`. */
  readonly url: string;
  /**
   * What each method has cost since the start, by name; names that do not exist are counted together as `unknown`. The
   * meters go on counting: read them when asked, do not keep them.
   */
  meters(): Iterable<readonly [name: string, meter: Readonly<MethodMeter>]>;
  /** Open TCP connections, HTTP and WebSocket. */
  readonly connectionCount: number;
  /** Bytes of unfinished requests, running requests and unread answers of all connections. */
  readonly heldBytes: number;
  /** Stops accepting, lets running requests finish for a moment, then closes everything. */
  close(): Promise<void>;
}

const SILENT_LOG: RpcLog = { info: () => undefined, warn: () => undefined };

/**
 * Starts the server.
 * @throws ChainError `PORT_IN_USE`, `PORT_NOT_PERMITTED`, `ADDRESS_NOT_AVAILABLE` or `LISTEN_FAILED`
 */
export async function startRpcServer(node: NodeApi, options: RpcServerOptions = {}): Promise<RpcServer> {
  const limits: RpcLimits = { ...RPC_LIMITS, ...options.limits };
  const log = options.log ?? SILENT_LOG;
  const host = options.host ?? DEFAULT_RPC_HOST;
  const access = accessPolicy({
    devChain: node.dev !== undefined,
    allowedOrigins: options.allowedOrigins ?? [],
    allowedHosts: options.allowedHosts ?? [],
  });
  const endConsole = node.dev?.onConsoleCall((calldata) => log.info(`console.log: ${consoleLine(calldata)}`));
  const filters = new Filters(node, limits, options.clock ?? (() => performance.now()));
  const subscriptions = new Subscriptions(node, limits);
  const context: RpcContext = { node, limits, filters, log };
  const dispatcher = new Dispatcher(
    buildMethods(context),
    (name) => explainMissingMethod(name, node.dev !== undefined),
    limits,
    log,
  );
  const routes: GetRoutes = new Map([...supervisionRoutes(node), ...(options.routes ?? [])]);
  const server = createLimitedServer(limits);
  const connections = new Connections(server, { dispatcher, access, limits });
  const front = { dispatcher, routes, access, limits, log, held: connections.held };
  server.on('request', (request, response) => handleHttp(front, request, response));
  const webSockets = serveWebSockets(server, { dispatcher, subscriptions, access, limits, held: connections.held });
  const stop = async (): Promise<void> => {
    endConsole?.();
    filters.close();
    subscriptions.close();
    webSockets.close();
    await closeServer(server, connections, () => webSockets.terminate());
    connections.close();
  };
  try {
    await listen(server, host, options.port ?? DEFAULT_RPC_PORT);
  } catch (error) {
    await stop();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const url = `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return {
    host,
    port,
    url,
    meters: () => dispatcher.meters(),
    get connectionCount() {
      return connections.size;
    },
    get heldBytes() {
      return connections.held.total;
    },
    close: stop,
  };
}

function createLimitedServer(limits: RpcLimits): Server {
  const server = createServer({
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    noDelay: true,
  });
  server.setTimeout(limits.socketIdleTimeoutMs);
  return server;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): RpcServerError {
  const data = { host, port, cause: error.code };
  switch (error.code) {
    case 'EADDRINUSE':
      return new ChainError(
        'PORT_IN_USE',
        `port ${port} on ${host} is in use: stop the program that holds it, or choose another port with --http.port`,
        data,
      );
    case 'EACCES':
      return new ChainError(
        'PORT_NOT_PERMITTED',
        `no permission to listen on port ${port} of ${host}: choose a port above 1023 with --http.port`,
        data,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ChainError(
        'ADDRESS_NOT_AVAILABLE',
        `this machine has no address ${host} to listen on: choose one of its own with --http.addr`,
        data,
      );
    default:
      return new ChainError('LISTEN_FAILED', `cannot listen on port ${port} of ${host}: ${error.message}`, data);
  }
}

function closeServer(server: Server, connections: Connections, cutWebSockets: () => void): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => {
      cutWebSockets();
      connections.cut();
    }, STOP_GRACE_MS);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
    connections.finish();
  });
}
