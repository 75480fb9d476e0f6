// Log queries within their caps, and the test whether one log is meant.
import { bloomMayContain } from '../node/block/bloom.ts';
import type { Log } from '../node/block/types.ts';
import type { ChainReader, LocatedLog, LogFilter } from '../node/chain/chainReader.ts';
import { bytesToHex, equalBytes } from '../primitives/bytes.ts';
import { ChainError } from '../primitives/errors.ts';
import { RPC_CODES, RpcError } from './errors.ts';
import type { RpcLimits } from './limits.ts';
import type { BlockRef } from './params/block.ts';
import type { LogQuery } from './params/filter.ts';
import { invalidParams } from './params/values.ts';
import { quantityToRpc } from './serialize/values.ts';

/** Whether `filter` means `log`: any of the addresses, and at each position any of the topics. */
export function matchesLog({ addresses, topics }: LogFilter, log: Log): boolean {
  if (addresses.length > 0 && !addresses.some((address) => equalBytes(address, log.address))) return false;
  if (topics.length > log.topics.length) return false;
  return topics.every((wanted, position) => {
    if (wanted === undefined || wanted.length === 0) return true;
    const topic = log.topics[position];
    return topic !== undefined && wanted.some((alternative) => equalBytes(alternative, topic));
  });
}

/** Whether a block with this bloom may hold logs that `filter` means; false is certain. */
export function bloomMayMatch({ addresses, topics }: LogFilter, bloom: Uint8Array): boolean {
  const anyOf = (wanted: readonly Uint8Array[]): boolean => wanted.some((bytes) => bloomMayContain(bloom, bytes));
  if (addresses.length > 0 && !anyOf(addresses)) return false;
  return topics.every((wanted) => wanted === undefined || wanted.length === 0 || anyOf(wanted));
}

/** A block number for a range end; numbers beyond the head stay as they are. */
function rangeEnd(chain: ChainReader, ref: BlockRef): bigint {
  if (ref.kind === 'number') return ref.number;
  return ref.kind === 'tag' && ref.tag === 'earliest' ? 0n : chain.head.header.number;
}

/**
 * Runs a query within its caps.
 * @throws RpcError -32602 for an impossible range, -32001 for an unknown block hash, -32005 naming the allowed range past a cap
 */
export async function queryLogs(chain: ChainReader, query: LogQuery, limits: RpcLimits): Promise<LocatedLog[]> {
  if (query.blockHash !== undefined) {
    const block = chain.headerByHash(query.blockHash);
    if (block === undefined)
      throw new RpcError(RPC_CODES.resourceNotFound, `unknown block ${bytesToHex(query.blockHash)}`);
    return withinResultCap(chain, block.header.number, block.header.number, query, limits);
  }
  const from = rangeEnd(chain, query.fromBlock);
  const to = rangeEnd(chain, query.toBlock);
  const head = chain.head.header.number;
  if (from > to)
    throw invalidParams(`invalid block range: fromBlock ${quantityToRpc(from)} is after toBlock ${quantityToRpc(to)}`);
  if (to > head)
    throw invalidParams(
      `block range extends beyond current head block: toBlock is ${quantityToRpc(to)}, the head is ${quantityToRpc(head)}`,
    );
  if (to - from >= BigInt(limits.logBlocksMax))
    throw limitExceeded(
      `query spans ${to - from + 1n} blocks, at most ${limits.logBlocksMax} are allowed`,
      from,
      from + BigInt(limits.logBlocksMax) - 1n,
    );
  return withinResultCap(chain, from, to, query, limits);
}

async function withinResultCap(
  chain: ChainReader,
  from: bigint,
  to: bigint,
  filter: LogFilter,
  limits: RpcLimits,
): Promise<LocatedLog[]> {
  // One block is answered whole: its gas bounds its logs, and whoever fills it must not stop those who read block by block.
  const most = from === to ? Number.MAX_SAFE_INTEGER : limits.logResultsMax;
  const found = await search(chain, from, to, filter, most);
  const surplus = found[most];
  if (surplus === undefined) return found;
  const last = surplus.block.header.number;
  throw limitExceeded(`query returned more than ${most} results`, from, last > from ? last - 1n : from);
}

/** The chain's own limit of what a search may read becomes an answer with the range that it did search. */
async function search(
  chain: ChainReader,
  from: bigint,
  to: bigint,
  filter: LogFilter,
  limit: number,
): Promise<LocatedLog[]> {
  try {
    return await chain.logsInTurns(from, to, filter, limit);
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== 'LOG_SEARCH_LIMIT') throw error;
    const { searchedTo } = error.data as { searchedTo: bigint };
    throw limitExceeded(error.message, from, searchedTo > from ? searchedTo : from);
  }
}

function limitExceeded(problem: string, from: bigint, to: bigint): RpcError {
  const range = `[${quantityToRpc(from)}, ${quantityToRpc(to)}]`;
  return new RpcError(RPC_CODES.limitExceeded, `${problem}. Try with this block range ${range}.`, {
    from: quantityToRpc(from),
    to: quantityToRpc(to),
  });
}
