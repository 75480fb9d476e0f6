// One transaction in a block: either it is included and leaves a receipt, or it is refused and leaves nothing.
import { assert, ChainError } from '../../primitives/errors.ts';
import type { Gas, Hash } from '../../primitives/types.ts';
import { logsBloom } from '../block/bloom.ts';
import { depositRequests } from '../block/requests.ts';
import type { Receipt, SignedTransaction } from '../block/types.ts';
import type { StateChanges } from '../state/types.ts';
import { isActive } from './forkRules.ts';
import { runTransition, type TransitionContext, type TransitionOutcome } from './transition.ts';
import {
  type BlockRoom,
  blobGasOf,
  effectiveGasPrice,
  validateAgainstState,
  validateInBlock,
  validateStateless,
} from './validateTransaction.ts';

/** What the block has used so far and may still use. */
export interface BlockProgress {
  readonly gasUsed: Gas;
  readonly blobGasLeft: Gas;
  readonly nativeWorkMicrosecondsLeft: number;
  /** The block's whole limit, to tell a transaction that never fits from one that does not fit now. */
  readonly nativeWorkMicrosecondsMax: number;
}

export interface ApplyContext extends TransitionContext {
  /** Receipts before Byzantium name the state root after each transaction. */
  readonly stateRootOf?: ((changes: StateChanges) => Hash) | undefined;
}

export interface AppliedTransaction {
  readonly receipt: Receipt;
  readonly outcome: TransitionOutcome;
  readonly blobGasUsed: Gas;
}

/**
 * Applies a transaction to the state, or throws and leaves the state as it was.
 * @throws ChainError with a {@link TransactionRefusal}; `NATIVE_WORK_LIMIT` when the block has too little native work left,
 *   `NATIVE_WORK_LIMIT_ALONE` when no block has enough; `DEPOSIT_LOG_INVALID` (EIP-6110)
 * @throws FatalExecutionError when the failure lies in the machine
 */
export async function applyTransaction(
  tx: SignedTransaction,
  context: ApplyContext,
  progress: BlockProgress,
): Promise<AppliedTransaction> {
  const { state, rules, block } = context;
  const gas = validateStateless(tx, rules);
  validateInBlock(tx, roomIn(context, progress));
  validateAgainstState(tx, state, rules);

  const mark = state.mark();
  const blobGasUsed = blobGasOf(tx);
  const gasPrice = effectiveGasPrice(tx, block.baseFeePerGas);
  const blobFeeWei = blobGasUsed * (block.blobBaseFee ?? 0n);
  // Copying the whole transaction costs as much as a transfer's changes to the state.
  const { sender, to, value, data, gasLimit, accessList, authorizationList, blobVersionedHashes } = tx;
  const message = { sender, to, value, data, gasLimit, accessList, authorizationList, blobVersionedHashes };
  const running = runTransition({ ...message, gas, gasPrice, blobFeeWei }, context);
  const outcome = running instanceof Promise ? await running : running;
  try {
    validateOutcome(outcome, context, progress);
  } catch (error) {
    state.revertTo(mark);
    throw error;
  }
  state.endTransaction();
  return { receipt: receiptOf(tx, outcome, gasPrice, context, progress), outcome, blobGasUsed };
}

function roomIn({ block }: ApplyContext, progress: BlockProgress): BlockRoom {
  return {
    baseFeePerGas: block.baseFeePerGas,
    blobBaseFee: block.blobBaseFee,
    gasLeft: block.gasLimit - progress.gasUsed,
    blobGasLeft: progress.blobGasLeft,
  };
}

/** Rules that only the outcome can break. */
function validateOutcome(outcome: TransitionOutcome, { rules }: ApplyContext, progress: BlockProgress): void {
  const work = outcome.nativeWorkMicroseconds;
  if (work > progress.nativeWorkMicrosecondsLeft) {
    const isAlone = work > progress.nativeWorkMicrosecondsMax;
    const limit = isAlone ? progress.nativeWorkMicrosecondsMax : progress.nativeWorkMicrosecondsLeft;
    throw new ChainError(
      isAlone ? 'NATIVE_WORK_LIMIT_ALONE' : 'NATIVE_WORK_LIMIT',
      `transaction refused: native work: expected at most ${limit} µs, got ${work} µs`,
      { expected: limit, got: work },
    );
  }
  const { depositContractAddress } = rules;
  if (depositContractAddress === undefined || !isActive(rules, 'prague')) return;
  if (depositRequests(outcome.logs, depositContractAddress) === undefined)
    throw new ChainError('DEPOSIT_LOG_INVALID', 'transaction refused: a deposit event without the layout of EIP-6110');
}

function receiptOf(
  tx: SignedTransaction,
  outcome: TransitionOutcome,
  effectiveGasPrice: bigint,
  { state, rules, stateRootOf }: ApplyContext,
  progress: BlockProgress,
): Receipt {
  const needsRoot = !isActive(rules, 'byzantium');
  assert(!needsRoot || stateRootOf !== undefined, 'receipts before Byzantium need the state root of every transaction');
  return {
    type: tx.type,
    succeeded: outcome.exception === undefined,
    stateRoot: needsRoot ? stateRootOf?.(state.changes()) : undefined,
    cumulativeGasUsed: progress.gasUsed + outcome.gasUsed,
    logs: outcome.logs,
    logsBloom: logsBloom(outcome.logs),
    gasUsed: outcome.gasUsed,
    effectiveGasPrice,
    contractAddress: outcome.contractAddress,
  };
}
