// The leaves of every JSON answer.
import { bytesToHex } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import type { Address, Hex } from '../../primitives/types.ts';

/** A JSON-RPC quantity: `0x` and minimal hex digits. */
export function quantityToRpc(value: bigint | number): Hex {
  return `0x${value.toString(16)}`;
}

/** {@link quantityToRpc}, or null for what does not exist yet. */
export function nullableQuantity(value: bigint | number | undefined): Hex | null {
  return value === undefined ? null : quantityToRpc(value);
}

/** The address in EIP-55 mixed case, which `txpool_content` uses for its keys. */
export function checksumAddress(address: Address): Hex {
  const lower = bytesToHex(address).slice(2);
  const digest = bytesToHex(keccak256(Buffer.from(lower, 'latin1'))).slice(2);
  let mixed = '';
  for (let i = 0; i < lower.length; i++) {
    const digit = lower.charAt(i);
    mixed += Number.parseInt(digest.charAt(i), 16) >= 8 ? digit.toUpperCase() : digit;
  }
  return `0x${mixed}`;
}
