// What an attack is: something that goes on until it is told to end, and counts how it was answered.
import { request } from 'node:http';
import { countAnswers, countRefusal, type Outcomes } from './outcomes.ts';

export interface AttackContext {
  readonly url: string;
  readonly outcomes: Outcomes;
  /** Whether time is left. */
  goesOn(): boolean;
  /** Milliseconds left. */
  leftMs(): number;
}

export type Attack = (context: AttackContext) => Promise<void>;

/** Longest wait for an answer; a server that lets attackers wait is within its rights. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Posts one body on a connection of its own or a kept one, and counts the answer. */
export function post({ url, outcomes }: AttackContext, body: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', headers, timeout: ANSWER_TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        try {
          countAnswers(outcomes, Buffer.concat(chunks).toString());
        } catch {
          countRefusal(outcomes, `HTTP ${response.statusCode} without JSON`);
        }
        resolve();
      });
      response.on('error', () => resolve());
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', (error) => {
      countRefusal(outcomes, error.message);
      resolve();
    });
    sent.end(body);
  });
}

/** Runs `step` in `width` loops until the time is over. */
export async function loops(context: AttackContext, width: number, step: () => Promise<void>): Promise<void> {
  const loop = async (): Promise<void> => {
    while (context.goesOn()) await step();
  };
  await Promise.all(Array.from({ length: width }, loop));
}

export function requestText(method: string, params: readonly unknown[], id = 1): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}
