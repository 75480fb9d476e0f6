// Verification of P-256 signatures over a digest: mcl, with noble as the reference and the fallback. (node:crypto cannot do
// it: it hashes whatever it is given.)
import { concatBytes } from '../../bytes.ts';
import { ChainError } from '../../errors.ts';
import { lazyModule } from '../../lazyModule.ts';
import { createMclEcdsa } from '../mcl/mclEcdsa.ts';
import { sha256 } from '../sha256.ts';
import { P256_GENERATOR, P256_TEST_MESSAGE, passesP256SelfTest } from './selfTest.ts';

const noble = lazyModule<typeof import('@noble/curves/nist.js')>('@noble/curves/nist.js');

export interface P256DigestVerifier {
  readonly name: 'mcl' | 'noble';
  /** Sizes are checked by the caller: 32, 64 and 64 bytes. */
  verify(digest32: Uint8Array, signature64: Uint8Array, publicKey64: Uint8Array): boolean;
}

/** @throws ChainError `MCL_UNAVAILABLE` */
export function createMclP256(): P256DigestVerifier {
  const { verify } = createMclEcdsa('p256', { generator: P256_GENERATOR });
  return { name: 'mcl', verify };
}

export function createNobleP256(): P256DigestVerifier {
  const { p256 } = noble();
  return {
    name: 'noble',
    verify(digest32, signature64, publicKey64) {
      try {
        const key = concatBytes(Uint8Array.of(4), publicKey64);
        return p256.verify(signature64, digest32, key, { prehash: false, lowS: false });
      } catch {
        return false;
      }
    },
  };
}

/**
 * The first candidate that can be made and passes its self-test.
 * @throws ChainError `NO_CRYPTO_BACKEND` when none does
 */
export function chooseP256DigestVerifier(
  candidates: readonly (() => P256DigestVerifier)[] = [createMclP256, createNobleP256],
): P256DigestVerifier {
  for (const create of candidates) {
    try {
      const verifier = create();
      if (passesP256SelfTest(sha256(P256_TEST_MESSAGE), verifier.verify)) return verifier;
    } catch {
      // Not available on this platform: the next one is. `cryptoBackends` tells which was taken.
    }
  }
  throw new ChainError('NO_CRYPTO_BACKEND', 'no implementation of P-256 works on this machine');
}
