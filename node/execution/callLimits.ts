// What one request may use that executes without a transaction.
import type { Gas } from '../../primitives/types.ts';
import type { CallSlotLimits } from './callSlots.ts';

export interface CallLimits extends CallSlotLimits {
  /** The most gas that a call without a block may use, whatever it asks for; a block's limit does not bound calls. */
  readonly gasMax: Gas;
  /** How long one request may take, in milliseconds, with its wait for a slot. */
  readonly timeMaxMs: number;
}

/** geth's gas and time. Four running calls hold one turn of the event loop for some 8 ms. */
export const DEFAULT_CALL_LIMITS: CallLimits = {
  gasMax: 50_000_000n,
  timeMaxMs: 5_000,
  runningMax: 4,
  waitingMax: 256,
};
