// What a signature depends on that only the chain knows: which chain it is, the nonce, and the time.
import type { Account, Address, Chain, Client, Transport } from 'viem';
import { getBlock, getChainId, readContract } from 'viem/actions';
import { ChainError } from '../primitives/errors.ts';
import type { ActionToSign } from './controllers.ts';
import { deviceDidContract } from './deviceDid.ts';
import { type Action, type ActionType, actionPayload, type SigningDomain, walletTypedData } from './typedData.ts';

/** Any viem client; reads need no account. */
export type GnomonClient = Client<Transport, Chain | undefined, Account | undefined>;

/** How long a signature is good for unless told otherwise: an hour, in seconds. */
export const SIGNATURE_LIFETIME_SECONDS = 3_600n;

/** What a caller may fix instead of having it read. */
export interface SigningOptions {
  /** The identity's nonce; default: the one in the latest block. */
  readonly nonce?: bigint | undefined;
  /** Unix time in seconds; default: an hour from now, see `readDeadline`. */
  readonly deadline?: bigint | undefined;
}

/** Domain, nonce and deadline of one signature. */
export interface SigningContext {
  readonly domain: SigningDomain;
  readonly nonce: bigint;
  readonly deadline: bigint;
}

/** Reads what a signature for `identity` needs, all at once. The chain id is the client's own where it has one. */
export async function readSigningContext(
  client: GnomonClient,
  identity: Address,
  options: SigningOptions = {},
): Promise<SigningContext> {
  const [domain, nonce, deadline] = await Promise.all([
    readSigningDomain(client),
    options.nonce ?? readContract(client, { ...deviceDidContract, functionName: 'nonces', args: [identity] }),
    options.deadline ?? readDeadline(client),
  ]);
  return { domain, nonce, deadline };
}

/**
 * The chain id and the hash of block 0, which every signature names.
 * @throws ChainError `NO_GENESIS_BLOCK` when the node does not have block 0
 */
export async function readSigningDomain(client: GnomonClient): Promise<SigningDomain> {
  const [chainId, genesis] = await Promise.all([
    client.chain?.id ?? getChainId(client),
    getBlock(client, { blockNumber: 0n }),
  ]);
  if (genesis.hash === null) throw new ChainError('NO_GENESIS_BLOCK', 'the node gave no hash for block 0');
  return { chainId, genesisHash: genesis.hash };
}

/**
 * An hour after the latest block or the local clock, whichever is later: a chain that makes blocks on demand runs ahead of
 * every clock when it is busy, and its last block is old when it is not.
 */
export async function readDeadline(client: GnomonClient): Promise<bigint> {
  const { timestamp } = await getBlock(client, { blockTag: 'latest' });
  const clockSeconds = BigInt(Math.floor(Date.now() / 1_000));
  return (timestamp > clockSeconds ? timestamp : clockSeconds) + SIGNATURE_LIFETIME_SECONDS;
}

/** `action` in every form that a signer may want. */
export function toSign<Type extends ActionType>(domain: SigningDomain, action: Action<Type>): ActionToSign {
  return { ...actionPayload(domain, action), typedData: walletTypedData(domain, action) };
}
