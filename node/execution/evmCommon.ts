// The rule tables of @ethereumjs, one per chain id and fork, built once. Stock code rebuilds them for every EVM and every
// transaction; these never change after they are made.
import { Common, Hardfork, type ParamsDict } from '@ethereumjs/common';
import { FORKS, type Fork } from '../../genesis/forks.ts';
import { concatBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { recoverPublicKey } from '../../primitives/crypto/secp256k1.ts';
import { sha256 } from '../../primitives/crypto/sha256.ts';
import { ChainError } from '../../primitives/errors.ts';

/** A chain with this id has its own tables; more than any process meets, so that ids from outside cannot fill memory. */
const CHAINS_CACHED_MAX = 16;

function hardforkName(fork: Fork): string {
  return fork === 'frontier' ? Hardfork.Chainstart : fork;
}

class FixedCommon extends Common {
  readonly #paramsSeen = new Set<ParamsDict>();
  /** The EIPs in `list`, for look-ups. */
  #activeEips: { readonly list: readonly number[]; readonly set: ReadonlySet<number> } = { list: [], set: new Set() };

  /** Each EVM merges the same table into its Common; once is enough. */
  override updateParams(params: ParamsDict): void {
    if (this.#paramsSeen.has(params)) return;
    this.#paramsSeen.add(params);
    super.updateParams(params);
  }

  /** Asked several times for every opcode; the stock one searches a list. */
  override isActivatedEIP(eip: number): boolean {
    const list = this._activatedEIPsCache;
    if (this.#activeEips.list !== list) this.#activeEips = { list, set: new Set(list) };
    return this.#activeEips.set.has(eip);
  }

  /** It never changes, so a copy is itself. */
  override copy(): Common {
    return this;
  }
}

/** The signature that `Common` wants: throws where nothing can be recovered. */
function ecrecover(digest: Uint8Array, v: bigint, r: Uint8Array, s: Uint8Array): Uint8Array {
  const publicKey = recoverPublicKey(digest, concatBytes(r, s), v === 27n ? 0 : 1);
  if (publicKey === undefined) throw new ChainError('INVALID_SIGNATURE', 'no key can have made this signature');
  return publicKey;
}

function createCommon(chainId: bigint, fork: Fork): Common {
  return new FixedCommon({
    chain: {
      name: 'gnomon',
      chainId: chainId.toString(),
      defaultHardfork: hardforkName(fork),
      // Blob-parameter forks stay out of it: blob prices and limits are ours, and handed over with the block.
      hardforks: FORKS.map((name) => ({ name: hardforkName(name), block: 0 })),
      consensus: { type: 'pow', algorithm: 'ethash', ethash: {} },
      genesis: { gasLimit: 0, difficulty: 0, nonce: '0x0000000000000000', extraData: '0x' },
      bootstrapNodes: [],
      dnsNetworks: [],
    },
    hardfork: hardforkName(fork),
    customCrypto: { keccak256, sha256, ecrecover },
  });
}

const commons = new Map<bigint, Map<Fork, Common>>();

/** The tables of one fork on one chain. */
export function commonFor(chainId: bigint, fork: Fork): Common {
  let byFork = commons.get(chainId);
  if (byFork === undefined) {
    if (commons.size >= CHAINS_CACHED_MAX) commons.clear();
    byFork = new Map();
    commons.set(chainId, byFork);
  }
  let common = byFork.get(fork);
  if (common === undefined) {
    common = createCommon(chainId, fork);
    byFork.set(fork, common);
  }
  return common;
}
