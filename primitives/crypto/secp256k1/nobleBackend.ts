// The reference: pure JavaScript, everywhere available, twenty times slower than the addon.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { Secp256k1Backend } from './backend.ts';

export function createNobleBackend(): Secp256k1Backend {
  return {
    name: 'noble',
    recover(digest, signature, recovery) {
      try {
        const parsed = secp256k1.Signature.fromBytes(signature, 'compact').addRecoveryBit(recovery);
        return parsed.recoverPublicKey(digest).toBytes(false).subarray(1);
      } catch {
        return undefined;
      }
    },
    sign(digest, privateKey) {
      const signed = secp256k1.sign(digest, privateKey, { prehash: false, lowS: true, format: 'recovered' });
      return { signature: signed.subarray(1), recovery: signed[0] === 1 ? 1 : 0 };
    },
    publicKeyOf: (privateKey) => secp256k1.getPublicKey(privateKey, false).subarray(1),
  };
}
