// txpool_*: what waits, by sender and nonce.
import type { PooledTransaction } from '../../node/api.ts';
import type { SignedTransaction } from '../../node/block/types.ts';
import type { RpcContext } from '../context.ts';
import { RPC_CODES, RpcError } from '../errors.ts';
import { type Methods, method } from '../method.ts';
import { address } from '../params/values.ts';
import { transactionToRpc } from '../serialize/transaction.ts';
import { checksumAddress, quantityToRpc } from '../serialize/values.ts';

/** What a transaction in JSON takes besides its bytes in hex. */
const FIELD_NAMES_BYTES = 600;

type ByNonce = Record<string, unknown>;

function byNonce(pooled: readonly PooledTransaction[], show: (transaction: SignedTransaction) => unknown): ByNonce {
  return Object.fromEntries(pooled.map(({ transaction }) => [transaction.nonce.toString(), show(transaction)]));
}

function bySender(
  pooled: readonly PooledTransaction[],
  show: (transaction: SignedTransaction) => unknown,
): Record<string, ByNonce> {
  const senders = new Map<string, PooledTransaction[]>();
  for (const entry of pooled) {
    const sender = checksumAddress(entry.transaction.sender);
    const list = senders.get(sender);
    if (list === undefined) senders.set(sender, [entry]);
    else list.push(entry);
  }
  return Object.fromEntries([...senders].map(([sender, list]) => [sender, byNonce(list, show)]));
}

function whole(transaction: SignedTransaction): unknown {
  return transactionToRpc(transaction, undefined);
}

/** One line for people, in geth's form. */
function summary({ to, value, gasLimit, maxFeePerGas }: SignedTransaction): string {
  const target = to === undefined ? 'contract creation' : checksumAddress(to);
  return `${target}: ${value} wei + ${gasLimit} gas × ${maxFeePerGas} wei`;
}

export function txpoolMethods({ node: { pool }, limits: { poolContentBytesMax } }: RpcContext): Methods {
  function requireSmall(content: readonly PooledTransaction[]): void {
    const bytes = content.reduce((sum, { transaction }) => sum + FIELD_NAMES_BYTES + 2 * transaction.raw.length, 0);
    if (bytes > poolContentBytesMax)
      throw new RpcError(
        RPC_CODES.limitExceeded,
        `the ${content.length} transactions of the pool take some ${bytes} bytes of JSON, at most ${poolContentBytesMax} are allowed; ask for single senders with txpool_contentFrom, or for txpool_inspect`,
      );
  }
  function split(show: (transaction: SignedTransaction) => unknown): unknown {
    const content = pool.content();
    if (show === whole) requireSmall(content);
    return {
      pending: bySender(
        content.filter(({ pending }) => pending),
        show,
      ),
      queued: bySender(
        content.filter(({ pending }) => !pending),
        show,
      ),
    };
  }
  return {
    txpool_content: method([], () => split(whole)),
    txpool_inspect: method([], () => split(summary)),
    txpool_contentFrom: method([address], (sender) => {
      const content = pool.contentFrom(sender);
      return {
        pending: byNonce(
          content.filter(({ pending }) => pending),
          whole,
        ),
        queued: byNonce(
          content.filter(({ pending }) => !pending),
          whole,
        ),
      };
    }),
    txpool_status: method([], () => {
      const { pending, queued } = pool.counts();
      return { pending: quantityToRpc(pending), queued: quantityToRpc(queued) };
    }),
  };
}
