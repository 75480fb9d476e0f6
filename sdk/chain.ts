// Gnomon chains as viem knows chains.
import { type Chain, defineChain } from 'viem';
import { DEVICE_DID_ADDRESS } from './deviceDid.ts';

/** The chain id of `gnomon dev`, 0x129e. */
export const GNOMON_DEV_CHAIN_ID = 4766;
/** Multicall3, at the address that it has on every chain; dev chains have it from genesis. */
export const MULTICALL3_ADDRESS = '0xca11bde05977b3631167028862be2a173976ca11';

export interface GnomonChainOptions<Id extends number = number> {
  /** EIP-155 chain id. */
  readonly id: Id;
  /** Default: `Gnomon`. */
  readonly name?: string;
  readonly rpcUrls: { readonly http: readonly string[]; readonly webSocket?: readonly string[] };
  /**
   * Time between blocks in milliseconds; viem polls twice as often, between 0.5 and 4 s. 0: blocks come as transactions do.
   * Then nothing is cached between calls and watchers report every block. Default: 1000.
   */
  readonly blockTimeMs?: number;
  /** Whether its tokens are worth nothing. Default: false. */
  readonly testnet?: boolean;
  /** Base URL of a block explorer. */
  readonly blockExplorerUrl?: string;
}

/** A viem chain that knows where the native contracts are. */
export type GnomonChain<Id extends number = number> = Chain & {
  readonly id: Id;
  readonly contracts: {
    readonly multicall3: { readonly address: typeof MULTICALL3_ADDRESS };
    readonly deviceDid: { readonly address: typeof DEVICE_DID_ADDRESS };
  };
};

/**
 * A viem chain with the token, the contracts and the block time of a Gnomon chain. For quicker receipts than viem's
 * shortest default of 0.5 s give the client a `pollingInterval`, in milliseconds.
 */
export function defineGnomonChain<const Id extends number>(options: GnomonChainOptions<Id>): GnomonChain<Id> {
  const { id, name = 'Gnomon', rpcUrls, blockTimeMs = 1_000, testnet = false, blockExplorerUrl } = options;
  return defineChain({
    id,
    name,
    nativeCurrency: { name: 'Gnomon', symbol: 'GNM', decimals: 18 },
    rpcUrls: {
      default: {
        http: [...rpcUrls.http],
        ...(rpcUrls.webSocket === undefined ? {} : { webSocket: [...rpcUrls.webSocket] }),
      },
    },
    // viem takes 0 for "unknown" in places; one millisecond keeps its caches empty.
    blockTime: Math.max(1, blockTimeMs),
    testnet,
    contracts: {
      multicall3: { address: MULTICALL3_ADDRESS },
      deviceDid: { address: DEVICE_DID_ADDRESS },
    },
    ...(blockExplorerUrl === undefined
      ? {}
      : { blockExplorers: { default: { name: `${name} explorer`, url: blockExplorerUrl } } }),
  });
}

/** The chain that `npm start` runs: id 4766 on port 8545 of this machine, a block per transaction. */
export const gnomonDev: GnomonChain<typeof GNOMON_DEV_CHAIN_ID> = defineGnomonChain({
  id: GNOMON_DEV_CHAIN_ID,
  name: 'Gnomon Dev',
  rpcUrls: { http: ['http://127.0.0.1:8545'], webSocket: ['ws://127.0.0.1:8545'] },
  blockTimeMs: 0,
  testnet: true,
});
