// Devices and people of the tests: one signer per kind of key, deterministic from a seed, each on a library other than the
// one that the product verifies with (ethers, OpenSSL, @zk-kit).
import { createHash, createPrivateKey, createPublicKey, sign as opensslSign } from 'node:crypto';
import { createRequire } from 'node:module';
import { p256 } from '@noble/curves/nist.js';
import { packPoint } from '@zk-kit/baby-jubjub';
import { SigningKey } from 'ethers';
import { hexToBytes, keccak256, stringToBytes } from 'viem';
import { publicKeyToAddress } from 'viem/accounts';
import { KEY_TYPE, type KeyType } from '../../../precompiles/did/types.ts';
import { bigIntToFixedBytes, bytesToBigInt, bytesToHex, concatBytes, parseAddress } from '../../../primitives/bytes.ts';
import { poseidon } from '../../../primitives/crypto/poseidon.ts';
import type { Address } from '../../../primitives/types.ts';
import type { Payload } from './deviceSigning.ts';

// The package's ES module does not load under Node (it imports names from CommonJS); its CommonJS build does.
const eddsa = createRequire(import.meta.url)('@zk-kit/eddsa-poseidon') as typeof import('@zk-kit/eddsa-poseidon');

export interface TestKey {
  readonly keyType: KeyType;
  readonly publicKey: Uint8Array;
  /** Signs typed data in the form of its key type. */
  sign(payload: Payload): Uint8Array;
  /** Signs a bare digest, as `isValidSignature` takes it. */
  signDigest(digest: Uint8Array): Uint8Array;
}

/** An Ethereum account that signs `r ‖ s ‖ v`. */
export interface TestAccount {
  readonly address: Address;
  readonly key: TestKey;
}

function secretOf(seed: string): Uint8Array {
  return hexToBytes(keccak256(stringToBytes(seed)));
}

export function secp256k1Key(seed: string): TestKey {
  const signer = new SigningKey(secretOf(seed));
  const signDigest = (digest: Uint8Array): Uint8Array => hexToBytes(signer.sign(digest).serialized as `0x${string}`);
  return {
    keyType: KEY_TYPE.SECP256K1,
    publicKey: hexToBytes(signer.publicKey as `0x${string}`).slice(1),
    sign: ({ digest }) => signDigest(hexToBytes(digest)),
    signDigest,
  };
}

export function account(seed: string): TestAccount {
  const key = secp256k1Key(seed);
  return { address: parseAddress(publicKeyToAddress(bytesToHex(concatBytes(Uint8Array.of(4), key.publicKey)))), key };
}

interface P256Secret {
  readonly publicKey: Uint8Array;
  readonly secret: Uint8Array;
  /** ECDSA over the SHA-256 hash of `message`, by OpenSSL. */
  signMessage(message: Uint8Array): Uint8Array;
}

function p256Secret(seed: string): P256Secret {
  const secret = secretOf(seed);
  const publicKey = p256.getPublicKey(secret, false).slice(1);
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const point = { x: text(publicKey.subarray(0, 32)), y: text(publicKey.subarray(32)) };
  const key = createPrivateKey({ key: { kty: 'EC', crv: 'P-256', d: text(secret), ...point }, format: 'jwk' });
  const signMessage = (message: Uint8Array): Uint8Array =>
    new Uint8Array(opensslSign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }));
  return { publicKey, secret, signMessage };
}

/** A secure element: P-256, and SHA-256 as its only hash. */
export function p256Key(seed: string): TestKey {
  const { publicKey, secret, signMessage } = p256Secret(seed);
  return {
    keyType: KEY_TYPE.P256,
    publicKey,
    sign: ({ sha256Bytes }) => signMessage(sha256Bytes),
    signDigest: (digest) => p256.sign(digest, secret, { prehash: false, lowS: false }),
  };
}

export interface PasskeyOptions {
  readonly flags?: number;
  readonly origin?: string;
  readonly type?: string;
  readonly extensions?: Uint8Array;
}

/** A passkey as a browser presents it: the assertion in the encoding of docs/spec/device-signing.md. */
export function passkey(seed: string, options: PasskeyOptions = {}): TestKey {
  const { publicKey, signMessage } = p256Secret(seed);
  const { flags = 0x05, origin = 'https://gnomon.example', extensions = new Uint8Array() } = options;
  const signDigest = (digest: Uint8Array): Uint8Array => {
    const challenge = Buffer.from(digest).toString('base64url');
    const type = options.type ?? 'webauthn.get';
    const clientData = JSON.stringify({ type, challenge, origin, crossOrigin: false });
    const rpIdHash = createHash('sha256').update('gnomon.example').digest();
    const authenticatorData = concatBytes(rpIdHash, Uint8Array.of(flags, 0, 0, 0, 7), extensions);
    const clientDataHash = createHash('sha256').update(clientData).digest();
    const signature = signMessage(concatBytes(authenticatorData, clientDataHash));
    const tail = clientData.slice(clientData.indexOf(challenge) + challenge.length + 1);
    const length = bigIntToFixedBytes(BigInt(authenticatorData.length), 2);
    return concatBytes(length, authenticatorData, stringToBytes(tail), signature);
  };
  return { keyType: KEY_TYPE.P256, publicKey, sign: ({ digest }) => signDigest(hexToBytes(digest)), signDigest };
}

export function ed25519Key(seed: string): TestKey {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  const key = createPrivateKey({ key: Buffer.concat([prefix, secretOf(seed)]), format: 'der', type: 'pkcs8' });
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(12));
  const signBytes = (bytes: Uint8Array): Uint8Array => new Uint8Array(opensslSign(null, bytes, key));
  return { keyType: KEY_TYPE.ED25519, publicKey, sign: ({ bytes }) => signBytes(bytes), signDigest: signBytes };
}

export function babyJubJubKey(seed: string): TestKey {
  const secret = Buffer.from(secretOf(seed));
  const publicKey = bigIntToFixedBytes(packPoint(eddsa.derivePublicKey(secret)), 32)
    .slice()
    .reverse();
  const signDigest = (digest: Uint8Array): Uint8Array => {
    const message = poseidon([bytesToBigInt(digest.subarray(0, 16)), bytesToBigInt(digest.subarray(16))]);
    const { R8, S } = eddsa.signMessage(secret, message);
    return concatBytes(...[R8[0], R8[1], S].map((part) => bigIntToFixedBytes(BigInt(part), 32)));
  };
  return { keyType: KEY_TYPE.BABYJUBJUB, publicKey, sign: ({ digest }) => signDigest(hexToBytes(digest)), signDigest };
}

/** Every way in which a device may hold a key. */
export const KEY_KINDS = {
  secp256k1: secp256k1Key,
  p256: p256Key,
  passkey: (seed: string) => passkey(seed),
  ed25519: ed25519Key,
  babyJubJub: babyJubJubKey,
} as const;

export type KeyKind = keyof typeof KEY_KINDS;
