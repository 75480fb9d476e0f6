// Importing a chain file: what is there already is skipped, the rest is checked and appended.
import { bytesToHex, equalBytes } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Hash } from '../../primitives/types.ts';
import { decodeUnrecoveredBlock, withSenders } from '../block/body.ts';
import { impersonatedSender } from '../block/impersonation.ts';
import { recoverSender } from '../block/transaction.ts';
import type { FileEntry } from './chainFile.ts';
import { type ImportContext, importBlock } from './importBlock.ts';

export interface ImportFileOptions {
  /** The hash that the head must have at the end. */
  readonly expectHead?: Hash | undefined;
  readonly progress?: ((number: bigint) => void) | undefined;
}

/** Names the block in errors of decoding. */
function decode(context: ImportContext, entry: FileEntry) {
  try {
    const block = decodeUnrecoveredBlock(entry.blockRlp);
    const isDev = context.chain.spec.gnomon?.devChain === true;
    const senders = block.transactions.map((transaction) => {
      return (isDev ? impersonatedSender(transaction) : undefined) ?? recoverSender(transaction);
    });
    return withSenders(block, senders);
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    throw new ChainError(error.code, `the block at byte ${entry.offset} of the file: ${error.message}`, error.data, {
      cause: error,
    });
  }
}

/**
 * Imports the entries of a chain file in order.
 * @throws ChainError of the file, `CHAIN_DIFFERS` when the file holds another block than the chain has already,
 *   `UNEXPECTED_HEAD`, or the code of the rule that a block breaks. Blocks before the one at fault stay imported.
 */
export async function importFile(
  context: ImportContext,
  entries: AsyncIterable<FileEntry>,
  options: ImportFileOptions = {},
): Promise<void> {
  const { chain } = context;
  for await (const entry of entries) {
    const block = decode(context, entry);
    const { number } = block.header;
    if (number === chain.spec.genesis.number + 1n && !equalBytes(block.header.parentHash, chain.genesisHash)) {
      const [expected, got] = [bytesToHex(chain.genesisHash), bytesToHex(block.header.parentHash)];
      throw new ChainError(
        'GENESIS_MISMATCH',
        `the file belongs to the chain of another genesis: its first block follows ${got}, and this chain's genesis is ${expected}`,
        { expected, got },
      );
    }
    const known = chain.headerByNumber(number);
    if (known === undefined) {
      const rlpBytes = entry.blockRlp.length;
      await importBlock(context, { block, rlpBytes, consensusInputs: entry.consensusInputs });
    } else if (!equalBytes(known.hash, block.hash)) {
      throw new ChainError(
        'CHAIN_DIFFERS',
        `block ${number} is ${bytesToHex(known.hash)} here but ${bytesToHex(block.hash)} in the file: they are different chains`,
        { number },
      );
    }
    options.progress?.(number);
  }
  const { expectHead } = options;
  if (expectHead !== undefined && !equalBytes(expectHead, chain.head.hash)) {
    const got = `${bytesToHex(chain.head.hash)} (block ${chain.head.header.number})`;
    throw new ChainError(
      'UNEXPECTED_HEAD',
      `the head is not the one expected: expected ${bytesToHex(expectHead)}, got ${got}`,
    );
  }
}
