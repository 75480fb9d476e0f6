// The header of the next block of a Gnomon chain (DESIGN §2).
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { blobScheduleAt, forkAt, includesFork } from '../../genesis/forks.ts';
import { bigIntToFixedBytes, concatBytes, utf8ToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { assert } from '../../primitives/errors.ts';
import type { Address, Gas, Hash, Wei } from '../../primitives/types.ts';
import { EMPTY_TRIE_ROOT } from '../state/account.ts';
import { nextBaseFee } from './baseFee.ts';
import { nextExcessBlobGas } from './blobGas.ts';
import { EMPTY_BLOOM } from './bloom.ts';
import { EMPTY_OMMERS_HASH } from './ommersHash.ts';
import type { Header } from './types.ts';
import { EXTRA_DATA_BYTES_MAX } from './validateHeader.ts';

const PREV_RANDAO_DOMAIN = utf8ToBytes('prevrandao');

/** The block's time: that of consensus, rounded down to seconds, but always after its parent's. */
export function nextTimestamp(parentTimestampSeconds: bigint, consensusSeconds: bigint): bigint {
  return consensusSeconds > parentTimestampSeconds ? consensusSeconds : parentTimestampSeconds + 1n;
}

/**
 * keccak256("prevrandao" ‖ parentHash ‖ number), the number as 8 big-endian bytes. Whoever knows the parent can predict
 * it: contracts must not draw lots with it.
 */
export function prevRandaoAfter(parentHash: Hash, blockNumber: bigint): Hash {
  return keccak256(concatBytes(PREV_RANDAO_DOMAIN, parentHash, bigIntToFixedBytes(blockNumber, 8)));
}

/** What consensus decides of a block before its transactions run. */
export interface HeaderInputs {
  readonly timestampSeconds: bigint;
  readonly coinbase: Address;
  /** keccak256 of the encoded consensus inputs; at most 32 bytes. */
  readonly extraData: Uint8Array;
  /** The hash of the previous consensus block; zero in solo. */
  readonly parentBeaconBlockRoot: Hash;
  /** Replaces the gas limit of the parent; within its bounds. */
  readonly gasLimit?: Gas | undefined;
  /** Replaces the base fee that EIP-1559 gives, on dev chains. */
  readonly baseFeePerGas?: Wei | undefined;
}

/**
 * The next block's header before execution: its roots, bloom, gas and blob gas are those of an empty block. Fields of forks
 * that are not in force are absent.
 */
export function startHeader(spec: ChainSpec, parent: Header, parentHash: Hash, inputs: HeaderInputs): Header {
  const { timestampSeconds, extraData } = inputs;
  assert(timestampSeconds > parent.timestampSeconds, 'a block is later than its parent');
  assert(extraData.length <= EXTRA_DATA_BYTES_MAX, 'extra data is at most 32 bytes');
  const number = parent.number + 1n;
  const fork = forkAt(spec.forks, number, timestampSeconds);
  assert(includesFork(fork, 'paris'), 'no block is made under proof of work');
  const schedule = blobScheduleAt(spec.blobSchedules, timestampSeconds);
  return {
    parentHash,
    ommersHash: EMPTY_OMMERS_HASH,
    coinbase: inputs.coinbase,
    stateRoot: ZERO_HASH,
    transactionsRoot: EMPTY_TRIE_ROOT,
    receiptsRoot: EMPTY_TRIE_ROOT,
    logsBloom: EMPTY_BLOOM,
    difficulty: 0n,
    number,
    gasLimit: inputs.gasLimit ?? parent.gasLimit,
    gasUsed: 0n,
    timestampSeconds,
    extraData,
    mixHash: prevRandaoAfter(parentHash, number),
    nonce: new Uint8Array(8),
    baseFeePerGas: inputs.baseFeePerGas ?? nextBaseFee(parent),
    ...(includesFork(fork, 'shanghai') && { withdrawalsRoot: EMPTY_TRIE_ROOT }),
    ...(includesFork(fork, 'cancun') && {
      blobGasUsed: 0n,
      excessBlobGas: schedule === undefined ? 0n : nextExcessBlobGas(parent, schedule, includesFork(fork, 'osaka')),
      parentBeaconBlockRoot: inputs.parentBeaconBlockRoot,
    }),
    ...(includesFork(fork, 'prague') && { requestsHash: ZERO_HASH }),
  };
}

/** What execution decides of a header. */
export type HeaderOutcome = Pick<
  Header,
  | 'stateRoot'
  | 'transactionsRoot'
  | 'receiptsRoot'
  | 'logsBloom'
  | 'gasUsed'
  | 'withdrawalsRoot'
  | 'blobGasUsed'
  | 'requestsHash'
>;

/** The finished header of an executed block. */
export function finishHeader(started: Header, outcome: HeaderOutcome): Header {
  const { stateRoot, transactionsRoot, receiptsRoot, logsBloom, gasUsed } = outcome;
  return {
    ...started,
    stateRoot,
    transactionsRoot,
    receiptsRoot,
    logsBloom,
    gasUsed,
    ...(started.withdrawalsRoot !== undefined && { withdrawalsRoot: outcome.withdrawalsRoot }),
    ...(started.blobGasUsed !== undefined && { blobGasUsed: outcome.blobGasUsed }),
    ...(started.requestsHash !== undefined && { requestsHash: outcome.requestsHash }),
  };
}

/** The header that calls on the pending block see: the earliest block that could follow. */
export function nextHeaderTemplate(spec: ChainSpec, parent: Header, parentHash: Hash): Header {
  const timestampSeconds = parent.timestampSeconds + 1n;
  const fork = forkAt(spec.forks, parent.number + 1n, timestampSeconds);
  const inputs = {
    timestampSeconds,
    coinbase: spec.gnomon?.feeRecipient ?? ZERO_ADDRESS,
    extraData: new Uint8Array(0),
    parentBeaconBlockRoot: ZERO_HASH,
  };
  if (includesFork(fork, 'paris')) return startHeader(spec, parent, parentHash, inputs);
  const baseFeePerGas = includesFork(fork, 'london') ? nextBaseFee(parent) : undefined;
  return { ...parent, parentHash, number: parent.number + 1n, timestampSeconds, baseFeePerGas };
}
