// Makes BabyJubJub keys and EdDSA-Poseidon signatures as circomlib does, for the SDK, tools and tests. Nothing here runs in
// constant time: a device signs in its own hardware.
import { blake512 } from '@noble/hashes/blake1.js';
import { bigIntToFixedBytes, bytesToBigInt, concatBytes } from '../bytes.ts';
import { ChainError } from '../errors.ts';
import { BABY_JUB_JUB_SUBORDER, multiplyBabyJubJubBase, packBabyJubJub } from './babyJubJub.ts';
import { POSEIDON_FIELD, poseidon } from './poseidon.ts';

function littleEndian(bytes: Uint8Array): bigint {
  return bytesToBigInt(Uint8Array.from(bytes).reverse());
}

/** The secret scalar (a multiple of 8 with the top bit set, RFC 8032 §5.1.5) and the seed of nonces. */
function expand(privateKey: Uint8Array): { scalar: bigint; nonceSeed: Uint8Array } {
  if (privateKey.length !== 32)
    throw new ChainError('INVALID_PRIVATE_KEY', `expected a private key of 32 bytes, got ${privateKey.length}`);
  const hash = blake512(privateKey);
  hash[0] = (hash[0] as number) & 0xf8;
  hash[31] = ((hash[31] as number) & 0x7f) | 0x40;
  return { scalar: littleEndian(hash.subarray(0, 32)), nonceSeed: hash.subarray(32) };
}

/**
 * The packed public key (32 bytes) of a 32-byte private key.
 * @throws ChainError `INVALID_PRIVATE_KEY`
 */
export function babyJubJubPublicKeyOf(privateKey: Uint8Array): Uint8Array {
  return packBabyJubJub(multiplyBabyJubJubBase(expand(privateKey).scalar >> 3n));
}

/**
 * The signature R8.x ‖ R8.y ‖ S (96 bytes, big-endian numbers) that `verifyEddsaPoseidon` accepts. Deterministic.
 * @throws ChainError `INVALID_PRIVATE_KEY`, `INVALID_POSEIDON_INPUT` when the message is not below the field order
 */
export function signEddsaPoseidon(message: bigint, privateKey: Uint8Array): Uint8Array {
  if (message < 0n || message >= POSEIDON_FIELD)
    throw new ChainError('INVALID_POSEIDON_INPUT', 'the message to sign is not below the field order');
  const { scalar, nonceSeed } = expand(privateKey);
  const [keyX, keyY] = multiplyBabyJubJubBase(scalar >> 3n);
  const messageBytes = Uint8Array.from(bigIntToFixedBytes(message, 32)).reverse();
  const nonce = littleEndian(blake512(concatBytes(nonceSeed, messageBytes))) % BABY_JUB_JUB_SUBORDER;
  const [x, y] = multiplyBabyJubJubBase(nonce);
  const s = (nonce + poseidon([x, y, keyX, keyY, message]) * scalar) % BABY_JUB_JUB_SUBORDER;
  return concatBytes(bigIntToFixedBytes(x, 32), bigIntToFixedBytes(y, 32), bigIntToFixedBytes(s, 32));
}
