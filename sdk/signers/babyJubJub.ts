// A BabyJubJub key in software: EdDSA with Poseidon, which circuits verify cheaply.
import { randomBytes } from 'node:crypto';
import { KEY_TYPE } from '../../precompiles/did/types.ts';
import { bytesToBigInt } from '../../primitives/bytes.ts';
import { babyJubJubPublicKeyOf, signEddsaPoseidon } from '../../primitives/crypto/babyJubJubSigner.ts';
import { poseidon } from '../../primitives/crypto/poseidon.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { SoftwareSigner } from './privateKeys.ts';

const SECRET_LENGTH = 32;

/** A signer with a fresh BabyJubJub key. */
export function generateBabyJubJubSigner(): SoftwareSigner {
  return babyJubJubSigner(Uint8Array.from(randomBytes(SECRET_LENGTH)));
}

/**
 * A signer with a given BabyJubJub secret: 32 bytes, from which the scalar is derived as circomlib does (BLAKE-512, pruned).
 * Signs R8.x ‖ R8.y ‖ S over Poseidon(high half, low half) of the EIP-712 digest.
 * @throws ChainError `INVALID_PRIVATE_KEY` unless it is 32 bytes
 */
export function babyJubJubSigner(secret: Uint8Array): SoftwareSigner {
  if (secret.length !== SECRET_LENGTH) {
    const message = `expected a BabyJubJub secret of ${SECRET_LENGTH} bytes, got ${secret.length}`;
    throw new ChainError('INVALID_PRIVATE_KEY', message, { length: secret.length });
  }
  const key = Uint8Array.from(secret);
  return {
    keyType: KEY_TYPE.BABYJUBJUB,
    publicKey: babyJubJubPublicKeyOf(key),
    sign: ({ eip712 }) => {
      const [high, low] = [eip712.digest.subarray(0, 16), eip712.digest.subarray(16)];
      return signEddsaPoseidon(poseidon([bytesToBigInt(high), bytesToBigInt(low)]), key);
    },
    exportPrivateKey: () => Uint8Array.from(key),
  };
}
