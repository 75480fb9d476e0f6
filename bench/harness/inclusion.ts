// When transactions are in blocks, and the proof that they are: the blocks' own contents and every receipt.
import type { RpcClient } from './rpcClient.ts';
import { pause } from './server.ts';

/** How often the head is asked for; small beside the block time. */
const POLL_MS = 10;
const INCLUSION_TIMEOUT_MS = 180_000;

export async function headNumber(client: RpcClient): Promise<number> {
  return Number(await client.call<string>('eth_blockNumber'));
}

/**
 * Resolves right after a new block, with its number: where a load begins, so that each has the same part of the first
 * block interval.
 */
export async function nextBlock(client: RpcClient): Promise<number> {
  const before = await headNumber(client);
  const begunMs = performance.now();
  for (;;) {
    const head = await headNumber(client);
    if (head > before) return head;
    if (performance.now() - begunMs > INCLUSION_TIMEOUT_MS) throw new Error(`no block after ${before}`);
    await pause(POLL_MS);
  }
}

/** Resolves once the blocks after `afterBlock` hold `count` transactions in all, with the number of the last. */
export async function waitForTransactions(client: RpcClient, afterBlock: number, count: number): Promise<number> {
  const begunMs = performance.now();
  let counted = 0;
  let block = afterBlock;
  while (counted < count) {
    const head = await headNumber(client);
    for (; block < head; block++) {
      const quantity = `0x${(block + 1).toString(16)}`;
      counted += Number(await client.call<string>('eth_getBlockTransactionCountByNumber', [quantity]));
    }
    if (counted >= count) break;
    if (performance.now() - begunMs > INCLUSION_TIMEOUT_MS)
      throw new Error(`${counted} of ${count} transactions were included`);
    await pause(POLL_MS);
  }
  return block;
}

/** Throws unless the blocks hold exactly these transactions and every receipt says that its transaction succeeded. */
export async function proveIncluded(
  client: RpcClient,
  afterBlock: number,
  lastBlock: number,
  hashes: readonly string[],
): Promise<void> {
  const missing = new Set(hashes);
  for (let number = afterBlock + 1; number <= lastBlock; number++) {
    const block = await client.call<{ transactions: string[] }>('eth_getBlockByNumber', [
      `0x${number.toString(16)}`,
      false,
    ]);
    for (const hash of block.transactions)
      if (!missing.delete(hash)) throw new Error(`block ${number} holds ${hash}, which was not sent`);
  }
  if (missing.size > 0) throw new Error(`${missing.size} of ${hashes.length} transactions are in no block`);
  const receipts = await client.callMany<{ status: string } | null>(
    'eth_getTransactionReceipt',
    hashes.map((hash) => [hash]),
  );
  const failed = receipts.filter((receipt) => receipt?.status !== '0x1').length;
  if (failed > 0) throw new Error(`${failed} of ${hashes.length} transactions failed`);
}

/** Sends transactions in batches, waits until they are included, and proves it: for preparing a chain. */
export async function sendAndInclude(
  client: RpcClient,
  transactions: readonly { readonly raw: string; readonly hash: string }[],
): Promise<void> {
  const before = await headNumber(client);
  await client.callMany(
    'eth_sendRawTransaction',
    transactions.map(({ raw }) => [raw]),
  );
  const last = await waitForTransactions(client, before, transactions.length);
  await proveIncluded(
    client,
    before,
    last,
    transactions.map(({ hash }) => hash),
  );
}
