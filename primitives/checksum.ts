import { bytesToHex, utf8ToBytes } from './bytes.ts';
import { keccak256 } from './crypto/keccak.ts';
import type { Address } from './types.ts';

/** The mixed-case form of an address (ERC-55), for people to read. */
export function checksumAddress(address: Address): string {
  const digits = bytesToHex(address).slice(2);
  const hash = bytesToHex(keccak256(utf8ToBytes(digits))).slice(2);
  const letters = [...digits].map((digit, index) =>
    Number.parseInt(hash[index] ?? '0', 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${letters.join('')}`;
}
