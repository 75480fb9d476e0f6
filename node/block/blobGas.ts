// Blob gas: how much of it a block's parent leaves in excess, and what it costs (EIP-4844, 7691, 7892, 7918).
import type { BlobSchedule } from '../../genesis/forks.ts';
import type { Gas, Wei } from '../../primitives/types.ts';
import type { Header } from './types.ts';

export const GAS_PER_BLOB: Gas = 131_072n;
const MIN_BLOB_BASE_FEE_WEI: Wei = 1n;
/** EIP-7918: execution gas that the price of one blob must at least stand for. */
const BLOB_BASE_COST = 8_192n;

/** `factor · e^(numerator / denominator)`, rounded down, by Taylor expansion in integers (EIP-4844, helpers). */
export function fakeExponential(factor: bigint, numerator: bigint, denominator: bigint): bigint {
  let output = 0n;
  let accumulator = factor * denominator;
  for (let i = 1n; accumulator > 0n; i++) {
    output += accumulator;
    accumulator = (accumulator * numerator) / (denominator * i);
  }
  return output / denominator;
}

/** What one unit of blob gas costs, in wei, at this excess. */
export function blobBaseFee(excessBlobGas: Gas, schedule: BlobSchedule): Wei {
  return fakeExponential(MIN_BLOB_BASE_FEE_WEI, excessBlobGas, schedule.baseFeeUpdateFraction);
}

/** The most blob gas that one block may use. */
export function blobGasMax(schedule: BlobSchedule): Gas {
  return BigInt(schedule.max) * GAS_PER_BLOB;
}

/** The part of a parent header that its child's excess blob gas follows from. */
export type BlobGasParent = Pick<Header, 'baseFeePerGas' | 'blobGasUsed' | 'excessBlobGas'>;

/**
 * The excess blob gas of a Cancun block: `schedule` is the one in force at the block itself, `isOsaka` whether EIP-7918
 * bounds the blob price by the execution price. A parent from before Cancun had neither excess nor blobs.
 */
export function nextExcessBlobGas(parent: BlobGasParent, schedule: BlobSchedule, isOsaka: boolean): Gas {
  const excess = parent.excessBlobGas ?? 0n;
  const used = parent.blobGasUsed ?? 0n;
  const target = BigInt(schedule.target) * GAS_PER_BLOB;
  if (excess + used < target) return 0n;
  if (isOsaka && isBelowReservePrice(parent.baseFeePerGas ?? 0n, excess, schedule))
    return excess + (used * BigInt(schedule.max - schedule.target)) / BigInt(schedule.max);
  return excess + used - target;
}

function isBelowReservePrice(baseFeePerGas: Wei, excessBlobGas: Gas, schedule: BlobSchedule): boolean {
  return BLOB_BASE_COST * baseFeePerGas > GAS_PER_BLOB * blobBaseFee(excessBlobGas, schedule);
}
