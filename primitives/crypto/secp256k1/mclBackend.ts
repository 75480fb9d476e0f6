// Portable and fast recovery on mcl. Signing and key derivation are noble's: they are rare, and handle secrets.
import { hexToBytes } from '../../bytes.ts';
import { createMclEcdsa } from '../mcl/mclEcdsa.ts';
import type { Secp256k1Backend } from './backend.ts';
import { createNobleBackend } from './nobleBackend.ts';

/** SEC 2, §2.4.1. */
const GENERATOR = hexToBytes(
  '0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
);

/** @throws ChainError `MCL_UNAVAILABLE` */
export function createMclBackend(): Secp256k1Backend {
  const { recover } = createMclEcdsa('secp256k1', { generator: GENERATOR, b: 7 });
  return { ...createNobleBackend(), name: 'mcl', recover };
}
