// The pool as the consensus app uses it: best transactions for a proposal, and gossip in.
import { bytesToHex } from '../primitives/bytes.ts';
import type { ChainError } from '../primitives/errors.ts';
import type { Hash } from '../primitives/types.ts';
import type { SignedTransaction } from './block/types.ts';
import type { Chain } from './chain/chain.ts';
import type { ProposalSource } from './consensus/evmApp.ts';
import type { NodeLog } from './node.ts';
import type { RoomLeft } from './txpool/bestTransactions.ts';
import type { TxPool } from './txpool/txPool.ts';

/** Refusals that only say that this block has no room left; the next one may. */
const WAITS_FOR_ROOM: ReadonlySet<string> = new Set(['BLOCK_FULL', 'GAS_LIMIT_ABOVE_BLOCK', 'NATIVE_WORK_LIMIT']);

export function proposalSource(
  pool: TxPool,
  chain: Chain,
  add: (raw: Uint8Array) => Promise<Hash>,
  log: NodeLog,
): ProposalSource {
  return {
    best() {
      const transactions = pool.best();
      return {
        next: (room: RoomLeft): SignedTransaction | undefined => transactions.next(room)?.transaction,
        refuse(transaction: SignedTransaction, refusal: ChainError): void {
          transactions.skipSender();
          if (WAITS_FOR_ROOM.has(refusal.code)) return;
          // It passed the pool's checks and yet no block can hold it: it would be tried again for ever.
          pool.discard(transaction.hash);
          log.warn('dropped a transaction that cannot be included', {
            hash: bytesToHex(transaction.hash),
            head: chain.head.header.number.toString(),
            reason: refusal.message,
          });
        },
      };
    },
    has: (hash) => pool.has(hash as Hash),
    async add(raw) {
      await add(raw);
    },
  };
}
