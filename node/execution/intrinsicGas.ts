// What a transaction costs before any of its code runs.
import { includesFork } from '../../genesis/forks.ts';
import type { Address, Gas } from '../../primitives/types.ts';
import type { AccessListEntry, Authorization } from '../block/types.ts';
import type { ForkRules } from './forkRules.ts';

/** Yellow Paper, appendix G. */
export const TRANSACTION_GAS: Gas = 21_000n;
const CREATION_GAS: Gas = 32_000n;
const ZERO_BYTE_GAS: Gas = 4n;
const NONZERO_BYTE_GAS_FRONTIER: Gas = 68n;
/** EIP-2028. */
const NONZERO_BYTE_GAS: Gas = 16n;
/** EIP-2930. */
const ACCESS_LIST_ADDRESS_GAS: Gas = 2_400n;
const ACCESS_LIST_SLOT_GAS: Gas = 1_900n;
/** EIP-3860, per 32 bytes. */
const INIT_CODE_WORD_GAS: Gas = 2n;
/** EIP-7702: charged for each tuple; the part above {@link AUTHORIZATION_BASE_GAS} returns when the authority existed. */
export const AUTHORIZATION_NEW_ACCOUNT_GAS: Gas = 25_000n;
export const AUTHORIZATION_BASE_GAS: Gas = 12_500n;
/** EIP-7623. A zero byte is one token, any other four. */
const FLOOR_GAS_PER_TOKEN: Gas = 10n;
const TOKENS_PER_NONZERO_BYTE = 4n;

/** What of a transaction or call decides its intrinsic gas. */
export interface IntrinsicGasInput {
  readonly to?: Address | undefined;
  readonly data: Uint8Array;
  readonly accessList: readonly AccessListEntry[];
  readonly authorizationList: readonly Authorization[];
}

export interface IntrinsicGas {
  /** Charged before execution. */
  readonly intrinsic: Gas;
  /** EIP-7623: the least that the transaction pays in the end; 0 before Prague. */
  readonly floor: Gas;
}

/** A message without data, lists and creation: what most transfers are. */
const PLAIN: IntrinsicGas = { intrinsic: TRANSACTION_GAS, floor: TRANSACTION_GAS };
const PLAIN_BEFORE_PRAGUE: IntrinsicGas = { intrinsic: TRANSACTION_GAS, floor: 0n };

function isPlain({ to, data, accessList, authorizationList }: IntrinsicGasInput): boolean {
  return to !== undefined && data.length === 0 && accessList.length === 0 && authorizationList.length === 0;
}

/** Yellow Paper §6.2 with EIPs 2, 2028, 2930, 3860, 7623 and 7702. */
export function intrinsicGas(input: IntrinsicGasInput, rules: ForkRules): IntrinsicGas {
  const { fork } = rules;
  const { data } = input;
  if (isPlain(input)) return includesFork(fork, 'prague') ? PLAIN : PLAIN_BEFORE_PRAGUE;
  let zeroBytes = 0;
  for (const byte of data) if (byte === 0) zeroBytes++;
  const zeros = BigInt(zeroBytes);
  const nonzeros = BigInt(data.length - zeroBytes);
  const isCreation = input.to === undefined;

  let intrinsic = TRANSACTION_GAS;
  if (data.length > 0) {
    const nonzeroByteGas = includesFork(fork, 'istanbul') ? NONZERO_BYTE_GAS : NONZERO_BYTE_GAS_FRONTIER;
    intrinsic += zeros * ZERO_BYTE_GAS + nonzeros * nonzeroByteGas;
  }
  if (isCreation && includesFork(fork, 'homestead')) intrinsic += CREATION_GAS;
  if (isCreation && includesFork(fork, 'shanghai')) intrinsic += INIT_CODE_WORD_GAS * BigInt((data.length + 31) >> 5);
  for (const { storageKeys } of input.accessList)
    intrinsic += ACCESS_LIST_ADDRESS_GAS + ACCESS_LIST_SLOT_GAS * BigInt(storageKeys.length);
  intrinsic += AUTHORIZATION_NEW_ACCOUNT_GAS * BigInt(input.authorizationList.length);

  if (!includesFork(fork, 'prague')) return { intrinsic, floor: 0n };
  const tokens = zeros + nonzeros * TOKENS_PER_NONZERO_BYTE;
  return { intrinsic, floor: TRANSACTION_GAS + FLOOR_GAS_PER_TOKEN * tokens };
}
