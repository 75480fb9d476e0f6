// eth_getLogs: header blooms rule out most blocks, the rest are read and matched.

import { equalBytes } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import { bloomMayContain } from '../block/bloom.ts';
import type { Log, SignedTransaction } from '../block/types.ts';
import type { ChainReader, LocatedLog, LogFilter, SealedHeader } from './chainReader.ts';

function bloomMayMatch(bloom: Uint8Array, filter: LogFilter): boolean {
  const { addresses, topics } = filter;
  if (addresses.length > 0 && !addresses.some((address) => bloomMayContain(bloom, address))) return false;
  return topics.every((choices) => !choices?.length || choices.some((topic) => bloomMayContain(bloom, topic)));
}

/** Whether a log passes a filter: any of the addresses, and per position any of the topics. */
export function matchesFilter(log: Log, filter: LogFilter): boolean {
  const { addresses, topics } = filter;
  if (addresses.length > 0 && !addresses.some((address: Address) => equalBytes(address, log.address))) return false;
  if (topics.length > log.topics.length) return false;
  return topics.every((choices, position) => {
    const topic = log.topics[position];
    return !choices?.length || (topic !== undefined && choices.some((choice) => equalBytes(choice, topic)));
  });
}

function appendMatches(
  chain: ChainReader,
  block: SealedHeader,
  filter: LogFilter,
  limit: number,
  found: LocatedLog[],
): void {
  const { number } = block.header;
  const receipts = chain.receiptsByNumber(number) ?? [];
  const transactions = chain.blockByNumber(number)?.transactions ?? [];
  let logIndex = 0;
  for (const [transactionIndex, receipt] of receipts.entries()) {
    const { hash: transactionHash } = transactions[transactionIndex] as SignedTransaction;
    for (const log of receipt.logs) {
      if (matchesFilter(log, filter)) found.push({ log, block, transactionHash, transactionIndex, logIndex });
      logIndex++;
    }
    if (found.length > limit) return;
  }
}

/** Matching logs of the blocks `fromBlock..toBlock` in order; stops once there are more than `limit`. */
export function findLogs(
  chain: ChainReader,
  fromBlock: bigint,
  toBlock: bigint,
  filter: LogFilter,
  limit: number,
): LocatedLog[] {
  const found: LocatedLog[] = [];
  for (let number = fromBlock; number <= toBlock && found.length <= limit; number++) {
    const block = chain.headerByNumber(number);
    if (block === undefined) break;
    if (bloomMayMatch(block.header.logsBloom, filter)) appendMatches(chain, block, filter, limit, found);
  }
  return found.slice(0, limit + 1);
}
