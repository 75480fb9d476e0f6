// A P-256 key in software: what a secure element does, for tests, simulators and servers.
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

/** The curve of secure elements and passkeys. */
export const P256_CURVE: Curve = { crv: 'P-256', openSslName: 'prime256v1' };

/** A signer with a fresh P-256 key. */
export function generateP256Signer(): PortableSigner {
  return signerOf(generatePrivateKey(P256_CURVE));
}

/**
 * A signer with a given P-256 key. Signs r ‖ s over SHA-256 of the 712-sha256 bytes; s is whatever OpenSSL makes it.
 * @throws ChainError `INVALID_PRIVATE_KEY`
 */
export function p256Signer(source: PrivateKeySource): PortableSigner {
  return signerOf(importPrivateKey(P256_CURVE, source));
}

function signerOf(key: KeyObject): PortableSigner {
  return {
    keyType: KEY_TYPE.P256,
    publicKey: rawPublicKey(key),
    sign: ({ sha256 }) => Uint8Array.from(sign('sha256', sha256.bytes, { key, dsaEncoding: 'ieee-p1363' })),
    ...keyExports(key),
  };
}
