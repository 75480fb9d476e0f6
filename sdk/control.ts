// From the parameters of a control method to the call of DeviceDID: signatures gathered, nonce and time read.
import type { Account, Address, Hex } from 'viem';
import { ChainError } from '../primitives/errors.ts';
import {
  type Auth,
  type ControlMethod,
  type ControlParameters,
  controlAction,
  controlCall,
  type DeviceDidCall,
} from './controlActions.ts';
import type { ActionToSign, ControllerSigner } from './controllers.ts';
import type { DeviceSigner } from './deviceSigner.ts';
import { type GnomonClient, readSigningContext, type SigningOptions, toSign } from './signingContext.ts';
import { toHex } from './typedData.ts';

/** Who consents. By default the account that sends the transaction; else a signer, or a consent signed before. */
export interface ConsentOptions extends SigningOptions {
  readonly controller?: ControllerSigner | undefined;
  /** Made by `signControl`; excludes `controller`. */
  readonly auth?: Auth | undefined;
}

/** The parameters of a control method. */
export type ControlRequest<Method extends ControlMethod> = ControlParameters[Method] & {
  readonly identity: Address;
};

/** What is signed for a control method, before anyone signed it. */
export type PrepareControlRequest<Method extends ControlMethod> = ControlRequest<Method> &
  SigningOptions & {
    readonly method: Method;
    /** The controller; it is named in what is signed for `acceptController`. */
    readonly signer: Address;
  };

/** An action ready to be signed anywhere, with what `Auth` needs. */
export interface PreparedControl extends ActionToSign {
  readonly nonce: bigint;
  /** Unix time in seconds. */
  readonly deadline: bigint;
}

/** Reads nonce, time and chain, and builds what the controller (and a new key) must sign. */
export function prepareControl<Method extends ControlMethod>(
  client: GnomonClient,
  request: PrepareControlRequest<Method>,
): Promise<PreparedControl> {
  const { method, identity, signer, nonce, deadline } = request;
  return prepare(client, method, request, { identity, signer, nonce, deadline });
}

async function prepare<Method extends ControlMethod>(
  client: GnomonClient,
  method: Method,
  parameters: ControlParameters[Method],
  ends: SigningOptions & { readonly identity: Address; readonly signer: Address },
): Promise<PreparedControl> {
  const { identity, signer } = ends;
  const { domain, nonce, deadline } = await readSigningContext(client, identity, ends);
  const action = controlAction(method, parameters, { identity, signer, nonce, deadline });
  return { ...toSign(domain, action), nonce, deadline };
}

/** A controller's consent to one action, to be sent by anyone. */
export async function signControl<Method extends ControlMethod>(
  client: GnomonClient,
  request: ControlRequest<Method> & SigningOptions & { readonly method: Method; readonly controller: ControllerSigner },
): Promise<Auth> {
  const { controller } = request;
  const { method, identity, nonce, deadline } = request;
  const signer = controller.address;
  const prepared = await prepare(client, method, request, { identity, signer, nonce, deadline });
  return { signer, deadline: prepared.deadline, sig: await controller.sign(prepared) };
}

/**
 * The call of a control method with its consent and, for `addKey` and `rotateKey`, the proof of the new key.
 * @throws ChainError `CONFLICTING_CONSENT` when both `auth` and `controller` are given
 */
export async function buildControlCall<Method extends ControlMethod>(
  client: GnomonClient,
  method: Method,
  request: ControlRequest<Method> & ConsentOptions,
  sender: Account,
): Promise<DeviceDidCall> {
  const { identity, auth, controller } = request;
  if (auth !== undefined && controller !== undefined) {
    throw new ChainError('CONFLICTING_CONSENT', 'expected `auth` or `controller`, got both');
  }
  const parameters = request as ControlParameters[Method];
  const newKey = newKeyOf(parameters);
  if (newKey === undefined && controller === undefined) {
    return controlCall(method, identity, parameters, auth ?? ownConsent(sender, 0n), '0x');
  }
  const signer = auth?.signer ?? controller?.address ?? sender.address;
  const deadline = auth?.deadline ?? request.deadline;
  const prepared = await prepare(client, method, parameters, { identity, signer, nonce: request.nonce, deadline });
  const sig = auth?.sig ?? (await controller?.sign(prepared)) ?? '0x';
  const newKeyProof: Hex = newKey === undefined ? '0x' : toHex(await newKey.sign(prepared));
  return controlCall(method, identity, parameters, { signer, deadline: prepared.deadline, sig }, newKeyProof);
}

/** The consent of a controller that sends the transaction itself: it needs no signature. */
export function ownConsent(sender: Account, deadline: bigint): Auth {
  return { signer: sender.address, deadline, sig: '0x' };
}

function newKeyOf(parameters: object): DeviceSigner | undefined {
  return 'newKey' in parameters ? (parameters.newKey as DeviceSigner) : undefined;
}
