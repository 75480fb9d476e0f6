// Private keys in and out of node:crypto, for signers in software. Secure elements do not need this.
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { ChainError, messageOf } from '../../primitives/errors.ts';
import type { DeviceSigner } from '../deviceSigner.ts';

/** A private key: 32 raw bytes (big-endian scalar, or Ed25519 seed), PKCS#8 or SEC1 as PEM text, or a JWK. */
export type PrivateKeySource = Uint8Array | string | JsonWebKey;

/** A signer whose key lies in this process and can be taken out. */
export interface SoftwareSigner extends DeviceSigner {
  /** 32 bytes: the scalar big-endian, or the seed. */
  exportPrivateKey(): Uint8Array;
}

/** A software signer whose key has the common file formats. */
export interface PortableSigner extends SoftwareSigner {
  /** PKCS#8, not encrypted. */
  exportPem(): string;
  exportJwk(): JsonWebKey;
}

/** A curve of node:crypto, by its name in JWK and in OpenSSL. */
export interface Curve {
  readonly crv: 'P-256' | 'secp256k1' | 'Ed25519';
  readonly openSslName: 'prime256v1' | 'secp256k1' | 'ed25519';
}

const SECRET_LENGTH = 32;
/** PKCS#8 of an Ed25519 key up to its seed (RFC 8410 §7). */
const ED25519_PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A fresh key from the system's random numbers. */
export function generatePrivateKey({ openSslName }: Curve): KeyObject {
  if (openSslName === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  return generateKeyPairSync('ec', { namedCurve: openSslName }).privateKey;
}

/** @throws ChainError `INVALID_PRIVATE_KEY` when it cannot be read, is out of range or of another curve */
export function importPrivateKey(curve: Curve, source: PrivateKeySource): KeyObject {
  let key: KeyObject;
  try {
    if (source instanceof Uint8Array) key = fromRaw(curve, source);
    else if (typeof source === 'string') key = createPrivateKey({ key: source, format: 'pem' });
    else key = createPrivateKey({ key: source, format: 'jwk' });
  } catch (error) {
    throw invalid(curve, messageOf(error), error);
  }
  const { crv = key.asymmetricKeyType } = key.export({ format: 'jwk' });
  if (crv !== curve.crv) throw invalid(curve, `a key of ${crv}`);
  return key;
}

function fromRaw(curve: Curve, secret: Uint8Array): KeyObject {
  if (secret.length !== SECRET_LENGTH) throw invalid(curve, `${secret.length} bytes`);
  if (curve.openSslName === 'ed25519') {
    return createPrivateKey({ key: Buffer.concat([ED25519_PKCS8_PREFIX, secret]), format: 'der', type: 'pkcs8' });
  }
  const ecdh = createECDH(curve.openSslName);
  ecdh.setPrivateKey(secret);
  const point = ecdh.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url')) as [
    string,
    string,
  ];
  const d = Buffer.from(secret).toString('base64url');
  return createPrivateKey({ key: { kty: 'EC', crv: curve.crv, x, y, d }, format: 'jwk' });
}

/** The raw public key: x ‖ y, or the 32 bytes of Ed25519. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  return Uint8Array.from(Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]));
}

/** The exports that every key of node:crypto has. */
export function keyExports(key: KeyObject): Pick<PortableSigner, 'exportPrivateKey' | 'exportPem' | 'exportJwk'> {
  return {
    exportPrivateKey: () => rawPrivateKey(key),
    exportPem: () => key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    exportJwk: () => key.export({ format: 'jwk' }),
  };
}

/** 32 bytes: the scalar big-endian, or the seed. */
export function rawPrivateKey(key: KeyObject): Uint8Array {
  return Uint8Array.from(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
}

function invalid({ crv }: Curve, got: string, cause?: unknown): ChainError {
  const message = `expected a private key of ${crv} as 32 raw bytes, PEM or JWK, got ${got}`;
  return new ChainError('INVALID_PRIVATE_KEY', message, { crv }, { cause });
}
