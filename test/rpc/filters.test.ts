// Polling filters and subscriptions.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesToHex } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import { RPC_LIMITS, type RpcLimits } from '../../rpc/limits.ts';
import { type RpcServer, startRpcServer } from '../../rpc/server.ts';
import { type Answer, failure, result, TestSocket } from './support/client.ts';
import { TestNode, testAccount, testTransaction } from './support/testNode.ts';

let node: TestNode;
let server: RpcServer;
let nowMs: number;

async function start(limits: Partial<RpcLimits> = {}): Promise<void> {
  node = new TestNode();
  nowMs = 0;
  server = await startRpcServer(node, { port: 0, clock: () => nowMs, limits });
}
const call = <Value = unknown>(method: string, ...params: unknown[]): Promise<Value> =>
  result<Value>(server.url, method, ...params);
const emitter = testAccount(8).address;
const log = (n: number) => ({ address: emitter, topics: [new Uint8Array(32).fill(n)], data: Uint8Array.of(n) });
let nonce = 0n;
function emit(...topics: number[]): string {
  const transaction = testTransaction(1, { nonce: nonce++ });
  return bytesToHex(node.chain.make([{ transaction, logs: topics.map(log) }]).block.hash);
}
const topicOf = (n: number): string => `0x${n.toString(16).padStart(2, '0').repeat(32)}`;

beforeEach(() => start());
afterEach(() => server.close());

describe('polling filters', () => {
  test('blocks since the last poll', async () => {
    emit();
    const id = await call('eth_newBlockFilter');
    expect(await call('eth_getFilterChanges', id)).toEqual([]);
    const hashes = [emit(), emit()];
    expect(await call('eth_getFilterChanges', id)).toEqual(hashes);
    expect(await call('eth_getFilterChanges', id)).toEqual([]);
  });
  test('logs since the last poll, and all logs of the query', async () => {
    emit(1);
    const id = await call('eth_newFilter', { fromBlock: '0x0', topics: [[topicOf(1), topicOf(2)]] });
    emit(2, 3, 2);
    expect(await call<unknown[]>('eth_getFilterChanges', id)).toMatchObject([{ logIndex: '0x0' }, { logIndex: '0x2' }]);
    expect(await call('eth_getFilterChanges', id)).toEqual([]);
    expect(await call('eth_getFilterLogs', id)).toHaveLength(3);
  });
  test('a poll that would read more than one search may goes as far as it may, the next one goes on', async () => {
    const id = await call('eth_newFilter', {});
    for (let n = 1; n <= 5; n++) emit(n);
    const { chain } = node;
    const whole = chain.logs.bind(chain);
    chain.logs = (from, to, filter, limit) => {
      if (to - from < 2n) return whole(from, to, filter, limit);
      throw new ChainError('LOG_SEARCH_LIMIT', 'too much', { from, searchedTo: from + 1n });
    };
    for (const count of [2, 2, 1, 0]) expect(await call('eth_getFilterChanges', id)).toHaveLength(count);
  });
  test('a filter with an end reports nothing after it', async () => {
    const id = await call('eth_newFilter', { toBlock: '0x1' });
    emit(1);
    emit(1);
    expect(await call('eth_getFilterChanges', id)).toHaveLength(1);
  });
  test('hashes of pending transactions', async () => {
    const id = await call('eth_newPendingTransactionFilter');
    const waiting = testTransaction(2);
    node.addPending(waiting);
    node.addPending(testTransaction(2, { nonce: 5n }), false);
    expect(await call('eth_getFilterChanges', id)).toEqual([bytesToHex(waiting.hash)]);
    expect(await call('eth_getFilterChanges', id)).toEqual([]);
  });
  test('after a roll-back, numbers that come again are reported again', async () => {
    const blocks = await call('eth_newBlockFilter');
    const logs = await call('eth_newFilter', {});
    emit(1);
    emit(1);
    expect(await call('eth_getFilterChanges', blocks)).toHaveLength(2);
    expect(await call('eth_getFilterChanges', logs)).toHaveLength(2);
    node.chain.rollBackTo(0n);
    const hash = emit(7);
    expect(await call('eth_getFilterChanges', blocks)).toEqual([hash]);
    expect(await call('eth_getFilterChanges', logs)).toMatchObject([
      { blockNumber: '0x2', removed: true },
      { blockNumber: '0x1', removed: true },
    ]);
    expect(await call('eth_getFilterChanges', logs)).toMatchObject([{ topics: [topicOf(7)], removed: false }]);
  });
  test('uninstalled and unknown filters are not found', async () => {
    const id = await call('eth_newBlockFilter');
    expect(await call('eth_uninstallFilter', id)).toBe(true);
    expect(await call('eth_uninstallFilter', id)).toBe(false);
    for (const method of ['eth_getFilterChanges', 'eth_getFilterLogs'])
      expect(await failure(server.url, method, id)).toMatchObject({
        code: -32000,
        message: expect.stringMatching(/^filter not found/),
      });
    const blocks = await call('eth_newBlockFilter');
    expect((await failure(server.url, 'eth_getFilterLogs', blocks)).message).toMatch(/^filter not found/);
    expect((await failure(server.url, 'eth_newFilter', { blockHash: topicOf(1) })).code).toBe(-32602);
  });
  test('idle at and past the limit; a poll keeps a filter alive', async () => {
    const id = await call('eth_newBlockFilter');
    nowMs = RPC_LIMITS.filterIdleMs;
    expect(await call('eth_getFilterChanges', id)).toEqual([]);
    nowMs = 2 * RPC_LIMITS.filterIdleMs;
    expect(await call('eth_getFilterChanges', id)).toEqual([]);
    nowMs = 3 * RPC_LIMITS.filterIdleMs + 1;
    expect((await failure(server.url, 'eth_getFilterChanges', id)).message).toMatch(/^filter not found/);
  });
  test('filters at and one past the limit; idle ones make room', async () => {
    const installs = (count: number): Promise<unknown[]> =>
      Promise.all(Array.from({ length: count }, () => call('eth_newBlockFilter')));
    for (let installed = 0; installed < RPC_LIMITS.filtersMax; installed += 100) await installs(100);
    for (const [method, ...params] of [
      ['eth_newBlockFilter'],
      ['eth_newFilter', {}],
      ['eth_newPendingTransactionFilter'],
    ] as const)
      expect((await failure(server.url, method, ...params)).code).toBe(-32005);
    nowMs = RPC_LIMITS.filterIdleMs + 1;
    await call('eth_newBlockFilter');
  });
  test('a poll brings at most as many blocks as a poll may go on by', async () => {
    await server.close();
    await start({ filterBlocksMax: 10 });
    const blocks = await call('eth_newBlockFilter');
    const logs = await call('eth_newFilter', {});
    for (let i = 0; i < 11; i++) emit(1);
    expect(await call('eth_getFilterChanges', blocks)).toHaveLength(10);
    expect(await call('eth_getFilterChanges', blocks)).toHaveLength(1);
    expect(await call('eth_getFilterChanges', logs)).toHaveLength(10);
    expect(await call('eth_getFilterChanges', logs)).toHaveLength(1);
  });
  test('a poll brings at most as many logs as a query may return, in whole blocks', async () => {
    await server.close();
    await start({ logResultsMax: 3 });
    const id = await call('eth_newFilter', {});
    emit(1, 1);
    emit(1);
    emit(1, 1);
    expect(await call('eth_getFilterChanges', id)).toHaveLength(3);
    expect(await call('eth_getFilterChanges', id)).toHaveLength(2);
    emit(1, 1, 1, 1);
    emit(1);
    expect((await failure(server.url, 'eth_getFilterChanges', id)).code).toBe(-32005);
    expect(await call('eth_getFilterChanges', id)).toHaveLength(1);
    const block = `0x${(node.chain.head.header.number - 1n).toString(16)}`;
    expect(await call('eth_getLogs', { fromBlock: block, toBlock: block })).toHaveLength(4);
  });
  test('the ring of pending hashes keeps the newest', async () => {
    await server.close();
    await start({ pendingHashesMax: 2 });
    const id = await call('eth_newPendingTransactionFilter');
    const hashes = [0n, 1n, 2n].map((n) => {
      const transaction = testTransaction(2, { nonce: n });
      node.addPending(transaction);
      return bytesToHex(transaction.hash);
    });
    expect(await call('eth_getFilterChanges', id)).toEqual(hashes.slice(1));
  });
});

describe('subscriptions', () => {
  interface Notification {
    readonly method: string;
    readonly params: { readonly subscription: string; readonly result: Record<string, unknown> };
  }
  async function subscribe(socket: TestSocket, ...params: unknown[]): Promise<string> {
    const answer = await socket.ask('eth_subscribe', ...params);
    expect(answer.error).toBeUndefined();
    return answer.result as string;
  }
  test('new heads are headers', async () => {
    const socket = await TestSocket.open(server.url);
    const id = await subscribe(socket, 'newHeads');
    const hash = emit(1);
    const { params, method } = await socket.next<Notification>();
    expect([method, params.subscription, params.result['hash']]).toEqual(['eth_subscription', id, hash]);
    expect(params.result).toEqual(await call('eth_getHeaderByNumber', 'latest'));
    await socket.close();
  });
  test('logs, filtered', async () => {
    const socket = await TestSocket.open(server.url);
    await subscribe(socket, 'logs', { topics: [topicOf(2)] });
    await subscribe(socket, 'logs', { address: bytesToHex(testAccount(7).address) });
    emit(1);
    emit(1, 2);
    expect((await socket.next<Notification>()).params.result).toEqual((await call<unknown[]>('eth_getLogs', {}))[1]);
    expect((await socket.ask('eth_chainId')).result).toBe('0x129e');
    await socket.close();
  });
  test('pending transactions, as hashes or whole', async () => {
    const socket = await TestSocket.open(server.url);
    await subscribe(socket, 'newPendingTransactions');
    await subscribe(socket, 'newPendingTransactions', true);
    const waiting = testTransaction(2);
    node.addPending(waiting);
    const hash = bytesToHex(waiting.hash);
    expect((await socket.next<Notification>()).params.result).toBe(hash);
    expect((await socket.next<Notification>()).params.result).toEqual(await call('eth_getTransactionByHash', hash));
    await socket.close();
  });
  test('the identifier comes before the first notification', async () => {
    const socket = await TestSocket.open(server.url);
    node.calls.call = async () => {
      emit(1);
      return node.outcome;
    };
    const request = (id: number, method: string, ...params: unknown[]): object => ({
      jsonrpc: '2.0',
      id,
      method,
      params,
    });
    socket.socket.send(
      JSON.stringify([request(1, 'eth_subscribe', 'newHeads'), request(2, 'eth_call', { to: bytesToHex(emitter) })]),
    );
    const answers = await socket.next<Answer[]>();
    expect(answers.map(({ id }) => id)).toEqual([1, 2]);
    expect((await socket.next<Notification>()).params.subscription).toBe(answers[0]?.result);
    await socket.close();
  });
  test('ended ones are silent; those of another connection cannot be ended', async () => {
    const [one, other] = [await TestSocket.open(server.url), await TestSocket.open(server.url)];
    const id = await subscribe(one, 'newHeads');
    expect((await other.ask('eth_unsubscribe', id)).result).toBe(false);
    expect((await one.ask('eth_unsubscribe', id)).result).toBe(true);
    expect((await one.ask('eth_unsubscribe', id)).result).toBe(false);
    emit(1);
    expect((await one.ask('eth_blockNumber')).result).toBe('0x1');
    await Promise.all([one.close(), other.close()]);
  });
  test('at and one past the limit of a connection', async () => {
    const socket = await TestSocket.open(server.url);
    const ids: string[] = [];
    for (let i = 0; i < RPC_LIMITS.subscriptionsMax; i++) ids.push(await subscribe(socket, 'newHeads'));
    expect((await socket.ask('eth_subscribe', 'newHeads')).error?.code).toBe(-32005);
    await socket.ask('eth_unsubscribe', ids[0]);
    await subscribe(socket, 'logs');
    await socket.close();
  });
  test('HTTP has none, and says what to use', async () => {
    expect(await failure(server.url, 'eth_subscribe', 'newHeads')).toMatchObject({
      code: -32004,
      message: expect.stringContaining('WebSocket'),
    });
  });
  test.each([
    [['newThings']],
    [['newHeads', {}]],
    [['newPendingTransactions', 'yes']],
    [['logs', { topics: 1 }]],
    [[]],
  ])('%j is refused', async (params) => {
    const socket = await TestSocket.open(server.url);
    expect((await socket.ask('eth_subscribe', ...params)).error?.code).toBe(-32602);
    await socket.close();
  });
  test('a closed connection leaves nothing behind', async () => {
    const socket = await TestSocket.open(server.url);
    await subscribe(socket, 'newHeads');
    await socket.close();
    emit(1);
    expect(await call('eth_blockNumber')).toBe('0x1');
  });
});
