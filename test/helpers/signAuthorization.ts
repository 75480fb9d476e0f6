// EIP-7702 authorizations that their accounts really signed.
import { authorizationSigningHash } from '../../node/block/authorization.ts';
import type { Authorization } from '../../node/block/types.ts';
import { bytesToBigInt } from '../../primitives/bytes.ts';
import { signDigest } from '../../primitives/crypto/secp256k1.ts';

export function signedAuthorization(
  privateKey: Uint8Array,
  tuple: Pick<Authorization, 'chainId' | 'address' | 'nonce'>,
): Authorization {
  const { signature, recovery } = signDigest(authorizationSigningHash(tuple), privateKey);
  const [r, s] = [bytesToBigInt(signature.subarray(0, 32)), bytesToBigInt(signature.subarray(32))];
  return { ...tuple, yParity: BigInt(recovery), r, s };
}
