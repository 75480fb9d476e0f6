// One JSON-RPC call to a running node, for verbs that need no more.
import { ChainError, messageOf } from '../primitives/errors.ts';

/** A node on the same machine answers in milliseconds; this only ends a wait for nothing. */
const TIMEOUT_MS = 30_000;

export const DEFAULT_RPC_URL = 'http://127.0.0.1:8545';

/** @throws ChainError `RPC_UNREACHABLE`, or `RPC_ERROR` with what the node said */
export async function rpcCall(
  url: string,
  method: string,
  params: readonly unknown[],
  timeoutMs: number = TIMEOUT_MS,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    throw new ChainError(
      'RPC_UNREACHABLE',
      `no node answers at ${url} (${cause}); start one with "npm start", or name another with --rpc`,
    );
  }
  const text = await response.text();
  let answer: { result?: unknown; error?: { code: number; message: string } };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    throw new ChainError('RPC_UNREACHABLE', `${url} does not speak JSON-RPC (HTTP status ${response.status})`);
  }
  if (answer.error !== undefined) {
    throw new ChainError('RPC_ERROR', `${method}: ${answer.error.message} (code ${answer.error.code})`, {
      method,
      ...answer.error,
    });
  }
  return answer.result;
}
