// The header fields that a genesis file sets, with geth's defaults.
import { bigIntToFixedBytes, ZERO_ADDRESS, ZERO_HASH } from '../primitives/bytes.ts';
import type { GenesisHeader } from './chainSpec.ts';
import {
  type FieldReader,
  parseAddressField,
  parseBytes,
  parseHashField,
  parseInteger,
  UINT64_MAX,
  UINT256_MAX,
} from './fieldReader.ts';
import { refuse } from './genesisError.ts';

/** What geth takes when the file says 0: the gas limit of mainnet's first block. */
const DEFAULT_GAS_LIMIT = 4_712_388n;
/** EIP-1985: gas is bounded so that sums fit a signed 64-bit integer. */
export const GAS_LIMIT_MAX = 2n ** 63n - 1n;
/** A header holds at most this much extra data (Yellow Paper §4.3.4). */
export const EXTRA_DATA_LENGTH_MAX = 32;

/** @throws ChainError of the field reader, or `GENESIS_INVALID_RULE` for extra data of more than 32 bytes */
export function parseGenesisHeader(file: FieldReader): GenesisHeader {
  const gasLimit = parseInteger(file.required('gasLimit', 'the gas limit'), 'gasLimit', GAS_LIMIT_MAX);
  const difficulty = parseInteger(file.required('difficulty', 'the difficulty'), 'difficulty', UINT256_MAX);
  const mixHash = file.optional('mixHash');
  const coinbase = file.optional('coinbase');
  const parentHash = file.optional('parentHash');
  const extraData = parseBytes(file.optional('extraData') ?? '', 'extraData');
  if (extraData.length > EXTRA_DATA_LENGTH_MAX)
    refuse('GENESIS_INVALID_RULE', 'extraData', `at most ${EXTRA_DATA_LENGTH_MAX} bytes`, `${extraData.length} bytes`);
  return {
    number: file.integer('number', UINT64_MAX, 0n),
    timestampSeconds: file.integer('timestamp', UINT64_MAX, 0n),
    gasLimit: gasLimit === 0n ? DEFAULT_GAS_LIMIT : gasLimit,
    gasUsed: file.integer('gasUsed', GAS_LIMIT_MAX, 0n),
    difficulty,
    nonce: bigIntToFixedBytes(file.integer('nonce', UINT64_MAX, 0n), 8),
    mixHash: mixHash === undefined ? ZERO_HASH : parseHashField(mixHash, 'mixHash'),
    coinbase: coinbase === undefined ? ZERO_ADDRESS : parseAddressField(coinbase, 'coinbase'),
    extraData,
    parentHash: parentHash === undefined ? ZERO_HASH : parseHashField(parentHash, 'parentHash'),
    baseFeePerGas: file.optionalInteger('baseFeePerGas', UINT256_MAX),
    excessBlobGas: file.optionalInteger('excessBlobGas', UINT64_MAX),
    blobGasUsed: file.optionalInteger('blobGasUsed', UINT64_MAX),
  };
}
