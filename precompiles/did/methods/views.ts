// What anyone may ask. None of these writes; none depends on who asks.
import { ZERO_HASH } from '../../../primitives/bytes.ts';
import { isSignedByKey } from '../authorise.ts';
import { RESOLVE_GAS, VIEW_GAS } from '../gas.ts';
import { identityOfKey } from '../identity.ts';
import { requirePublicKey } from '../keys.ts';
import { signedDigest } from '../signatures.ts';
import { IdentityReader } from '../storage.ts';
import {
  BOND_DISPUTE_WINDOW_SECONDS,
  type DidMethods,
  PUBLIC_KEY_LENGTH_MAX,
  PURPOSES_ALL,
  SIGNATURE_LENGTH_MAX,
  STATUS,
} from '../types.ts';

type ViewMethod =
  | 'resolve'
  | 'stateOf'
  | 'isValidSignature'
  | 'hasAccess'
  | 'nonces'
  | 'pendingControllerOf'
  | 'delegateOf'
  | 'bondOf'
  | 'identityOf';

export const viewMethods: DidMethods<ViewMethod> = {
  /** The whole record. An identity that nobody made has status NONE and is controlled and paid by its own address. */
  resolve: {
    gas: RESOLVE_GAS,
    limits: {},
    run: ({ storage }, { id }) => {
      const identity = new IdentityReader(storage, id);
      const { status, version, updated } = identity.head();
      if (status === STATUS.NONE) return nobody(id);
      const { controller, ownershipEpoch } = identity.owner();
      const { payee, created } = identity.payee();
      const keyIds = identity.keyIds();
      const keys = keyIds.flatMap((keyId) => identity.key(keyId) ?? []);
      const services = identity.serviceIds().map((serviceId) => identity.service(serviceId));
      const document = { docHash: identity.docHash(), docUri: identity.docUri() };
      return {
        status,
        controller,
        payee,
        created,
        updated,
        version,
        ownershipEpoch,
        ...document,
        keys,
        keyIds,
        services,
      };
    },
  },

  /** The part of the record that contracts ask for: three slots, and few enough values for their stack. */
  stateOf: {
    gas: VIEW_GAS,
    limits: {},
    run: ({ storage }, { id }) => {
      const identity = new IdentityReader(storage, id);
      const { status, version } = identity.head();
      if (status === STATUS.NONE) return { status, controller: id, payee: id, version: 0n, ownershipEpoch: 0n };
      return { status, version, ...identity.owner(), payee: identity.payee().payee };
    },
  },

  /** `sig` is the key id in 4 bytes, then the signature as the key's type writes it. False for anything that is not valid. */
  isValidSignature: {
    gas: VIEW_GAS,
    limits: { sig: SIGNATURE_LENGTH_MAX },
    run: (context, { id, purpose, digest, sig }) => {
      if (purpose === 0 || purpose > PURPOSES_ALL) return false;
      const identity = new IdentityReader(context.storage, id);
      return isSignedByKey(context, identity, purpose, signedDigest(digest), sig);
    },
  },

  /** Whether every bit of `scope` is granted now, by the present owner. */
  hasAccess: {
    gas: VIEW_GAS,
    limits: {},
    run: (context, { id, who, scope }) => {
      if (scope === 0n) return false;
      const identity = new IdentityReader(context.storage, id);
      const { status } = identity.head();
      if (status !== STATUS.ACTIVE && status !== STATUS.SUSPENDED) return false;
      const { scopes, until, ownershipEpoch } = identity.grant(who);
      if ((scopes & scope) !== scope || until <= context.block.timestampSeconds) return false;
      return ownershipEpoch === identity.owner().ownershipEpoch;
    },
  },

  nonces: {
    gas: VIEW_GAS,
    limits: {},
    run: ({ storage }, { id }) => new IdentityReader(storage, id).head().nonce,
  },

  pendingControllerOf: {
    gas: VIEW_GAS,
    limits: {},
    run: ({ storage }, { id }) => new IdentityReader(storage, id).pending().controller,
  },

  /** Zero purposes when the account is no delegate now. */
  delegateOf: {
    gas: VIEW_GAS,
    limits: {},
    run: (context, { id, who }) => {
      const identity = new IdentityReader(context.storage, id);
      const { purposes, until, ownershipEpoch } = identity.delegate(who);
      const isLive = isUsable(identity) && until > context.block.timestampSeconds;
      if (!isLive || ownershipEpoch !== identity.owner().ownershipEpoch) return { purposes: 0, until: 0n };
      return { purposes, until };
    },
  },

  /** `withdrawableAt` is 0 until the identity is deactivated. */
  bondOf: {
    gas: VIEW_GAS,
    limits: {},
    run: ({ storage }, { id }) => {
      const identity = new IdentityReader(storage, id);
      const isEnded = identity.head().status === STATUS.DEACTIVATED;
      const withdrawableAt = isEnded ? identity.pending().deactivatedAt + BOND_DISPUTE_WINDOW_SECONDS : 0n;
      return { amount: identity.bondWei(), withdrawableAt };
    },
  },

  /** Which identity a key would register. */
  identityOf: {
    gas: VIEW_GAS,
    limits: { publicKey: PUBLIC_KEY_LENGTH_MAX },
    run: (context, { keyType, publicKey }) => identityOfKey(requirePublicKey(context, keyType, publicKey), publicKey),
  },
};

function isUsable(identity: IdentityReader): boolean {
  const { status } = identity.head();
  return status === STATUS.ACTIVE || status === STATUS.SUSPENDED;
}

function nobody(id: IdentityReader['id']) {
  const times = { created: 0n, updated: 0n, version: 0n, ownershipEpoch: 0n };
  const nothing = { docHash: ZERO_HASH, docUri: '', keys: [], keyIds: [], services: [] };
  return { status: STATUS.NONE, controller: id, payee: id, ...times, ...nothing };
}
