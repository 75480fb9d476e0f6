// Prices of DeviceDID's native work: measured microseconds with a margin, times ten. The README has the measurements.
import type { Gas } from '../../primitives/types.ts';
import { workGas } from '../framework/gas.ts';
import { KEY_TYPE, type KeyType } from './types.ts';

/** Judging one signature of a key type: the slowest verdict, which for Ed25519 is a refusal, on the slowest backend. */
export const SIGNATURE_GAS: Readonly<Record<KeyType, Gas>> = {
  [KEY_TYPE.SECP256K1]: workGas(260),
  [KEY_TYPE.P256]: workGas(360),
  [KEY_TYPE.ED25519]: workGas(1_500),
  [KEY_TYPE.BABYJUBJUB]: workGas(3_600),
};

/** Judging whether bytes are a usable public key of a key type. */
export const KEY_CHECK_GAS: Readonly<Record<KeyType, Gas>> = {
  [KEY_TYPE.SECP256K1]: workGas(5),
  [KEY_TYPE.P256]: workGas(5),
  [KEY_TYPE.ED25519]: workGas(120),
  [KEY_TYPE.BABYJUBJUB]: workGas(1_600),
};

/** Hashing the typed data of one action, in both forms. */
export const TYPED_DATA_GAS: Gas = workGas(20);
/** What a method that changes something does besides: slot hashes, packing, encoding of events. */
export const METHOD_GAS: Gas = workGas(60);
/** `register`, which writes and emits several times as much. */
export const REGISTER_GAS: Gas = workGas(250);
/** A view of a few words. */
export const VIEW_GAS: Gas = workGas(20);
/** `resolve`, without the slots that it reads. */
export const RESOLVE_GAS: Gas = workGas(100);
