import { bigIntToBytes, toAddress } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { encodeRlp } from '../../primitives/rlp.ts';
import type { Address } from '../../primitives/types.ts';

/** Where a creation by transaction puts its contract (Yellow Paper §7). `nonce` is the sender's before the transaction. */
export function createAddress(sender: Address, nonce: bigint): Address {
  return toAddress(keccak256(encodeRlp([sender, bigIntToBytes(nonce)])).slice(12));
}
