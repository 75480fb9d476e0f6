// addKey, rotateKey, revokeKey.
import { equalBytes } from '../../../primitives/bytes.ts';
import type { Address } from '../../../primitives/types.ts';
import { authorise, isSignedByKey, keyIdOf } from '../authorise.ts';
import { METHOD_GAS } from '../gas.ts';
import { OpenIdentity, requireInTime } from '../identity.ts';
import {
  endKey,
  requireControllable,
  requireKeyRules,
  requirePossession,
  requirePublicKey,
  storeKey,
} from '../keys.ts';
import { ACCOUNT_SIGNATURE_LENGTH, signedAction } from '../signatures.ts';
import type { Action } from '../typedData.ts';
import {
  AUTH_LIMITS,
  type Auth,
  type DidContext,
  type DidMethods,
  type KeyInput,
  PUBLIC_KEY_LENGTH_MAX,
  PURPOSE,
  SIGNATURE_LENGTH_MAX,
} from '../types.ts';

const KEY_LIMITS = {
  ...AUTH_LIMITS,
  'k.publicKey': PUBLIC_KEY_LENGTH_MAX,
  newKeyProof: SIGNATURE_LENGTH_MAX,
} as const;

export function addKeyAction(identity: Address, k: KeyInput, nonce: bigint, deadline: bigint): Action {
  return { name: 'AddKey', values: (hash) => ({ identity, ...k, pubKeyHash: hash(k.publicKey), nonce, deadline }) };
}

export function rotateKeyAction(
  identity: Address,
  oldKeyId: number,
  k: KeyInput,
  nonce: bigint,
  deadline: bigint,
): Action {
  const values: Action['values'] = (hash) => ({
    identity,
    oldKeyId,
    ...k,
    pubKeyHash: hash(k.publicKey),
    nonce,
    deadline,
  });
  return { name: 'RotateKey', values };
}

export const keyMethods: DidMethods<'addKey' | 'rotateKey' | 'revokeKey'> = {
  addKey: {
    gas: METHOD_GAS,
    limits: KEY_LIMITS,
    run: (context, { id, k, newKeyProof, a }) => {
      const identity = authorise(context, id, a, (nonce, deadline) => addKeyAction(id, k, nonce, deadline));
      requireNewKey(context, k, newKeyProof, addKeyAction(id, k, identity.nonce, a.deadline), a);
      const keyId = storeKey(context, identity, k);
      identity.save();
      return keyId;
    },
  },

  rotateKey: {
    gas: METHOD_GAS,
    limits: KEY_LIMITS,
    run: (context, { id, oldKey, k, newKeyProof, a }) => {
      const actionOf = (nonce: bigint, deadline: bigint): Action => rotateKeyAction(id, oldKey, k, nonce, deadline);
      const identity = isByOldKey(id, oldKey, a)
        ? authoriseByOldKey(context, id, oldKey, k, a)
        : authorise(context, id, a, actionOf);
      requireNewKey(context, k, newKeyProof, actionOf(identity.nonce, a.deadline), a);
      endKey(context, identity, oldKey);
      const keyId = storeKey(context, identity, k);
      requireControllable(context, identity);
      identity.save();
      return keyId;
    },
  },

  revokeKey: {
    gas: METHOD_GAS,
    limits: AUTH_LIMITS,
    run: (context, { id, keyId, a }) => {
      const identity = authorise(context, id, a, (nonce, deadline) => ({
        name: 'RevokeKey',
        values: () => ({ identity: id, keyId, nonce, deadline }),
      }));
      endKey(context, identity, keyId);
      requireControllable(context, identity);
      identity.save();
    },
  },
};

/** The new key is usable, keeps the rules, and proves itself over the same action that the controller consented to. */
function requireNewKey(context: DidContext, k: KeyInput, proof: Uint8Array, action: Action, auth: Auth): void {
  requireInTime(context, auth.deadline);
  requireKeyRules(context, k);
  const keyType = requirePublicKey(context, k.keyType, k.publicKey);
  requirePossession(context, keyType, k.publicKey, signedAction(context, action), proof);
}

function isByOldKey(id: Address, oldKey: number, { signer, sig }: Auth): boolean {
  return equalBytes(signer, id) && sig.length !== ACCOUNT_SIGNATURE_LENGTH && keyIdOf(sig) === oldKey && oldKey !== 0;
}

/**
 * A device replaces its own key, without its controller. The new key may do no more and last no longer than the old one,
 * unless the identity controls itself and the old key may act for it.
 */
function authoriseByOldKey(context: DidContext, id: Address, oldKey: number, k: KeyInput, auth: Auth): OpenIdentity {
  const identity = new OpenIdentity(context, id);
  requireInTime(context, auth.deadline);
  const content = signedAction(context, rotateKeyAction(id, oldKey, k, identity.nonce, auth.deadline));
  if (!isSignedByKey(context, identity.slots, 0, content, auth.sig)) context.fail('InvalidSignature', { signer: id });
  const old = identity.slots.keyHead(oldKey);
  if (old === undefined) return context.fail('UnknownKey', { identity: id, keyId: oldKey });
  const mayAct = equalBytes(identity.owner.controller, id) && (old.purposes & PURPOSE.INVOKE) !== 0;
  const isWider = (k.purposes & ~old.purposes) !== 0;
  const isLonger = old.validUntil !== 0n && (k.validUntil === 0n || k.validUntil > old.validUntil);
  if (!mayAct && (isWider || isLonger)) context.fail('KeyNotNarrower', { oldKeyId: oldKey });
  return identity;
}
