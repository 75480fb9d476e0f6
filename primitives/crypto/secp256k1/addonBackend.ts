// libsecp256k1 as the N-API addon of the package `secp256k1`. Its bindings are required directly: the package's front
// would silently fall back to JavaScript where no binary fits.
import { createRequire } from 'node:module';
import type { Secp256k1Backend } from './backend.ts';

interface Bindings {
  ecdsaRecover(signature: Uint8Array, recovery: number, digest: Uint8Array, compressed: false, out: Uint8Array): void;
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recid: number };
  publicKeyCreate(privateKey: Uint8Array, compressed: false): Uint8Array;
}

/** @throws Error when the platform has no binary */
export function createAddonBackend(): Secp256k1Backend {
  const bindings = createRequire(import.meta.url)('secp256k1/bindings') as Bindings;
  return {
    name: 'addon',
    recover(digest, signature, recovery) {
      const publicKey = new Uint8Array(65);
      try {
        bindings.ecdsaRecover(signature, recovery, digest, false, publicKey);
        return publicKey.subarray(1);
      } catch {
        return undefined;
      }
    },
    sign(digest, privateKey) {
      const { signature, recid } = bindings.ecdsaSign(digest, privateKey);
      return { signature, recovery: recid === 1 ? 1 : 0 };
    },
    publicKeyOf: (privateKey) => bindings.publicKeyCreate(privateKey, false).subarray(1),
  };
}
