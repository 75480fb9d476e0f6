// Prices of DeviceDID's native work: measured microseconds, times ten. The README says how each was measured.
import type { Gas } from '../../primitives/types.ts';
import { workGas } from '../framework/gas.ts';
import { KEY_TYPE, type KeyType } from './types.ts';

/** Verifying one signature of a key type. */
export const SIGNATURE_GAS: Readonly<Record<KeyType, Gas>> = {
  [KEY_TYPE.SECP256K1]: workGas(300),
  [KEY_TYPE.P256]: workGas(320),
  [KEY_TYPE.ED25519]: workGas(3_000),
  [KEY_TYPE.BABYJUBJUB]: workGas(20_000),
};

/** Checking that bytes are a usable public key of a key type. */
export const KEY_CHECK_GAS: Readonly<Record<KeyType, Gas>> = {
  [KEY_TYPE.SECP256K1]: workGas(50),
  [KEY_TYPE.P256]: workGas(50),
  [KEY_TYPE.ED25519]: workGas(300),
  [KEY_TYPE.BABYJUBJUB]: workGas(5_000),
};

/** Hashing the typed data of one action in both forms. */
export const TYPED_DATA_GAS: Gas = workGas(60);
/** A method's own fixed work: slot hashes, packing, encoding of events. */
export const METHOD_GAS: Gas = workGas(40);
/** `resolve` and `register` handle many more words. */
export const LARGE_METHOD_GAS: Gas = workGas(200);
/** `identityOf`: one hash. */
export const IDENTITY_OF_GAS: Gas = workGas(20);
