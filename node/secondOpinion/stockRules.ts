// The rule tables of @ethereumjs for one fork of one chain, with the cryptography that the second opinion runs on: hashes
// and curves are the reference libraries', and only sender recovery, three quarters of a replay's time, is the node's own.
import { Common, type CustomCrypto, Hardfork, type ParamsDict } from '@ethereumjs/common';
import type { KZG } from '@ethereumjs/util';
import { type BlobSchedule, FORKS, type Fork } from '../../genesis/forks.ts';
import { concatBytes, padLeft } from '../../primitives/bytes.ts';
import { recoverPublicKey } from '../../primitives/crypto/secp256k1.ts';
import { ChainError } from '../../primitives/errors.ts';
import { verifyPointProof } from './pointProof.ts';

/** EIP-4844. */
const GAS_PER_BLOB = 131_072;
/** EIP-3554, which the stock tables leave out of London: the bomb is put off by 9,700,000 blocks in total. */
const LONDON_BOMB_DELAY_BLOCKS = 9_700_000;

/** A table that stays at its fork, so that blocks and transactions share it where the stock one would be copied. */
class PinnedCommon extends Common {
  readonly #seen = new Set<ParamsDict>();

  override updateParams(params: ParamsDict): void {
    if (this.#seen.has(params)) return;
    this.#seen.add(params);
    super.updateParams(params);
  }

  override copy(): Common {
    return this;
  }
}

/** What `Common` wants: throws where no key can have signed. `v` is 0 or 1, 27 or 28, or as EIP-155 has it. */
function ecrecover(digest: Uint8Array, v: bigint, r: Uint8Array, s: Uint8Array, chainId?: bigint): Uint8Array {
  const recovery = v <= 1n ? v : v - (chainId === undefined ? 27n : chainId * 2n + 35n);
  const signature = concatBytes(padLeft(r, 32), padLeft(s, 32));
  const publicKey =
    recovery === 0n || recovery === 1n ? recoverPublicKey(digest, signature, recovery === 0n ? 0 : 1) : undefined;
  if (publicKey === undefined) throw new ChainError('INVALID_SIGNATURE', 'no key can have made this signature');
  return publicKey;
}

/** The one function that the stock point evaluation calls. */
const kzg = { verifyProof: verifyPointProof } as unknown as KZG;
const customCrypto: CustomCrypto = { ecrecover, kzg };

function hardforkName(fork: Fork): string {
  return fork === 'frontier' ? Hardfork.Chainstart : fork;
}

/** The tables of a fork. Parameters under a fork's name win over the library's own, which stand under EIPs. */
export function stockRules(chainId: bigint, fork: Fork, blobs: BlobSchedule | undefined): Common {
  const params: ParamsDict = { london: { difficultyBombDelay: LONDON_BOMB_DELAY_BLOCKS } };
  if (blobs !== undefined) {
    params[fork] = {
      targetBlobGasPerBlock: blobs.target * GAS_PER_BLOB,
      maxBlobGasPerBlock: blobs.max * GAS_PER_BLOB,
      blobGasPriceUpdateFraction: blobs.baseFeeUpdateFraction.toString(),
    };
  }
  return new PinnedCommon({
    chain: {
      name: 'replayed',
      chainId: chainId.toString(),
      defaultHardfork: hardforkName(fork),
      hardforks: FORKS.map((name) => ({ name: hardforkName(name), block: 0 })),
      consensus: { type: 'pow', algorithm: 'ethash', ethash: {} },
      genesis: { gasLimit: 0, difficulty: 0, nonce: '0x0000000000000000', extraData: '0x' },
      bootstrapNodes: [],
      dnsNetworks: [],
    },
    hardfork: hardforkName(fork),
    params,
    customCrypto,
  });
}
