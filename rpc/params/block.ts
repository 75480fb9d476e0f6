// Which block a request means: a number, a tag, a hash, or the objects of EIP-1898.
import type { Hash } from '../../primitives/types.ts';
import { boolean, field, hash, invalidAt, invalidParams, type Parser } from './values.ts';

export const BLOCK_TAGS = ['latest', 'safe', 'finalized', 'pending', 'earliest'] as const;
export type BlockTag = (typeof BLOCK_TAGS)[number];

export type BlockRef =
  | { readonly kind: 'tag'; readonly tag: BlockTag }
  | { readonly kind: 'number'; readonly number: bigint }
  | { readonly kind: 'hash'; readonly hash: Hash; readonly requireCanonical: boolean };

export const LATEST: BlockRef = { kind: 'tag', tag: 'latest' };

const EXPECTED_NUMBER =
  'a block number of 0x and hex digits without leading zeros, or one of latest, safe, finalized, pending, earliest';

/** A block number or tag. */
export const blockNumber: Parser<BlockRef> = (value, at) => {
  if (typeof value !== 'string') throw invalidAt(at, EXPECTED_NUMBER, value);
  const tag = BLOCK_TAGS.find((known) => known === value);
  if (tag !== undefined) return { kind: 'tag', tag };
  if (!/^0x(0|[1-9a-fA-F][0-9a-fA-F]{0,15})$/.test(value)) throw invalidAt(at, EXPECTED_NUMBER, value);
  return { kind: 'number', number: BigInt(value) };
};

/** A block number, tag or hash, or `{blockNumber}` or `{blockHash, requireCanonical}` (EIP-1898). */
export const blockRef: Parser<BlockRef> = (value, at) => {
  if (typeof value === 'string' && value.length === 66)
    return { kind: 'hash', hash: hash(value, at), requireCanonical: false };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return blockNumber(value, at);
  const from = value as Record<string, unknown>;
  const byHash = field(from, 'blockHash', hash, at);
  const byNumber = field(from, 'blockNumber', blockNumber, at);
  const requireCanonical = field(from, 'requireCanonical', boolean, at) ?? false;
  if (byHash !== undefined && byNumber !== undefined)
    throw invalidParams(`invalid ${at}: expected either blockHash or blockNumber, got both`);
  if (byHash !== undefined) return { kind: 'hash', hash: byHash, requireCanonical };
  if (byNumber !== undefined) return byNumber;
  throw invalidAt(at, 'a block number, a tag, a hash, or an object with blockHash or blockNumber', value);
};
