// From what a client names to a block. Every committed block is final here, so latest, safe and finalized are the head.
// There is no block before consensus has decided it: `pending` reads the head (calls run on top of it, nonces count the pool).
import type { Block } from '../node/block/types.ts';
import type { ChainReader, SealedHeader } from '../node/chain/chainReader.ts';
import { bytesToHex } from '../primitives/bytes.ts';
import { RPC_CODES, RpcError } from './errors.ts';
import type { BlockRef } from './params/block.ts';
import { quantityToRpc } from './serialize/values.ts';

/** The header that `ref` names, or undefined when the chain has none. */
export function findHeader(chain: ChainReader, ref: BlockRef): SealedHeader | undefined {
  if (ref.kind === 'hash') return chain.headerByHash(ref.hash);
  if (ref.kind === 'number') return chain.headerByNumber(ref.number);
  return ref.tag === 'earliest' ? chain.headerByNumber(0n) : chain.head;
}

/**
 * The header that `ref` names.
 * @throws RpcError -32001 when the chain has none
 */
export function requireHeader(chain: ChainReader, ref: BlockRef): SealedHeader {
  const found = findHeader(chain, ref);
  if (found !== undefined) return found;
  throw new RpcError(
    RPC_CODES.resourceNotFound,
    `header not found: no block ${describe(ref)}; the head is ${quantityToRpc(chain.head.header.number)}`,
  );
}

/** The block that `ref` names, or undefined when the chain has none. */
export function findBlock(chain: ChainReader, ref: BlockRef): Block | undefined {
  if (ref.kind === 'hash') return chain.blockByHash(ref.hash);
  const header = findHeader(chain, ref);
  return header === undefined ? undefined : chain.blockByNumber(header.header.number);
}

/** A reference as people write it. */
export function describe(ref: BlockRef): string {
  if (ref.kind === 'hash') return bytesToHex(ref.hash);
  return ref.kind === 'number' ? quantityToRpc(ref.number) : ref.tag;
}
