// What gas costs: the blob base fee of a block, fee histories and suggestions for the next transaction.

import type { ChainSpec } from '../genesis/chainSpec.ts';
import { blobScheduleAt } from '../genesis/forks.ts';
import type { NodeApi } from '../node/api.ts';
import { blobBaseFee, GAS_PER_BLOB } from '../node/block/blobGas.ts';
import type { Block, Header, Receipt } from '../node/block/types.ts';
import { equalBytes } from '../primitives/bytes.ts';
import { assert, ChainError } from '../primitives/errors.ts';
import type { Gas, Wei } from '../primitives/types.ts';
import { mapInSlices } from './searchSlots.ts';
import { gasPriceOf } from './serialize/transaction.ts';

/** Blocks that a suggestion looks at, samples of each, and the percentile of all samples that it takes (as geth). */
const SUGGESTION_BLOCKS = 20n;
const SUGGESTION_SAMPLES_PER_BLOCK = 3;
const SUGGESTION_PERCENTILE = 60;
/** Suggested where no recent transaction says anything: 1 gwei, as geth and Anvil do. */
const DEFAULT_PRIORITY_FEE: Wei = 1_000_000_000n;

/** What a unit of blob gas cost in the block with this header; undefined before Cancun. */
export function blobBaseFeeOf(spec: ChainSpec, header: Header): Wei | undefined {
  const schedule = blobScheduleAt(spec.blobSchedules, header.timestampSeconds);
  return schedule === undefined || header.excessBlobGas === undefined
    ? undefined
    : blobBaseFee(header.excessBlobGas, schedule);
}

/** What the proposer earned per unit of gas. */
function tipOf(block: Block, receipt: Receipt): Wei {
  return receipt.effectiveGasPrice - (block.header.baseFeePerGas ?? 0n);
}

/** The tips at `percentiles` of a block's gas, lowest tip first; zeros for an empty block. */
function tipsAtPercentiles(block: Block, receipts: readonly Receipt[], percentiles: readonly number[]): Wei[] {
  const sorted = receipts
    .map((receipt) => ({ tip: tipOf(block, receipt), gasUsed: receipt.gasUsed }))
    .sort((a, b) => (a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0));
  const first = sorted[0];
  if (first === undefined) return percentiles.map(() => 0n);
  let position = 0;
  let gasSoFar = first.gasUsed;
  return percentiles.map((percentile) => {
    const threshold = (Number(block.header.gasUsed) * percentile) / 100;
    while (Number(gasSoFar) < threshold && position < sorted.length - 1) gasSoFar += sorted[++position]?.gasUsed ?? 0n;
    return sorted[position]?.tip ?? 0n;
  });
}

export interface FeeHistory {
  readonly oldestBlock: bigint;
  /** One more entry than blocks: the last is that of the following block. */
  readonly baseFeesPerGas: readonly Wei[];
  readonly blobBaseFees: readonly Wei[];
  readonly gasUsedRatios: readonly number[];
  readonly blobGasUsedRatios: readonly number[];
  readonly rewards: readonly (readonly Wei[])[] | undefined;
}

/** The fees of the `count` blocks that end with `newest`; the range must exist. Reads the blocks of rewards in slices. */
export async function feeHistory(
  node: NodeApi,
  newest: bigint,
  count: bigint,
  percentiles: readonly number[] | undefined,
): Promise<FeeHistory> {
  const { chain } = node;
  const oldestBlock = newest - count + 1n;
  const headers: Header[] = [];
  for (let number = oldestBlock; number <= newest; number++) {
    const sealed = chain.headerByNumber(number);
    assert(sealed !== undefined, `no header ${number} below the head`);
    headers.push(sealed.header);
  }
  const following = newest === chain.head.header.number ? undefined : chain.headerByNumber(newest + 1n)?.header;
  const nextBaseFee = following === undefined ? node.nextBaseFee() : following.baseFeePerGas;
  const nextBlobBaseFee = following === undefined ? node.nextBlobBaseFee() : blobBaseFeeOf(chain.spec, following);
  const rewards =
    percentiles === undefined
      ? undefined
      : await mapInSlices(headers, (header) => rewardsOf(node, header, percentiles));
  return {
    oldestBlock,
    baseFeesPerGas: [...headers.map((header) => header.baseFeePerGas ?? 0n), nextBaseFee ?? 0n],
    blobBaseFees: [...headers.map((header) => blobBaseFeeOf(chain.spec, header) ?? 0n), nextBlobBaseFee ?? 0n],
    gasUsedRatios: headers.map(({ gasUsed, gasLimit }) => ratio(gasUsed, gasLimit)),
    blobGasUsedRatios: headers.map((header) => blobGasUsedRatio(chain.spec, header)),
    rewards,
  };
}

/** @throws ChainError `STATE_ROLLED_BACK` when the block went while others were read */
function rewardsOf({ chain }: NodeApi, header: Header, percentiles: readonly number[]): Wei[] {
  const block = chain.blockByNumber(header.number);
  const receipts = chain.receiptsByNumber(header.number);
  if (block === undefined || receipts === undefined || !equalBytes(block.header.receiptsRoot, header.receiptsRoot))
    throw new ChainError('STATE_ROLLED_BACK', 'the chain was rolled back while its fees were read. Ask again.', {
      blockNumber: header.number,
    });
  return tipsAtPercentiles(block, receipts, percentiles);
}

function ratio(part: Gas, whole: Gas): number {
  return whole === 0n ? 0 : Number(part) / Number(whole);
}

function blobGasUsedRatio(spec: ChainSpec, header: Header): number {
  const schedule = blobScheduleAt(spec.blobSchedules, header.timestampSeconds);
  if (schedule === undefined || header.blobGasUsed === undefined) return 0;
  return ratio(header.blobGasUsed, BigInt(schedule.max) * GAS_PER_BLOB);
}

/** Suggests a tip from recent blocks: the 60th percentile of the lowest three tips of each. */
export function suggestPriorityFee({ chain }: NodeApi): Wei {
  const head = chain.head.header.number;
  const samples: Wei[] = [];
  for (let number = head; number > 0n && number > head - SUGGESTION_BLOCKS; number--) {
    const block = chain.blockByNumber(number);
    if (block === undefined) continue;
    const tips = block.transactions
      .map((transaction) => gasPriceOf(transaction, block.header) - (block.header.baseFeePerGas ?? 0n))
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    samples.push(...tips.slice(0, SUGGESTION_SAMPLES_PER_BLOCK));
  }
  samples.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return samples[Math.floor(((samples.length - 1) * SUGGESTION_PERCENTILE) / 100)] ?? DEFAULT_PRIORITY_FEE;
}
