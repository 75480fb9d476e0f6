// register: a device's key proves itself, its controller consents, the bond is locked.
import { equalBytes, utf8ToBytes } from '../../../primitives/bytes.ts';
import type { Address } from '../../../primitives/types.ts';
import { requireConsent } from '../authorise.ts';
import { REGISTER_GAS } from '../gas.ts';
import { identityOfKey, isZero, OpenIdentity, requireInTime } from '../identity.ts';
import { requirePossession, requirePublicKey, storeKey } from '../keys.ts';
import { signedAction } from '../signatures.ts';
import type { Action } from '../typedData.ts';
import {
  type Auth,
  type DidContext,
  type DidMethods,
  DOC_URI_LENGTH_MAX,
  ENDORSEMENT_LENGTH_MAX,
  INCEPTION_PURPOSES,
  KEY_TYPE,
  type KeyType,
  PUBLIC_KEY_LENGTH_MAX,
  PURPOSE,
  type Registration,
  SIGNATURE_LENGTH_MAX,
  STATUS,
  ZK_SIGNATURE_LENGTH,
} from '../types.ts';

export function registerAction(identity: Address, r: Registration, nonce: bigint, deadline: bigint): Action {
  return {
    name: 'Register',
    values: (hash) => ({
      identity,
      projectId: r.projectId,
      controller: r.controller,
      payee: r.payee,
      keyType: r.keyType,
      pubKeyHash: hash(r.publicKey),
      zkKeyHash: hash(r.zkPublicKey),
      docHash: r.docHash,
      docUriHash: hash(utf8ToBytes(r.docUri)),
      modelHash: r.modelHash,
      nonce,
      deadline,
    }),
  };
}

export const registrationMethods: DidMethods<'register'> = {
  register: {
    gas: REGISTER_GAS,
    limits: {
      'r.publicKey': PUBLIC_KEY_LENGTH_MAX,
      'r.zkPublicKey': PUBLIC_KEY_LENGTH_MAX,
      'r.docUri': DOC_URI_LENGTH_MAX,
      deviceSig: SIGNATURE_LENGTH_MAX + ZK_SIGNATURE_LENGTH,
      'controllerAuth.sig': SIGNATURE_LENGTH_MAX,
      endorsement: ENDORSEMENT_LENGTH_MAX,
    },
    run: (context, { r, deviceSig, controllerAuth, endorsement }) => {
      if (!isZero(r.projectId) || endorsement.length > 0) context.fail('UnknownProject', { projectId: r.projectId });
      requireInTime(context, r.deadline);
      if (isZero(r.controller)) context.fail('InvalidController', { controller: r.controller });
      if (isZero(r.payee) || equalBytes(r.payee, context.self)) context.fail('InvalidPayee', { payee: r.payee });
      const keyType = requirePublicKey(context, r.keyType, r.publicKey);
      if (r.zkPublicKey.length > 0) requirePublicKey(context, KEY_TYPE.BABYJUBJUB, r.zkPublicKey);

      const identity = openForRegistration(context, identityOfKey(keyType, r.publicKey), r);
      requireProofs(context, identity, keyType, r, deviceSig);
      requireControllerConsent(context, identity, r, controllerAuth);

      store(context, identity, keyType, r);
      identity.save();
      return identity.id;
    },
  },
};

/**
 * An identity is registered once. One that its account already made may still be, as long as it controls itself or the
 * controller named is the one that it has.
 */
function openForRegistration(context: DidContext, id: Address, r: Registration): OpenIdentity {
  const identity = new OpenIdentity(context, id);
  const { status, inceptionKeyType } = identity.head;
  if (inceptionKeyType !== 0) context.fail('AlreadyRegistered', { identity: id });
  if (status === STATUS.SUSPENDED) context.fail('WrongStatus', { identity: id, status });
  const { controller } = identity.owner;
  if (!equalBytes(controller, id) && !equalBytes(controller, r.controller)) {
    context.fail('Unauthorized', { identity: id, account: r.controller });
  }
  return identity;
}

/** Both keys prove that they are held; the ZK key's proof stands behind the device key's. */
function requireProofs(
  context: DidContext,
  identity: OpenIdentity,
  keyType: KeyType,
  r: Registration,
  deviceSig: Uint8Array,
): void {
  const content = signedAction(context, registerAction(identity.id, r, identity.nonce, r.deadline));
  const split = r.zkPublicKey.length > 0 ? Math.max(0, deviceSig.length - ZK_SIGNATURE_LENGTH) : deviceSig.length;
  requirePossession(context, keyType, r.publicKey, content, deviceSig.subarray(0, split));
  if (r.zkPublicKey.length === 0) return;
  requirePossession(context, KEY_TYPE.BABYJUBJUB, r.zkPublicKey, content, deviceSig.subarray(split));
}

/** A device that controls itself has consented by its proof; it needs no second signature and may not bring one. */
function requireControllerConsent(context: DidContext, identity: OpenIdentity, r: Registration, auth: Auth): void {
  const { id, nonce } = identity;
  if (!equalBytes(r.controller, id)) {
    requireConsent(context, id, r.controller, auth, registerAction(id, r, nonce, auth.deadline));
    return;
  }
  if (!equalBytes(auth.signer, id)) context.fail('Unauthorized', { identity: id, account: auth.signer });
  if (auth.sig.length > 0) context.fail('InvalidSignature', { signer: id });
}

function store(context: DidContext, identity: OpenIdentity, keyType: KeyType, r: Registration): void {
  const { id } = identity;
  const { controller, payee, docHash, projectId } = r;
  context.emit('DeviceRegistered', { identity: id, projectId, controller, keyType, docHash });
  if (identity.head.status === STATUS.NONE) identity.create({ controller, ownershipEpoch: 0n }, payee);
  else {
    if (!equalBytes(identity.owner.controller, controller)) identity.transferTo(controller);
    identity.slots.setPayee(payee);
  }
  identity.head = { ...identity.head, inceptionKeyType: keyType };
  context.emit('PayeeChanged', { identity: id, payee });

  const isOwnController = equalBytes(controller, id);
  const purposes = isOwnController ? INCEPTION_PURPOSES | PURPOSE.INVOKE : INCEPTION_PURPOSES;
  const unlimited = { validFrom: 0n, validUntil: 0n };
  storeKey(context, identity, { keyType, purposes, publicKey: r.publicKey, ...unlimited });
  if (r.zkPublicKey.length > 0) {
    const zkKey = { keyType: KEY_TYPE.BABYJUBJUB, purposes: PURPOSE.ZK, publicKey: r.zkPublicKey, ...unlimited };
    storeKey(context, identity, zkKey);
  }
  if (!isZero(docHash) || r.docUri !== '') {
    identity.slots.setDocument(docHash, r.docUri);
    context.emit('DocumentChanged', { identity: id, docHash, docUri: r.docUri });
  }
  if (!isZero(r.modelHash)) identity.slots.setModelHash(r.modelHash);
  if (context.valueWei > 0n) {
    identity.slots.setBondWei(context.valueWei);
    context.emit('BondDeposited', { identity: id, amount: context.valueWei });
  }
}
