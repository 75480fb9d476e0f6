// Dev chains: unlocked accounts, the clock, state edits; and that networks have none of it.
import {
  parseTransaction,
  recoverMessageAddress,
  recoverTransactionAddress,
  recoverTypedDataAddress,
  type TransactionSerialized,
} from 'viem';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesToHex } from '../../primitives/bytes.ts';
import { checksumAddress } from '../../rpc/serialize/values.ts';
import { type RpcServer, startRpcServer } from '../../rpc/server.ts';
import { failure, result } from './support/client.ts';
import { TestNode, testAccount } from './support/testNode.ts';

let node: TestNode;
let server: RpcServer;
beforeEach(async () => {
  node = new TestNode();
  dev().automine = false;
  server = await startRpcServer(node, { port: 0 });
});
afterEach(() => server.close());
const call = <Value = unknown>(method: string, ...params: unknown[]): Promise<Value> =>
  result<Value>(server.url, method, ...params);
const dev = () => node.dev!;
const [ONE, TWO, STRANGER] = [1, 2, 5].map((n) => bytesToHex(testAccount(n).address)) as [string, string, string];
const HASH = `0x${'11'.repeat(32)}`;

describe('unlocked accounts', () => {
  test('are listed', async () => {
    expect(await call('eth_accounts')).toEqual([ONE, TWO]);
  });
  const kinds: [string, Record<string, unknown>, string][] = [
    ['the newest type by default', {}, 'eip1559'],
    ['a gas price alone', { gasPrice: '0x77359400' }, 'legacy'],
    ['a gas price and an access list', { gasPrice: '0x77359400', accessList: [] }, 'eip2930'],
    ['fee caps', { maxFeePerGas: '0x77359400', maxPriorityFeePerGas: '0x1' }, 'eip1559'],
    ['a type that is named', { type: '0x0' }, 'legacy'],
    [
      'authorizations',
      { authorizationList: [{ chainId: '0x129e', address: TWO, nonce: '0x0', yParity: '0x0', r: '0x1', s: '0x1' }] },
      'eip7702',
    ],
  ];
  test.each(kinds)('%s is signed as viem reads it', async (_name, fields, type) => {
    const request = { from: ONE, to: TWO, value: '0x5', input: '0x1234', ...fields };
    const raw = await call<TransactionSerialized>('eth_signTransaction', request);
    const parsed = parseTransaction(raw);
    expect(parsed).toMatchObject({ type, to: TWO, value: 5n, data: '0x1234', chainId: 4766, gas: 21_000n });
    expect((await recoverTransactionAddress({ serializedTransaction: raw as never })).toLowerCase()).toBe(ONE);
    const hash = await call('eth_sendTransaction', request);
    expect(bytesToHex(node.pooled[0]!.transaction.raw)).toBe(raw);
    expect(bytesToHex(node.pooled[0]!.transaction.hash)).toBe(hash);
  });
  test('requests at once get nonces in a row', async () => {
    await Promise.all(Array.from({ length: 10 }, () => call('eth_sendTransaction', { from: ONE, to: TWO })));
    expect(node.pooled.map(({ transaction }) => transaction.nonce).sort()).toEqual([...Array(10).keys()].map(BigInt));
  });
  test('where blocks are instant the receipt is there when the answer is', async () => {
    dev().automine = true;
    const hash = await call('eth_sendTransaction', { from: ONE, to: TWO });
    expect(await call('eth_getTransactionReceipt', hash)).toMatchObject({ transactionHash: hash, blockNumber: '0x1' });
  });
  test('a creation has no recipient; the first account is the default', async () => {
    await call('eth_sendTransaction', { data: '0x6000' });
    expect(node.pooled[0]?.transaction).toMatchObject({ to: undefined });
    expect(bytesToHex(node.pooled[0]!.transaction.sender)).toBe(ONE);
  });
  test('what would revert is not sent', async () => {
    node.outcome = { outcome: 'revert', gasUsed: 1n, output: Uint8Array.of(1, 2, 3, 4) };
    expect(await failure(server.url, 'eth_sendTransaction', { from: ONE, to: TWO })).toMatchObject({
      code: 3,
      data: '0x01020304',
    });
    expect(node.pooled).toEqual([]);
    await call('eth_sendTransaction', { from: ONE, to: TWO, gas: 50_000 });
  });
  test('accounts without a key, other chains and blobs are refused', async () => {
    expect((await failure(server.url, 'eth_sendTransaction', { from: STRANGER, to: TWO })).message).toContain(
      'unknown account',
    );
    expect((await failure(server.url, 'eth_sendTransaction', { from: ONE, to: TWO, chainId: '0x1' })).code).toBe(
      -32602,
    );
    expect((await failure(server.url, 'eth_sendTransaction', { from: ONE, to: TWO, type: '0x3' })).code).toBe(-32602);
    expect((await failure(server.url, 'eth_sign', STRANGER, '0x00')).message).toContain('unknown account');
  });
  test('impersonated accounts need no key, until it ends', async () => {
    await call('anvil_impersonateAccount', STRANGER);
    await call('eth_sendTransaction', { from: STRANGER, to: TWO, value: '0x1' });
    expect(dev().submitted).toMatchObject([{ request: { value: 1n, gas: 21_000n, nonce: 0n } }]);
    await call('hardhat_stopImpersonatingAccount', STRANGER);
    expect((await failure(server.url, 'eth_sendTransaction', { from: STRANGER })).message).toContain('unknown account');
  });
  test('messages', async () => {
    for (const [method, params, message] of [
      ['eth_sign', [ONE, '0x1234'], { raw: '0x1234' }],
      ['personal_sign', ['0x1234', ONE], { raw: '0x1234' }],
      ['personal_sign', ['hello', ONE, 'password'], 'hello'],
    ] as const) {
      const signature = await call<`0x${string}`>(method, ...params);
      expect((await recoverMessageAddress({ message, signature })).toLowerCase()).toBe(ONE);
    }
  });
  test('typed data', async () => {
    const data = {
      types: { EIP712Domain: [{ name: 'chainId', type: 'uint256' }], Reading: [{ name: 'value', type: 'int64' }] },
      primaryType: 'Reading',
      domain: { chainId: 4766 },
      message: { value: '-40' },
    } as const;
    const signature = await call<`0x${string}`>('eth_signTypedData_v4', ONE, data);
    expect(
      (
        await recoverTypedDataAddress({ ...data, domain: { chainId: 4766n }, message: { value: -40n }, signature })
      ).toLowerCase(),
    ).toBe(ONE);
  });
});

describe('the clock and blocks', () => {
  test('evm_*', async () => {
    expect(await call('evm_snapshot')).toBe('0x0');
    expect(await call('evm_mine')).toBe('0x0');
    await call('evm_mine', { blocks: 3 });
    await call('evm_mine', 5_000);
    await call('evm_mine', { timestamp: '0x1770' });
    expect(dev().calls).toEqual([
      'mine 1 undefined',
      'mine 3 undefined',
      'timestamp 5000',
      'mine 1 undefined',
      'timestamp 6000',
      'mine 1 undefined',
    ]);
    expect(await call('evm_revert', '0x0')).toBe(true);
    expect(await call('evm_revert', '0x99')).toBe(false);
    expect(await call('eth_blockNumber')).toBe('0x0');
    expect(await call('evm_increaseTime', '0x3c')).toBe(60);
    expect(await call('evm_increaseTime', 40)).toBe(100);
    expect(await call('anvil_getAutomine')).toBe(false);
    expect(await call('evm_setAutomine', true)).toBe(true);
    expect(await call('hardhat_getAutomine')).toBe(true);
    await call('evm_setNextBlockTimestamp', '9000');
    await call('evm_setIntervalMining', 250);
    expect(dev().calls.slice(-2)).toEqual(['timestamp 9000', 'interval 250']);
  });
  test('times that have passed and absurd intervals are refused', async () => {
    expect((await failure(server.url, 'evm_setNextBlockTimestamp', 1_000)).code).toBe(-32602);
    expect((await failure(server.url, 'evm_setIntervalMining', 86_400_001)).code).toBe(-32602);
    await call('evm_setIntervalMining', 86_400_000);
    expect((await failure(server.url, 'evm_setAutomine', 'yes')).code).toBe(-32602);
  });
  test('blocks at once, at and one past the limit', async () => {
    await server.close();
    server = await startRpcServer(node, { port: 0, limits: { mineBlocksMax: 5n } });
    await call('hardhat_mine', '0x5', '0xa');
    expect(dev().calls).toEqual(['mine 5 10']);
    expect((await failure(server.url, 'hardhat_mine', 6)).code).toBe(-32005);
    await call('anvil_mine', 0);
    await call('anvil_mine');
    expect(dev().calls.slice(1)).toEqual(['mine 1 undefined']);
  });
});

describe('state edits', () => {
  test.each([
    ['anvil', null],
    ['hardhat', true],
  ])('%s_* answer %j', async (prefix, done) => {
    const edit = (name: string, ...params: unknown[]): Promise<unknown> => call(`${prefix}_${name}`, ...params);
    expect(await edit('setBalance', ONE, '1000')).toBe(done);
    expect(await edit('setNonce', ONE, 7)).toBe(done);
    expect(await edit('setCode', ONE, '0x6000')).toBe(done);
    expect(await edit('setStorageAt', ONE, '0x0', HASH)).toBe(done);
    expect(await edit('setStorageAt', ONE, 1, '0x2a')).toBe(done);
    expect(dev().edits.map(({ address: _, ...rest }) => rest)).toEqual([
      { kind: 'balance', wei: 1000n },
      { kind: 'nonce', nonce: 7n },
      { kind: 'code', code: Uint8Array.of(0x60, 0) },
      { kind: 'storage', slot: new Uint8Array(32), value: new Uint8Array(32).fill(0x11) },
      { kind: 'storage', slot: Uint8Array.of(...new Uint8Array(31), 1), value: Uint8Array.of(0x2a) },
    ]);
    expect(await edit('setNextBlockBaseFeePerGas', '0x7')).toBe(done);
    expect(await edit('reset')).toBe(done);
    expect(await edit('dumpState')).toBe('0x010203');
    expect(await edit('loadState', '0x010203')).toBe(true);
    expect(dev().calls).toEqual(['baseFee 7', 'reset', 'load 3']);
    expect(await edit('metadata')).toMatchObject({ clientVersion: 'gnomon/test', chainId: 4766, latestBlockNumber: 0 });
  });
  test('forking is refused with a reason', async () => {
    expect(await failure(server.url, 'hardhat_reset', { forking: { jsonRpcUrl: 'http://x' } })).toMatchObject({
      code: -32004,
      message: expect.stringContaining('forking is not supported'),
    });
    await call('anvil_reset', {});
  });
  test('anvil_nodeInfo', async () => {
    expect(await call('anvil_nodeInfo')).toMatchObject({ currentBlockNumber: 0, environment: { chainId: 4766 } });
  });
});

describe('the pool', () => {
  test('content, inspection and counts by sender and nonce', async () => {
    await call('eth_sendTransaction', { from: ONE, to: TWO, value: '0x5' });
    await call('eth_sendTransaction', { from: ONE, data: '0x00' });
    node.pooled[1] = { ...node.pooled[1]!, pending: false };
    const sender = checksumAddress(testAccount(1).address);
    const content = await call<Record<string, Record<string, Record<string, unknown>>>>('txpool_content');
    expect(content['pending']?.[sender]?.['0']).toMatchObject({ blockHash: null, value: '0x5' });
    expect(content['queued']?.[sender]?.['1']).toMatchObject({ to: null });
    expect(await call('txpool_contentFrom', ONE)).toEqual({
      pending: content['pending']?.[sender],
      queued: content['queued']?.[sender],
    });
    expect(await call('txpool_contentFrom', TWO)).toEqual({ pending: {}, queued: {} });
    const inspected = await call<typeof content>('txpool_inspect');
    expect(inspected['pending']?.[sender]?.['0']).toMatch(/^0x[0-9a-fA-F]{40}: 5 wei \+ 21000 gas × \d+ wei$/);
    expect(inspected['queued']?.[sender]?.['1']).toMatch(/^contract creation: /);
    expect(await call('txpool_status')).toEqual({ pending: '0x1', queued: '0x1' });
  });
});

describe('what is not there says why', () => {
  test.each([
    'eth_sendTransaction',
    'eth_sign',
    'personal_sign',
    'eth_signTransaction',
    'eth_signTypedData_v4',
    'evm_snapshot',
    'evm_mine',
    'anvil_setBalance',
    'hardhat_impersonateAccount',
  ])('%s exists on dev chains only', async (method) => {
    const network = await startRpcServer(new TestNode({ dev: false }), { port: 0 });
    expect(await failure(network.url, method)).toMatchObject({
      code: -32601,
      message: expect.stringContaining('dev chains only'),
    });
    expect(await result(network.url, 'eth_accounts')).toEqual([]);
    await network.close();
  });
  test.each([
    ['debug_traceTransaction', 'does not trace or simulate'],
    ['eth_simulateV1', 'does not trace or simulate'],
    ['testing_buildBlockV1', 'does not trace or simulate'],
    ['engine_newPayloadV4', 'over ABCI'],
    ['eth_nothing', 'does not exist/is not available'],
  ])('%s', async (method, words) => {
    expect(await failure(server.url, method)).toMatchObject({ code: -32601, message: expect.stringContaining(words) });
  });
});
