// eth_*: single transactions and their receipts, and the way in for signed ones.

import type { Block, SignedTransaction } from '../../node/block/types.ts';
import type { CommittedBlock } from '../../node/chain/chainReader.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import type { Hash } from '../../primitives/types.ts';
import { findBlock } from '../blockRefs.ts';
import type { RpcContext } from '../context.ts';
import { RPC_CODES, RpcError } from '../errors.ts';
import { blobBaseFeeOf } from '../fees.ts';
import { JsonText, type Methods, method } from '../method.ts';
import { type BlockRef, blockNumber } from '../params/block.ts';
import { bytes, hash, index, lenientQuantity64, optional } from '../params/values.ts';
import { receiptJson } from '../serialize/receipt.ts';
import { transactionJson } from '../serialize/transaction.ts';

export function ethTransactionMethods({ node, limits }: RpcContext): Methods {
  const { chain, pool } = node;
  const waitMs = optional(lenientQuantity64, BigInt(limits.receiptWaitMs));

  function included(
    transactionHash: Hash,
  ): { block: Block; index: number; transaction: SignedTransaction } | undefined {
    const location = chain.locateTransaction(transactionHash);
    if (location === undefined) return undefined;
    const block = chain.blockByNumber(location.blockNumber);
    const transaction = block?.transactions[location.index];
    assert(
      block !== undefined && transaction !== undefined,
      `no transaction where the index says, ${location.index} of ${location.blockNumber}`,
    );
    return { block, index: location.index, transaction };
  }
  function byHash(transactionHash: Hash): unknown {
    const found = included(transactionHash);
    if (found !== undefined) return new JsonText(transactionJson(found.transaction, found));
    const pooled = pool.get(transactionHash);
    return pooled === undefined ? null : new JsonText(transactionJson(pooled.transaction, undefined));
  }
  function byIndex(ref: BlockRef, position: number): unknown {
    const block = findBlock(chain, ref);
    const transaction = block?.transactions[position];
    if (block === undefined || transaction === undefined) return null;
    return new JsonText(transactionJson(transaction, { block, index: position }));
  }
  function rawByHash(transactionHash: Hash): unknown {
    const transaction = included(transactionHash)?.transaction ?? pool.get(transactionHash)?.transaction;
    return transaction === undefined ? null : bytesToHex(transaction.raw);
  }
  function receiptOf({ block, receipts }: CommittedBlock, position: number): unknown {
    return new JsonText(receiptJson(block, receipts, position, () => blobBaseFeeOf(chain.spec, block.header)));
  }
  function receipt(transactionHash: Hash): unknown {
    const found = included(transactionHash);
    if (found === undefined) return null;
    const receipts = chain.receiptsByNumber(found.block.header.number);
    assert(receipts !== undefined, `block ${found.block.header.number} has no receipts`);
    return receiptOf({ block: found.block, receipts }, found.index);
  }
  async function sendAndWait(raw: Uint8Array, timeoutMs: bigint): Promise<unknown> {
    const boundedMs = Math.min(Number(timeoutMs), limits.receiptWaitMsMax);
    const transactionHash = await node.submitRawTransaction(raw);
    const found = await node.waitForReceipt(transactionHash, boundedMs);
    if (found !== undefined) return receiptOf(found.committed, found.index);
    throw new RpcError(
      RPC_CODES.receiptTimeout,
      `the transaction was added to the pool but not included within ${boundedMs} ms; ask for its receipt later`,
      bytesToHex(transactionHash),
    );
  }

  return {
    eth_getTransactionByHash: method([hash], byHash),
    eth_getTransactionByBlockNumberAndIndex: method([blockNumber, index], byIndex),
    eth_getTransactionByBlockHashAndIndex: method([hash, index], (name, position) =>
      byIndex({ kind: 'hash', hash: name, requireCanonical: false }, position),
    ),
    eth_getRawTransactionByHash: method([hash], rawByHash),
    eth_getTransactionReceipt: method([hash], receipt),
    eth_sendRawTransaction: method([bytes], async (raw) => bytesToHex(await node.submitRawTransaction(raw))),
    eth_sendRawTransactionSync: method([bytes, waitMs], sendAndWait),
  };
}
