// What anyone may ask DeviceDID, and what is to be signed for it. Needs no account.
import type { Address, ContractFunctionReturnType, Hex } from 'viem';
import { hexToBytes } from 'viem';
import { readContract } from 'viem/actions';
import type { deviceDidAbi } from '../precompiles/did/abi.ts';
import { ChainError } from '../primitives/errors.ts';
import type { ControlRequest } from './control.ts';
import { type PrepareControlRequest, type PreparedControl, prepareControl, signControl } from './control.ts';
import type { Auth, ControlMethod } from './controlActions.ts';
import type { ControllerSigner } from './controllers.ts';
import { deviceDidContract } from './deviceDid.ts';
import { type DeviceKey, keyedSignature } from './deviceSigner.ts';
import {
  type PreparedRegistration,
  prepareRegistration,
  type RegisterDeviceParameters,
  type RegistrationFields,
  type SignedRegistration,
  signRegistration,
} from './registration.ts';
import { type GnomonClient, readSigningDomain, type SigningOptions } from './signingContext.ts';
import { type SigningDomain, toHex } from './typedData.ts';

type Abi = typeof deviceDidAbi;
type Returned<Name extends 'resolve' | 'delegateOf' | 'bondOf'> = ContractFunctionReturnType<Abi, 'view', Name>;
type RawKey = Returned<'resolve'>[9][number];

/** `STATUS` of precompiles/did, by name. */
export const DEVICE_STATUSES = ['none', 'active', 'suspended', 'deactivated'] as const;
export type DeviceStatus = (typeof DEVICE_STATUSES)[number];

/** A live key of an identity. */
export interface DeviceKeyRecord extends RawKey {
  /** Never given twice. */
  readonly id: number;
}

/** Everything that the chain says of an identity. Times are Unix seconds. */
export interface DeviceRecord {
  /** `none`: nobody made it; it is controlled and paid by its own address. */
  readonly status: DeviceStatus;
  readonly controller: Address;
  readonly payee: Address;
  readonly created: bigint;
  readonly updated: bigint;
  /** Grows with every change. */
  readonly version: bigint;
  /** Grows with every change of controller; grants and delegates of former epochs are void. */
  readonly ownershipEpoch: bigint;
  readonly docHash: Hex;
  readonly docUri: string;
  readonly keys: readonly DeviceKeyRecord[];
  readonly services: Returned<'resolve'>[11];
}

/** The part of a record that says whose the identity is. */
export type DeviceState = Pick<DeviceRecord, 'status' | 'controller' | 'payee' | 'version' | 'ownershipEpoch'>;

/** At which block to read; default: the latest. */
export interface ReadOptions {
  readonly blockNumber?: bigint | undefined;
}

type Read<Parameters> = Parameters & ReadOptions;

/** The reads of DeviceDID as methods of a client. Each throws viem's `ContractFunctionExecutionError`; see `deviceErrorOf`. */
export type GnomonPublicActions = {
  /** The whole record in one call. */
  resolveDevice(parameters: Read<{ readonly identity: Address }>): Promise<DeviceRecord>;
  /** The part of the record that fits five words, for a fraction of the gas of `resolve` where a contract would ask too. */
  stateOf(parameters: Read<{ readonly identity: Address }>): Promise<DeviceState>;
  /** Whether every bit of `scope` is granted to `grantee` now, by the present controller. */
  hasAccess(
    parameters: Read<{ readonly identity: Address; readonly grantee: Address; readonly scope: bigint }>,
  ): Promise<boolean>;
  /**
   * Whether key `keyId` of an identity signed a digest and is valid now for all of `purpose` (`PURPOSE` bits). Key id 0: the
   * identity's own account, or a delegate. For messages use `messagePayload`, which has the digest.
   */
  isValidSignature(
    parameters: Read<{
      readonly identity: Address;
      readonly purpose: number;
      readonly digest: Uint8Array | Hex;
      readonly keyId: number;
      readonly signature: Uint8Array | Hex;
    }>,
  ): Promise<boolean>;
  /** The nonce that the next signed action of an identity must carry. */
  nonces(parameters: Read<{ readonly identity: Address }>): Promise<bigint>;
  /** The zero address when no transfer is proposed. */
  pendingControllerOf(parameters: Read<{ readonly identity: Address }>): Promise<Address>;
  /** Purposes 0 when the account is no delegate now. */
  delegateOf(
    parameters: Read<{ readonly identity: Address; readonly delegate: Address }>,
  ): Promise<{ readonly purposes: number; readonly until: bigint }>;
  /** In wei; `withdrawableAt` is 0 until the identity is deactivated. */
  bondOf(
    parameters: Read<{ readonly identity: Address }>,
  ): Promise<{ readonly amountWei: bigint; readonly withdrawableAt: bigint }>;
  /** Which identity a key would register. Reverts with `InvalidPublicKey` or `UnknownKeyType`. */
  identityOf(key: Read<DeviceKey>): Promise<Address>;

  /** Chain id and genesis hash: what tells signatures of two chains apart. */
  readSigningDomain(): Promise<SigningDomain>;
  /** What device and controller must sign to register, for signers that are elsewhere. */
  prepareRegistration(
    fields: RegistrationFields & { readonly device: DeviceKey; readonly zkKey?: DeviceKey | undefined },
  ): Promise<PreparedRegistration>;
  /** A registration that anyone may send, by `submitRegistration`. */
  signRegistration(parameters: RegisterDeviceParameters): Promise<SignedRegistration>;
  /** What the controller of an identity must sign for a change, for signers that are elsewhere. */
  prepareControl<Method extends ControlMethod>(request: PrepareControlRequest<Method>): Promise<PreparedControl>;
  /** A controller's consent to a change, which anyone may send as `auth`. */
  signControl<Method extends ControlMethod>(
    request: ControlRequest<Method> &
      SigningOptions & { readonly method: Method; readonly controller: ControllerSigner },
  ): Promise<Auth>;
};

/** Adds the reads of DeviceDID to a client: `createPublicClient(…).extend(gnomonPublicActions())`. */
export function gnomonPublicActions() {
  return (client: GnomonClient): GnomonPublicActions => ({
    resolveDevice: (parameters) => resolveDevice(client, parameters),
    stateOf: async ({ identity, blockNumber }) => {
      const args = [identity] as const;
      const found = await readContract(client, { ...deviceDidContract, functionName: 'stateOf', args, blockNumber });
      const [status, controller, payee, version, ownershipEpoch] = found;
      return { status: statusName(status), controller, payee, version, ownershipEpoch };
    },
    hasAccess: ({ identity, grantee, scope, blockNumber }) =>
      readContract(client, {
        ...deviceDidContract,
        functionName: 'hasAccess',
        args: [identity, grantee, scope],
        blockNumber,
      }),
    isValidSignature: ({ identity, purpose, digest, keyId, signature, blockNumber }) => {
      const raw = typeof signature === 'string' ? hexToBytes(signature) : signature;
      const args = [identity, purpose, toHex(digest), toHex(keyedSignature(keyId, raw))] as const;
      return readContract(client, { ...deviceDidContract, functionName: 'isValidSignature', args, blockNumber });
    },
    nonces: ({ identity, blockNumber }) =>
      readContract(client, { ...deviceDidContract, functionName: 'nonces', args: [identity], blockNumber }),
    pendingControllerOf: ({ identity, blockNumber }) =>
      readContract(client, {
        ...deviceDidContract,
        functionName: 'pendingControllerOf',
        args: [identity],
        blockNumber,
      }),
    delegateOf: async ({ identity, delegate, blockNumber }) => {
      const args = [identity, delegate] as const;
      const found = await readContract(client, { ...deviceDidContract, functionName: 'delegateOf', args, blockNumber });
      return { purposes: found[0], until: found[1] };
    },
    bondOf: async ({ identity, blockNumber }) => {
      const args = [identity] as const;
      const found = await readContract(client, { ...deviceDidContract, functionName: 'bondOf', args, blockNumber });
      return { amountWei: found[0], withdrawableAt: found[1] };
    },
    identityOf: ({ keyType, publicKey, blockNumber }) => {
      const args = [keyType, toHex(publicKey)] as const;
      return readContract(client, { ...deviceDidContract, functionName: 'identityOf', args, blockNumber });
    },
    readSigningDomain: () => readSigningDomain(client),
    prepareRegistration: (fields) => prepareRegistration(client, fields),
    signRegistration: (parameters) => signRegistration(client, parameters, client.account),
    prepareControl: (request) => prepareControl(client, request),
    signControl: (request) => signControl(client, request),
  });
}

async function resolveDevice(
  client: GnomonClient,
  { identity, blockNumber }: Read<{ readonly identity: Address }>,
): Promise<DeviceRecord> {
  const found = await readContract(client, {
    ...deviceDidContract,
    functionName: 'resolve',
    args: [identity],
    blockNumber,
  });
  const [
    status,
    controller,
    payee,
    created,
    updated,
    version,
    ownershipEpoch,
    docHash,
    docUri,
    keys,
    keyIds,
    services,
  ] = found;
  return {
    status: statusName(status),
    controller,
    payee,
    created,
    updated,
    version,
    ownershipEpoch,
    docHash,
    docUri,
    keys: keys.map((key, index) => ({ ...key, id: keyIds[index] ?? 0 })),
    services,
  };
}

function statusName(status: number): DeviceStatus {
  const name = DEVICE_STATUSES[status];
  if (name === undefined)
    throw new ChainError('UNKNOWN_STATUS', `expected a status of 0 to 3, got ${status}`, { status });
  return name;
}
