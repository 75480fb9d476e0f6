// The rules of one header, alone and against its parent, for every fork from Frontier to Osaka. What only execution can
// know (roots, bloom, gas used) is compared after execution.
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { blobScheduleAt, type Fork, forkAt, includesFork } from '../../genesis/forks.ts';
import { bytesToHex, equalBytes } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Wei } from '../../primitives/types.ts';
import { ELASTICITY_MULTIPLIER, nextBaseFee } from './baseFee.ts';
import { blobGasMax, GAS_PER_BLOB, nextExcessBlobGas } from './blobGas.ts';
import { nextDifficulty } from './difficulty.ts';
import { hashHeader } from './header.ts';
import { EMPTY_OMMERS_HASH } from './ommersHash.ts';
import type { Header } from './types.ts';

/** Why a header is not valid. `data` holds the block number and what was expected and got. */
export type HeaderErrorCode =
  | 'HEADER_FIELD_MISSING'
  | 'HEADER_FIELD_UNEXPECTED'
  | 'PARENT_HASH_MISMATCH'
  | 'BLOCK_NUMBER_MISMATCH'
  | 'TIMESTAMP_NOT_AFTER_PARENT'
  | 'EXTRA_DATA_TOO_LONG'
  | 'GAS_LIMIT_OUT_OF_RANGE'
  | 'GAS_USED_ABOVE_LIMIT'
  | 'BASE_FEE_MISMATCH'
  | 'DIFFICULTY_MISMATCH'
  | 'TERMINAL_DIFFICULTY_MISMATCH'
  | 'POW_FIELD_AFTER_PARIS'
  | 'EXCESS_BLOB_GAS_MISMATCH'
  | 'BLOB_GAS_USED_INVALID'
  | 'BLOCK_TOO_LARGE';

/** Yellow Paper §4.3.4. */
export const EXTRA_DATA_BYTES_MAX = 32;
const GAS_LIMIT_MIN = 5_000n;
/** Every client's bound: a gas limit is a signed 64-bit number. */
const GAS_LIMIT_MAX = 2n ** 63n - 1n;
/** From one block to the next the gas limit moves by less than this part of it. */
const GAS_LIMIT_BOUND_DIVISOR = 1_024n;
/** EIP-7934: 10 MiB less a margin of 2 MiB for the consensus block around it. */
export const BLOCK_RLP_BYTES_MAX = 8_388_608;

/** What a header is checked against, besides its parent. */
export interface HeaderContext {
  /** Total difficulty up to and including the parent; decides where proof of work ends. Undefined leaves that unchecked. */
  readonly parentTotalDifficulty?: bigint | undefined;
  /** The size of the whole block's RLP in bytes (EIP-7934). Undefined leaves it unchecked. */
  readonly blockRlpBytes?: number | undefined;
  /** The parent's hash where it is known already. */
  readonly parentHash?: Uint8Array | undefined;
  /** On dev chains, what the consensus inputs put in place of the base fee of EIP-1559. */
  readonly baseFeePerGas?: Wei | undefined;
}

/**
 * Checks `header` as the child of `parent`. The proof-of-work seal is not checked.
 * @throws ChainError with a {@link HeaderErrorCode}
 */
export function validateHeader(header: Header, parent: Header, spec: ChainSpec, context: HeaderContext = {}): void {
  const fork = forkAt(spec.forks, header.number, header.timestampSeconds);
  validateChain(header, parent, context.parentHash ?? hashHeader(parent));
  validateFieldPresence(header, fork);
  validateLimits(header, context.blockRlpBytes, fork);
  validateGasLimit(header, parent, fork);
  if (includesFork(fork, 'london'))
    expectEqual(header, 'BASE_FEE_MISMATCH', context.baseFeePerGas ?? nextBaseFee(parent), header.baseFeePerGas);
  validateConsensusFields(header, parent, spec, fork, context.parentTotalDifficulty);
  if (includesFork(fork, 'cancun')) validateBlobGas(header, parent, spec, fork);
}

function fail(code: HeaderErrorCode, header: Header, expected: unknown, got: unknown): never {
  const rule = code.toLowerCase().replaceAll('_', ' ');
  throw new ChainError(code, `block ${header.number} is invalid: ${rule}: expected ${expected}, got ${got}`, {
    blockNumber: header.number,
    expected,
    got,
  });
}

function expectEqual(header: Header, code: HeaderErrorCode, expected: bigint, got: bigint | undefined): void {
  if (expected !== got) fail(code, header, expected, got);
}

function validateChain(header: Header, parent: Header, parentHash: Uint8Array): void {
  if (!equalBytes(header.parentHash, parentHash))
    fail('PARENT_HASH_MISMATCH', header, bytesToHex(parentHash), bytesToHex(header.parentHash));
  expectEqual(header, 'BLOCK_NUMBER_MISMATCH', parent.number + 1n, header.number);
  if (header.timestampSeconds <= parent.timestampSeconds) {
    const expected = `more than ${parent.timestampSeconds} seconds`;
    fail('TIMESTAMP_NOT_AFTER_PARENT', header, expected, header.timestampSeconds);
  }
}

/** The fork that brought each field that was not there from the start. */
const FIELD_FORKS: readonly (readonly [keyof Header, Fork])[] = [
  ['baseFeePerGas', 'london'],
  ['withdrawalsRoot', 'shanghai'],
  ['blobGasUsed', 'cancun'],
  ['excessBlobGas', 'cancun'],
  ['parentBeaconBlockRoot', 'cancun'],
  ['requestsHash', 'prague'],
];

function validateFieldPresence(header: Header, fork: Fork): void {
  for (const [field, since] of FIELD_FORKS) {
    const isPresent = header[field] !== undefined;
    if (includesFork(fork, since) === isPresent) continue;
    if (isPresent) fail('HEADER_FIELD_UNEXPECTED', header, `no ${field} before ${since}`, `${field} under ${fork}`);
    fail('HEADER_FIELD_MISSING', header, `${field} from ${since} on`, `none under ${fork}`);
  }
}

function validateLimits(header: Header, blockRlpBytes: number | undefined, fork: Fork): void {
  if (header.extraData.length > EXTRA_DATA_BYTES_MAX)
    fail('EXTRA_DATA_TOO_LONG', header, `at most ${EXTRA_DATA_BYTES_MAX} bytes`, header.extraData.length);
  if (header.gasUsed > header.gasLimit)
    fail('GAS_USED_ABOVE_LIMIT', header, `at most ${header.gasLimit}`, header.gasUsed);
  if (includesFork(fork, 'osaka') && blockRlpBytes !== undefined && blockRlpBytes > BLOCK_RLP_BYTES_MAX)
    fail('BLOCK_TOO_LARGE', header, `at most ${BLOCK_RLP_BYTES_MAX} bytes of RLP`, blockRlpBytes);
}

function validateGasLimit(header: Header, parent: Header, fork: Fork): void {
  const isFirstOfLondon = includesFork(fork, 'london') && parent.baseFeePerGas === undefined;
  const reference = isFirstOfLondon ? parent.gasLimit * ELASTICITY_MULTIPLIER : parent.gasLimit;
  const bound = reference / GAS_LIMIT_BOUND_DIVISOR;
  const { gasLimit } = header;
  const moved = gasLimit > reference ? gasLimit - reference : reference - gasLimit;
  if (moved >= bound || gasLimit < GAS_LIMIT_MIN || gasLimit > GAS_LIMIT_MAX) {
    const expected = `${GAS_LIMIT_MIN} to ${GAS_LIMIT_MAX}, less than ${bound} away from ${reference}`;
    fail('GAS_LIMIT_OUT_OF_RANGE', header, expected, gasLimit);
  }
}

function validateConsensusFields(
  header: Header,
  parent: Header,
  spec: ChainSpec,
  fork: Fork,
  parentTotalDifficulty: bigint | undefined,
): void {
  const isMerged = includesFork(fork, 'paris');
  const terminal = spec.terminalTotalDifficulty;
  if (terminal !== undefined && parentTotalDifficulty !== undefined && parentTotalDifficulty >= terminal !== isMerged) {
    const expected = `proof of ${isMerged ? 'work' : 'stake'} after a total difficulty of ${parentTotalDifficulty} (terminal: ${terminal})`;
    fail('TERMINAL_DIFFICULTY_MISMATCH', header, expected, fork);
  }
  if (!isMerged) {
    expectEqual(
      header,
      'DIFFICULTY_MISMATCH',
      nextDifficulty(parent, header.timestampSeconds, fork),
      header.difficulty,
    );
    return;
  }
  if (header.difficulty !== 0n) fail('POW_FIELD_AFTER_PARIS', header, 'difficulty 0', header.difficulty);
  if (header.nonce.some((byte) => byte !== 0))
    fail('POW_FIELD_AFTER_PARIS', header, 'a nonce of 8 zero bytes', bytesToHex(header.nonce));
  if (!equalBytes(header.ommersHash, EMPTY_OMMERS_HASH))
    fail('POW_FIELD_AFTER_PARIS', header, 'the hash of no ommers', bytesToHex(header.ommersHash));
}

function validateBlobGas(header: Header, parent: Header, spec: ChainSpec, fork: Fork): void {
  const schedule = blobScheduleAt(spec.blobSchedules, header.timestampSeconds);
  const used = header.blobGasUsed ?? 0n;
  const most = schedule === undefined ? 0n : blobGasMax(schedule);
  if (used > most || used % GAS_PER_BLOB !== 0n)
    fail('BLOB_GAS_USED_INVALID', header, `a multiple of ${GAS_PER_BLOB} up to ${most}`, used);
  const expected = schedule === undefined ? 0n : nextExcessBlobGas(parent, schedule, includesFork(fork, 'osaka'));
  expectEqual(header, 'EXCESS_BLOB_GAS_MISMATCH', expected, header.excessBlobGas);
}
