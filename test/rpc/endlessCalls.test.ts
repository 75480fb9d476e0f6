// Calls that run as long as they may leave the node its turns.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';
import { ask, result } from './support/client.ts';

/** JUMPDEST, PUSH1 0, JUMP. */
const ENDLESS = { data: '0x5b600056' };
let dev: DevNode;
beforeAll(async () => {
  dev = await startDevNode();
});
afterAll(() => dev.stop());

describe('while endless calls run', () => {
  it('other requests are answered and a transaction is mined', async () => {
    const { url } = dev.rpc;
    const [from] = await result<string[]>(url, 'eth_accounts');
    let ended = 0;
    const endless = ['eth_call', 'eth_estimateGas', 'eth_createAccessList', 'eth_call', 'eth_call', 'eth_call'].map(
      async (method) => {
        const answer = await ask(url, method, [ENDLESS, 'latest']);
        ended++;
        return answer;
      },
    );
    for (let asked = 0; asked < 20; asked++) expect(await result(url, 'eth_chainId')).toMatch(/^0x/);
    // With its gas given: the estimate would wait for its turn behind the calls.
    const hash = await result(url, 'eth_sendTransaction', { from, to: from, value: '0x1', gas: '0x5208' });
    expect(await result(url, 'eth_getTransactionReceipt', hash)).toMatchObject({ status: '0x1' });
    expect(ended).toBe(0);
    for (const { error } of await Promise.all(endless)) expect(error).toBeDefined();
    expect(dev.fatal).toEqual([]);
  }, 60_000);
});
