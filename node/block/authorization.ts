// The authority behind an EIP-7702 authorization.
import { bigIntToBytes, bigIntToFixedBytes, concatBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import {
  addressOfPublicKey,
  recoverPublicKey,
  SECP256K1_LOW_S_MAX,
  SECP256K1_N,
} from '../../primitives/crypto/secp256k1.ts';
import { encodeRlp } from '../../primitives/rlp.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import type { Authorization } from './types.ts';

/** EIP-7702: the domain byte before the signed tuple. */
const AUTHORIZATION_MAGIC = 0x05;

/** What the authority signed: keccak256(0x05 ‖ rlp([chainId, address, nonce])). */
export function authorizationSigningHash(authorization: Pick<Authorization, 'chainId' | 'address' | 'nonce'>): Hash {
  const { chainId, address, nonce } = authorization;
  const tuple = encodeRlp([bigIntToBytes(chainId), address, bigIntToBytes(nonce)]);
  return keccak256(concatBytes(Uint8Array.of(AUTHORIZATION_MAGIC), tuple));
}

/** The account that signed, or undefined when the signature is impossible or has a high `s`: such a tuple is skipped. */
export function recoverAuthority(authorization: Authorization): Address | undefined {
  const { yParity, r, s } = authorization;
  if (yParity > 1n || r === 0n || r >= SECP256K1_N || s === 0n || s > SECP256K1_LOW_S_MAX) return undefined;
  const signature = concatBytes(bigIntToFixedBytes(r, 32), bigIntToFixedBytes(s, 32));
  const publicKey = recoverPublicKey(authorizationSigningHash(authorization), signature, yParity === 0n ? 0 : 1);
  return publicKey === undefined ? undefined : addressOfPublicKey(publicKey);
}
