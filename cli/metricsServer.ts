// The address that Prometheus scrapes: one page, on a port of its own, so that opening the RPC to a network does not open this.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { EXPOSITION_TYPE, expose, type Metric } from '../node/metrics/metric.ts';
import type { Node } from '../node/node.ts';
import { ChainError, messageOf } from '../primitives/errors.ts';
import type { RpcServer } from '../rpc/server.ts';
import { buildMetrics, databaseMetrics, processMetrics, rpcMetrics } from './processMetrics.ts';
import { VERSION } from './version.ts';

/** Prometheus' own address, and the one where dashboards made for geth look. */
export const METRICS_PATHS: ReadonlySet<string> = new Set(['/metrics', '/debug/metrics/prometheus']);
/** A scraper needs one; more than a few at once is no scraper. */
export const METRICS_CONNECTIONS_MAX = 16;
/** A scrape is one small GET: whoever is slower has gone. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Real scrapers send some hundred bytes of headers. */
const HEADER_BYTES_MAX = 8_192;

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface MetricsServerOptions {
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
  /** Told when a scrape fails. */
  readonly warn: (message: string) => void;
}

/**
 * Serves everything that is measured of a running node.
 * @param databaseDirectory undefined for a chain in memory
 * @throws ChainError `METRICS_LISTEN_FAILED`
 */
export async function serveMetrics(
  node: Node,
  rpc: Pick<RpcServer, 'meters'>,
  databaseDirectory: string | undefined,
  options: MetricsServerOptions,
): Promise<MetricsServer> {
  const ofProcess = processMetrics();
  const metrics = [
    ...buildMetrics(VERSION),
    ...node.metrics,
    ...(databaseDirectory === undefined ? [] : databaseMetrics(databaseDirectory)),
    ...rpcMetrics(rpc),
    ...ofProcess.metrics,
  ];
  const server = await startMetricsServer(metrics, options).catch((error: unknown) => {
    ofProcess.close();
    throw error;
  });
  return {
    url: server.url,
    close() {
      ofProcess.close();
      return server.close();
    },
  };
}

/**
 * Serves `metrics`.
 * @throws ChainError `METRICS_LISTEN_FAILED`
 */
export async function startMetricsServer(
  metrics: readonly Metric[],
  { host, port, warn }: MetricsServerOptions,
): Promise<MetricsServer> {
  const server = createServer({
    maxHeaderSize: HEADER_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
  });
  server.maxConnections = METRICS_CONNECTIONS_MAX;
  server.on('request', (request, response) => {
    void answer(metrics, request, response).catch((error: unknown) => {
      warn(`metrics could not be read: ${messageOf(error)}`);
      response.writeHead(500).end();
    });
  });
  await listen(server, host, port);
  const { port: chosen } = server.address() as AddressInfo;
  return { url: `http://${isIPv6(host) ? `[${host}]` : host}:${chosen}/metrics`, close: () => close(server) };
}

async function answer(metrics: readonly Metric[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    return;
  }
  if (!METRICS_PATHS.has((request.url ?? '/').split('?', 1)[0] ?? '')) {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('metrics are at /metrics\n');
    return;
  }
  const body = await expose(metrics);
  response.writeHead(200, { 'Content-Type': EXPOSITION_TYPE, 'Content-Length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const message = `cannot serve metrics on port ${port} of ${host} (${error.code ?? error.message}): choose another with --metrics.port or --metrics.addr`;
      reject(new ChainError('METRICS_LISTEN_FAILED', message, { host, port, cause: error.code }));
    });
    server.listen(port, host, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
