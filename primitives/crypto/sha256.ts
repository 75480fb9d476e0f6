import { hash } from 'node:crypto';
import type { Hash } from '../types.ts';

/** The SHA-256 hash of `bytes` (FIPS 180-4). */
export function sha256(bytes: Uint8Array): Hash {
  const digest = hash('sha256', bytes, 'buffer');
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength) as Hash;
}
