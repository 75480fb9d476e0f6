// From the text of a message to the text of its answer: JSON within its limits, the JSON-RPC 2.0 envelope, batches,
// notifications. The library runs single requests; what it does not check (the shape of an envelope, a batch of one) is
// checked here.
import { type JSONRPCRequest, type JSONRPCResponse, JSONRPCServer } from 'json-rpc-2.0';
import { quote } from '../primitives/bytes.ts';
import type { RpcLog } from './context.ts';
import { RPC_CODES, RpcError, type RpcErrorObject, toErrorObject } from './errors.ts';
import type { RpcLimits } from './limits.ts';
import type { Methods, Session } from './method.ts';

/** Requests that follow each other in a batch and run together, so that their senders are recovered together. */
const CONCURRENT_METHOD = 'eth_sendRawTransaction';

export class Dispatcher {
  readonly #server: JSONRPCServer<Session>;
  readonly #limits: RpcLimits;
  readonly #log: RpcLog;

  /** `explainMissing` says why a method is not there. */
  constructor(methods: Methods, explainMissing: (name: string) => string, limits: RpcLimits, log: RpcLog) {
    this.#limits = limits;
    this.#log = log;
    this.#server = new JSONRPCServer<Session>({
      errorListener: (_message, error) => {
        if (toErrorObject(error).isUnexpected) log.warn('an RPC method failed unexpectedly', error);
      },
    });
    this.#server.mapErrorToJSONRPCErrorResponse = (id, error) => ({
      jsonrpc: '2.0',
      id,
      error: toErrorObject(error).object,
    });
    for (const [name, method] of Object.entries(methods))
      this.#server.addMethod(name, (params, session) => method((params ?? []) as unknown[], session));
    this.#server.applyMiddleware((next, request, session) => {
      if (!this.#server.hasMethod(request.method))
        throw new RpcError(RPC_CODES.methodNotFound, explainMissing(request.method));
      return next(request, session);
    });
  }

  /** Answers one message; undefined when it holds nothing but notifications. Never throws. */
  async answer(text: string, session: Session): Promise<string | undefined> {
    const message = parseMessage(text, this.#limits.jsonDepthMax);
    if (message instanceof RpcError) return errorText(null, toErrorObject(message).object);
    if (!Array.isArray(message)) return this.#answerOne(message, session);
    if (message.length === 0) return errorText(null, invalidRequest('an empty batch'));
    if (message.length > this.#limits.batchRequestsMax)
      return errorText(null, {
        code: RPC_CODES.limitExceeded,
        message: `batch too large: ${message.length} requests, at most ${this.#limits.batchRequestsMax} are allowed`,
      });
    return this.#answerBatch(message, session);
  }

  async #answerBatch(requests: readonly unknown[], session: Session): Promise<string | undefined> {
    const answers: string[] = [];
    let length = 0;
    const endMs = performance.now() + this.#limits.batchTimeMsMax;
    for (let next = 0; next < requests.length; ) {
      const group = concurrentGroup(requests, next);
      next += group.length;
      for (const answer of await Promise.all(
        group.map((request) => this.#answerWithin(request, session, length, endMs)),
      )) {
        if (answer === undefined) continue;
        answers.push(answer);
        length += answer.length;
      }
    }
    return answers.length === 0 ? undefined : `[${answers.join(',')}]`;
  }

  /** Answers one request of a batch, or says that the batch has answered enough. */
  async #answerWithin(
    request: unknown,
    session: Session,
    lengthBefore: number,
    endMs: number,
  ): Promise<string | undefined> {
    if (performance.now() > endMs)
      return isNotification(request)
        ? undefined
        : errorText(idOf(request), {
            code: RPC_CODES.limitExceeded,
            message: `batch too slow: it has run for ${this.#limits.batchTimeMsMax} ms; ask in smaller batches`,
          });

    const tooLarge = (): string =>
      errorText(idOf(request), {
        code: RPC_CODES.limitExceeded,
        message: `response too large: the answers of this batch exceed ${this.#limits.batchResponseBytesMax} bytes; ask in smaller batches`,
      });
    if (lengthBefore > this.#limits.batchResponseBytesMax) return isNotification(request) ? undefined : tooLarge();
    const answer = await this.#answerOne(request, session);
    if (answer === undefined) return undefined;
    return lengthBefore + answer.length > this.#limits.batchResponseBytesMax ? tooLarge() : answer;
  }

  #responseText(response: JSONRPCResponse): string {
    try {
      return JSON.stringify(response);
    } catch (error) {
      this.#log.warn('an RPC method answered with something that JSON cannot hold', error);
      return errorText(response.id, toErrorObject(error).object);
    }
  }

  async #answerOne(request: unknown, session: Session): Promise<string | undefined> {
    const refusal = refuse(request);
    if (refusal !== undefined) return isNotification(request) ? undefined : errorText(idOf(request), refusal);
    const response = await this.#server.receive(withArrayParams(request as JSONRPCRequest), session);
    return response === null ? undefined : this.#responseText(response);
  }
}

function errorText(id: string | number | null, error: RpcErrorObject): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}

function invalidRequest(got: string): RpcErrorObject {
  return {
    code: RPC_CODES.invalidRequest,
    message: `invalid request: expected {"jsonrpc":"2.0","id":…,"method":"…","params":[…]}, got ${got}`,
  };
}

/** Why an envelope is not a request, or undefined when it is one. */
function refuse(request: unknown): RpcErrorObject | undefined {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) return invalidRequest('no object');
  const { jsonrpc, id, method, params } = request as Record<string, unknown>;
  if (jsonrpc !== '2.0') return invalidRequest('another "jsonrpc"');
  if (typeof method !== 'string') return invalidRequest('no "method"');
  if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number')
    return invalidRequest('an "id" that is neither text nor a number');
  if ('result' in request || 'error' in request) return invalidRequest('a response');
  if (params !== undefined && params !== null && !Array.isArray(params))
    return { code: RPC_CODES.invalidParams, message: `invalid params of ${quote(method)}: expected an array` };
  return undefined;
}

/** A valid request without an identifier, which gets no answer whatever happens. */
function isNotification(request: unknown): boolean {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) return false;
  const { jsonrpc, id, method } = request as Record<string, unknown>;
  return jsonrpc === '2.0' && typeof method === 'string' && id === undefined;
}

function idOf(request: unknown): string | number | null {
  const id = typeof request === 'object' && request !== null ? (request as Record<string, unknown>)['id'] : null;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

function withArrayParams(request: JSONRPCRequest): JSONRPCRequest {
  return request.params === undefined || request.params === null ? { ...request, params: [] } : request;
}

/** The longest run of requests from `start` that may run together. */
function concurrentGroup(requests: readonly unknown[], start: number): readonly unknown[] {
  let end = start;
  while (end < requests.length && methodOf(requests[end]) === CONCURRENT_METHOD) end++;
  return requests.slice(start, Math.max(end, start + 1));
}

function methodOf(request: unknown): unknown {
  return typeof request === 'object' && request !== null ? (request as Record<string, unknown>)['method'] : undefined;
}

/** The JSON of a message, or why it cannot be read. */
function parseMessage(text: string, depthMax: number): unknown {
  if (isDeeperThan(text, depthMax))
    return new RpcError(RPC_CODES.invalidRequest, `invalid request: JSON nested deeper than ${depthMax} levels`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return new RpcError(RPC_CODES.parseError, 'parse error: the message is not valid JSON');
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether more than `depthMax` brackets are open at once outside strings; checked before anything recurses over the JSON. */
export function isDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) {
      i = endOfString(text, i);
      if (i < 0) return false;
    } else if (character === 0x5b || character === 0x7b) {
      if (++depth > depthMax) return true;
    } else if (character === 0x5d || character === 0x7d) depth--;
  }
  return false;
}

/** The position of the quote that ends the string which starts at `start`, or -1. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return -1;
}
