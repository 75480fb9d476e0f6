// Receipts in their consensus encoding (Yellow Paper §4.3.1, EIP-658, EIP-2718).
import { bigIntToBytes, EMPTY_BYTES } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import { decodeRlp, type RlpItem, rlpBytes, rlpInteger, rlpList, rlpSize, writeRlp } from '../../primitives/rlp.ts';
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
  return encodeReceipts([receipt])[0] as Uint8Array;
}

/** As {@link encodeReceipt} for a whole block, as views of one array: each alone would cost as much as its contents. */
export function encodeReceipts(receipts: readonly ConsensusReceipt[]): Uint8Array[] {
  const items = receipts.map(receiptItem);
  let size = 0;
  for (const [index, item] of items.entries()) size += rlpSize(item) + (receipts[index]?.type === 0 ? 0 : 1);
  const all = new Uint8Array(size);
  let end = 0;
  return receipts.map(({ type }, index) => {
    const start = end;
    if (type !== 0) all[end++] = type;
    end = writeRlp(items[index] as RlpItem, all, end);
    return all.subarray(start, end);
  });
}

const SUCCEEDED = Uint8Array.of(1);

function receiptItem({ stateRoot, succeeded, cumulativeGasUsed, logsBloom, logs }: ConsensusReceipt): RlpItem {
  const outcome = stateRoot ?? (succeeded ? SUCCEEDED : EMPTY_BYTES);
  return [outcome, bigIntToBytes(cumulativeGasUsed), logsBloom, logs.map(logItem)];
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
