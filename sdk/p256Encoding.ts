// P-256 signatures and public keys as chips, OpenSSL and browsers write them, into the raw forms of the chain.
import { p256 } from '@noble/curves/nist.js';
import { concatBytes } from 'viem';
import { ChainError, messageOf } from '../primitives/errors.ts';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const COORDINATE_LENGTH = 32;
/** SEQUENCE and two INTEGERs of 33 bytes with their heads: nothing longer is a P-256 signature. */
const DER_LENGTH_MAX = 72;
const P256_N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** SubjectPublicKeyInfo of an uncompressed P-256 point, up to the point (RFC 5480 §2). */
const SPKI_PREFIX = '3059301306072a8648ce3d020106082a8648ce3d030107034200';

/**
 * The raw form r ‖ s (64 bytes) of an ECDSA signature in DER (RFC 3279 §2.2.3: SEQUENCE of two INTEGERs). Strict: one
 * encoding per signature, shortest lengths, nothing behind it, r and s from 1 to n - 1.
 * @throws ChainError `INVALID_SIGNATURE_ENCODING`
 */
export function derToRaw(der: Uint8Array): Uint8Array {
  if (der.length > DER_LENGTH_MAX) refuse(`at most ${DER_LENGTH_MAX} bytes`, `${der.length}`);
  if (der[0] !== SEQUENCE) refuse('a DER SEQUENCE (0x30) first', describe(der[0]));
  if (der[1] !== der.length - 2) refuse(`a SEQUENCE of the ${der.length - 2} bytes that follow`, describe(der[1]));
  const [r, behindR] = readInteger(der, 2);
  const [s, end] = readInteger(der, behindR);
  if (end !== der.length) refuse('nothing behind the second INTEGER', `${der.length - end} bytes more`);
  return parseRawP256Signature(concatBytes([r, s]));
}

/** The INTEGER at `offset` in 32 bytes, and where it ends. */
function readInteger(der: Uint8Array, offset: number): readonly [Uint8Array, number] {
  if (der[offset] !== INTEGER) refuse(`an INTEGER (0x02) at byte ${offset}`, describe(der[offset]));
  const length = der[offset + 1] ?? 0;
  const start = offset + 2;
  if (length === 0 || start + length > der.length) refuse(`an INTEGER within the signature`, `length ${length}`);
  const content = der.subarray(start, start + length);
  const [first = 0, second = 0] = content;
  if (first >= 0x80) refuse('positive INTEGERs', `first byte ${describe(first)}`);
  if (first === 0 && length > 1 && second < 0x80) refuse('INTEGERs without needless zeros', describe(second));
  const digits = first === 0 ? content.subarray(1) : content;
  if (digits.length > COORDINATE_LENGTH) refuse('INTEGERs of at most 32 bytes', `${digits.length}`);
  const word = new Uint8Array(COORDINATE_LENGTH);
  word.set(digits, COORDINATE_LENGTH - digits.length);
  return [word, start + length];
}

/**
 * Checks r ‖ s: 64 bytes, both from 1 to n - 1. High s is allowed, as EIP-7951 does.
 * @throws ChainError `INVALID_SIGNATURE_ENCODING`
 */
export function parseRawP256Signature(raw: Uint8Array): Uint8Array {
  if (raw.length !== 2 * COORDINATE_LENGTH) refuse('r and s of 32 bytes each', `${raw.length} bytes`);
  for (const half of [raw.subarray(0, COORDINATE_LENGTH), raw.subarray(COORDINATE_LENGTH)]) {
    const value = toBigInt(half);
    if (value === 0n || value >= P256_N) refuse('r and s from 1 to n - 1', `0x${value.toString(16)}`);
  }
  return raw;
}

/**
 * The raw form x ‖ y (64 bytes) of a P-256 public key given raw, as a SEC1 point (33 or 65 bytes), or as DER
 * SubjectPublicKeyInfo (91 bytes: what `getPublicKey()` of a WebAuthn response returns).
 * @throws ChainError `INVALID_PUBLIC_KEY` when it is none of them or no point of the curve
 */
export function parseP256PublicKey(bytes: Uint8Array): Uint8Array {
  const prefixLength = SPKI_PREFIX.length / 2;
  const isSpki = bytes.length === prefixLength + 65 && toHexDigits(bytes.subarray(0, prefixLength)) === SPKI_PREFIX;
  const point = isSpki ? bytes.subarray(prefixLength) : bytes;
  try {
    const sec1 = point.length === 64 ? concatBytes([Uint8Array.of(4), point]) : point;
    return p256.Point.fromBytes(sec1).toBytes(false).slice(1);
  } catch (error) {
    const expected = 'a P-256 point: 64 bytes x ‖ y, 33 or 65 bytes of SEC1, or 91 bytes of SubjectPublicKeyInfo';
    const message = `expected ${expected}, got ${bytes.length} bytes: ${messageOf(error)}`;
    throw new ChainError('INVALID_PUBLIC_KEY', message, { length: bytes.length }, { cause: error });
  }
}

function toHexDigits(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHexDigits(bytes)}`);
}

function describe(byte: number | undefined): string {
  return byte === undefined ? 'the end' : `0x${byte.toString(16).padStart(2, '0')}`;
}

function refuse(expected: string, got: string): never {
  const message = `not a P-256 signature: expected ${expected}, got ${got}`;
  throw new ChainError('INVALID_SIGNATURE_ENCODING', message, { expected, got });
}
