// The leaves of every JSON answer.
import type { SealedHeader } from '../../node/chain/chainReader.ts';
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

/** {@link quantityToRpc} as JSON text. */
export function quantityJson(value: bigint | number): string {
  return `"0x${value.toString(16)}"`;
}

/** Bytes as JSON text: their hex, with the quotes. */
export function bytesJson(bytes: Uint8Array): string {
  return `"${bytesToHex(bytes)}"`;
}

/** A list as JSON text. */
export function listJson<Member>(members: readonly Member[], write: (member: Member, index: number) => string): string {
  return members.length === 0 ? '[]' : `[${members.map(write).join(',')}]`;
}

/** What everything in a block says of the block, as JSON text: written once for all that is in it. */
export interface BlockTexts {
  readonly hash: string;
  readonly number: string;
  readonly timestamp: string;
}

export function blockTexts({ hash, header }: SealedHeader): BlockTexts {
  return {
    hash: bytesJson(hash),
    number: quantityJson(header.number),
    timestamp: quantityJson(header.timestampSeconds),
  };
}

/** For what is in no block yet. */
export const NO_BLOCK_TEXTS: BlockTexts = { hash: 'null', number: 'null', timestamp: 'null' };

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
