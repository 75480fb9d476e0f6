// One signature that every P-256 implementation must accept, and must refuse when a bit is changed.
import { hexToBytes } from '../../bytes.ts';

/** SHA-256 of it was signed by the private key 1, whose public key is the generator of the curve. */
export const P256_TEST_MESSAGE: Uint8Array = hexToBytes('0x676e6f6d6f6e');
export const P256_GENERATOR: Uint8Array = hexToBytes(
  '0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
);
export const P256_TEST_SIGNATURE: Uint8Array = hexToBytes(
  '0x47c6fe041ceb7201a9ce0c832b40f384a8248f72d2c1a29aa834b0b8bfabc23fe651b88d397e2c495cb1c2a0efe24a217b7860d0381f6b178710902cf8cb2803',
);

/** Whether a verifier accepts the vector and refuses an altered one. */
export function passesP256SelfTest(
  input: Uint8Array,
  verify: (input: Uint8Array, signature: Uint8Array, publicKey: Uint8Array) => boolean,
): boolean {
  const altered = input.slice();
  altered[0] = (altered[0] as number) ^ 1;
  return verify(input, P256_TEST_SIGNATURE, P256_GENERATOR) && !verify(altered, P256_TEST_SIGNATURE, P256_GENERATOR);
}
