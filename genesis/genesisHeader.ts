// The header of block 0, as geth derives it from a genesis file.
import { hexToBytes, parseHash, ZERO_HASH } from '../primitives/bytes.ts';
import type { Address, Gas, Hash, Wei } from '../primitives/types.ts';
import type { ChainSpec } from './chainSpec.ts';
import { forkAt, includesFork } from './forks.ts';

/** keccak256(rlp([])): no ommers. */
const EMPTY_OMMERS_HASH = parseHash('0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347');
/** keccak256(rlp('')): the root of an empty trie. */
const EMPTY_ROOT = parseHash('0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');
/** sha256(''): no requests (EIP-7685). */
const EMPTY_REQUESTS_HASH = parseHash('0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
/** EIP-1559: the base fee of the first block under it. */
const INITIAL_BASE_FEE_WEI = 1_000_000_000n;
const EMPTY_BLOOM = hexToBytes(`0x${'00'.repeat(256)}`);

/** A block header of Ethereum; the node's own header type has the same fields. */
export interface GenesisBlockHeader {
  readonly parentHash: Hash;
  readonly ommersHash: Hash;
  readonly coinbase: Address;
  readonly stateRoot: Hash;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
  readonly logsBloom: Uint8Array;
  readonly difficulty: bigint;
  readonly number: bigint;
  readonly gasLimit: Gas;
  readonly gasUsed: Gas;
  readonly timestampSeconds: bigint;
  readonly extraData: Uint8Array;
  readonly mixHash: Hash;
  readonly nonce: Uint8Array;
  readonly baseFeePerGas?: Wei | undefined;
  readonly withdrawalsRoot?: Hash | undefined;
  readonly blobGasUsed?: Gas | undefined;
  readonly excessBlobGas?: Gas | undefined;
  readonly parentBeaconBlockRoot?: Hash | undefined;
  readonly requestsHash?: Hash | undefined;
}

/**
 * The header of block 0. Fields of forks that are not in force at genesis are absent, whatever the file says.
 * @param stateRoot the root of the state that the alloc makes
 */
export function genesisHeader(spec: ChainSpec, stateRoot: Hash): GenesisBlockHeader {
  const { genesis } = spec;
  const fork = forkAt(spec.forks, genesis.number, genesis.timestampSeconds);
  return {
    parentHash: genesis.parentHash,
    ommersHash: EMPTY_OMMERS_HASH,
    coinbase: genesis.coinbase,
    stateRoot,
    transactionsRoot: EMPTY_ROOT,
    receiptsRoot: EMPTY_ROOT,
    logsBloom: EMPTY_BLOOM,
    difficulty: genesis.difficulty,
    number: genesis.number,
    gasLimit: genesis.gasLimit,
    gasUsed: genesis.gasUsed ?? 0n,
    timestampSeconds: genesis.timestampSeconds,
    extraData: genesis.extraData,
    mixHash: genesis.mixHash,
    nonce: genesis.nonce,
    ...(includesFork(fork, 'london') && { baseFeePerGas: genesis.baseFeePerGas ?? INITIAL_BASE_FEE_WEI }),
    ...(includesFork(fork, 'shanghai') && { withdrawalsRoot: EMPTY_ROOT }),
    ...(includesFork(fork, 'cancun') && {
      blobGasUsed: genesis.blobGasUsed ?? 0n,
      excessBlobGas: genesis.excessBlobGas ?? 0n,
      parentBeaconBlockRoot: ZERO_HASH,
    }),
    ...(includesFork(fork, 'prague') && { requestsHash: EMPTY_REQUESTS_HASH }),
  };
}
