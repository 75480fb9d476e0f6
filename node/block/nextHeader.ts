// The header of the next block of a Gnomon chain, in two steps: what is known before execution, and what execution adds.
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { bigIntToFixedBytes, concatBytes, hexToBytes, utf8ToBytes, ZERO_HASH } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { encodeRlp } from '../../primitives/rlp.ts';
import type { Hash, Wei } from '../../primitives/types.ts';
import type { SealedHeader } from '../chain/chainReader.ts';
import type { ExecutedBlock } from '../execution/blockExecution.ts';
import { baseFeeAfter } from './baseFee.ts';
import type { Header } from './types.ts';

const EMPTY_BLOOM: Uint8Array = new Uint8Array(256);
const NO_OMMERS_HASH: Hash = keccak256(encodeRlp([]));
const NO_NONCE: Uint8Array = hexToBytes('0x0000000000000000');
const PREV_RANDAO_TAG: Uint8Array = utf8ToBytes('prevrandao');

/** DESIGN §2: keccak256("prevrandao" ‖ parent hash ‖ block number in 8 bytes). Predictable, and documented so. */
export function prevRandaoOf(parentHash: Hash, number: bigint): Hash {
  return keccak256(concatBytes(PREV_RANDAO_TAG, parentHash, bigIntToFixedBytes(number, 8)));
}

export interface DraftOptions {
  /** Whole seconds of consensus time. */
  readonly consensusSeconds: bigint;
  /** Hash of the consensus block before, or zero in solo (EIP-4788). */
  readonly parentBeaconBlockRoot: Hash;
  /** keccak256 of the encoded consensus inputs. */
  readonly extraData: Hash;
  /** Replaces the base fee that EIP-1559 gives (dev chains). */
  readonly baseFeePerGas?: Wei | undefined;
}

/** A header with everything that transactions can see; roots, bloom and gas used are still empty. */
export function draftHeader(spec: ChainSpec, parent: SealedHeader, options: DraftOptions): Header {
  const number = parent.header.number + 1n;
  const earliest = parent.header.timestampSeconds + 1n;
  const timestampSeconds = options.consensusSeconds > earliest ? options.consensusSeconds : earliest;
  return {
    parentHash: parent.hash,
    ommersHash: NO_OMMERS_HASH,
    coinbase: spec.gnomon?.feeRecipient ?? parent.header.coinbase,
    stateRoot: ZERO_HASH,
    transactionsRoot: ZERO_HASH,
    receiptsRoot: ZERO_HASH,
    logsBloom: EMPTY_BLOOM,
    difficulty: 0n,
    number,
    gasLimit: parent.header.gasLimit,
    gasUsed: 0n,
    timestampSeconds,
    extraData: options.extraData,
    mixHash: prevRandaoOf(parent.hash, number),
    nonce: NO_NONCE,
    baseFeePerGas: options.baseFeePerGas ?? baseFeeAfter(spec, parent.header, timestampSeconds),
    withdrawalsRoot: ZERO_HASH,
    blobGasUsed: 0n,
    excessBlobGas: 0n,
    parentBeaconBlockRoot: options.parentBeaconBlockRoot,
    requestsHash: ZERO_HASH,
  };
}

/** The finished header. */
export function completeHeader(draft: Header, executed: ExecutedBlock, stateRoot: Hash): Header {
  return {
    ...draft,
    stateRoot,
    transactionsRoot: executed.transactionsRoot,
    receiptsRoot: executed.receiptsRoot,
    logsBloom: executed.logsBloom,
    gasUsed: executed.gasUsed,
    withdrawalsRoot: executed.withdrawalsRoot,
    blobGasUsed: executed.blobGasUsed,
    requestsHash: executed.requestsHash,
  };
}
