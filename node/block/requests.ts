// What a Prague block asks of the consensus layer (EIP-7685): deposits from logs (6110), withdrawal (7002) and
// consolidation (7251) requests from system contracts. Gnomon's consensus does not read them; the header commits to them.
import { bytesToBigInt, concatBytes, equalBytes, parseHash } from '../../primitives/bytes.ts';
import { sha256 } from '../../primitives/crypto/sha256.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import type { Log } from './types.ts';

export const DEPOSIT_REQUEST_TYPE = 0;
export const WITHDRAWAL_REQUEST_TYPE = 1;
export const CONSOLIDATION_REQUEST_TYPE = 2;

/** The requests of one kind, one after the other. */
export interface BlockRequests {
  readonly type: number;
  readonly data: Uint8Array;
}

/** keccak256("DepositEvent(bytes,bytes,bytes,bytes,bytes)"). */
const DEPOSIT_EVENT_TOPIC = parseHash('0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5');

/** EIP-6110: where each field of the event stands in its data, and its length; in the order of the request. */
const DEPOSIT_FIELDS: readonly { readonly offset: number; readonly length: number }[] = [
  { offset: 160, length: 48 },
  { offset: 256, length: 32 },
  { offset: 320, length: 8 },
  { offset: 384, length: 96 },
  { offset: 512, length: 8 },
];
const DEPOSIT_EVENT_BYTES = 576;

/** sha256 over the sha256 of each kind that has requests, in order of their types (EIP-7685). */
export function requestsHash(requests: readonly BlockRequests[]): Hash {
  const hashes = requests
    .filter(({ data }) => data.length > 0)
    .map(({ type, data }) => sha256(concatBytes(Uint8Array.of(type), data)));
  return sha256(concatBytes(...hashes)) as Uint8Array as Hash;
}

/**
 * The deposit requests in `logs`, or undefined when a log of the deposit contract does not have the layout that EIP-6110
 * fixes: a block with such a log is invalid.
 */
export function depositRequests(logs: readonly Log[], depositContract: Address): Uint8Array | undefined {
  const requests: Uint8Array[] = [];
  for (const { address, topics, data } of logs) {
    const [topic] = topics;
    if (topic === undefined || !equalBytes(topic, DEPOSIT_EVENT_TOPIC) || !equalBytes(address, depositContract))
      continue;
    if (!hasDepositLayout(data)) return undefined;
    for (const { offset, length } of DEPOSIT_FIELDS) requests.push(data.subarray(offset + 32, offset + 32 + length));
  }
  return concatBytes(...requests);
}

function wordAt(data: Uint8Array, offset: number): bigint {
  return bytesToBigInt(data.subarray(offset, offset + 32));
}

function hasDepositLayout(data: Uint8Array): boolean {
  if (data.length !== DEPOSIT_EVENT_BYTES) return false;
  return DEPOSIT_FIELDS.every(
    ({ offset, length }, index) =>
      wordAt(data, index * 32) === BigInt(offset) && wordAt(data, offset) === BigInt(length),
  );
}
