// The gas schedule of native code (DESIGN §4). Work costs 10 gas per microsecond, measured on the slowest supported backend
// with nothing cached; state costs what EIP-2929 and EIP-2200 charge contracts for a cold account. No price depends on a
// cache of the machine or on what the transaction touched before, and nothing is refunded.
import type { Gas } from '../../primitives/types.ts';

/** Native work: what one microsecond costs. */
export const GAS_PER_MICROSECOND: Gas = 10n;

/** Reading a slot for the first time in a call (EIP-2929 `COLD_SLOAD_COST`). */
export const SLOT_READ: Gas = 2_100n;
/** Reading or writing a slot again in the same call (EIP-2929 `WARM_STORAGE_READ_COST`). */
export const SLOT_AGAIN: Gas = 100n;
/** Changing a slot that holds something, on top of its read (EIP-2929: 5000 − 2100). */
export const SLOT_UPDATE: Gas = 2_900n;
/** Changing a slot from zero, on top of its read: the state grows by one slot for good (EIP-2200 `SSTORE_SET_GAS`). */
export const SLOT_NEW: Gas = 20_000n;

/** Reading another account's balance or code (EIP-2929 `COLD_ACCOUNT_ACCESS_COST`). */
export const ACCOUNT_READ: Gas = 2_600n;
/** Paying native coin out, on top of reading the account (Yellow Paper `G_callvalue`). */
export const PAYMENT: Gas = 9_000n;
/** Paying an account that may not exist yet (Yellow Paper `G_newaccount`). */
export const PAYMENT_NEW_ACCOUNT: Gas = 25_000n;

/** Yellow Paper `G_log`, `G_logtopic`, `G_logdata`. */
export const LOG: Gas = 375n;
export const LOG_TOPIC: Gas = 375n;
export const LOG_BYTE: Gas = 8n;

/** Entering any method: selector lookup, contexts, result. Measured in docs/spec/precompiles.md. */
export const CALL_DISPATCH: Gas = 100n;
/** Strictly decoding one byte of calldata. Measured in docs/spec/precompiles.md. */
export const CALLDATA_BYTE: Gas = 1n;

/** The price of `microseconds` of measured work. */
export function workGas(microseconds: number): Gas {
  return BigInt(Math.ceil(microseconds)) * GAS_PER_MICROSECOND;
}
