// Registering a device: its key proves itself, its controller consents, and anyone may send it.
import type { Account, Address, ContractFunctionArgs, Hex } from 'viem';
import { concatHex, hexToBytes, isAddressEqual, stringToBytes } from 'viem';
import type { deviceDidAbi } from '../precompiles/did/abi.ts';
import { KEY_TYPE } from '../precompiles/did/types.ts';
import { ChainError } from '../primitives/errors.ts';
import { type Auth, publicKeyHex } from './controlActions.ts';
import type { ActionToSign, ControllerSigner } from './controllers.ts';
import { ZERO_WORD } from './deviceDid.ts';
import type { DeviceKey, DeviceSigner } from './deviceSigner.ts';
import { identityOfKey } from './did.ts';
import { type GnomonClient, readSigningContext, type SigningOptions, toSign } from './signingContext.ts';
import { type Action, type HashOf, toHex } from './typedData.ts';

type RegisterArgs = ContractFunctionArgs<typeof deviceDidAbi, 'payable', 'register'>;

/** The `Registration` of the ABI. */
export type Registration = RegisterArgs[0];

/** What a registration says, before its keys sign it. */
export interface RegistrationFields extends SigningOptions {
  /** Owns the identity; the device's own identity makes it its own controller. */
  readonly controller: Address;
  /** Is paid for the device's work. Default: the controller. */
  readonly payee?: Address | undefined;
  /** 32 bytes. 0, the default, until projects exist. */
  readonly projectId?: Hex | undefined;
  /** SHA-256 of the canonical JSON of the off-chain document; default 0. */
  readonly docHash?: Hex | undefined;
  /** Where that document is, at most 256 bytes; default empty. */
  readonly docUri?: string | undefined;
  /** Names the model of the device, 32 bytes; default 0. */
  readonly modelHash?: Hex | undefined;
}

/** A registration whose signatures are still to be made. */
export interface PreparedRegistration {
  readonly identity: Address;
  readonly registration: Registration;
  readonly nonce: bigint;
  /**
   * What all sign: the device key, the ZK key behind it, and the controller if it does not send the transaction itself. The
   * chain would let the controller have a deadline of its own; the SDK gives all the same.
   */
  readonly action: ActionToSign;
}

/** A registration that anyone may send. */
export interface SignedRegistration {
  readonly identity: Address;
  readonly args: RegisterArgs;
}

/** The keys of a device, and who owns it. */
export interface RegisterDeviceParameters extends Omit<RegistrationFields, 'controller'> {
  /** The key that makes the identity. It gets purposes AUTH and ASSERT, and INVOKE when the device controls itself. */
  readonly device: DeviceSigner;
  /** A BabyJubJub key for zero-knowledge proofs, purpose ZK. */
  readonly zkKey?: DeviceSigner | undefined;
  /**
   * The controller: a signer; or `'self'`, the device itself; or an address, which must then send the transaction. Default:
   * the account that sends it.
   */
  readonly controller?: ControllerSigner | Address | 'self' | undefined;
}

/**
 * Reads nonce, time and chain, and builds what the keys of a device and its controller must sign.
 * @throws ChainError `INVALID_PUBLIC_KEY`
 */
export async function prepareRegistration(
  client: GnomonClient,
  fields: RegistrationFields & { readonly device: DeviceKey; readonly zkKey?: DeviceKey | undefined },
): Promise<PreparedRegistration> {
  const { device, zkKey, controller, payee = controller } = fields;
  if (zkKey !== undefined && zkKey.keyType !== KEY_TYPE.BABYJUBJUB) {
    const message = `expected a BabyJubJub key (type ${KEY_TYPE.BABYJUBJUB}) as zkKey, got type ${zkKey.keyType}`;
    throw new ChainError('INVALID_PUBLIC_KEY', message, { keyType: zkKey.keyType });
  }
  const identity = identityOfKey(device.keyType, device.publicKey);
  const { domain, nonce, deadline } = await readSigningContext(client, identity, fields);
  const registration: Registration = {
    projectId: fields.projectId ?? ZERO_WORD,
    controller,
    payee,
    keyType: device.keyType,
    publicKey: publicKeyHex(device),
    zkPublicKey: zkKey === undefined ? '0x' : publicKeyHex(zkKey),
    docHash: fields.docHash ?? ZERO_WORD,
    docUri: fields.docUri ?? '',
    modelHash: fields.modelHash ?? ZERO_WORD,
    deadline,
  };
  return { identity, registration, nonce, action: toSign(domain, registerAction(identity, registration, nonce)) };
}

/**
 * Has every key sign. Without a controller that signs, the consent is that of `sender`, which must then send it.
 * @throws ChainError `INVALID_PUBLIC_KEY`, `NO_CONTROLLER` when neither a controller nor a sender is known, and what the
 *   signers throw
 */
export async function signRegistration(
  client: GnomonClient,
  parameters: RegisterDeviceParameters,
  sender?: Account,
): Promise<SignedRegistration> {
  const { device, zkKey } = parameters;
  const { address, signer } = controllerOf(parameters, sender);
  const prepared = await prepareRegistration(client, { ...parameters, controller: address });
  const { identity, registration, action } = prepared;
  const proof = toHex(await device.sign(action));
  const deviceSig = zkKey === undefined ? proof : concatHex([proof, toHex(await zkKey.sign(action))]);
  const isOwnController = isAddressEqual(address, identity);
  const sig = signer === undefined || isOwnController ? '0x' : await signer.sign(action);
  const auth: Auth = { signer: address, deadline: registration.deadline, sig };
  return { identity, args: [registration, deviceSig, auth, '0x'] };
}

interface ControllerChoice {
  readonly address: Address;
  readonly signer: ControllerSigner | undefined;
}

function controllerOf({ controller, device }: RegisterDeviceParameters, sender: Account | undefined): ControllerChoice {
  if (controller === 'self') return { address: identityOfKey(device.keyType, device.publicKey), signer: undefined };
  if (typeof controller === 'string') return { address: controller, signer: undefined };
  if (controller !== undefined) return { address: controller.address, signer: controller };
  if (sender === undefined) {
    throw new ChainError('NO_CONTROLLER', 'expected a `controller`, or an account whose device it will be');
  }
  return { address: sender.address, signer: undefined };
}

function registerAction(identity: Address, r: Registration, nonce: bigint): Action<'Register'> {
  const { projectId, controller, payee, keyType, docHash, modelHash, deadline } = r;
  return {
    type: 'Register',
    message: (hashOf: HashOf) => ({
      identity,
      projectId,
      controller,
      payee,
      keyType,
      pubKeyHash: hashOf(hexToBytes(r.publicKey)),
      zkKeyHash: hashOf(hexToBytes(r.zkPublicKey)),
      docHash,
      docUriHash: hashOf(stringToBytes(r.docUri)),
      modelHash,
      nonce,
      deadline,
    }),
  };
}
