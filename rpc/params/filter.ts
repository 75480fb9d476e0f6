// Log filters of eth_getLogs, eth_newFilter and eth_subscribe.
import type { LogFilter } from '../../node/chain/chainReader.ts';
import type { Hash } from '../../primitives/types.ts';
import { RPC_LIMITS } from '../limits.ts';
import { type BlockRef, blockNumber, LATEST } from './block.ts';
import { address, field, hash, invalidAt, invalidParams, list, object, type Parser, word } from './values.ts';

/** Topics per log (LOG0 to LOG4). */
const TOPIC_POSITIONS_MAX = 4;

export interface LogQuery extends LogFilter {
  readonly blockHash: Hash | undefined;
  readonly fromBlock: BlockRef;
  readonly toBlock: BlockRef;
}

function oneOrMany<Value>(parse: Parser<Value>): Parser<Value[]> {
  const many = list(parse, RPC_LIMITS.filterAlternativesMax);
  return (value, at) => (Array.isArray(value) ? many(value, at) : [parse(value, at)]);
}

const addresses = oneOrMany(address);
const alternatives = oneOrMany(word);

const topics: Parser<(Uint8Array[] | undefined)[]> = (value, at) => {
  if (!Array.isArray(value)) throw invalidAt(at, 'an array of topics, arrays of topics, or null', value);
  if (value.length > TOPIC_POSITIONS_MAX)
    throw invalidParams(`invalid ${at}: expected at most ${TOPIC_POSITIONS_MAX} topic positions, got ${value.length}`);
  return value.map((entry, position) => (entry === null ? undefined : alternatives(entry, `${at}[${position}]`)));
};

/** Addresses and topics alone, as `eth_subscribe` takes them; other fields are ignored. */
export const logFilter: Parser<LogFilter> = (value, at) => {
  const from = object(value, at);
  return { addresses: field(from, 'address', addresses, at) ?? [], topics: field(from, 'topics', topics, at) ?? [] };
};

/** A filter with its block range, or with the hash of the one block that it is about. */
export const logQuery: Parser<LogQuery> = (value, at) => {
  const from = object(value, at);
  const blockHash = field(from, 'blockHash', hash, at);
  const fromBlock = field(from, 'fromBlock', blockNumber, at);
  const toBlock = field(from, 'toBlock', blockNumber, at);
  if (blockHash !== undefined && (fromBlock !== undefined || toBlock !== undefined))
    throw invalidParams(`invalid ${at}: cannot specify both blockHash and fromBlock/toBlock, choose one or the other`);
  return { ...logFilter(value, at), blockHash, fromBlock: fromBlock ?? LATEST, toBlock: toBlock ?? LATEST };
};
