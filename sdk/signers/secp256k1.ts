// A secp256k1 key in software: the key of an Ethereum account, used by a device.
import type { KeyObject } from 'node:crypto';
import { bytesToHex, hexToBytes } from 'viem';
import { sign } from 'viem/accounts';
import { KEY_TYPE } from '../../precompiles/did/types.ts';
import {
  type Curve,
  generatePrivateKey,
  importPrivateKey,
  keyExports,
  type PortableSigner,
  type PrivateKeySource,
  rawPrivateKey,
  rawPublicKey,
} from './privateKeys.ts';

const CURVE: Curve = { crv: 'secp256k1', openSslName: 'secp256k1' };

/** A signer with a fresh secp256k1 key. */
export function generateSecp256k1Signer(): PortableSigner {
  return signerOf(generatePrivateKey(CURVE));
}

/**
 * A signer with a given secp256k1 key. Signs r ‖ s ‖ v with low s (RFC 6979) over the EIP-712 digest.
 * @throws ChainError `INVALID_PRIVATE_KEY`
 */
export function secp256k1Signer(source: PrivateKeySource): PortableSigner {
  return signerOf(importPrivateKey(CURVE, source));
}

function signerOf(key: KeyObject): PortableSigner {
  const privateKey = bytesToHex(rawPrivateKey(key));
  return {
    keyType: KEY_TYPE.SECP256K1,
    publicKey: rawPublicKey(key),
    sign: async ({ eip712 }) => hexToBytes(await sign({ hash: bytesToHex(eip712.digest), privateKey, to: 'hex' })),
    ...keyExports(key),
  };
}
