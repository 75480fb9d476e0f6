// Who consents for an identity when the sender of the transaction does not: an account, a wallet, a key or a delegate.
import type { Account, Address, Chain, Client, Hex, LocalAccount, Transport } from 'viem';
import { hexToBytes } from 'viem';
import { signTypedData } from 'viem/actions';
import { ACCOUNT_KEY_ID } from '../precompiles/did/types.ts';
import { ChainError } from '../primitives/errors.ts';
import { type DeviceSigner, keyedSignature } from './deviceSigner.ts';
import { type SigningPayload, toHex, type walletTypedData } from './typedData.ts';

/** An action as signers take it. */
export interface ActionToSign extends SigningPayload {
  /** For `eth_signTypedData_v4`. */
  readonly typedData: ReturnType<typeof walletTypedData>;
}

/** Signs actions for the controller of an identity. */
export interface ControllerSigner {
  /** The controller, as it stands in the identity's record. */
  readonly address: Address;
  /** Signs `action` in one of the three forms of `Auth.sig` (docs/spec/device-signing.md, "Who signs"). */
  sign(action: ActionToSign): Promise<Hex>;
}

/** A controller whose account key is at hand, such as `privateKeyToAccount(…)` of viem. */
export function accountController(account: LocalAccount): ControllerSigner {
  return { address: account.address, sign: ({ typedData }) => account.signTypedData(typedData) };
}

/**
 * A controller in a wallet (MetaMask, or an unlocked account of a dev node), asked by `eth_signTypedData_v4`.
 * @throws ChainError `NO_ACCOUNT` when the client has none
 */
export function walletController(client: Client<Transport, Chain | undefined, Account | undefined>): ControllerSigner {
  const { account } = client;
  if (account === undefined) throw new ChainError('NO_ACCOUNT', 'expected a wallet client that has an account');
  return {
    address: account.address,
    sign: ({ typedData }) => signTypedData(client, { account, ...typedData }),
  };
}

/**
 * A controller that is an identity, acting by one of its keys: a passkey or a secure element. The key needs purpose
 * `INVOKE` and the identity must be active. Also the way in which a device rotates its own key: `identity` the device,
 * `keyId` its old key.
 */
export function keyController(options: {
  readonly identity: Address;
  readonly keyId: number;
  readonly signer: DeviceSigner;
}): ControllerSigner {
  const { identity, keyId, signer } = options;
  return {
    address: identity,
    sign: async (action) => toHex(keyedSignature(keyId, await signer.sign(action))),
  };
}

/** A controller that is an identity, acting by an account that it made its delegate with purpose `INVOKE`. */
export function delegateController(options: {
  readonly identity: Address;
  readonly account: LocalAccount;
}): ControllerSigner {
  const { identity, account } = options;
  return {
    address: identity,
    async sign({ typedData }) {
      const signature = hexToBytes(await account.signTypedData(typedData));
      return toHex(keyedSignature(ACCOUNT_KEY_ID, signature));
    },
  };
}
