// Stored blocks read by the stock library, each under the rules that the chain spec has for it.
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { blobScheduleAt, forkAt, includesFork } from '../../genesis/forks.ts';
import { messageOf } from '../../primitives/errors.ts';
import { decodeStockBlock, type RulesOf, type StockBlock } from './decodeStockBlock.ts';
import type { BlockComparison } from './difference.ts';
import { stockRules } from './stockRules.ts';

/** Blocks that ommers are checked against. */
export const ANCESTORS_KEPT = 7;

/** @throws DifferenceFound when the stock library cannot read the block under its rules */
export function decodeStored(
  compare: BlockComparison,
  rlp: Uint8Array,
  rulesOf: RulesOf,
  { gnomon }: ChainSpec,
): StockBlock {
  try {
    return decodeStockBlock(rlp, rulesOf, gnomon?.devChain === true);
  } catch (error) {
    return compare.differs('block', 'a block that the stock library reads', messageOf(error));
  }
}

/** One table for each fork and blob schedule of the chain. */
export function rulesCache(spec: ChainSpec): RulesOf {
  const tables = new Map<string, ReturnType<typeof stockRules>>();
  return (number, timestampSeconds) => {
    const fork = forkAt(spec.forks, number, timestampSeconds);
    const blobs = includesFork(fork, 'cancun') ? blobScheduleAt(spec.blobSchedules, timestampSeconds) : undefined;
    const key = `${fork} ${blobs?.name ?? ''} ${blobs?.timestampSeconds ?? ''}`;
    const known = tables.get(key);
    if (known !== undefined) return known;
    const table = stockRules(spec.chainId, fork, blobs);
    tables.set(key, table);
    return table;
  };
}
