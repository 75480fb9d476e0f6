// What execution decides of a block: the header's sums and roots, and every receipt.
import type { Block as EvmBlock } from '@ethereumjs/block';
import type { TxReceipt } from '@ethereumjs/vm';
import { equalBytes } from '../../primitives/bytes.ts';
import type { Log, Receipt } from '../block/types.ts';
import type { BlockComparison } from './difference.ts';
import type { StockOutcome } from './stockExecutor.ts';

/**
 * Compares the receipts first: a wrong one says more than a wrong root.
 * @throws DifferenceFound
 */
export function compareOutcome(
  compare: BlockComparison,
  { header }: EvmBlock,
  outcome: StockOutcome,
  receipts: readonly Receipt[],
): void {
  compare.same('receipts', outcome.receipts.length, receipts.length);
  for (const [index, receipt] of outcome.receipts.entries())
    compareReceipt(compare, `receipts[${index}]`, receipt, receipts[index]);
  compare.same('gasUsed', outcome.gasUsed, header.gasUsed);
  compare.same('receiptsRoot', outcome.receiptsRoot, header.receiptTrie);
  compare.same('logsBloom', outcome.logsBloom, header.logsBloom);
  compare.same('blobGasUsed', outcome.blobGasUsed, header.blobGasUsed);
  compare.same('requestsHash', outcome.requestsHash, header.requestsHash);
  compare.same('stateRoot', outcome.stateRoot, header.stateRoot);
}

function compareReceipt(
  compare: BlockComparison,
  field: string,
  expected: TxReceipt,
  stored: Receipt | undefined,
): void {
  if ('status' in expected) compare.same(`${field}.status`, expected.status, stored?.succeeded ? 1 : 0);
  else compare.same(`${field}.stateRoot`, expected.stateRoot, stored?.stateRoot);
  compare.same(`${field}.cumulativeGasUsed`, expected.cumulativeBlockGasUsed, stored?.cumulativeGasUsed);
  compare.same(`${field}.logsBloom`, expected.bitvector, stored?.logsBloom);
  compare.same(`${field}.logs`, expected.logs.length, stored?.logs.length);
  for (const [index, [address, topics, data]] of expected.logs.entries()) {
    const log = stored?.logs[index];
    compare.same(`${field}.logs[${index}].address`, address, log?.address);
    compare.holds(hasTopics(log, topics), `${field}.logs[${index}].topics`, `${topics.length} topics`, 'others');
    compare.same(`${field}.logs[${index}].data`, data, log?.data);
  }
}

function hasTopics(log: Log | undefined, topics: readonly Uint8Array[]): boolean {
  if (log?.topics.length !== topics.length) return false;
  return topics.every((topic, index) => equalBytes(topic, log.topics[index] as Uint8Array));
}
