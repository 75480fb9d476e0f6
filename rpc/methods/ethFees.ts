// eth_*: what gas costs and cost.
import type { Wei } from '../../primitives/types.ts';
import { requireHeader } from '../blockRefs.ts';
import type { RpcContext } from '../context.ts';
import { RPC_CODES, RpcError } from '../errors.ts';
import { type FeeHistory, feeHistory, suggestPriorityFee } from '../fees.ts';
import { type Methods, method } from '../method.ts';
import { type BlockRef, blockNumber } from '../params/block.ts';
import { invalidAt, lenientQuantity64, list, optional, type Parser } from '../params/values.ts';
import { searchSlots } from '../searchSlots.ts';
import { nullableQuantity, quantityToRpc } from '../serialize/values.ts';

const percentile: Parser<number> = (value, at) => {
  if (typeof value !== 'number' || !(value >= 0 && value <= 100)) throw invalidAt(at, 'a number from 0 to 100', value);
  return value;
};

/** Percentiles in ascending order. */
function percentiles(lengthMax: number): Parser<number[]> {
  const parse = list(percentile, lengthMax);
  return (value, at) => {
    const parsed = parse(value, at);
    parsed.forEach((current, position) => {
      const previous = parsed[position - 1];
      if (previous !== undefined && current < previous)
        throw invalidAt(`${at}[${position}]`, `at least ${previous}, as percentiles ascend`, current);
    });
    return parsed;
  };
}

export function ethFeeMethods({ node, limits }: RpcContext): Methods {
  const { chain } = node;
  const rewardPercentiles = optional(percentiles(limits.feeHistoryPercentilesMax), undefined);
  const searches = searchSlots(limits);
  let suggestion: { readonly head: Uint8Array; readonly wei: Wei } | undefined;

  /** Computed once per head. */
  function priorityFee(): Wei {
    const head = chain.head.hash;
    if (suggestion?.head !== head) suggestion = { head, wei: suggestPriorityFee(node) };
    return suggestion.wei;
  }
  async function history(blockCount: bigint, ref: BlockRef, at: readonly number[] | undefined): Promise<unknown> {
    const newest = requireHeader(chain, ref).header.number;
    if (blockCount === 0n) return { oldestBlock: '0x0', gasUsedRatio: [] };
    const available = newest + 1n;
    const wanted = blockCount < available ? blockCount : available;
    if (wanted > BigInt(limits.feeHistoryBlocksMax))
      throw new RpcError(
        RPC_CODES.limitExceeded,
        `fee history of ${wanted} blocks, at most ${limits.feeHistoryBlocksMax} are allowed`,
      );
    const read = (): Promise<FeeHistory> => feeHistory(node, newest, wanted, at);
    const found = await (at === undefined ? read() : searches.run(read));
    return {
      oldestBlock: quantityToRpc(found.oldestBlock),
      baseFeePerGas: found.baseFeesPerGas.map(quantityToRpc),
      gasUsedRatio: found.gasUsedRatios,
      baseFeePerBlobGas: found.blobBaseFees.map(quantityToRpc),
      blobGasUsedRatio: found.blobGasUsedRatios,
      ...(found.rewards === undefined ? {} : { reward: found.rewards.map((row) => row.map(quantityToRpc)) }),
    };
  }

  return {
    eth_gasPrice: method([], () => quantityToRpc((node.nextBaseFee() ?? 0n) + priorityFee())),
    eth_maxPriorityFeePerGas: method([], () => quantityToRpc(priorityFee())),
    eth_baseFee: method([], () => nullableQuantity(node.nextBaseFee())),
    eth_blobBaseFee: method([], () => nullableQuantity(node.nextBlobBaseFee())),
    eth_feeHistory: method([lenientQuantity64, blockNumber, rewardPercentiles], history),
  };
}
