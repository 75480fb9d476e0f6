// An Ed25519 key in software.
import { type KeyObject, sign } from 'node:crypto';
import { KEY_TYPE } from '../../precompiles/did/types.ts';
import {
  type Curve,
  generatePrivateKey,
  importPrivateKey,
  keyExports,
  type PortableSigner,
  type PrivateKeySource,
  rawPublicKey,
} from './privateKeys.ts';

const CURVE: Curve = { crv: 'Ed25519', openSslName: 'ed25519' };

/** A signer with a fresh Ed25519 key. */
export function generateEd25519Signer(): PortableSigner {
  return signerOf(generatePrivateKey(CURVE));
}

/**
 * A signer with a given Ed25519 key (raw: the 32-byte seed of RFC 8032). Signs the 66 EIP-712 bytes, not their hash.
 * @throws ChainError `INVALID_PRIVATE_KEY`
 */
export function ed25519Signer(source: PrivateKeySource): PortableSigner {
  return signerOf(importPrivateKey(CURVE, source));
}

function signerOf(key: KeyObject): PortableSigner {
  return {
    keyType: KEY_TYPE.ED25519,
    publicKey: rawPublicKey(key),
    sign: ({ eip712 }) => Uint8Array.from(sign(null, eip712.bytes, key)),
    ...keyExports(key),
  };
}
