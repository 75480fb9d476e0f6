// Passkeys: P-256 keys that sign only WebAuthn assertions. The chain takes an assertion in the short form of
// docs/spec/device-signing.md ("Passkeys"). Runs in browsers.
import { concatBytes, stringToBytes } from 'viem';
import { KEY_TYPE, SIGNATURE_LENGTH_MAX } from '../precompiles/did/types.ts';
import { ChainError } from '../primitives/errors.ts';
import type { DeviceSigner } from './deviceSigner.ts';
import { requirePublicKeyLength } from './did.ts';
import { derToRaw } from './p256Encoding.ts';

/** rpIdHash (32) ‖ flags (1) ‖ signature counter (4). */
const AUTHENTICATOR_DATA_LENGTH_MIN = 37;
const KEY_ID_LENGTH = 4;

/** An assertion, as `navigator.credentials.get()` returns it in `response`. */
export interface PasskeyAssertion {
  readonly authenticatorData: Uint8Array;
  /** UTF-8 JSON, exactly as it was signed. */
  readonly clientDataJSON: Uint8Array;
  /** DER. */
  readonly signature: Uint8Array;
}

/** What holds a passkey: a browser, or a {@link createSoftwarePasskey} for tests and servers. */
export interface PasskeyHolder {
  /** x ‖ y, 64 bytes; {@link parseP256PublicKey} reads what `getPublicKey()` returns. */
  readonly publicKey: Uint8Array;
  /** Asks the holder for an assertion over a challenge of 32 bytes. */
  getAssertion(challenge: Uint8Array): PasskeyAssertion | Promise<PasskeyAssertion>;
}

/**
 * A signer on a passkey. In a browser `getAssertion` calls `navigator.credentials.get({ publicKey: { challenge, … } })`.
 * @throws ChainError `INVALID_PUBLIC_KEY`; when signing `INVALID_PASSKEY_ASSERTION` or `INVALID_SIGNATURE_ENCODING`
 */
export function passkeySigner(holder: PasskeyHolder): DeviceSigner {
  requirePublicKeyLength(KEY_TYPE.P256, holder.publicKey);
  return {
    keyType: KEY_TYPE.P256,
    publicKey: holder.publicKey,
    async sign({ eip712 }) {
      return encodePasskeySignature(await holder.getAssertion(eip712.digest), eip712.digest);
    },
  };
}

/**
 * `length of authenticatorData, 2 bytes ‖ authenticatorData ‖ client data behind the challenge ‖ r ‖ s`.
 * @param challenge the digest that was to be signed, 32 bytes
 * @throws ChainError `INVALID_PASSKEY_ASSERTION` when the client data is not a `webauthn.get` of this challenge in the
 *   serialisation of WebAuthn Level 2 §5.8.1.1, or the whole is longer than the chain takes; `INVALID_SIGNATURE_ENCODING`
 */
export function encodePasskeySignature(assertion: PasskeyAssertion, challenge: Uint8Array): Uint8Array {
  const { authenticatorData, clientDataJSON } = assertion;
  const { length } = authenticatorData;
  if (length < AUTHENTICATOR_DATA_LENGTH_MIN) refuse('37 bytes or more of authenticatorData', `${length}`);
  const start = stringToBytes(`{"type":"webauthn.get","challenge":"${base64Url(challenge)}"`);
  if (start.some((byte, index) => clientDataJSON[index] !== byte)) {
    refuse(`clientDataJSON that begins ${new TextDecoder().decode(start)}`, new TextDecoder().decode(clientDataJSON));
  }
  const tail = clientDataJSON.subarray(start.length);
  if (tail[0] !== ','.charCodeAt(0) || tail[tail.length - 1] !== '}'.charCodeAt(0)) {
    refuse('clientDataJSON with more members behind the challenge', new TextDecoder().decode(tail));
  }
  const lengthBytes = Uint8Array.of(length >> 8, length & 0xff);
  const encoded = concatBytes([lengthBytes, authenticatorData, tail, derToRaw(assertion.signature)]);
  const limit = SIGNATURE_LENGTH_MAX - KEY_ID_LENGTH;
  if (encoded.length > limit) refuse(`an assertion of at most ${limit} bytes`, `${encoded.length}`);
  return encoded;
}

/** RFC 4648 §5, without padding. */
export function base64Url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function refuse(expected: string, got: string): never {
  throw new ChainError('INVALID_PASSKEY_ASSERTION', `expected ${expected}, got ${got.slice(0, 200)}`, { expected });
}
