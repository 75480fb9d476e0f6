// The reference: pure JavaScript, everywhere available, twenty times slower than the addon.
import { lazyModule } from '../../lazyModule.ts';
import type { Secp256k1Backend } from './backend.ts';

const noble = lazyModule<typeof import('@noble/curves/secp256k1.js')>('@noble/curves/secp256k1.js');

export function createNobleBackend(): Secp256k1Backend {
  const { secp256k1 } = noble();
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
