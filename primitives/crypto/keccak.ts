import { keccak_256 } from '@noble/hashes/sha3.js';
import type { Hash } from '../types.ts';

/** The Keccak-256 hash of `bytes` (the padding of Ethereum, not of FIPS 202). */
export function keccak256(bytes: Uint8Array): Hash {
  return keccak_256(bytes) as Hash;
}
