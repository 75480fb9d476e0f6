// What holds a device's key. The SDK never sees the key: it hands over what is to be signed and takes the signature.
import { KEY_TYPE, type KeyType } from '../precompiles/did/types.ts';
import { ChainError } from '../primitives/errors.ts';
import { requirePublicKeyLength } from './did.ts';
import { derToRaw, parseRawP256Signature } from './p256Encoding.ts';
import type { SigningPayload } from './typedData.ts';

/** A public key with its type. */
export interface DeviceKey {
  readonly keyType: KeyType;
  /** Raw: x ‖ y of secp256k1 and P-256 keys (64 bytes); 32 bytes of Ed25519 and packed BabyJubJub keys. */
  readonly publicKey: Uint8Array;
}

/**
 * A key that signs. Implement it to plug in a chip, an HSM or a remote device; for P-256 chips {@link secureElementSigner}
 * does it for you.
 */
export interface DeviceSigner extends DeviceKey {
  /**
   * Signs the form of `payload` that belongs to the key type (docs/spec/device-signing.md, "Digests, by kind of key").
   * @returns secp256k1: r ‖ s ‖ v, 65 bytes, low s, v 27 or 28. P-256: r ‖ s, 64 bytes, or an encoded passkey assertion.
   *   Ed25519: R ‖ S, 64 bytes. BabyJubJub: R8.x ‖ R8.y ‖ S, 96 bytes.
   */
  sign(payload: SigningPayload): Uint8Array | Promise<Uint8Array>;
}

interface SecureElement {
  /** x ‖ y, 64 bytes; {@link parseP256PublicKey} reads what chips and libraries give. */
  readonly publicKey: Uint8Array;
  /** How the chip writes signatures: r ‖ s in 64 bytes, or a DER SEQUENCE. */
  readonly format: 'raw' | 'der';
}

/** A chip that is given a 32-byte SHA-256 digest. */
export interface DigestSecureElement extends SecureElement {
  signDigest(digest32: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A chip that is given the message and hashes it with SHA-256 itself. */
export interface MessageSecureElement extends SecureElement {
  signMessage(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/**
 * A signer on a secure element that knows P-256 and SHA-256 and nothing else, such as an ATECC608, SE050 or a TPM.
 * @throws ChainError `INVALID_PUBLIC_KEY`; when signing `INVALID_SIGNATURE_ENCODING`, if the chip answers in another format
 */
export function secureElementSigner(element: DigestSecureElement | MessageSecureElement): DeviceSigner {
  requirePublicKeyLength(KEY_TYPE.P256, element.publicKey);
  return {
    keyType: KEY_TYPE.P256,
    publicKey: element.publicKey,
    async sign({ sha256 }) {
      const answer =
        'signDigest' in element ? await element.signDigest(sha256.digest) : await element.signMessage(sha256.bytes);
      return element.format === 'der' ? derToRaw(answer) : parseRawP256Signature(answer);
    },
  };
}

/** Four bytes of key id, big-endian, before a signature: how DeviceDID is told which key of an identity signed. */
export function keyedSignature(keyId: number, signature: Uint8Array): Uint8Array {
  if (!Number.isInteger(keyId) || keyId < 0 || keyId > 0xffffffff) {
    throw new ChainError('INVALID_KEY_ID', `expected a key id of 32 bits, got ${keyId}`, { keyId });
  }
  const out = new Uint8Array(4 + signature.length);
  new DataView(out.buffer).setUint32(0, keyId);
  out.set(signature, 4);
  return out;
}
