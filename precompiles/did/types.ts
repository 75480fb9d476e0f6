// The vocabulary of DeviceDID: key types, purposes, statuses, limits with their reasons.

import type { ExtractAbiFunction } from 'abitype';
import type { FieldsOf } from '../framework/abiType.ts';
import type { ReadContext, WriteContext } from '../framework/context.ts';
import type { Methods } from '../framework/definePrecompile.ts';
import type { deviceDidAbi } from './abi.ts';

export type DidAbi = typeof deviceDidAbi;
export type DidReadContext = ReadContext<DidAbi>;
export type DidContext = WriteContext<DidAbi>;
/** The handlers of some of the methods; contract.ts puts all together. */
export type DidMethods<Name extends keyof Methods<DidAbi>> = Pick<Methods<DidAbi>, Name>;

/** The consent of a controller: `sig` empty when it calls itself. */
export type Auth = FieldsOf<ExtractAbiFunction<DidAbi, 'revokeKey'>['inputs']>['a'];
export type KeyInput = FieldsOf<ExtractAbiFunction<DidAbi, 'addKey'>['inputs']>['k'];
export type Registration = FieldsOf<ExtractAbiFunction<DidAbi, 'register'>['inputs']>['r'];

export const KEY_TYPE = { SECP256K1: 1, P256: 2, ED25519: 3, BABYJUBJUB: 4 } as const;
export type KeyType = (typeof KEY_TYPE)[keyof typeof KEY_TYPE];

/** Raw public keys: x ‖ y for secp256k1 and P-256, the packed point for the other two. */
export const PUBLIC_KEY_LENGTH: Readonly<Record<KeyType, number>> = { 1: 64, 2: 64, 3: 32, 4: 32 };

export function isKeyType(value: number): value is KeyType {
  return value >= KEY_TYPE.SECP256K1 && value <= KEY_TYPE.BABYJUBJUB;
}

export const STATUS = { NONE: 0, ACTIVE: 1, SUSPENDED: 2, DEACTIVATED: 3 } as const;

/** Verification relationships of DID Core, then two of our own. */
export const PURPOSE = { AUTH: 1, ASSERT: 2, KEYAGREE: 4, INVOKE: 8, DELEGATE: 16, ZK: 32, SENSOR: 64 } as const;
export const PURPOSES_ALL = 127;
/** What the key that registers an identity may do: log in and sign data, nothing that owns. */
export const INCEPTION_PURPOSES = PURPOSE.AUTH | PURPOSE.ASSERT;
/** What the account of an identity without registration may do by its own signature. */
export const IMPLICIT_PURPOSES = PURPOSE.AUTH | PURPOSE.ASSERT | PURPOSE.INVOKE;

/** Key id 0 stands for an account: the identity's own address, or a delegate. Ids of keys begin at 1 and never return. */
export const ACCOUNT_KEY_ID = 0;

/** Live keys per identity: their ids fill one word, and `resolve` reads every one of them. */
export const KEYS_MAX = 16;
/** Ids ever given to keys of one identity: 16 bits each in that word. One rotation a day lasts 179 years. */
export const KEY_ID_MAX = 65_535;
/** Services per identity: `resolve` reads every one of them. */
export const SERVICES_MAX = 8;
/** Delegates per identity and ownership: as many as a household or a fleet's operators need, few enough to review. */
export const DELEGATES_MAX = 32;
/** Bytes of a service endpoint: room for a URL with a query. Storage and calldata grow with it. */
export const ENDPOINT_LENGTH_MAX = 512;
/** Bytes of a service kind: the type names of the DID registries are shorter. */
export const SERVICE_KIND_LENGTH_MAX = 64;
/** Bytes of a document URI: a content address or a URL. */
export const DOC_URI_LENGTH_MAX = 256;
/** The longest raw public key. */
export const PUBLIC_KEY_LENGTH_MAX = 64;
/** Bytes of one signature with its key id: a passkey assertion carries its authenticator and client data. */
export const SIGNATURE_LENGTH_MAX = 1_024;
/** R8.x ‖ R8.y ‖ S. */
export const ZK_SIGNATURE_LENGTH = 96;
/** Endorsements belong to projects, which do not exist yet. */
export const ENDORSEMENT_LENGTH_MAX = 1_024;
/** The bond stays this long after deactivation: work signed before it can still be disputed. */
export const BOND_DISPUTE_WINDOW_SECONDS = 604_800n;

/** Length limits of the parameter that every control method shares. */
export const AUTH_LIMITS = { 'a.sig': SIGNATURE_LENGTH_MAX } as const;
