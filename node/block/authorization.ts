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

/**
 * Recovered authorities, null where there is none: a tuple is looked at when its transaction is pooled, and again at each
 * execution. Tuples never change, and an entry goes with its tuple.
 */
const recovered = new WeakMap<Authorization, Address | null>();

/** Whether the signature is worth recovering: in range and with a low `s`. A tuple with another is skipped (EIP-7702). */
export function mayHaveAuthority({ yParity, r, s }: Authorization): boolean {
  return yParity <= 1n && r > 0n && r < SECP256K1_N && s > 0n && s <= SECP256K1_LOW_S_MAX;
}

/** The account that signed, or undefined when no key can have: such a tuple is skipped. Costs a recovery the first time only. */
export function recoverAuthority(authorization: Authorization): Address | undefined {
  if (!mayHaveAuthority(authorization)) return undefined;
  const known = recovered.get(authorization);
  if (known !== undefined) return known ?? undefined;
  const { yParity, r, s } = authorization;
  const signature = concatBytes(bigIntToFixedBytes(r, 32), bigIntToFixedBytes(s, 32));
  const publicKey = recoverPublicKey(authorizationSigningHash(authorization), signature, yParity === 0n ? 0 : 1);
  const authority = publicKey === undefined ? undefined : addressOfPublicKey(publicKey);
  keepAuthority(authorization, authority);
  return authority;
}

/** Keeps what was recovered elsewhere for `recoverAuthority`. */
export function keepAuthority(authorization: Authorization, authority: Address | undefined): void {
  recovered.set(authorization, authority ?? null);
}
