// What changes identities, as transactions of the client's account. Every call is simulated first, so that a refusal costs
// nothing and comes with the name of its custom error.
import type { Account, Address, Hash, Hex } from 'viem';
import { parseAccount } from 'viem/accounts';
import { getChainId, simulateContract, writeContract } from 'viem/actions';
import { ChainError } from '../primitives/errors.ts';
import { buildControlCall, type ConsentOptions, type ControlRequest } from './control.ts';
import { CONTROL_METHODS, type ControlMethod, type DeviceDidCall } from './controlActions.ts';
import { deviceDidContract, ZERO_WORD } from './deviceDid.ts';
import { formatDid } from './did.ts';
import { type RegisterDeviceParameters, type SignedRegistration, signRegistration } from './registration.ts';
import type { GnomonClient } from './signingContext.ts';

/** How a transaction is sent; what is not given, viem finds out. */
export interface SendOptions {
  /** Default: the client's account. */
  readonly account?: Account | Address | undefined;
  readonly gas?: bigint | undefined;
  /** The account's nonce, not the identity's. */
  readonly transactionNonce?: number | undefined;
  readonly maxFeePerGas?: bigint | undefined;
  readonly maxPriorityFeePerGas?: bigint | undefined;
}

/** A bond locked with a registration, in wei; default 0. */
export interface BondOptions {
  readonly bondWei?: bigint | undefined;
}

/** A sent registration. */
export interface RegisteredDevice {
  readonly hash: Hash;
  readonly identity: Address;
  /** With the chain id. */
  readonly did: string;
}

/** A sent `addKey` or `rotateKey`. The key's proof names the nonce, so the id is right if the transaction succeeds at all. */
export interface AddedKey {
  readonly hash: Hash;
  readonly keyId: number;
}

type KeyMethod = 'addKey' | 'rotateKey';

type ControlActions = {
  [Method in ControlMethod]: (
    request: ControlRequest<Method> & ConsentOptions & SendOptions,
  ) => Promise<Method extends KeyMethod ? AddedKey : Hash>;
};

/**
 * The changes of DeviceDID as methods of a client. Each resolves when the node has the transaction, not when it is in a block.
 * Throws viem's `ContractFunctionExecutionError` (see `deviceErrorOf`), ChainError `NO_ACCOUNT`, and what signers throw.
 */
export type GnomonWalletActions = ControlActions & {
  /** Has the device sign and registers it. */
  registerDevice(parameters: RegisterDeviceParameters & BondOptions & SendOptions): Promise<RegisteredDevice>;
  /** Sends a registration that was signed elsewhere. */
  submitRegistration(
    parameters: { readonly signed: SignedRegistration } & BondOptions & SendOptions,
  ): Promise<RegisteredDevice>;
  /** The controller's emergency stop: no key is valid until `resume`. Has no signed form. `reason`: 32 bytes, default 0. */
  suspend(parameters: { readonly identity: Address; readonly reason?: Hex } & SendOptions): Promise<Hash>;
  /** Pays the bond of a deactivated identity to its payee, a week after the end. Anyone may. */
  withdrawBond(parameters: { readonly identity: Address } & SendOptions): Promise<Hash>;
};

/** Adds the changes of DeviceDID to a client: `createWalletClient(…).extend(gnomonWalletActions())`. */
export function gnomonWalletActions() {
  return (client: GnomonClient): GnomonWalletActions => ({
    ...controlActions(client),
    registerDevice: async (parameters) => {
      const sender = senderOf(client, parameters);
      return submit(client, await signRegistration(client, parameters, sender), parameters);
    },
    submitRegistration: (parameters) => submit(client, parameters.signed, parameters),
    suspend: async ({ identity, reason = ZERO_WORD, ...options }) =>
      (await send(client, { functionName: 'suspend', args: [identity, reason] }, options)).hash,
    withdrawBond: async ({ identity, ...options }) =>
      (await send(client, { functionName: 'withdrawBond', args: [identity] }, options)).hash,
  });
}

/** One function per control method: they differ only in their row of controlActions.ts. */
function controlActions(client: GnomonClient): ControlActions {
  const action = async (
    method: ControlMethod,
    request: ControlRequest<ControlMethod> & ConsentOptions & SendOptions,
  ) => {
    const call = await buildControlCall(client, method, request as never, senderOf(client, request));
    const { hash, result } = await send(client, call, request);
    return method === 'addKey' || method === 'rotateKey' ? { hash, keyId: Number(result) } : hash;
  };
  const entries = CONTROL_METHODS.map((method) => [method, (request: never) => action(method, request)]);
  return Object.fromEntries(entries) as ControlActions;
}

async function submit(
  client: GnomonClient,
  { identity, args }: SignedRegistration,
  options: BondOptions & SendOptions,
): Promise<RegisteredDevice> {
  const { hash } = await send(client, { functionName: 'register', args }, options, options.bondWei);
  return { hash, identity, did: formatDid(identity, client.chain?.id ?? (await getChainId(client))) };
}

function senderOf(client: GnomonClient, { account = client.account }: SendOptions): Account {
  if (account === undefined) {
    throw new ChainError('NO_ACCOUNT', 'expected an `account`, of the client or of this call, to send the transaction');
  }
  return parseAccount(account);
}

async function send(
  client: GnomonClient,
  { functionName, args }: DeviceDidCall,
  options: SendOptions,
  valueWei = 0n,
): Promise<{ hash: Hash; result: unknown }> {
  const { gas, transactionNonce: nonce, maxFeePerGas, maxPriorityFeePerGas } = options;
  const account = senderOf(client, options);
  const call = { ...deviceDidContract, functionName, args, account, value: valueWei, chain: client.chain };
  // viem infers one method at a time; that name and arguments belong together DeviceDidCall has already said.
  const { result } = await simulateContract(client, { ...call, gas } as never);
  const hash = await writeContract(client, { ...call, gas, nonce, maxFeePerGas, maxPriorityFeePerGas } as never);
  return { hash, result };
}
