// From a call request to a message: defaults, prices, and the checks that a call shares with a transaction.
import { ZERO_ADDRESS } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Gas, Wei } from '../../primitives/types.ts';
import type { CallRequest } from '../api.ts';
import type { StateReader } from '../state/types.ts';
import type { BlockEnvironment } from './blockEnvironment.ts';
import { type ForkRules, isActive } from './forkRules.ts';
import { intrinsicGas } from './intrinsicGas.ts';
import type { TransitionMessage } from './transition.ts';
import { blobGasOf, effectiveGasPrice, INIT_CODE_BYTES_MAX, refuse } from './validateTransaction.ts';

const NO_BYTES = new Uint8Array(0);

/** The fees of a call: nothing offered means that gas is free, and that the block has no base fee (as geth has it). */
export interface CallFees {
  readonly maxFeePerGas: Wei;
  readonly gasPrice: Wei;
  readonly maxFeePerBlobGas: Wei;
  /** The block with the prices that the call sees. */
  readonly block: BlockEnvironment;
}

/**
 * @throws ChainError `FEE_FIELDS_CONFLICT`, `TIP_ABOVE_FEE_CAP`, `FEE_CAP_TOO_LOW`, `BLOB_FEE_CAP_TOO_LOW`
 */
export function callFees(request: CallRequest, block: BlockEnvironment): CallFees {
  const { gasPrice, maxFeePerBlobGas = 0n } = request;
  if (gasPrice !== undefined && (request.maxFeePerGas !== undefined || request.maxPriorityFeePerGas !== undefined))
    throw new ChainError(
      'FEE_FIELDS_CONFLICT',
      'a call names either gasPrice or maxFeePerGas and maxPriorityFeePerGas, got both',
    );
  const maxFeePerGas = gasPrice ?? request.maxFeePerGas ?? 0n;
  const maxPriorityFeePerGas = gasPrice ?? request.maxPriorityFeePerGas ?? 0n;
  const isFree = maxFeePerGas === 0n && maxPriorityFeePerGas === 0n;
  const { baseFeePerGas = 0n, blobBaseFee = 0n } = block;
  if (maxPriorityFeePerGas > maxFeePerGas)
    refuse('TIP_ABOVE_FEE_CAP', 'priority fee', `at most maxFeePerGas ${maxFeePerGas} wei`, maxPriorityFeePerGas);
  if (!isFree && maxFeePerGas < baseFeePerGas)
    refuse('FEE_CAP_TOO_LOW', 'maxFeePerGas', `at least the base fee of ${baseFeePerGas} wei`, maxFeePerGas);
  const hasBlobs = (request.blobVersionedHashes?.length ?? 0) > 0;
  if (hasBlobs && maxFeePerBlobGas > 0n && maxFeePerBlobGas < blobBaseFee)
    refuse('BLOB_FEE_CAP_TOO_LOW', 'maxFeePerBlobGas', `at least ${blobBaseFee} wei`, maxFeePerBlobGas);
  return {
    maxFeePerGas,
    maxFeePerBlobGas,
    gasPrice: isFree ? 0n : effectiveGasPrice({ maxFeePerGas, maxPriorityFeePerGas }, block.baseFeePerGas),
    block: {
      ...block,
      ...(isFree && block.baseFeePerGas !== undefined && { baseFeePerGas: 0n }),
      ...(maxFeePerBlobGas === 0n && block.blobBaseFee !== undefined && { blobBaseFee: 0n }),
    },
  };
}

/**
 * The message of a request at one gas limit.
 * @throws ChainError `INITCODE_TOO_LARGE`, `INTRINSIC_GAS_TOO_LOW`, `INSUFFICIENT_FUNDS`
 */
export function callMessage(
  request: CallRequest,
  fees: CallFees,
  gasLimit: Gas,
  rules: ForkRules,
  state: StateReader,
): TransitionMessage {
  const { from: sender = ZERO_ADDRESS, to, value = 0n, data = NO_BYTES } = request;
  const { accessList = [], authorizationList = [], blobVersionedHashes = [] } = request;
  if (to === undefined && isActive(rules, 'shanghai') && data.length > INIT_CODE_BYTES_MAX)
    refuse('INITCODE_TOO_LARGE', 'creation code', `at most ${INIT_CODE_BYTES_MAX} bytes`, data.length);
  const gas = intrinsicGas({ to, data, accessList, authorizationList }, rules);
  const least = gas.floor > gas.intrinsic ? gas.floor : gas.intrinsic;
  const blobGas = blobGasOf({ blobVersionedHashes });
  const cost = gasLimit * fees.maxFeePerGas + value + blobGas * fees.maxFeePerBlobGas;
  const balanceWei = state.account(sender)?.balanceWei ?? 0n;
  if (balanceWei < cost)
    refuse('INSUFFICIENT_FUNDS', 'balance', `at least ${cost} wei for gas limit × fee cap + value`, balanceWei);
  if (gasLimit < least) refuse('INTRINSIC_GAS_TOO_LOW', 'gas limit', `at least ${least}`, gasLimit);
  return {
    sender,
    to,
    value,
    data,
    gasLimit,
    gas,
    gasPrice: fees.gasPrice,
    blobFeeWei: blobGas * (fees.block.blobBaseFee ?? 0n),
    accessList,
    authorizationList,
    blobVersionedHashes,
  };
}
