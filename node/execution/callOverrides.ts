// State and block fields that a call sees instead of the chain's.
import { bytesToHex, equalBytes, keyBytes } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { AccountOverride, BlockOverride } from '../api.ts';
import { EMPTY_ACCOUNT } from '../state/account.ts';
import type { JournaledState } from '../state/types.ts';
import type { BlockEnvironment } from './blockEnvironment.ts';
import type { PrecompileRelocation } from './precompileTable.ts';

/**
 * Writes account overrides into the state of a call.
 * @throws ChainError `OVERRIDE_CONFLICT` when an account names both `state` and `stateDiff`
 */
export function overrideAccounts(state: JournaledState, overrides: readonly AccountOverride[]): void {
  for (const { address, balance, nonce, code, state: storage, stateDiff } of overrides) {
    if (storage !== undefined && stateDiff !== undefined)
      throw overrideError('OVERRIDE_CONFLICT', `${bytesToHex(address)} names both state and stateDiff`);
    const record = state.account(address) ?? EMPTY_ACCOUNT;
    if (balance !== undefined || nonce !== undefined)
      state.setAccount(address, { ...record, balanceWei: balance ?? record.balanceWei, nonce: nonce ?? record.nonce });
    if (code !== undefined) state.setCode(address, code);
    if (storage !== undefined) state.clearStorage(address);
    for (const [slot, value] of storage ?? stateDiff ?? []) state.setSlot(address, keyBytes(slot), value);
  }
  state.endTransaction();
}

/**
 * Where the overrides put precompiles. Only a move or new code takes a precompile out of force: an override of its
 * balance or storage leaves it what it is.
 * @throws ChainError `NOT_A_PRECOMPILE` or `OVERRIDE_CONFLICT`
 */
export function precompileRelocations(
  overrides: readonly AccountOverride[],
  isPrecompile: (address: AccountOverride['address']) => boolean,
): PrecompileRelocation[] {
  const relocations: PrecompileRelocation[] = [];
  for (const { address, code, movePrecompileTo: to } of overrides) {
    if (to === undefined) {
      if (code !== undefined && isPrecompile(address)) relocations.push({ from: address });
      continue;
    }
    if (!isPrecompile(address)) throw overrideError('NOT_A_PRECOMPILE', `${bytesToHex(address)} is not a precompile`);
    if (overrides.some((other) => equalBytes(other.address, to)))
      throw overrideError('OVERRIDE_CONFLICT', `${bytesToHex(to)} is overridden and the target of a move`);
    relocations.push({ from: address, to });
  }
  return relocations;
}

function overrideError(code: 'NOT_A_PRECOMPILE' | 'OVERRIDE_CONFLICT', message: string): ChainError {
  return new ChainError(code, `state override refused: ${message}`);
}

/** The block as the call shall see it. */
export function overrideBlock(block: BlockEnvironment, override: BlockOverride | undefined): BlockEnvironment {
  if (override === undefined) return block;
  return {
    number: override.number ?? block.number,
    timestampSeconds: override.timestampSeconds ?? block.timestampSeconds,
    coinbase: override.coinbase ?? block.coinbase,
    gasLimit: override.gasLimit ?? block.gasLimit,
    difficulty: block.difficulty,
    prevRandao: override.prevRandao ?? block.prevRandao,
    baseFeePerGas: override.baseFeePerGas ?? block.baseFeePerGas,
    blobBaseFee: override.blobBaseFee ?? block.blobBaseFee,
    blockHash: block.blockHash,
  };
}
