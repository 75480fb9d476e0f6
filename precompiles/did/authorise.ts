// Who may act on an identity. Rights are always looked up in the record of the identity that is acted on; signatures count
// once, for one action, on one chain.
import { equalBytes } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import { isZero, OpenIdentity, requireInTime } from './identity.ts';
import {
  ACCOUNT_SIGNATURE_LENGTH,
  recoverAccount,
  type SignedContent,
  signedAction,
  verifySignature,
} from './signatures.ts';
import { IdentityReader, type KeyHead } from './storage.ts';
import type { Action } from './typedData.ts';
import {
  ACCOUNT_KEY_ID,
  type Auth,
  type DidContext,
  type DidReadContext,
  IMPLICIT_PURPOSES,
  type KeyType,
  PURPOSE,
  STATUS,
} from './types.ts';

/** Four bytes of key id stand before the signature of an identity's key. */
export const KEY_ID_LENGTH = 4;

/** The controller's action, before nonce and deadline are known. */
export type ActionOf = (nonce: bigint, deadline: bigint) => Action;

/**
 * Opens an identity for a change that its controller consents to. Fails with `IdentityDeactivated`, `Unauthorized`,
 * `DeadlinePassed` or `InvalidSignature`.
 */
export function authorise(context: DidContext, id: Address, auth: Auth, actionOf: ActionOf): OpenIdentity {
  const identity = new OpenIdentity(context, id);
  requireConsent(context, id, identity.owner.controller, auth, actionOf(identity.nonce, auth.deadline));
  identity.materialise();
  return identity;
}

/**
 * Fails unless `account` consents to `action` on identity `id`: by calling itself (empty signature), or by signing. Native
 * code calls no contract, so a contract account can only call.
 */
export function requireConsent(
  context: DidReadContext,
  id: Address,
  account: Address,
  auth: Auth,
  action: Action,
): void {
  if (!equalBytes(auth.signer, account)) context.fail('Unauthorized', { identity: id, account: auth.signer });
  if (auth.sig.length === 0) {
    if (!equalBytes(context.caller, account)) context.fail('Unauthorized', { identity: id, account: context.caller });
    return;
  }
  requireInTime(context, auth.deadline);
  const content = signedAction(context, action);
  if (!isSignedBy(context, account, content, auth.sig)) context.fail('InvalidSignature', { signer: account });
}

/** A 65-byte signature is an Ethereum account's; any other is by a key of the identity that `account` is. */
function isSignedBy(context: DidReadContext, account: Address, content: SignedContent, sig: Uint8Array): boolean {
  if (sig.length !== ACCOUNT_SIGNATURE_LENGTH) {
    return isSignedByKey(context, new IdentityReader(context.storage, account), PURPOSE.INVOKE, content, sig);
  }
  const signer = recoverAccount(context, content.digest, sig);
  return signer !== undefined && equalBytes(signer, account);
}

/** The key id that a signature names, or undefined when it is too short to. */
export function keyIdOf(sig: Uint8Array): number | undefined {
  if (sig.length < KEY_ID_LENGTH) return undefined;
  return new DataView(sig.buffer, sig.byteOffset, KEY_ID_LENGTH).getUint32(0);
}

/**
 * Whether `keyId ‖ signature` is valid now for an identity and a purpose (0: any): the identity active, the key live and in
 * its validity, the purpose among its purposes. Never fails by itself.
 */
export function isSignedByKey(
  context: DidReadContext,
  identity: IdentityReader,
  purpose: number,
  content: SignedContent,
  sig: Uint8Array,
): boolean {
  const keyId = keyIdOf(sig);
  if (keyId === undefined) return false;
  const signature = sig.subarray(KEY_ID_LENGTH);
  if (keyId === ACCOUNT_KEY_ID) return isSignedByAccount(context, identity, purpose, content, signature);
  if (identity.head().status !== STATUS.ACTIVE) return false;
  const head = identity.keyHead(keyId);
  if (head === undefined || !isValidAt(head, context.block.timestampSeconds)) return false;
  if ((head.purposes & purpose) !== purpose) return false;
  const key = identity.key(keyId);
  if (key === undefined) return false;
  return verifySignature(context, key.keyType as KeyType, key.publicKey, content, signature);
}

/** Key id 0: the identity's own account while nothing was registered, or a delegate. */
function isSignedByAccount(
  context: DidReadContext,
  identity: IdentityReader,
  purpose: number,
  content: SignedContent,
  signature: Uint8Array,
): boolean {
  const { status, inceptionKeyType } = identity.head();
  if (status !== STATUS.ACTIVE && status !== STATUS.NONE) return false;
  const signer = recoverAccount(context, content.digest, signature);
  if (signer === undefined || isZero(signer)) return false;
  if (equalBytes(signer, identity.id) && inceptionKeyType === 0) {
    const isOwn = status === STATUS.NONE || equalBytes(identity.owner().controller, identity.id);
    if (isOwn && (IMPLICIT_PURPOSES & purpose) === purpose) return true;
  }
  if (status === STATUS.NONE) return false;
  const { purposes, until, ownershipEpoch } = identity.delegate(signer);
  if (until <= context.block.timestampSeconds || (purposes & purpose) !== purpose) return false;
  return ownershipEpoch === identity.owner().ownershipEpoch;
}

/** Whether a key may be used at a time; from `validFrom` on, and before `validUntil` unless that is 0. */
export function isValidAt({ validFrom, validUntil }: KeyHead, timestampSeconds: bigint): boolean {
  return validFrom <= timestampSeconds && (validUntil === 0n || timestampSeconds < validUntil);
}
