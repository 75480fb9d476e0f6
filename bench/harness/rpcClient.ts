// JSON-RPC over bare connections: single calls for preparing and checking, and loads of prepared bodies for measuring.
import { percentile } from '../report/statistics.ts';
import { Connection } from './connection.ts';

export function requestBody(id: number, method: string, params: readonly unknown[]): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

/** Request bodies, `batchSize` requests in each; one request stands alone and not in an array. */
export function requestBodies(
  count: number,
  batchSize: number,
  request: (index: number) => readonly [method: string, params: readonly unknown[]],
): string[] {
  const bodies: string[] = [];
  for (let first = 0; first < count; first += batchSize) {
    const part: string[] = [];
    for (let index = first; index < Math.min(first + batchSize, count); index++)
      part.push(requestBody(index, ...request(index)));
    bodies.push(batchSize === 1 ? (part[0] as string) : `[${part.join(',')}]`);
  }
  return bodies;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

function resultOf(method: string, answer: Answer): unknown {
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`);
  return answer.result;
}

/** Calls that are not measured; one connection, kept open. */
export class RpcClient {
  readonly #connection: Connection;

  constructor(url: string) {
    this.#connection = new Connection(url);
  }

  async call<Result>(method: string, params: readonly unknown[] = []): Promise<Result> {
    const text = await this.#connection.send(requestBody(1, method, params));
    return resultOf(method, JSON.parse(text) as Answer) as Result;
  }

  /** Many calls of one method in batches of 100, in order. */
  async callMany<Result>(method: string, parameterLists: readonly (readonly unknown[])[]): Promise<Result[]> {
    const bodies = requestBodies(parameterLists.length, 100, (index) => [method, parameterLists[index] ?? []]);
    const results: Result[] = new Array(parameterLists.length);
    for (const body of bodies) {
      const answers = JSON.parse(await this.#connection.send(body)) as Answer[];
      for (const answer of answers) results[answer.id] = resultOf(method, answer) as Result;
    }
    return results;
  }

  close(): void {
    this.#connection.close();
  }
}

export interface LoadResult {
  readonly milliseconds: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly firstError: string | undefined;
  /** Of one HTTP exchange, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

function countOf(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count++;
  return count;
}

/** Sends every body, each connection one at a time, and counts results and errors in the answers. */
export async function sendLoad(url: string, bodies: readonly string[], connectionCount: number): Promise<LoadResult> {
  const connections = await Promise.all(Array.from({ length: connectionCount }, () => new Connection(url).open()));
  const latencies: number[] = [];
  let next = 0;
  let succeeded = 0;
  let failed = 0;
  let firstError: string | undefined;
  const work = async (connection: Connection) => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const sentMs = performance.now();
      const answer = await connection.send(body);
      latencies.push(performance.now() - sentMs);
      const errors = countOf(answer, '"error"');
      failed += errors;
      succeeded += errors === 0 || body.startsWith('[') ? countOf(answer, '"result"') : 0;
      if (errors > 0) firstError ??= answer.slice(0, 300);
    }
  };
  const begunMs = performance.now();
  await Promise.all(connections.map(work));
  const milliseconds = performance.now() - begunMs;
  for (const connection of connections) connection.close();
  return {
    milliseconds,
    succeeded,
    failed,
    firstError,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
}
