// An authenticator in software: makes WebAuthn assertions as a phone or a browser does, for tests and for servers that stand in
// for people.
import { createHash, type KeyObject, sign } from 'node:crypto';
import { base64Url, type PasskeyAssertion, type PasskeyHolder } from '../passkey.ts';
import { P256_CURVE } from './p256.ts';
import {
  generatePrivateKey,
  importPrivateKey,
  keyExports,
  type PortableSigner,
  type PrivateKeySource,
  rawPublicKey,
} from './privateKeys.ts';

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;

/** The site that a passkey belongs to. */
export interface SoftwarePasskeyOptions {
  /** The domain, such as `example.org`. */
  readonly rpId: string;
  /** Default: `https://` and the domain. */
  readonly origin?: string;
  /** Default: a fresh key. */
  readonly privateKey?: PrivateKeySource;
}

export type SoftwarePasskey = PasskeyHolder & Pick<PortableSigner, 'exportPrivateKey' | 'exportPem' | 'exportJwk'>;

/**
 * A passkey in software, for `passkeySigner`. Its signature counter begins at 1; the chain does not keep it.
 * @throws ChainError `INVALID_PRIVATE_KEY`
 */
export function createSoftwarePasskey(options: SoftwarePasskeyOptions): SoftwarePasskey {
  const { rpId, origin = `https://${rpId}`, privateKey } = options;
  const key: KeyObject =
    privateKey === undefined ? generatePrivateKey(P256_CURVE) : importPrivateKey(P256_CURVE, privateKey);
  let counter = 0;
  const getAssertion = (challenge: Uint8Array): PasskeyAssertion => {
    counter += 1;
    const clientData = JSON.stringify({
      type: 'webauthn.get',
      challenge: base64Url(challenge),
      origin,
      crossOrigin: false,
    });
    const clientDataJSON = Uint8Array.from(Buffer.from(clientData));
    const head = Buffer.alloc(5);
    head.writeUInt8(USER_PRESENT | USER_VERIFIED, 0);
    head.writeUInt32BE(counter, 1);
    const authenticatorData = Uint8Array.from(Buffer.concat([sha256(Buffer.from(rpId)), head]));
    const signature = Uint8Array.from(sign('sha256', Buffer.concat([authenticatorData, sha256(clientDataJSON)]), key));
    return { authenticatorData, clientDataJSON, signature };
  };
  return { publicKey: rawPublicKey(key), getAssertion, ...keyExports(key) };
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
