// What subscribers and filters are told when a dev chain goes back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';
import { result, TestSocket } from './support/client.ts';

/** Logs once, under topic 7: PUSH1 7, PUSH0, PUSH0, LOG1; deployed by a creation that copies it. */
const RUNTIME = '60075f5fa1';
const CREATION = `0x6005600a5f3960055ff3${RUNTIME}`;
const OTHER = `0x${'11'.repeat(20)}`;

interface Notification {
  readonly params: { readonly subscription: string; readonly result: Record<string, unknown> };
}
let dev: DevNode;
let from: string;
let emitter: string;
const call = <Value = unknown>(method: string, ...params: unknown[]): Promise<Value> =>
  result<Value>(dev.rpc.url, method, ...params);
/** A block with one log; its hash. */
async function emit(): Promise<string> {
  const sent = await call('eth_sendTransaction', { from, to: emitter });
  return (await call<Record<string, string>>('eth_getTransactionReceipt', sent))['blockHash'] ?? '';
}

beforeAll(async () => {
  dev = await startDevNode();
  [from = ''] = await call<string[]>('eth_accounts');
  const deployed = await call('eth_sendTransaction', { from, data: CREATION });
  emitter = (await call<Record<string, string>>('eth_getTransactionReceipt', deployed))['contractAddress'] ?? '';
});
afterAll(() => dev.stop());

describe('after evm_revert', () => {
  it('log subscriptions get the logs of removed blocks, newest first, marked, and then those of new blocks', async () => {
    const socket = await TestSocket.open(dev.rpc.url);
    await socket.ask('eth_subscribe', 'logs', { address: emitter });
    await socket.ask('eth_subscribe', 'logs', { address: OTHER });
    const snapshot = await call('evm_snapshot');
    const [first, second] = [await emit(), await emit()];
    expect(await call('evm_revert', snapshot)).toBe(true);
    await call('evm_increaseTime', '0x64');
    const again = await emit();
    const told: unknown[] = [];
    for (let n = 0; n < 5; n++) {
      const { blockHash, removed, address } = (await socket.next<Notification>()).params.result;
      expect(address).toBe(emitter);
      told.push([blockHash, removed]);
    }
    expect(told).toEqual([
      [first, false],
      [second, false],
      [second, true],
      [first, true],
      [again, false],
    ]);
    expect(socket.messages).toEqual([]);
    await socket.close();
  });

  it('filters forget what was not polled, and log filters take back what was', async () => {
    const [blocks, logs, others] = await Promise.all([
      call('eth_newBlockFilter'),
      call('eth_newFilter', { address: emitter }),
      call('eth_newFilter', { address: OTHER }),
    ]);
    const snapshot = await call('evm_snapshot');
    const polled = await emit();
    expect(await call('eth_getFilterChanges', blocks)).toEqual([polled]);
    expect(await call('eth_getFilterChanges', logs)).toMatchObject([{ blockHash: polled, removed: false }]);
    await emit();
    await call('evm_revert', snapshot);
    expect(await call('eth_getFilterChanges', blocks)).toEqual([]);
    await call('evm_increaseTime', '0x64');
    const again = await emit();
    expect(await call('eth_getFilterChanges', blocks)).toEqual([again]);
    expect(await call('eth_getFilterChanges', logs)).toMatchObject([{ blockHash: polled, removed: true }]);
    expect(await call('eth_getFilterChanges', logs)).toMatchObject([{ blockHash: again, removed: false }]);
    expect(await call('eth_getFilterChanges', logs)).toEqual([]);
    expect(await call('eth_getFilterChanges', others)).toEqual([]);
  });

  it('a filter that is younger than the removed block does not take back what it never told', async () => {
    const snapshot = await call('evm_snapshot');
    await emit();
    const logs = await call('eth_newFilter', { address: emitter });
    await call('evm_revert', snapshot);
    expect(await call('eth_getFilterChanges', logs)).toEqual([]);
    const again = await emit();
    expect(await call('eth_getFilterChanges', logs)).toMatchObject([{ blockHash: again, removed: false }]);
  });
});
