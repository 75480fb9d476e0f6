// EIP-7702: accounts that run the code of another, and the authorizations that make them so.
import { ADDRESS_LENGTH, concatBytes, equalBytes, ZERO_ADDRESS } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import { recoverAuthority } from '../block/authorization.ts';
import type { Authorization } from '../block/types.ts';
import { EMPTY_ACCOUNT } from '../state/account.ts';
import type { JournaledState, StateReader } from '../state/types.ts';
import { AUTHORIZATION_BASE_GAS, AUTHORIZATION_NEW_ACCOUNT_GAS } from './intrinsicGas.ts';

const DELEGATION_PREFIX = Uint8Array.of(0xef, 0x01, 0x00);
const DELEGATION_BYTES = DELEGATION_PREFIX.length + ADDRESS_LENGTH;
/** EIP-2681: the nonce after it would not fit in 64 bits. */
const NONCE_MAX = 2n ** 64n - 1n;

/** Whether code is a delegation indicator. */
export function isDelegation(code: Uint8Array): boolean {
  return code.length === DELEGATION_BYTES && code[0] === 0xef && code[1] === 0x01 && code[2] === 0x00;
}

/** The address that an account delegates to, or undefined. */
export function delegationOf(state: StateReader, address: Address): Address | undefined {
  const record = state.account(address);
  if (record === undefined) return undefined;
  const code = state.code(record.codeHash);
  return isDelegation(code) ? (code.slice(DELEGATION_PREFIX.length) as Address) : undefined;
}

/**
 * Applies a transaction's authorizations in order; a tuple that does not hold is skipped. Every authority that could be
 * recovered is handed to `warm`. Returns what the schedule refunds for authorities that existed.
 */
export function applyAuthorizations(
  authorizations: readonly Authorization[],
  chainId: bigint,
  state: JournaledState,
  warm: (address: Address) => void,
): bigint {
  let refund = 0n;
  for (const authorization of authorizations) {
    if (authorization.chainId !== 0n && authorization.chainId !== chainId) continue;
    if (authorization.nonce >= NONCE_MAX) continue;
    const authority = recoverAuthority(authorization);
    if (authority === undefined) continue;
    warm(authority);
    const before = state.account(authority);
    const record = before ?? EMPTY_ACCOUNT;
    const code = state.code(record.codeHash);
    if (code.length > 0 && !isDelegation(code)) continue;
    if (record.nonce !== authorization.nonce) continue;
    if (before !== undefined) refund += AUTHORIZATION_NEW_ACCOUNT_GAS - AUTHORIZATION_BASE_GAS;
    const clears = equalBytes(authorization.address, ZERO_ADDRESS);
    state.setAccount(authority, { ...record, nonce: record.nonce + 1n });
    state.setCode(authority, clears ? new Uint8Array(0) : concatBytes(DELEGATION_PREFIX, authorization.address));
  }
  return refund;
}
