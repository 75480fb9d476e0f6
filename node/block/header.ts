// Block headers (Yellow Paper §4.3 and the EIPs that appended to it). How many fields there are says which forks' they are.
import { bigIntToBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { assert, ChainError } from '../../primitives/errors.ts';
import { encodeRlp, type RlpItem, rlpBytes, rlpInteger, rlpList } from '../../primitives/rlp.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { BLOOM_BYTES } from './bloom.ts';
import type { Header } from './types.ts';

/** Frontier 15; London adds the base fee, Shanghai withdrawals, Cancun blobs and the beacon root, Prague requests. */
const FIELD_COUNTS: readonly number[] = [15, 16, 17, 20, 21];
/** Longer than any chain's rule (32 bytes, more on proof-of-authority chains); bounds what one header may hold. */
export const EXTRA_DATA_DECODED_BYTES_MAX = 1_024 * 64;

/** The later fields, in order, as far as the header has them. */
function appendedFields(header: Header): RlpItem[] {
  const { baseFeePerGas, withdrawalsRoot, blobGasUsed, excessBlobGas, parentBeaconBlockRoot, requestsHash } = header;
  const appended = [
    baseFeePerGas === undefined ? undefined : bigIntToBytes(baseFeePerGas),
    withdrawalsRoot,
    blobGasUsed === undefined ? undefined : bigIntToBytes(blobGasUsed),
    excessBlobGas === undefined ? undefined : bigIntToBytes(excessBlobGas),
    parentBeaconBlockRoot,
    requestsHash,
  ];
  const present = appended.filter((field) => field !== undefined);
  assert(
    appended.slice(0, present.length).every((field) => field !== undefined) &&
      FIELD_COUNTS.includes(15 + present.length),
    'a header has a later field without the ones before it',
  );
  return present;
}

/** The members of the header's RLP list. */
export function headerItems(header: Header): RlpItem[] {
  return [
    header.parentHash,
    header.ommersHash,
    header.coinbase,
    header.stateRoot,
    header.transactionsRoot,
    header.receiptsRoot,
    header.logsBloom,
    bigIntToBytes(header.difficulty),
    bigIntToBytes(header.number),
    bigIntToBytes(header.gasLimit),
    bigIntToBytes(header.gasUsed),
    bigIntToBytes(header.timestampSeconds),
    header.extraData,
    header.mixHash,
    header.nonce,
    ...appendedFields(header),
  ];
}

/** The RLP encoding of a header. */
export function encodeHeader(header: Header): Uint8Array {
  return encodeRlp(headerItems(header));
}

/** The block hash: keccak256(rlp(header)). */
export function hashHeader(header: Header): Hash {
  return keccak256(encodeHeader(header));
}

/**
 * Reads a header from its decoded RLP list. Byte strings are views into the input.
 * @throws ChainError `INVALID_HEADER` or `INVALID_RLP`
 */
export function decodeHeader(item: RlpItem | undefined): Header {
  const fields = rlpList(item, 'header');
  if (!FIELD_COUNTS.includes(fields.length)) {
    throw new ChainError(
      'INVALID_HEADER',
      `a header has ${FIELD_COUNTS.join(', ')} fields, depending on the fork; got ${fields.length}`,
    );
  }
  const hash = (index: number, what: string) => rlpBytes(fields[index], what, 32) as Hash;
  const uint64 = (index: number, what: string) => rlpInteger(fields[index], what, 8);
  const count = fields.length;
  const extraData = rlpBytes(fields[12], 'extraData');
  if (extraData.length > EXTRA_DATA_DECODED_BYTES_MAX)
    throw new ChainError('INVALID_HEADER', `extraData has ${extraData.length} bytes`);
  return {
    parentHash: hash(0, 'parentHash'),
    ommersHash: hash(1, 'ommersHash'),
    coinbase: rlpBytes(fields[2], 'coinbase', 20) as Address,
    stateRoot: hash(3, 'stateRoot'),
    transactionsRoot: hash(4, 'transactionsRoot'),
    receiptsRoot: hash(5, 'receiptsRoot'),
    logsBloom: rlpBytes(fields[6], 'logsBloom', BLOOM_BYTES),
    difficulty: rlpInteger(fields[7], 'difficulty'),
    number: uint64(8, 'number'),
    gasLimit: uint64(9, 'gasLimit'),
    gasUsed: uint64(10, 'gasUsed'),
    timestampSeconds: uint64(11, 'timestamp'),
    extraData,
    mixHash: hash(13, 'mixHash'),
    nonce: rlpBytes(fields[14], 'nonce', 8),
    ...(count >= 16 && { baseFeePerGas: rlpInteger(fields[15], 'baseFeePerGas') }),
    ...(count >= 17 && { withdrawalsRoot: hash(16, 'withdrawalsRoot') }),
    ...(count >= 20 && {
      blobGasUsed: uint64(17, 'blobGasUsed'),
      excessBlobGas: uint64(18, 'excessBlobGas'),
      parentBeaconBlockRoot: hash(19, 'parentBeaconBlockRoot'),
    }),
    ...(count >= 21 && { requestsHash: hash(20, 'requestsHash') }),
  };
}
