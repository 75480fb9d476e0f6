// What devices sign with: public keys and signatures of every kind of key, held against other people's verifiers.
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { isPublicKey, signedDigest, verifySignature } from '../../precompiles/did/signatures.ts';
import {
  type DidReadContext,
  isKeyType,
  KEY_TYPE,
  type KeyType,
  PUBLIC_KEY_LENGTH,
} from '../../precompiles/did/types.ts';
import { concatBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import type { Hash } from '../../primitives/types.ts';
import { KEY_KINDS } from '../../test/precompiles/support/deviceKeys.ts';
import { expectThat, type FuzzTarget, otherTakes } from '../target.ts';

/** The signed digest; inputs carry key and signature only. */
const DIGEST = keccak256(new Uint8Array(32).fill(9)) as Hash;
/** Charging is all that verification asks of a context. */
const CONTEXT = { charge: () => undefined } as unknown as DidReadContext;

/** The first byte is the type of key, then the key, then the signature. */
function check(input: Uint8Array): string {
  const keyType = 1 + ((input[0] ?? 0) % 4);
  expectThat(isKeyType(keyType), 'four types of keys');
  const length = PUBLIC_KEY_LENGTH[keyType];
  const publicKey = input.slice(1, 1 + length);
  const signature = input.slice(1 + length);
  if (!isPublicKey(CONTEXT, keyType, publicKey)) {
    expectThat(!isKeyElsewhere(keyType, publicKey), `type ${keyType}: no public key, says only we`);
    return `${keyType} no public key`;
  }
  const holds = verifySignature(CONTEXT, keyType, publicKey, signedDigest(DIGEST), signature);
  const elsewhere = holdsElsewhere(keyType, publicKey, signature);
  expectThat(
    elsewhere === undefined || elsewhere === holds,
    `type ${keyType}: we say ${holds}, noble says ${elsewhere}`,
  );
  return holds ? 'accepted' : `${keyType} does not hold`;
}

function isKeyElsewhere(keyType: KeyType, publicKey: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_LENGTH[keyType]) return false;
  const uncompressed = concatBytes(Uint8Array.of(4), publicKey);
  if (keyType === KEY_TYPE.SECP256K1) return secp256k1.utils.isValidPublicKey(uncompressed, false);
  if (keyType === KEY_TYPE.P256) return p256.utils.isValidPublicKey(uncompressed, false);
  return false;
}

/** What noble says; undefined where it has no rule that is ours (passkeys, BabyJubJub). */
function holdsElsewhere(keyType: KeyType, publicKey: Uint8Array, signature: Uint8Array): boolean | undefined {
  const uncompressed = concatBytes(Uint8Array.of(4), publicKey);
  const verified = (verify: () => boolean): boolean => otherTakes(verify) ?? false;
  switch (keyType) {
    case KEY_TYPE.P256:
      if (signature.length !== 64) return undefined;
      return verified(() => p256.verify(signature, DIGEST, uncompressed, { prehash: false, lowS: false }));
    case KEY_TYPE.SECP256K1: {
      const v = signature[64];
      if (signature.length !== 65 || (v !== 27 && v !== 28)) return false;
      const options = { prehash: false, lowS: true } as const;
      const recovered = otherTakes(() =>
        secp256k1.recoverPublicKey(concatBytes(Uint8Array.of(v - 27), signature.subarray(0, 64)), DIGEST, options),
      );
      if (recovered === undefined) return false;
      const same = Buffer.from(secp256k1.Point.fromBytes(recovered).toBytes(false)).equals(uncompressed);
      return same && verified(() => secp256k1.verify(signature.subarray(0, 64), DIGEST, uncompressed, options));
    }
    case KEY_TYPE.ED25519:
      return verified(() => ed25519.verify(signature, DIGEST, publicKey, { zip215: true }));
    default:
      return undefined;
  }
}

const real = Object.values(KEY_KINDS).flatMap((make) =>
  ['a', 'b'].map((seed) => {
    const key = make(seed);
    return concatBytes(Uint8Array.of(key.keyType - 1), key.publicKey, key.signDigest(DIGEST));
  }),
);

export const signatureTarget: FuzzTarget = {
  name: 'signature',
  about: 'device keys and signatures (secp256k1, P-256, passkeys, Ed25519, BabyJubJub), held against noble',
  shape: 'bytes',
  inputBytesMax: 1_200,
  inputBudgetMs: 300,
  open: () => ({
    corpus: real,
    structures: fc
      .tuple(fc.nat(3), fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.uint8Array({ maxLength: 100 }))
      .map(([type, key, signature]) => concatBytes(Uint8Array.of(type), key, signature)),
    dictionary: [new Uint8Array(32), new Uint8Array(32).fill(0xff), Uint8Array.of(27), Uint8Array.of(28)],
    check,
  }),
};
