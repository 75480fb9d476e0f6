// A load of prepared transactions: how fast they are taken and included, and what that costs the server.
import { nextBlock, proveIncluded, waitForTransactions } from '../harness/inclusion.ts';
import { processUsage } from '../harness/processUsage.ts';
import { RpcClient, requestBodies, sendLoad } from '../harness/rpcClient.ts';
import type { PresignedTransaction } from '../harness/senders.ts';
import type { RunningServer } from '../harness/server.ts';

export interface LoadShape {
  /** Requests in one body; 1 means no batch. */
  readonly batchSize: number;
  /** Bodies that are under way at once. */
  readonly connectionCount: number;
}

export interface TransactionLoadResult {
  /** Transactions per second, from the first request until the last transaction is in a block. */
  readonly includedPerSecond: number;
  /** From the first request to the last answer. */
  readonly acceptedPerSecond: number;
  /** User and system time of the server for all of it, per transaction. */
  readonly serverCpuMicroseconds: number;
  readonly clientCpuMicroseconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly blocks: number;
}

export async function runTransactionLoad(
  server: RunningServer,
  transactions: readonly PresignedTransaction[],
  shape: LoadShape,
): Promise<TransactionLoadResult> {
  const count = transactions.length;
  const bodies = requestBodies(count, shape.batchSize, (index) => [
    'eth_sendRawTransaction',
    [transactions[index]?.raw],
  ]);
  const client = new RpcClient(server.url);
  try {
    const before = await nextBlock(client);
    const cpuBefore = processUsage(server.pid).cpuSeconds;
    const clientBefore = process.cpuUsage();
    const begunMs = performance.now();
    const load = await sendLoad(server.url, bodies, shape.connectionCount);
    if (load.succeeded !== count)
      throw new Error(`${server.name} took ${load.succeeded} of ${count} transactions: ${load.firstError}`);
    const last = await waitForTransactions(client, before, count);
    const includedMs = performance.now() - begunMs;
    const cpuSeconds = processUsage(server.pid).cpuSeconds - cpuBefore;
    const clientCpu = process.cpuUsage(clientBefore);
    await proveIncluded(
      client,
      before,
      last,
      transactions.map(({ hash }) => hash),
    );
    return {
      includedPerSecond: (count / includedMs) * 1000,
      serverCpuMicroseconds: (cpuSeconds * 1e6) / count,
      acceptedPerSecond: (count / load.milliseconds) * 1000,
      clientCpuMicroseconds: (clientCpu.user + clientCpu.system) / count,
      p50Ms: load.p50Ms,
      p99Ms: load.p99Ms,
      blocks: last - before,
    };
  } finally {
    client.close();
  }
}
