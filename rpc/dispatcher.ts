// From the text of a message to the text of its answer: JSON within its limits, the JSON-RPC 2.0 envelope, batches,
// notifications. What can be answered at once is answered without a promise; only what waits for something returns one.
import { quote } from '../primitives/bytes.ts';
import { Batch } from './batch.ts';
import type { RpcLog } from './context.ts';
import { RPC_CODES, RpcError, type RpcErrorObject, toErrorObject } from './errors.ts';
import { isDeeperThan } from './jsonDepth.ts';
import type { RpcLimits } from './limits.ts';
import { JsonText, type Method, type Methods, type Session } from './method.ts';
import { Turns } from './turns.ts';

/** The text of an answer; undefined when nothing is answered (notifications). */
export type AnswerText = string | undefined;

/** What one method has cost since the start, for metrics. */
export interface MethodMeter {
  calls: number;
  /** Calls that were answered with an error. */
  errors: number;
  /** Time from call to answer; of methods that wait, such as `eth_sendRawTransaction`, with the wait. */
  totalMicroseconds: number;
}

/** The meter of calls to methods that do not exist: one for all, because clients choose the names. */
export const UNKNOWN_METHOD = 'unknown';
/** Requests that follow each other in a batch and run together, so that their senders are recovered together. */
const CONCURRENT_METHOD = 'eth_sendRawTransaction';

interface MeteredMethod {
  readonly run: Method;
  readonly meter: MethodMeter;
}

/** A request whose envelope has been checked. */
interface Envelope {
  readonly id?: string | number | null | undefined;
  readonly method: string;
  readonly params?: readonly unknown[] | null | undefined;
}

export class Dispatcher {
  readonly #methods = new Map<string, MeteredMethod>();
  readonly #explainMissing: (name: string) => string;
  readonly #unknown: MethodMeter = newMeter();
  readonly #limits: RpcLimits;
  readonly #log: RpcLog;
  readonly #turns: Turns;
  /** When the last call ended, in milliseconds: in a batch the next one begins then, which saves asking the clock again. */
  #endedMs = 0;

  /** `explainMissing` says why a method is not there. */
  constructor(methods: Methods, explainMissing: (name: string) => string, limits: RpcLimits, log: RpcLog) {
    this.#explainMissing = explainMissing;
    this.#limits = limits;
    this.#log = log;
    this.#turns = new Turns(limits.turnMsMax);
    for (const [name, run] of Object.entries(methods)) this.#methods.set(name, { run, meter: newMeter() });
  }

  /** What each method has cost; names that do not exist are counted together as {@link UNKNOWN_METHOD}. */
  *meters(): IterableIterator<readonly [name: string, meter: Readonly<MethodMeter>]> {
    for (const [name, { meter }] of this.#methods) yield [name, meter];
    yield [UNKNOWN_METHOD, this.#unknown];
  }

  /** Answers one message; undefined when it holds nothing but notifications. Never throws or rejects. */
  answer(text: string, session: Session): AnswerText | Promise<AnswerText> {
    return this.#turns.isBusy ? this.#turns.later(() => this.#begin(text, session)) : this.#begin(text, session);
  }

  #begin(text: string, session: Session): AnswerText | Promise<AnswerText> {
    const startMs = performance.now();
    const message = parseMessage(text, this.#limits.jsonDepthMax);
    const refusal = this.#refuseMessage(message);
    if (refusal === undefined && Array.isArray(message))
      return this.#goOn(new Batch(message, this.#limits, startMs), session, startMs);
    const answer = refusal === undefined ? this.#answerOne(message, session, startMs) : errorText(null, refusal);
    this.#turns.spend(performance.now() - startMs);
    return answer;
  }

  /** Why a message is refused as a whole, or undefined. */
  #refuseMessage(message: unknown): RpcErrorObject | undefined {
    if (message instanceof RpcError) return toErrorObject(message).object;
    if (!Array.isArray(message)) return undefined;
    if (message.length === 0) return invalidRequest('an empty batch');
    const { batchRequestsMax } = this.#limits;
    if (message.length <= batchRequestsMax) return undefined;
    return {
      code: RPC_CODES.limitExceeded,
      message: `batch too large: ${message.length} requests, at most ${batchRequestsMax} are allowed`,
    };
  }

  /** Goes through a batch from where it stands; what has to wait goes on from here again. */
  #goOn(batch: Batch, session: Session, startMs = performance.now()): AnswerText | Promise<AnswerText> {
    this.#endedMs = performance.now();
    const answer = this.#answerBatch(batch, session, startMs);
    this.#turns.spend(performance.now() - startMs);
    return answer;
  }

  #answerBatch(batch: Batch, session: Session, startMs: number): AnswerText | Promise<AnswerText> {
    while (!batch.isDone) {
      if (this.#turns.isOver(this.#endedMs - startMs)) return this.#turns.later(() => this.#goOn(batch, session));
      const { request } = batch;
      const refusal = batch.refuse(this.#endedMs);
      if (refusal !== undefined) {
        batch.add(isNotification(request) ? undefined : errorText(idOf(request), refusal));
        continue;
      }
      if (methodOf(request) === CONCURRENT_METHOD) return this.#answerTogether(batch, session);
      const answer = this.#answerOne(request, session, this.#endedMs);
      if (answer instanceof Promise) return answer.then((text) => this.#resume(batch, [text], session));
      this.#add(batch, answer);
    }
    return batch.text();
  }

  /** Runs the transactions that stand next to each other in a batch at the same time. */
  #answerTogether(batch: Batch, session: Session): Promise<AnswerText> {
    const startMs = this.#endedMs;
    const answers = batch
      .run((request) => methodOf(request) === CONCURRENT_METHOD)
      .map((request) => this.#answerOne(request, session, startMs));
    return Promise.all(answers).then((texts) => this.#resume(batch, texts, session));
  }

  #resume(batch: Batch, texts: readonly AnswerText[], session: Session): AnswerText | Promise<AnswerText> {
    for (const text of texts) this.#add(batch, text);
    return this.#goOn(batch, session);
  }

  #add(batch: Batch, text: AnswerText): void {
    const refusal = text === undefined ? undefined : batch.refuseSize(text.length);
    batch.add(refusal === undefined ? text : errorText(idOf(batch.request), refusal));
  }

  #answerOne(value: unknown, session: Session, startMs: number): AnswerText | Promise<AnswerText> {
    const refusal = refuse(value);
    if (refusal !== undefined) return isNotification(value) ? undefined : errorText(idOf(value), refusal);
    const request = value as Envelope;
    const method = this.#methods.get(request.method);
    if (method === undefined) {
      const missing = new RpcError(RPC_CODES.methodNotFound, this.#explainMissing(request.method));
      return this.#failed(request, missing, this.#unknown, startMs);
    }
    const { run, meter } = method;
    try {
      const result = run(request.params ?? [], session);
      if (!(result instanceof Promise)) return this.#succeeded(request, result, meter, startMs);
      return result.then(
        (later) => this.#succeeded(request, later, meter, startMs),
        (error) => this.#failed(request, error, meter, startMs),
      );
    } catch (error) {
      return this.#failed(request, error, meter, startMs);
    }
  }

  #succeeded(request: Envelope, result: unknown, meter: MethodMeter, startMs: number): AnswerText {
    try {
      const text = request.id === undefined ? undefined : resultText(request.id, result);
      this.#measure(meter, startMs);
      return text;
    } catch (error) {
      this.#log.warn(`${request.method} answered with something that JSON cannot hold`, error);
      return this.#failed(request, new RpcError(RPC_CODES.internalError, 'internal error'), meter, startMs);
    }
  }

  #failed(request: Envelope, error: unknown, meter: MethodMeter, startMs: number): AnswerText {
    const { object, isUnexpected } = toErrorObject(error);
    if (isUnexpected) this.#log.warn(`${quote(request.method)} failed unexpectedly`, error);
    meter.errors++;
    this.#measure(meter, startMs);
    return request.id === undefined ? undefined : errorText(request.id, object);
  }

  #measure(meter: MethodMeter, startMs: number): void {
    this.#endedMs = performance.now();
    meter.calls++;
    meter.totalMicroseconds += (this.#endedMs - startMs) * 1_000;
  }
}

function newMeter(): MethodMeter {
  return { calls: 0, errors: 0, totalMicroseconds: 0 };
}

function resultText(id: string | number | null, result: unknown): string {
  const text = result instanceof JsonText ? result.text : (JSON.stringify(result) ?? 'null');
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${text}}`;
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
