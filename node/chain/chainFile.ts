// Chains in files: one RLP item after the other, each a block as geth writes it, or, where a Gnomon block has consensus
// inputs, the list [block, inputs]. Read and written as a stream; memory holds one block at a time.
import { open, rm } from 'node:fs/promises';
import { concatBytes, EMPTY_BYTES } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import { encodeRlp, encodeRlpListOfEncoded, rlpListSpans, rlpSpan } from '../../primitives/rlp.ts';
import { PARTIAL_SUFFIX, publishFile, refuseExisting } from '../../primitives/wholeFile.ts';
import type { Chain } from './chain.ts';

/** No block of any Ethereum chain comes near it (EIP-7934 allows 8 MiB from Osaka on); bounds memory on hostile files. */
export const FILE_ITEM_BYTES_MAX = 64 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;
/** The longest RLP header: one byte and a length of four. */
const HEADER_BYTES_MAX = 5;

/** One block of a file, still encoded. */
export interface FileEntry {
  readonly blockRlp: Uint8Array;
  readonly consensusInputs: Uint8Array;
  /** Where in the file the entry begins, and where the next one does. */
  readonly offset: number;
  readonly end: number;
}

/** Splits an item into the block and its inputs: a block's first member is a list of strings, a pair's is a list of lists. */
function toEntry(item: Uint8Array, offset: number): FileEntry {
  const at = { offset, end: offset + item.length };
  const outer = rlpSpan(item, 0);
  const [first, second, ...more] = rlpListSpans(item, outer);
  if (first === undefined || !first.isList)
    throw invalid(offset, 'expected a block: a list that begins with its header');
  const isPair = first.payload < first.end && rlpSpan(item, first.payload, first.end).isList;
  if (!isPair) return { blockRlp: item, consensusInputs: EMPTY_BYTES, ...at };
  if (second === undefined || second.isList || more.length > 0) {
    throw invalid(offset, 'expected a block and the encoding of its consensus inputs');
  }
  // One file for one chain: without inputs the block stands for itself.
  if (second.payload === second.end) throw invalid(offset, 'a block is paired with empty consensus inputs');
  return {
    blockRlp: item.subarray(first.start, first.end),
    consensusInputs: item.subarray(second.payload, second.end),
    ...at,
  };
}

function invalid(offset: number, reason: string, options?: ErrorOptions): ChainError<'INVALID_CHAIN_FILE'> {
  return new ChainError(
    'INVALID_CHAIN_FILE',
    `the chain file is invalid at byte ${offset}: ${reason}`,
    { offset },
    options,
  );
}

/** The length that the item at the start of `bytes` says it has, or undefined when more bytes are needed to tell. */
function itemLength(bytes: Uint8Array, offset: number): number | undefined {
  const first = bytes[0];
  if (first === undefined) return undefined;
  if (first < 0xc0) throw invalid(offset, `expected an RLP list, got a first byte of 0x${first.toString(16)}`);
  if (first <= 0xf7) return 1 + first - 0xc0;
  const width = first - 0xf7;
  if (width > HEADER_BYTES_MAX - 1) throw invalid(offset, `an item with a length of ${width} bytes`);
  if (bytes.length < 1 + width) return undefined;
  let length = 0;
  for (let i = 1; i <= width; i++) length = length * 256 + (bytes[i] as number);
  if (length > FILE_ITEM_BYTES_MAX)
    throw invalid(offset, `an item of ${length} bytes, at most ${FILE_ITEM_BYTES_MAX} allowed`);
  return 1 + width + length;
}

/**
 * The entries of a chain file, in order.
 * @throws ChainError `INVALID_CHAIN_FILE` (with the byte at fault), `CHAIN_FILE_CUT_OFF` when it ends inside an entry
 */
export async function* readChainFile(path: string): AsyncGenerator<FileEntry> {
  const file = await open(path, 'r');
  try {
    let rest: Uint8Array = EMPTY_BYTES;
    let offset = 0;
    for (;;) {
      const length = itemLength(rest, offset);
      if (length !== undefined && rest.length >= length) {
        const item = rest.slice(0, length);
        rest = rest.subarray(length);
        yield parseItem(item, offset);
        offset += length;
        continue;
      }
      const wanted = Math.max(READ_BYTES, (length ?? 0) - rest.length);
      const { bytesRead, buffer } = await file.read(new Uint8Array(wanted), 0, wanted);
      if (bytesRead === 0) break;
      rest = concatBytes(rest, buffer.subarray(0, bytesRead));
    }
    if (rest.length > 0) {
      throw new ChainError(
        'CHAIN_FILE_CUT_OFF',
        `the chain file ends inside the block that begins at byte ${offset}; get the whole file`,
        { offset },
      );
    }
  } finally {
    await file.close();
  }
}

function parseItem(item: Uint8Array, offset: number): FileEntry {
  try {
    return toEntry(item, offset);
  } catch (error) {
    if (error instanceof ChainError && error.code === 'INVALID_RLP')
      throw invalid(offset, error.message, { cause: error });
    throw error;
  }
}

/** One block of the chain as a file holds it. */
export function encodeFileEntry(blockRlp: Uint8Array, consensusInputs: Uint8Array): Uint8Array {
  if (consensusInputs.length === 0) return blockRlp;
  return encodeRlpListOfEncoded([blockRlp, encodeRlp(consensusInputs)]);
}

/**
 * Writes the blocks `fromNumber..toNumber` to a new file; genesis is never part of one. The
 * file has its name only once it is whole.
 * @throws Error of the file system, `EEXIST` when the file is there already
 */
export async function writeChainFile(
  chain: Chain,
  path: string,
  fromNumber: bigint,
  toNumber: bigint,
  progress: (number: bigint) => void,
): Promise<void> {
  refuseExisting(path);
  const partial = path + PARTIAL_SUFFIX;
  const file = await open(partial, 'w');
  try {
    for (let number = fromNumber; number <= toNumber; number++) {
      const blockRlp = chain.blockRlp(number);
      if (blockRlp === undefined) throw new ChainError('BLOCK_NOT_FOUND', `block ${number} does not exist`, { number });
      await file.writeFile(encodeFileEntry(blockRlp, chain.consensusInputs(number)));
      progress(number);
    }
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(partial, { force: true });
    throw error;
  }
  await file.close();
  publishFile(path);
}
