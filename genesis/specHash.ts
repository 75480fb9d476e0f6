// The spec hash: one hash over every rule of a chain, so that two nodes can tell at once whether they follow the same ones.
import { bigIntToBytes, EMPTY_BYTES, utf8ToBytes } from '../primitives/bytes.ts';
import { keccak256 } from '../primitives/crypto/keccak.ts';
import { encodeRlp, type RlpItem } from '../primitives/rlp.ts';
import type { Hash } from '../primitives/types.ts';
import type { ChainSpec, GnomonRules } from './chainSpec.ts';

/** Changes when the encoding does. */
const DOMAIN = 'gnomon spec 1';

export type ChainRules = Omit<ChainSpec, 'specHash' | 'genesis' | 'alloc' | 'config'>;

/** Keccak-256 of {@link encodeRules}. */
export function specHash(rules: ChainRules): Hash {
  return keccak256(encodeRules(rules));
}

/**
 * The canonical encoding of a chain's rules: RLP, integers minimal, an absent field as the empty list and a present one
 * as a list of one.
 * @see docs/spec/genesis.md#spec-hash
 */
export function encodeRules(rules: ChainRules): Uint8Array {
  return encodeRlp([
    utf8ToBytes(DOMAIN),
    bigIntToBytes(rules.chainId),
    rules.forks.map(({ fork, block, timestampSeconds }) => [
      utf8ToBytes(fork),
      optional(block, bigIntToBytes),
      optional(timestampSeconds, bigIntToBytes),
    ]),
    rules.blobSchedules.map(({ name, timestampSeconds, target, max, baseFeeUpdateFraction }) => [
      utf8ToBytes(name),
      bigIntToBytes(timestampSeconds),
      integer(target),
      integer(max),
      bigIntToBytes(baseFeeUpdateFraction),
    ]),
    optional(rules.terminalTotalDifficulty, bigIntToBytes),
    optional(rules.depositContractAddress, (address) => address),
    optional(rules.gnomon, encodeGnomonRules),
  ]);
}

function encodeGnomonRules(rules: GnomonRules): RlpItem {
  return [
    rules.devChain ? integer(1) : EMPTY_BYTES,
    bigIntToBytes(rules.heightOffset),
    rules.feeRecipient,
    integer(rules.nativeWorkMicrosecondsPerSecond),
    integer(rules.blockTimeMs),
    rules.precompiles.map(({ name, timestampSeconds, version }) => [
      utf8ToBytes(name),
      bigIntToBytes(timestampSeconds),
      integer(version),
    ]),
  ];
}

function optional<T>(value: T | undefined, encode: (value: T) => RlpItem): RlpItem {
  return value === undefined ? [] : [encode(value)];
}

function integer(value: number): Uint8Array {
  return bigIntToBytes(BigInt(value));
}
