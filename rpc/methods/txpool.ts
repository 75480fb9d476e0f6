// txpool_*: what waits, by sender and nonce.
import type { PooledTransaction } from '../../node/api.ts';
import type { SignedTransaction } from '../../node/block/types.ts';
import type { RpcContext } from '../context.ts';
import { RPC_CODES, RpcError } from '../errors.ts';
import { JsonText, type Methods, method } from '../method.ts';
import { address } from '../params/values.ts';
import { transactionJson } from '../serialize/transaction.ts';
import { checksumAddress, quantityToRpc } from '../serialize/values.ts';

/** What a transaction in JSON takes besides its bytes in hex. */
const FIELD_NAMES_BYTES = 600;

/** Writes a transaction as JSON. */
type Show = (transaction: SignedTransaction) => string;

function byNonce(pooled: readonly PooledTransaction[], show: Show): string {
  return `{${pooled.map(({ transaction }) => `"${transaction.nonce}":${show(transaction)}`).join(',')}}`;
}

function bySender(pooled: readonly PooledTransaction[], show: Show): string {
  const senders = new Map<string, PooledTransaction[]>();
  for (const entry of pooled) {
    const sender = checksumAddress(entry.transaction.sender);
    const list = senders.get(sender);
    if (list === undefined) senders.set(sender, [entry]);
    else list.push(entry);
  }
  return `{${[...senders].map(([sender, list]) => `"${sender}":${byNonce(list, show)}`).join(',')}}`;
}

/** What could be in the next block, and what waits, each as `write` writes it. */
function split(content: readonly PooledTransaction[], write: (part: readonly PooledTransaction[]) => string): JsonText {
  const pending = content.filter((entry) => entry.pending);
  const queued = content.filter((entry) => !entry.pending);
  return new JsonText(`{"pending":${write(pending)},"queued":${write(queued)}}`);
}

function whole(transaction: SignedTransaction): string {
  return transactionJson(transaction, undefined);
}

/** One line for people, in geth's form. */
function summary({ to, value, gasLimit, maxFeePerGas }: SignedTransaction): string {
  const target = to === undefined ? 'contract creation' : checksumAddress(to);
  return JSON.stringify(`${target}: ${value} wei + ${gasLimit} gas × ${maxFeePerGas} wei`);
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
  return {
    txpool_content: method([], () => {
      const content = pool.content();
      requireSmall(content);
      return split(content, (part) => bySender(part, whole));
    }),
    txpool_inspect: method([], () => split(pool.content(), (part) => bySender(part, summary))),
    txpool_contentFrom: method([address], (sender) => split(pool.contentFrom(sender), (part) => byNonce(part, whole))),
    txpool_status: method([], () => {
      const { pending, queued } = pool.counts();
      return { pending: quantityToRpc(pending), queued: quantityToRpc(queued) };
    }),
  };
}
