// Nothing but curl: deploy with an unlocked account, call, read the logs.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';

const run = promisify(execFile);
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);
let dev: DevNode;
beforeAll(async () => {
  dev = await startDevNode();
});
afterAll(() => dev.stop());

async function curl(method: string, ...params: unknown[]): Promise<Record<string, unknown>> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const { stdout } = await run('curl', ['-s', dev.rpc.url, '-H', 'content-type: application/json', '-d', body]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Stores 42, logs it under topic 7 and returns it: PUSH1 42, PUSH0, MSTORE, PUSH1 7, PUSH1 32, PUSH0, LOG1, PUSH1 32, PUSH0, RETURN. */
const RUNTIME = '602a5f52600760205fa160205ff3';
/** Copies the runtime code that follows its nine bytes and returns it. */
const CREATION = `0x600e600a5f39600e5ff3${RUNTIME}`;

describe.skipIf(!hasCurl)('curl (skipped where it is not installed)', () => {
  it('deploys, calls, and finds the log', async () => {
    const [from] = (await curl('eth_accounts'))['result'] as string[];
    const deployed = await curl('eth_sendTransaction', { from, data: CREATION });
    const created = (await curl('eth_getTransactionReceipt', deployed['result']))['result'] as Record<string, string>;
    expect(created['status']).toBe('0x1');
    const to = created['contractAddress'];
    expect((await curl('eth_getCode', to, 'latest'))['result']).toBe(`0x${RUNTIME}`);
    expect((await curl('eth_call', { to }, 'latest'))['result']).toBe(`0x${'2a'.padStart(64, '0')}`);
    const sent = await curl('eth_sendTransaction', { from, to });
    const receipt = (await curl('eth_getTransactionReceipt', sent['result']))['result'] as Record<string, unknown>;
    const logs = (await curl('eth_getLogs', { fromBlock: '0x0', address: to }))['result'] as Record<string, unknown>[];
    expect(logs).toHaveLength(1);
    expect(logs[0]).toMatchObject({ topics: [`0x${'7'.padStart(64, '0')}`], data: `0x${'2a'.padStart(64, '0')}` });
    expect(receipt['logs']).toEqual(logs);
  });

  it('is told what was wrong', async () => {
    expect(await curl('eth_nothing')).toMatchObject({ error: { code: -32601 } });
    expect(await curl('eth_getBalance', 'me')).toMatchObject({
      error: { code: -32602, message: expect.stringContaining('argument 0') },
    });
  });
});
