// JSON-RPC over HTTP POST, and the two addresses that supervisors ask.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeApi } from '../node/api.ts';
import type { AccessPolicy } from './access.ts';
import { BodyBuffer } from './bodyBuffer.ts';
import { CONTENT_TYPES, JSON_TYPE } from './contentTypes.ts';
import type { RpcLog } from './context.ts';
import type { Dispatcher } from './dispatcher.ts';
import { RPC_CODES } from './errors.ts';
import type { HeldBytes, Holder } from './heldBytes.ts';
import type { RpcLimits } from './limits.ts';
import { quantityToRpc } from './serialize/values.ts';

/** How long a browser may remember a preflight, in seconds. */
const PREFLIGHT_SECONDS = 600;

/** What is answered to a GET. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * Addresses that answer a GET, by their path: `/health`, `/ready`, and what the options of the server add, such as
 * `/metrics`. A handler that throws is answered with 500 and reported in the log; the checks of Host and Origin come first.
 */
export type GetRoutes = ReadonlyMap<string, GetHandler>;
export type GetHandler = () => HttpAnswer | Promise<HttpAnswer>;

export interface HttpFront {
  readonly dispatcher: Dispatcher;
  readonly routes: GetRoutes;
  readonly held: HeldBytes;
  readonly log: RpcLog;
  readonly access: AccessPolicy;
  readonly limits: RpcLimits;
}

/** Why a request is refused before anything is read, or undefined. */
export function refuseAccess(request: IncomingMessage, access: AccessPolicy): string | undefined {
  const { host, origin } = request.headers;
  if (!access.allowsHost(host))
    return `host ${JSON.stringify(host ?? '')} is not allowed; use the server's address, or allow the name with --http.vhosts`;
  if (origin !== undefined && !access.allowsOrigin(origin))
    return `origin ${JSON.stringify(origin)} is not allowed; allow it with --http.corsdomain`;
  return undefined;
}

/** Answers one HTTP request. */
export function handleHttp(front: HttpFront, request: IncomingMessage, response: ServerResponse): void {
  const refusal = refuseAccess(request, front.access);
  if (refusal !== undefined) {
    sendError(response, 403, RPC_CODES.serverError, refusal);
    return;
  }
  if (request.headers.origin !== undefined) {
    response.setHeader('Access-Control-Allow-Origin', request.headers.origin);
    response.setHeader('Vary', 'Origin');
  }
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const route = front.routes.get(path);
  if (path === '/') handleRpc(front, request, response);
  else if (route === undefined) sendError(response, 404, RPC_CODES.serverError, notFound(front.routes));
  else if (request.method !== 'GET' && request.method !== 'HEAD')
    sendNotAllowed(response, 'GET, HEAD', 'GET this address');
  else void sendRoute(response, route, front.log);
}

/** The addresses that every server has. */
export function supervisionRoutes(node: NodeApi): GetRoutes {
  return new Map([
    ['/health', () => jsonAnswer(200, { status: 'ok' })],
    [
      '/ready',
      () => {
        const ready = node.isReady();
        return jsonAnswer(ready ? 200 : 503, { ready, blockNumber: quantityToRpc(node.chain.head.header.number) });
      },
    ],
  ]);
}

function jsonAnswer(status: number, value: unknown): HttpAnswer {
  return { status, contentType: JSON_TYPE, body: JSON.stringify(value) };
}

function notFound(routes: GetRoutes): string {
  return `not found: JSON-RPC is at /; there are ${[...routes.keys()].join(', ')} too`;
}

async function sendRoute(response: ServerResponse, route: GetHandler, log: RpcLog): Promise<void> {
  try {
    const { status, contentType, body } = await route();
    send(response, status, body, contentType);
  } catch (error) {
    log.warn('an address of the server failed unexpectedly', error);
    sendError(response, 500, RPC_CODES.internalError, 'internal error');
  }
}

function handleRpc(front: HttpFront, request: IncomingMessage, response: ServerResponse): void {
  const contentType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const declaredBytes = Number(request.headers['content-length'] ?? 0);
  if (request.method === 'OPTIONS') sendPreflight(request, response);
  else if (request.method !== 'POST')
    sendNotAllowed(response, 'POST, OPTIONS', 'this is a JSON-RPC server: POST a request');
  else if (!CONTENT_TYPES.has(contentType))
    sendError(response, 415, RPC_CODES.invalidRequest, 'send the header Content-Type: application/json');
  else if (declaredBytes > front.limits.bodyBytesMax) sendTooLarge(response, front.limits.bodyBytesMax);
  else receiveBody(front, request, response);
}

function receiveBody(front: HttpFront, request: IncomingMessage, response: ServerResponse): void {
  const { bodyBytesMax } = front.limits;
  const body = new BodyBuffer(bodyBytesMax);
  const holder: Holder = { cut: () => request.destroy() };
  request.on('data', (chunk: Buffer) => {
    if (body.add(chunk)) front.held.hold(holder, body.capacity);
    else sendTooLarge(response, bodyBytesMax);
  });
  request.on('end', () => {
    if (!response.headersSent) void respond(front.dispatcher, body.text(), response);
  });
  request.on('error', () => response.destroy());
  response.on('close', () => front.held.release(holder));
}

async function respond(dispatcher: Dispatcher, text: string, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const answer = await dispatcher.answer(text, { subscriber: undefined, signal: gone.signal });
  if (answer === undefined) send(response, 204, '');
  else send(response, 200, answer);
}

function sendNotAllowed(response: ServerResponse, allowed: string, advice: string): void {
  response.setHeader('Allow', allowed);
  sendError(response, 405, RPC_CODES.invalidRequest, advice);
}

function sendTooLarge(response: ServerResponse, bodyBytesMax: number): void {
  if (response.headersSent) return;
  // The rest of the body is not read: the connection cannot be used again.
  response.setHeader('Connection', 'close');
  sendError(
    response,
    413,
    RPC_CODES.limitExceeded,
    `request body too large: at most ${bodyBytesMax} bytes are allowed`,
  );
}

function sendPreflight(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Methods', 'POST, GET, OPTIONS');
  response.setHeader('Access-Control-Allow-Headers', 'Content-Type');
  response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
  if (request.headers['access-control-request-private-network'] === 'true')
    response.setHeader('Access-Control-Allow-Private-Network', 'true');
  send(response, 204, '');
}

function sendError(response: ServerResponse, status: number, code: number, message: string): void {
  send(response, status, JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } }));
}

function send(response: ServerResponse, status: number, body: string, contentType = JSON_TYPE): void {
  if (response.headersSent || response.destroyed) return;
  if (status === 204) response.writeHead(204).end();
  else response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) }).end(body);
}
