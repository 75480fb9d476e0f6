// The 2,048-bit Bloom filter over logs (Yellow Paper §4.3.1).
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import type { Log } from './types.ts';

export const BLOOM_BYTES = 256;

/** Calls back with byte index and bit mask of the three bits that `member` sets. */
function eachBit(member: Uint8Array, visit: (byteIndex: number, mask: number) => void): void {
  const hash = keccak256(member);
  for (let i = 0; i < 6; i += 2) {
    const bit = (((hash[i] as number) << 8) | (hash[i + 1] as number)) & 0x7ff;
    visit(BLOOM_BYTES - 1 - (bit >> 3), 1 << (bit & 7));
  }
}

function add(bloom: Uint8Array, member: Uint8Array): void {
  eachBit(member, (byteIndex, mask) => {
    bloom[byteIndex] = (bloom[byteIndex] as number) | mask;
  });
}

/** The filter over nothing: one object for all, because a receipt without logs need not cost 256 bytes. Not to be written to. */
export const EMPTY_BLOOM: Uint8Array = new Uint8Array(BLOOM_BYTES);

/** The filter over the addresses and topics of `logs`. */
export function logsBloom(logs: readonly Log[]): Uint8Array {
  if (logs.length === 0) return EMPTY_BLOOM;
  const bloom = new Uint8Array(BLOOM_BYTES);
  for (const { address, topics } of logs) {
    add(bloom, address);
    for (const topic of topics) add(bloom, topic);
  }
  return bloom;
}

/** The union of filters: a block's is the union of its receipts'. */
export function unionBlooms(blooms: readonly Uint8Array[]): Uint8Array {
  const union = new Uint8Array(BLOOM_BYTES);
  for (const bloom of blooms) {
    if (bloom === EMPTY_BLOOM) continue;
    for (let i = 0; i < BLOOM_BYTES; i++) union[i] = (union[i] as number) | (bloom[i] as number);
  }
  return union;
}

/** False when `member` (an address or a topic) is certainly in none of the logs. */
export function bloomMayContain(bloom: Uint8Array, member: Uint8Array): boolean {
  let contains = true;
  eachBit(member, (byteIndex, mask) => {
    if (((bloom[byteIndex] as number) & mask) === 0) contains = false;
  });
  return contains;
}
