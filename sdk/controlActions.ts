// Every change of an identity that its controller consents to: from the parameters of the SDK to what is signed and to what
// is called. One row per method.
import type { Address, ContractFunctionArgs, Hex } from 'viem';
import { hexToBytes } from 'viem';
import type { deviceDidAbi } from '../precompiles/did/abi.ts';
import { INCEPTION_PURPOSES } from '../precompiles/did/types.ts';
import { ZERO_WORD } from './deviceDid.ts';
import type { DeviceKey, DeviceSigner } from './deviceSigner.ts';
import { type Action, type ActionMessage, type ActionType, type HashOf, toHex } from './typedData.ts';

type Abi = typeof deviceDidAbi;
type Mutability = 'nonpayable' | 'payable';
type ArgsOf<Name extends string> = ContractFunctionArgs<Abi, Mutability, Name & WriteName>;

/** The methods of DeviceDID that write. */
export type WriteName = Extract<Abi[number], { type: 'function'; stateMutability: Mutability }>['name'];

/** A call of DeviceDID with its arguments. */
export type DeviceDidCall = { [Name in WriteName]: { functionName: Name; args: ArgsOf<Name> } }[WriteName];

/** The consent of a controller as the chain takes it; `sig` empty when it calls itself. */
export interface Auth {
  readonly signer: Address;
  /** Unix time in seconds; the block's time must not be later. */
  readonly deadline: bigint;
  readonly sig: Hex;
}

/** A key that joins an identity, and proves itself by signing the action. */
export interface NewKeyParameters {
  readonly newKey: DeviceSigner;
  /** `PURPOSE` bits, 1 to 127; ZK (32) only for BabyJubJub. Default: AUTH and ASSERT. */
  readonly purposes?: number;
  /** Unix time in seconds; 0, the default, is now. Not in the past. */
  readonly validFrom?: bigint;
  /** Unix time in seconds from which it is valid no more; 0, the default, is for good. */
  readonly validUntil?: bigint;
}

/** What each method takes beside the identity. */
export interface ControlParameters {
  addKey: NewKeyParameters;
  rotateKey: NewKeyParameters & { readonly oldKeyId: number };
  revokeKey: { readonly keyId: number };
  /** Id: 32 bytes, not 0. Kind: 1 to 64 bytes of UTF-8; endpoint: 1 to 512. Replaces the service of the same id. */
  setService: { readonly serviceId: Hex; readonly kind: string; readonly endpoint: string };
  removeService: { readonly serviceId: Hex };
  /** `docHash`: SHA-256 of the canonical JSON document; `docUri`: at most 256 bytes. */
  setDocument: { readonly docHash: Hex; readonly docUri: string };
  setPayee: { readonly payee: Address };
  /** The zero address takes a proposal back. */
  proposeController: { readonly next: Address };
  acceptController: Record<never, never>;
  /** `until`: Unix time in seconds, in the future. */
  addDelegate: { readonly delegate: Address; readonly purposes: number; readonly until: bigint };
  revokeDelegate: { readonly delegate: Address };
  /** Replaces what the grantee had. `scopes`: bits whose meaning is the owner's; `termsHash`: the terms agreed, default 0. */
  grantAccess: { readonly grantee: Address; readonly scopes: bigint; readonly until: bigint; readonly termsHash?: Hex };
  /** A grant of no scopes: what DeviceDID has for taking a grant away. */
  revokeAccess: { readonly grantee: Address };
  resume: Record<never, never>;
  deactivate: Record<never, never>;
}

export type ControlMethod = keyof ControlParameters;

type Ends = 'identity' | 'nonce' | 'deadline';
type Members<Type extends ActionType> = Omit<ActionMessage<Type>, Ends>;

interface Row<Parameters, Type extends ActionType> {
  readonly type: Type;
  members(parameters: Parameters, hashOf: HashOf, signer: Address): Members<Type>;
  call(identity: Address, parameters: Parameters, auth: Auth, newKeyProof: Hex): DeviceDidCall;
}

/** Makes TypeScript check a row's members against its signed structure. */
function row<Parameters, Type extends ActionType>(entry: Row<Parameters, Type>): Row<Parameters, Type> {
  return entry;
}

type P = ControlParameters;

const ROWS = {
  addKey: row<P['addKey'], 'AddKey'>({
    type: 'AddKey',
    members: (p, hashOf) => keyMembers(p, hashOf),
    call: (id, p, auth, proof) => ({ functionName: 'addKey', args: [id, keyArgument(p), proof, auth] }),
  }),
  rotateKey: row<P['rotateKey'], 'RotateKey'>({
    type: 'RotateKey',
    members: (p, hashOf) => ({ oldKeyId: p.oldKeyId, ...keyMembers(p, hashOf) }),
    call: (id, p, auth, proof) => ({ functionName: 'rotateKey', args: [id, p.oldKeyId, keyArgument(p), proof, auth] }),
  }),
  revokeKey: row<P['revokeKey'], 'RevokeKey'>({
    type: 'RevokeKey',
    members: ({ keyId }) => ({ keyId }),
    call: (id, { keyId }, auth) => ({ functionName: 'revokeKey', args: [id, keyId, auth] }),
  }),
  setService: row<P['setService'], 'SetService'>({
    type: 'SetService',
    members: ({ serviceId, kind, endpoint }) => ({ serviceId, kind, endpoint }),
    call: (id, { serviceId, kind, endpoint }, auth) => ({
      functionName: 'setService',
      args: [id, { id: serviceId, kind, endpoint }, auth],
    }),
  }),
  removeService: row<P['removeService'], 'RemoveService'>({
    type: 'RemoveService',
    members: ({ serviceId }) => ({ serviceId }),
    call: (id, { serviceId }, auth) => ({ functionName: 'removeService', args: [id, serviceId, auth] }),
  }),
  setDocument: row<P['setDocument'], 'SetDocument'>({
    type: 'SetDocument',
    members: ({ docHash, docUri }) => ({ docHash, docUri }),
    call: (id, { docHash, docUri }, auth) => ({ functionName: 'setDocument', args: [id, docHash, docUri, auth] }),
  }),
  setPayee: row<P['setPayee'], 'SetPayee'>({
    type: 'SetPayee',
    members: ({ payee }) => ({ payee }),
    call: (id, { payee }, auth) => ({ functionName: 'setPayee', args: [id, payee, auth] }),
  }),
  proposeController: row<P['proposeController'], 'ProposeController'>({
    type: 'ProposeController',
    members: ({ next }) => ({ next }),
    call: (id, { next }, auth) => ({ functionName: 'proposeController', args: [id, next, auth] }),
  }),
  acceptController: row<P['acceptController'], 'AcceptController'>({
    type: 'AcceptController',
    members: (_, __, signer) => ({ controller: signer }),
    call: (id, _, auth) => ({ functionName: 'acceptController', args: [id, auth] }),
  }),
  addDelegate: row<P['addDelegate'], 'AddDelegate'>({
    type: 'AddDelegate',
    members: ({ delegate, purposes, until }) => ({ delegate, purposes, until }),
    call: (id, { delegate, purposes, until }, auth) => ({
      functionName: 'addDelegate',
      args: [id, delegate, purposes, until, auth],
    }),
  }),
  revokeDelegate: row<P['revokeDelegate'], 'RevokeDelegate'>({
    type: 'RevokeDelegate',
    members: ({ delegate }) => ({ delegate }),
    call: (id, { delegate }, auth) => ({ functionName: 'revokeDelegate', args: [id, delegate, auth] }),
  }),
  grantAccess: row<P['grantAccess'], 'GrantAccess'>({
    type: 'GrantAccess',
    members: ({ grantee, scopes, until, termsHash = ZERO_WORD }) => ({ grantee, scopes, until, termsHash }),
    call: (id, { grantee, scopes, until, termsHash = ZERO_WORD }, auth) => ({
      functionName: 'grantAccess',
      args: [id, grantee, scopes, until, termsHash, auth],
    }),
  }),
  revokeAccess: row<P['revokeAccess'], 'GrantAccess'>({
    type: 'GrantAccess',
    members: ({ grantee }) => ({ grantee, scopes: 0n, until: 0n, termsHash: ZERO_WORD }),
    call: (id, { grantee }, auth) => ({ functionName: 'grantAccess', args: [id, grantee, 0n, 0n, ZERO_WORD, auth] }),
  }),
  resume: row<P['resume'], 'Resume'>({
    type: 'Resume',
    members: () => ({}),
    call: (id, _, auth) => ({ functionName: 'resume', args: [id, auth] }),
  }),
  deactivate: row<P['deactivate'], 'Deactivate'>({
    type: 'Deactivate',
    members: () => ({}),
    call: (id, _, auth) => ({ functionName: 'deactivate', args: [id, auth] }),
  }),
} as const satisfies Record<ControlMethod, unknown>;

/** The names of all control methods. */
export const CONTROL_METHODS = Object.keys(ROWS) as readonly ControlMethod[];

/** TypeScript cannot tie a method to its row through a type parameter; the keys of ROWS and ControlParameters are the same. */
function rowOf<Method extends ControlMethod>(method: Method): Row<ControlParameters[Method], ActionType> {
  return ROWS[method] as unknown as Row<ControlParameters[Method], ActionType>;
}

/** What is signed for a control method: by the controller, and by a new key as its proof. */
export function controlAction<Method extends ControlMethod>(
  method: Method,
  parameters: ControlParameters[Method],
  ends: { readonly identity: Address; readonly signer: Address; readonly nonce: bigint; readonly deadline: bigint },
): Action {
  const { type, members } = rowOf(method);
  const { identity, signer, nonce, deadline } = ends;
  const message = (hashOf: HashOf) => ({ identity, ...members(parameters, hashOf, signer), nonce, deadline });
  return { type, message: message as Action['message'] };
}

/** What is called for a control method. */
export function controlCall<Method extends ControlMethod>(
  method: Method,
  identity: Address,
  parameters: ControlParameters[Method],
  auth: Auth,
  newKeyProof: Hex,
): DeviceDidCall {
  return rowOf(method).call(identity, parameters, auth, newKeyProof);
}

/** The public key of `key` in the encoding of the ABI. */
export function publicKeyHex({ publicKey }: DeviceKey): Hex {
  return toHex(publicKey);
}

function keyArgument({ newKey, purposes = INCEPTION_PURPOSES, validFrom = 0n, validUntil = 0n }: NewKeyParameters) {
  return { keyType: newKey.keyType, purposes, validFrom, validUntil, publicKey: publicKeyHex(newKey) } as const;
}

function keyMembers(parameters: NewKeyParameters, hashOf: HashOf) {
  const { publicKey, ...fields } = keyArgument(parameters);
  return { ...fields, pubKeyHash: hashOf(hexToBytes(publicKey)) };
}
