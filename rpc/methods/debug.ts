// debug_*: the consensus encodings of what the chain stores.
import { encodeBlock } from '../../node/block/body.ts';
import { encodeHeader } from '../../node/block/header.ts';
import { encodeReceipt } from '../../node/block/receipt.ts';
import type { Block } from '../../node/block/types.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import type { Hash } from '../../primitives/types.ts';
import { describe, findBlock, requireHeader } from '../blockRefs.ts';
import type { RpcContext } from '../context.ts';
import { RPC_CODES, RpcError } from '../errors.ts';
import { type Methods, method } from '../method.ts';
import { type BlockRef, blockRef } from '../params/block.ts';
import { hash } from '../params/values.ts';

export function debugMethods({ node: { chain, pool } }: RpcContext): Methods {
  function requireBlock(ref: BlockRef): Block {
    const found = findBlock(chain, ref);
    if (found !== undefined) return found;
    throw new RpcError(RPC_CODES.resourceNotFound, `block not found: ${describe(ref)}`);
  }
  function rawReceipts(ref: BlockRef): unknown {
    const { number } = requireHeader(chain, ref).header;
    const receipts = chain.receiptsByNumber(number);
    assert(receipts !== undefined, `block ${number} has no receipts`);
    return receipts.map((receipt) => bytesToHex(encodeReceipt(receipt)));
  }
  function rawTransaction(transactionHash: Hash): unknown {
    const location = chain.locateTransaction(transactionHash);
    const included = location && chain.blockByNumber(location.blockNumber)?.transactions[location.index];
    const transaction = included ?? pool.get(transactionHash)?.transaction;
    return transaction === undefined ? null : bytesToHex(transaction.raw);
  }
  return {
    debug_getRawHeader: method([blockRef], (ref) => bytesToHex(encodeHeader(requireHeader(chain, ref).header))),
    debug_getRawBlock: method([blockRef], (ref) => bytesToHex(encodeBlock(requireBlock(ref)))),
    debug_getRawReceipts: method([blockRef], rawReceipts),
    debug_getRawTransaction: method([hash], rawTransaction),
  };
}
