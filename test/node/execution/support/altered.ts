// A block's first transaction with other fields, and the transactions root of a block that holds only that.
import type { Block, SignedTransaction } from '../../../../node/block/types.ts';
import { orderedTrieRoot } from '../../../../node/state/orderedTrie.ts';
import type { Hash } from '../../../../primitives/types.ts';

export function transactionOf(
  block: Block,
  fields: Partial<SignedTransaction>,
): { readonly transaction: SignedTransaction; readonly root: Hash } {
  const transaction = { ...block.transactions[0]!, ...fields };
  return { transaction, root: orderedTrieRoot([transaction.raw]) };
}
