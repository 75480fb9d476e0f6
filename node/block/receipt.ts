// Receipts in their consensus encoding (Yellow Paper §4.3.1, EIP-658, EIP-2718).
import { bigIntToBytes, concatBytes, EMPTY_BYTES } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import { decodeRlp, encodeRlp, type RlpItem, rlpBytes, rlpInteger, rlpList } from '../../primitives/rlp.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { BLOOM_BYTES } from './bloom.ts';
import type { Log, Receipt, TransactionType } from './types.ts';

/** A log carries one topic per LOGn: four at most. */
const TOPICS_MAX = 4;

/** The part of a receipt that the receipts root commits to. `succeeded` is unknown where a state root stands in its place. */
export type ConsensusReceipt = Pick<Receipt, 'type' | 'stateRoot' | 'cumulativeGasUsed' | 'logs' | 'logsBloom'> & {
  readonly succeeded: boolean | undefined;
};

/** The encoding that the receipts root is made of; with a state root instead of the status before Byzantium. */
export function encodeReceipt(receipt: ConsensusReceipt): Uint8Array {
  const outcome = receipt.stateRoot ?? (receipt.succeeded ? Uint8Array.of(1) : EMPTY_BYTES);
  const payload = encodeRlp([
    outcome,
    bigIntToBytes(receipt.cumulativeGasUsed),
    receipt.logsBloom,
    receipt.logs.map(logItem),
  ]);
  return receipt.type === 0 ? payload : concatBytes(Uint8Array.of(receipt.type), payload);
}

function logItem({ address, topics, data }: Log): RlpItem {
  return [address, topics, data];
}

function fail(reason: string): never {
  throw new ChainError('INVALID_RECEIPT', `invalid receipt: ${reason}`);
}

/**
 * Decodes the consensus encoding. Byte strings are views into the input.
 * @throws ChainError `INVALID_RECEIPT` or `INVALID_RLP`
 */
export function decodeReceipt(encoded: Uint8Array): ConsensusReceipt {
  const first = encoded[0] ?? fail('it is empty');
  if (first < 0xc0 && (first < 1 || first > 4)) fail(`unknown type ${first}`);
  const type = (first >= 0xc0 ? 0 : first) as TransactionType;
  const fields = rlpList(decodeRlp(type === 0 ? encoded : encoded.subarray(1)), 'receipt', 4);
  return {
    type,
    ...decodeOutcome(rlpBytes(fields[0], 'status')),
    cumulativeGasUsed: rlpInteger(fields[1], 'cumulativeGasUsed', 8),
    logsBloom: rlpBytes(fields[2], 'logsBloom', BLOOM_BYTES),
    logs: rlpList(fields[3], 'logs').map(decodeLog),
  };
}

function decodeOutcome(bytes: Uint8Array): Pick<ConsensusReceipt, 'succeeded' | 'stateRoot'> {
  if (bytes.length === 32) return { succeeded: undefined, stateRoot: bytes as Hash };
  if (bytes.length === 0) return { succeeded: false };
  if (bytes.length === 1 && bytes[0] === 1) return { succeeded: true };
  return fail('the status is neither 0, 1 nor a state root');
}

function decodeLog(item: RlpItem): Log {
  const fields = rlpList(item, 'log', 3);
  const topics = rlpList(fields[1], 'topics').map((topic) => rlpBytes(topic, 'topic', 32));
  if (topics.length > TOPICS_MAX) fail(`a log has ${topics.length} topics, at most ${TOPICS_MAX} allowed`);
  return { address: rlpBytes(fields[0], 'log address', 20) as Address, topics, data: rlpBytes(fields[2], 'log data') };
}
