// Passkey assertions (W3C Web Authentication, Level 2, §7.2), as far as a chain can judge them: what the authenticator signed
// is authenticatorData ‖ SHA-256(clientDataJSON), and the client data must name our digest as its challenge.
import { concatBytes } from '../../primitives/bytes.ts';
import { sha256 } from '../../primitives/crypto/sha256.ts';
import { encodeUtf8 } from '../framework/text.ts';

/** rpIdHash (32) ‖ flags (1) ‖ signature counter (4); extensions may follow. */
const AUTHENTICATOR_DATA_LENGTH_MIN = 37;
const FLAGS_OFFSET = 32;
const FLAG_USER_PRESENT = 0x01;
const FLAG_BACKUP_ELIGIBLE = 0x08;
const FLAG_BACKED_UP = 0x10;
const FLAG_ATTESTED_CREDENTIAL = 0x40;
const P256_SIGNATURE_LENGTH = 64;
const COMMA = 0x2c;
const CLOSING_BRACE = 0x7d;

export interface WebAuthnAssertion {
  /** What the authenticator signed; P-256 hashes it with SHA-256. */
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Reads `length of authenticatorData (2 bytes) ‖ authenticatorData ‖ tail ‖ r ‖ s`, where `tail` is the client data behind
 * the challenge. Its beginning is fixed by the standard's serialisation (§5.8.1.1), so it is rebuilt here from the digest
 * instead of being searched for: no parser, and no assertion for another challenge can fit.
 * Undefined when it is malformed or the user was not present.
 */
export function readWebAuthn(raw: Uint8Array, digest: Uint8Array): WebAuthnAssertion | undefined {
  if (raw.length < 2 + AUTHENTICATOR_DATA_LENGTH_MIN + 2 + P256_SIGNATURE_LENGTH) return undefined;
  const dataEnd = 2 + (((raw[0] as number) << 8) | (raw[1] as number));
  const tailEnd = raw.length - P256_SIGNATURE_LENGTH;
  if (dataEnd < 2 + AUTHENTICATOR_DATA_LENGTH_MIN || dataEnd + 2 > tailEnd) return undefined;
  const authenticatorData = raw.subarray(2, dataEnd);
  const tail = raw.subarray(dataEnd, tailEnd);
  if (!areFlagsFit(authenticatorData[FLAGS_OFFSET] as number)) return undefined;
  if (tail[0] !== COMMA || tail[tail.length - 1] !== CLOSING_BRACE) return undefined;
  const clientData = concatBytes(encodeUtf8(clientDataStart(digest)), tail);
  return { message: concatBytes(authenticatorData, sha256(clientData)), signature: raw.slice(tailEnd) };
}

/** The user was there; a backup without eligibility, and credential data outside of a registration, contradict the standard. */
function areFlagsFit(flags: number): boolean {
  const isBackupSound = (flags & FLAG_BACKED_UP) === 0 || (flags & FLAG_BACKUP_ELIGIBLE) !== 0;
  return (flags & FLAG_USER_PRESENT) !== 0 && (flags & FLAG_ATTESTED_CREDENTIAL) === 0 && isBackupSound;
}

/** The client data of an assertion for `digest`, up to and with the challenge. */
export function clientDataStart(digest: Uint8Array): string {
  return `{"type":"webauthn.get","challenge":"${Buffer.from(digest).toString('base64url')}"`;
}
