// What every method file is built from.
import type { NodeApi } from '../node/api.ts';
import type { Filters } from './filters.ts';
import type { RpcLimits } from './limits.ts';

/** Where the server reports what an operator should know. */
export interface RpcLog {
  info(message: string): void;
  warn(message: string, detail?: unknown): void;
}

export interface RpcContext {
  readonly node: NodeApi;
  readonly limits: RpcLimits;
  readonly filters: Filters;
  readonly log: RpcLog;
}
