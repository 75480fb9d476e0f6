// eth_*: blocks, headers, ommers and the receipts of whole blocks.

import type { Block } from '../../node/block/types.ts';
import { bytesKey } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import type { Hash } from '../../primitives/types.ts';
import { findBlock, findHeader } from '../blockRefs.ts';
import type { RpcContext } from '../context.ts';
import { blobBaseFeeOf } from '../fees.ts';
import { JsonCache } from '../jsonCache.ts';
import { JsonText, type Methods, method } from '../method.ts';
import { type BlockRef, blockNumber, blockRef } from '../params/block.ts';
import { boolean, hash, index, optional } from '../params/values.ts';
import { blockJson, headerJson, ommerJson } from '../serialize/block.ts';
import { receiptsJson } from '../serialize/receipt.ts';
import { quantityToRpc } from '../serialize/values.ts';

/** Whose JSON is kept: what clients follow. Somebody who reads the whole chain must not empty the cache. */
const RECENT_BLOCKS = 64n;

/** Whether a block holds its transactions or their hashes. */
const wholeTransactions = optional(boolean, false);

function byHash(blockHash: Hash): BlockRef {
  return { kind: 'hash', hash: blockHash, requireCanonical: false };
}

export function ethBlockMethods({ node, limits }: RpcContext): Methods {
  const { chain } = node;
  const cache = new JsonCache(limits.jsonCacheBytesMax);

  /** The text of `kind` about a block. A hash names one content for ever, so nothing has to be forgotten on a rollback. */
  function textAbout(
    { hash: name, header }: Block,
    kind: 'whole' | 'short' | 'receipts',
    write: () => string,
  ): JsonText {
    const isRecent = chain.head.header.number - header.number < RECENT_BLOCKS;
    return new JsonText(isRecent ? cache.get(`${kind}${bytesKey(name)}`, write) : write());
  }

  function block(ref: BlockRef, whole: boolean): unknown {
    const found = findBlock(chain, ref);
    return found === undefined ? null : textAbout(found, whole ? 'whole' : 'short', () => blockJson(found, whole));
  }
  function header(ref: BlockRef): unknown {
    const found = findHeader(chain, ref);
    return found === undefined ? null : new JsonText(headerJson(found));
  }
  function count(ref: BlockRef, of: (block: Block) => number): unknown {
    const found = findBlock(chain, ref);
    return found === undefined ? null : quantityToRpc(of(found));
  }
  function ommer(ref: BlockRef, position: number): unknown {
    const found = findBlock(chain, ref)?.ommers[position];
    return found === undefined ? null : new JsonText(ommerJson(found));
  }
  function receipts(ref: BlockRef): unknown {
    const found = findBlock(chain, ref);
    if (found === undefined) return null;
    return textAbout(found, 'receipts', () => {
      const stored = chain.receiptsByNumber(found.header.number);
      assert(stored !== undefined, `block ${found.header.number} has no receipts`);
      return receiptsJson(found, stored, () => blobBaseFeeOf(chain.spec, found.header));
    });
  }
  const transactionsOf = (found: Block): number => found.transactions.length;
  const ommersOf = (found: Block): number => found.ommers.length;

  return {
    eth_blockNumber: method([], () => quantityToRpc(chain.head.header.number)),
    eth_getBlockByNumber: method([blockNumber, wholeTransactions], block),
    eth_getBlockByHash: method([hash, wholeTransactions], (name, whole) => block(byHash(name), whole)),
    eth_getHeaderByNumber: method([blockNumber], header),
    eth_getHeaderByHash: method([hash], (name) => header(byHash(name))),
    eth_getBlockReceipts: method([blockRef], receipts),
    eth_getBlockTransactionCountByNumber: method([blockNumber], (ref) => count(ref, transactionsOf)),
    eth_getBlockTransactionCountByHash: method([hash], (name) => count(byHash(name), transactionsOf)),
    eth_getUncleCountByBlockNumber: method([blockNumber], (ref) => count(ref, ommersOf)),
    eth_getUncleCountByBlockHash: method([hash], (name) => count(byHash(name), ommersOf)),
    eth_getUncleByBlockNumberAndIndex: method([blockNumber, index], ommer),
    eth_getUncleByBlockHashAndIndex: method([hash, index], (name, position) => ommer(byHash(name), position)),
  };
}
