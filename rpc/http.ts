// JSON-RPC over HTTP POST, and the two addresses that supervisors ask.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeApi } from '../node/api.ts';
import type { AccessPolicy } from './access.ts';
import type { Dispatcher } from './dispatcher.ts';
import { RPC_CODES } from './errors.ts';
import type { RpcLimits } from './limits.ts';
import type { Session } from './method.ts';
import { quantityToRpc } from './serialize/values.ts';

/** What geth accepts; anything else could come from a plain HTML form of another site. */
const CONTENT_TYPES: ReadonlySet<string> = new Set([
  'application/json',
  'application/json-rpc',
  'application/jsonrequest',
]);
/** How long a browser may remember a preflight, in seconds. */
const PREFLIGHT_SECONDS = 600;
const HTTP_SESSION: Session = { subscriber: undefined };

export interface HttpFront {
  readonly node: NodeApi;
  readonly dispatcher: Dispatcher;
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
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  switch ((request.url ?? '/').split('?', 1)[0]) {
    case '/':
      handleRpc(front, request, response);
      break;
    case '/health':
      if (isRead) send(response, 200, JSON.stringify({ status: 'ok' }));
      else sendNotAllowed(response, 'GET, HEAD', 'GET this address');
      break;
    case '/ready':
      if (isRead) sendReady(front.node, response);
      else sendNotAllowed(response, 'GET, HEAD', 'GET this address');
      break;
    default:
      sendError(response, 404, RPC_CODES.serverError, 'not found: JSON-RPC is at /; there are /health and /ready too');
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

function receiveBody({ dispatcher, limits }: HttpFront, request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= limits.bodyBytesMax) chunks.push(chunk);
    else sendTooLarge(response, limits.bodyBytesMax);
  });
  request.on('end', () => {
    if (length > limits.bodyBytesMax) return;
    const text = (chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)).toString('utf8');
    void dispatcher.answer(text, HTTP_SESSION).then((answer) => {
      if (answer === undefined) send(response, 204, '');
      else send(response, 200, answer);
    });
  });
  request.on('error', () => response.destroy());
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

function sendReady(node: NodeApi, response: ServerResponse): void {
  const ready = node.isReady();
  const blockNumber = quantityToRpc(node.chain.head.header.number);
  send(response, ready ? 200 : 503, JSON.stringify({ ready, blockNumber }));
}

function sendError(response: ServerResponse, status: number, code: number, message: string): void {
  send(response, status, JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } }));
}

function send(response: ServerResponse, status: number, body: string): void {
  if (response.headersSent || response.destroyed) return;
  if (status === 204) response.writeHead(204).end();
  else
    response
      .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
      .end(body);
}
