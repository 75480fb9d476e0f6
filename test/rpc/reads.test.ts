// eth_* reads over a hand-made chain: what the vectors of execution-apis do not hold.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesToHex, hexToBytes, ZERO_ADDRESS } from '../../primitives/bytes.ts';
import { RPC_LIMITS } from '../../rpc/limits.ts';
import { type RpcServer, startRpcServer } from '../../rpc/server.ts';
import { failure, result } from './support/client.ts';
import { TestNode, testAccount, testTransaction } from './support/testNode.ts';

const node = new TestNode();
let server: RpcServer;
const emitter = testAccount(8).address;
const topic = new Uint8Array(32).fill(0xaa);
const log = (n: number) => ({ address: emitter, topics: [topic, new Uint8Array(32).fill(n)], data: Uint8Array.of(n) });
const sender = testAccount(1).address;
const legacy = testTransaction(1, {
  type: 0,
  chainId: undefined,
  maxFeePerGas: 2_000_000_000n,
  maxPriorityFeePerGas: 2_000_000_000n,
});
const protectedLegacy = testTransaction(1, { type: 0, nonce: 1n, maxPriorityFeePerGas: 3_000_000_000n });
const blob = testTransaction(2, {
  type: 3,
  maxFeePerBlobGas: 5n,
  blobVersionedHashes: [new Uint8Array(32).fill(1) as never],
});
const authorization = { chainId: 0n, address: emitter, nonce: 2n, yParity: 1n, r: 3n, s: 4n };
const setCode = testTransaction(2, { type: 4, nonce: 1n, authorizationList: [authorization] });

beforeAll(async () => {
  node.chain.make([
    { transaction: legacy, logs: [log(1), log(2)] },
    { transaction: protectedLegacy, logs: [log(3)], succeeded: false },
  ]);
  node.chain.make([{ transaction: blob }, { transaction: setCode, logs: [log(4)] }], { blobGasUsed: 131_072n });
  node.chain.state.setAccount(sender, { nonce: 5n, balanceWei: 10n ** 18n });
  node.chain.state.setCode(emitter, Uint8Array.of(0x60, 0x00));
  node.chain.state.setSlot(emitter, new Uint8Array(32), Uint8Array.of(0x2a));
  server = await startRpcServer(node, { port: 0 });
});
afterAll(() => server.close());

const call = <Value = Record<string, unknown>>(method: string, ...params: unknown[]): Promise<Value> =>
  result<Value>(server.url, method, ...params);

describe('transactions', () => {
  test('legacy without a chain id has neither chainId nor yParity', async () => {
    const got = await call('eth_getTransactionByHash', bytesToHex(legacy.hash));
    expect(got).toMatchObject({
      type: '0x0',
      gasPrice: '0x77359400',
      transactionIndex: '0x0',
      blockTimestamp: '0x3e9',
    });
    expect(got).not.toHaveProperty('chainId');
    expect(got).not.toHaveProperty('yParity');
    expect(got).not.toHaveProperty('accessList');
    expect(['0x1b', '0x1c']).toContain(got['v']);
  });
  test('legacy with one (EIP-155) has the chain id', async () => {
    expect(await call('eth_getTransactionByHash', bytesToHex(protectedLegacy.hash))).toMatchObject({
      chainId: '0x129e',
    });
  });
  test('blob fields', async () => {
    expect(await call('eth_getTransactionByHash', bytesToHex(blob.hash))).toMatchObject({
      type: '0x3',
      maxFeePerBlobGas: '0x5',
      blobVersionedHashes: [`0x${'01'.repeat(32)}`],
      accessList: [],
    });
  });
  test('authorizations', async () => {
    const got = await call('eth_getTransactionByBlockNumberAndIndex', '0x2', '0x1');
    expect(got['authorizationList']).toEqual([
      { chainId: '0x0', address: bytesToHex(emitter), nonce: '0x2', yParity: '0x1', r: '0x3', s: '0x4' },
    ]);
    expect(got).toMatchObject({ type: '0x4', v: got['yParity'] });
  });
  test('the gas price of an included transaction is what it paid, of a pending one what it would pay at most', async () => {
    const waiting = testTransaction(3);
    node.addPending(waiting);
    const pending = await call('eth_getTransactionByHash', bytesToHex(waiting.hash));
    expect(pending).toMatchObject({
      blockHash: null,
      blockNumber: null,
      transactionIndex: null,
      blockTimestamp: null,
      gasPrice: '0xb2d05e00',
    });
    expect(await call('eth_getTransactionReceipt', bytesToHex(waiting.hash))).toBeNull();
    expect(await call('eth_getRawTransactionByHash', bytesToHex(waiting.hash))).toBe(bytesToHex(waiting.raw));
    const included = await call('eth_getTransactionByHash', bytesToHex(setCode.hash));
    expect(included['gasPrice']).toBe('0x77359400');
  });
  test('an index past the end is null', async () => {
    expect(await call('eth_getTransactionByBlockNumberAndIndex', '0x2', '0x2')).toBeNull();
    expect(await call('eth_getTransactionByBlockHashAndIndex', `0x${'00'.repeat(32)}`, '0x0')).toBeNull();
  });
});

describe('receipts', () => {
  test('status, log numbers through the block, blob price', async () => {
    expect(await call('eth_getTransactionReceipt', bytesToHex(protectedLegacy.hash))).toMatchObject({
      status: '0x0',
      logs: [{ logIndex: '0x2', transactionIndex: '0x1', removed: false, blockTimestamp: '0x3e9' }],
      cumulativeGasUsed: '0xa410',
      gasUsed: '0x5208',
      contractAddress: null,
    });
    const [first, second] = await call<Record<string, unknown>[]>('eth_getBlockReceipts', 'latest');
    expect(first).toMatchObject({ type: '0x3', blobGasUsed: '0x20000', blobGasPrice: '0x1' });
    expect(second).not.toHaveProperty('blobGasUsed');
    expect(second).toEqual(await call('eth_getTransactionReceipt', bytesToHex(setCode.hash)));
  });
});

describe('blocks', () => {
  test('latest, safe, finalized and pending are the head', async () => {
    for (const tag of ['latest', 'safe', 'finalized', 'pending'])
      expect((await call('eth_getBlockByNumber', tag, false))['number']).toBe('0x2');
    expect((await call('eth_getBlockByNumber', 'earliest'))['number']).toBe('0x0');
    expect(await call('eth_getBlockByNumber', '0x3', true)).toBeNull();
  });
  test('headers are the blocks without what only blocks have', async () => {
    const { size, transactions, uncles, withdrawals, ...header } = await call('eth_getBlockByNumber', '0x2', true);
    expect(transactions).toHaveLength(2);
    expect([uncles, withdrawals]).toEqual([[], []]);
    expect(Number(size)).toBe((await call<string>('debug_getRawBlock', '0x2')).length / 2 - 1);
    expect(await call('eth_getHeaderByNumber', '0x2')).toEqual(header);
    expect(await call('eth_getHeaderByHash', header['hash'])).toEqual(header);
    expect(header).not.toHaveProperty('totalDifficulty');
  });
  test('counts', async () => {
    expect(await call('eth_getBlockTransactionCountByNumber', '0x1')).toBe('0x2');
    expect(await call('eth_getBlockTransactionCountByNumber', '0x9')).toBeNull();
    expect(await call('eth_getUncleCountByBlockNumber', '0x1')).toBe('0x0');
    expect(await call('eth_getUncleByBlockNumberAndIndex', '0x1', '0x0')).toBeNull();
  });
});

describe('state', () => {
  test('accounts, code, slots', async () => {
    const account = bytesToHex(sender);
    expect(await call('eth_getBalance', account, 'latest')).toBe('0xde0b6b3a7640000');
    expect(await call('eth_getTransactionCount', account)).toBe('0x5');
    expect(await call('eth_getCode', bytesToHex(emitter), { blockNumber: '0x1' })).toBe('0x6000');
    expect(await call('eth_getStorageAt', bytesToHex(emitter), '0x0')).toBe(`0x${'00'.repeat(31)}2a`);
    expect(await call('eth_getStorageValues', { [bytesToHex(emitter)]: ['0x0', '0x1'] })).toEqual({
      [bytesToHex(emitter)]: [`0x${'00'.repeat(31)}2a`, `0x${'00'.repeat(32)}`],
    });
  });
  test('the pending nonce counts the pool', async () => {
    expect(await call('eth_getTransactionCount', bytesToHex(testAccount(3).address), 'pending')).toBe('0x1');
  });
  test('a proof repeats slots as they were named', async () => {
    const full = `0x${'00'.repeat(32)}`;
    const { storageProof } = await call<{ storageProof: { key: string; value: string }[] }>(
      'eth_getProof',
      bytesToHex(emitter),
      ['0x0', full],
    );
    expect(storageProof.map(({ key, value }) => [key, value])).toEqual([
      ['0x0', '0x2a'],
      [full, '0x2a'],
    ]);
  });
  test('slots at and one past the limit', async () => {
    const slots = (count: number): string[] => Array(count).fill('0x0');
    const account = bytesToHex(emitter);
    expect(
      (await call<{ storageProof: unknown[] }>('eth_getProof', account, slots(RPC_LIMITS.slotsMax))).storageProof,
    ).toHaveLength(1024);
    expect((await failure(server.url, 'eth_getProof', account, slots(RPC_LIMITS.slotsMax + 1))).code).toBe(-32602);
    const half = slots(RPC_LIMITS.slotsMax / 2);
    await call('eth_getStorageValues', { [account]: half, [bytesToHex(sender)]: half });
    expect(
      (await failure(server.url, 'eth_getStorageValues', { [account]: half, [bytesToHex(sender)]: [...half, '0x0'] }))
        .code,
    ).toBe(-32602);
  });
  test('unknown blocks and pruned state have their own numbers', async () => {
    expect(await failure(server.url, 'eth_getBalance', bytesToHex(sender), '0x3')).toMatchObject({
      code: -32001,
      message: expect.stringContaining('header not found'),
    });
    expect(
      await failure(server.url, 'eth_getBalance', bytesToHex(sender), { blockHash: `0x${'11'.repeat(32)}` }),
    ).toMatchObject({ code: -32001 });
    node.chain.oldestStateBlock = 2n;
    expect(await failure(server.url, 'eth_getBalance', bytesToHex(sender), '0x1')).toMatchObject({
      code: 4444,
      message: expect.stringContaining('pruned'),
    });
    expect(await call('eth_capabilities')).toMatchObject({
      state: { oldestBlock: '0x2' },
      blocks: { oldestBlock: '0x0' },
    });
    node.chain.oldestStateBlock = 0n;
  });
});

describe('calls', () => {
  const request = { to: bytesToHex(emitter), input: '0x01' };
  test('pending runs in the next block', async () => {
    node.asked.length = 0;
    await call('eth_call', { ...request, gas: '0x5f5e100' }, 'pending');
    await call('eth_call', request);
    expect(node.asked.map(({ request: { gas }, options }) => [gas, options.asNextBlock])).toEqual([
      [100_000_000n, true],
      [undefined, false],
    ]);
  });
  test('overrides are handed over', async () => {
    node.asked.length = 0;
    await call('eth_call', request, 'latest', { [bytesToHex(sender)]: { balance: '0x1' } }, { number: '0x64' });
    expect(node.asked[0]?.options.accountOverrides).toMatchObject([{ balance: 1n }]);
    expect(node.asked[0]?.options.blockOverride?.number).toBe(100n);
  });
  const reason =
    '0x08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000a75736572206572726f7200000000000000000000000000000000000000000000';
  test.each([
    ['Error(string)', reason, 'execution reverted: user error'],
    ['Panic(uint256)', `0x4e487b71${'00'.repeat(31)}11`, 'execution reverted: arithmetic underflow or overflow'],
    ['a custom error', '0x12345678', 'execution reverted'],
    ['nothing', '0x', 'execution reverted'],
    ['a reason whose length lies', `${reason.slice(0, 136)}ff${reason.slice(138)}`, 'execution reverted'],
  ])('%s keeps its data', async (_name, data, message) => {
    node.outcome = { outcome: 'revert', gasUsed: 1n, output: hexToBytes(data) };
    for (const method of ['eth_call', 'eth_estimateGas'])
      expect(await failure(server.url, method, request)).toEqual({ code: 3, message, data });
  });
  test('a failure names what the EVM says', async () => {
    node.outcome = { outcome: 'failure', gasUsed: 1n, reason: 'out of gas' };
    expect(await failure(server.url, 'eth_call', request)).toEqual({ code: -32000, message: 'out of gas' });
    expect((await failure(server.url, 'eth_estimateGas', request)).message).toContain('out of gas');
    node.outcome = { outcome: 'success', gasUsed: 21_000n, output: Uint8Array.of(1), logs: [] };
    expect(await call('eth_call', request)).toBe('0x01');
    expect(await call('eth_estimateGas', request)).toBe('0x5208');
    expect(await call('eth_createAccessList', request)).toEqual({ accessList: [], gasUsed: '0x5208' });
  });
  test('another chain’s id is refused', async () => {
    expect((await failure(server.url, 'eth_call', { ...request, chainId: '0x1' })).code).toBe(-32602);
  });
});

describe('fees', () => {
  test('the next base fee, and a suggestion from recent tips', async () => {
    expect(await call('eth_baseFee')).toBe('0x342770c0');
    expect(await call('eth_blobBaseFee')).toBe('0x1');
    expect(await call('eth_maxPriorityFeePerGas')).toBe('0x3b9aca00');
    expect(BigInt(await call<string>('eth_gasPrice'))).toBe(875_000_000n + 1_000_000_000n);
  });
  test('fee history', async () => {
    const history = await call<Record<string, unknown[]>>('eth_feeHistory', '0x2', 'latest', [0, 50, 100]);
    expect(history).toMatchObject({
      oldestBlock: '0x1',
      baseFeePerGas: ['0x3b9aca00', '0x3b9aca00', '0x342770c0'],
      gasUsedRatio: [0.0014, 0.0014],
      baseFeePerBlobGas: ['0x1', '0x1', '0x1'],
      reward: [
        ['0x3b9aca00', '0x3b9aca00', '0x77359400'],
        ['0x3b9aca00', '0x3b9aca00', '0x3b9aca00'],
      ],
    });
    expect(history['blobGasUsedRatio']?.[1]).toBeCloseTo(1 / 9);
    expect(await call('eth_feeHistory', 2, '0x1')).not.toHaveProperty('reward');
    expect(await call('eth_feeHistory', '0x400', 'latest')).toMatchObject({ oldestBlock: '0x0' });
  });
  test('percentiles are checked', async () => {
    for (const percentiles of [[101], [-1], [50, 10], ['5'], Array(101).fill(1)])
      expect((await failure(server.url, 'eth_feeHistory', '0x1', 'latest', percentiles)).code).toBe(-32602);
    await call('eth_feeHistory', '0x1', 'latest', Array(100).fill(1));
  });
});

describe('logs', () => {
  test('by address, topics, alternatives, wildcards and block hash', async () => {
    const count = async (filter: object): Promise<number> => (await call<unknown[]>('eth_getLogs', filter)).length;
    const all = { fromBlock: 'earliest', toBlock: 'latest' };
    expect(await count(all)).toBe(4);
    expect(await count({ ...all, address: bytesToHex(emitter) })).toBe(4);
    expect(await count({ ...all, address: [bytesToHex(sender)] })).toBe(0);
    expect(await count({ ...all, topics: [null, `0x${'02'.repeat(32)}`] })).toBe(1);
    expect(
      await count({ ...all, topics: [[bytesToHex(topic)], [`0x${'01'.repeat(32)}`, `0x${'04'.repeat(32)}`]] }),
    ).toBe(2);
    expect(await count({ ...all, topics: [null, null, null] })).toBe(0);
    expect(await count({ blockHash: bytesToHex(node.chain.head.hash) })).toBe(1);
    expect(await count({})).toBe(1);
  });
  test('impossible ranges', async () => {
    expect((await failure(server.url, 'eth_getLogs', { fromBlock: '0x2', toBlock: '0x1' })).code).toBe(-32602);
    expect((await failure(server.url, 'eth_getLogs', { fromBlock: '0x1', toBlock: '0x3' })).code).toBe(-32602);
    expect((await failure(server.url, 'eth_getLogs', { blockHash: `0x${'11'.repeat(32)}` })).code).toBe(-32001);
  });
});

describe('log caps', () => {
  const long = new TestNode();
  const logBlocksMax = 10_000;
  let other: RpcServer;
  beforeAll(async () => {
    const noisy = testTransaction(1);
    long.chain.make([{ transaction: noisy, logs: Array(9_999).fill(log(1)) }]);
    long.chain.make([{ transaction: noisy, logs: [log(2)] }]);
    long.chain.make([{ transaction: noisy, logs: [log(3)] }]);
    for (let i = 3; i < logBlocksMax; i++) long.chain.make();
    other = await startRpcServer(long, { port: 0, limits: { logBlocksMax } });
  });
  afterAll(() => other.close());
  test('blocks of a fee history at and one past', async () => {
    const max = RPC_LIMITS.feeHistoryBlocksMax;
    const history = await result<{ gasUsedRatio: unknown[] }>(other.url, 'eth_feeHistory', max, 'latest');
    expect(history.gasUsedRatio).toHaveLength(max);
    expect((await failure(other.url, 'eth_feeHistory', max + 1, 'latest')).code).toBe(-32005);
  });
  test('blocks at and one past, with the allowed range', async () => {
    expect(
      await result(other.url, 'eth_getLogs', {
        fromBlock: '0x4',
        toBlock: '0x2710',
        address: bytesToHex(ZERO_ADDRESS),
      }),
    ).toEqual([]);
    expect(
      await result(other.url, 'eth_getLogs', {
        fromBlock: '0x1',
        toBlock: '0x2710',
        address: bytesToHex(ZERO_ADDRESS),
      }),
    ).toEqual([]);
    expect(await failure(other.url, 'eth_getLogs', { fromBlock: '0x0', toBlock: '0x2710' })).toEqual({
      code: -32005,
      message: 'query spans 10001 blocks, at most 10000 are allowed. Try with this block range [0x0, 0x270f].',
      data: { from: '0x0', to: '0x270f' },
    });
  });
  test('results at and one past, with the allowed range', async () => {
    expect(await result(other.url, 'eth_getLogs', { fromBlock: '0x1', toBlock: '0x2' })).toHaveLength(
      RPC_LIMITS.logResultsMax,
    );
    expect(await failure(other.url, 'eth_getLogs', { fromBlock: '0x1', toBlock: '0x3' })).toMatchObject({
      code: -32005,
      message: expect.stringContaining('Try with this block range [0x1, 0x2]'),
    });
  });
});

describe('the chain', () => {
  test('identity', async () => {
    expect(await call('eth_chainId')).toBe('0x129e');
    expect(await call('net_version')).toBe('4766');
    expect(await call('net_peerCount')).toBe('0x3');
    expect(await call('net_listening')).toBe(true);
    expect(await call('web3_clientVersion')).toBe('gnomon/test');
    expect(await call('web3_sha3', '0x')).toBe('0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
    expect(await call('eth_syncing')).toBe(false);
  });
  test('supply', async () => {
    expect(await call('gnomon_supply')).toEqual({
      blockNumber: '0x2',
      total: '0x3de',
      genesis: '0x3e8',
      burnedFees: '0x1e',
      issued: '0x14',
    });
  });
});

describe('sending', () => {
  test('raw, and raw with its receipt', async () => {
    const first = testTransaction(4);
    expect(await call('eth_sendRawTransaction', bytesToHex(first.raw))).toBe(bytesToHex(first.hash));
    node.pooled.length = 0;
    const second = testTransaction(4, { nonce: 1n });
    expect(await call('eth_sendRawTransactionSync', bytesToHex(second.raw), 1_000)).toMatchObject({
      transactionHash: bytesToHex(second.hash),
      status: '0x1',
    });
  });
  test('a receipt that does not come in time is an error with the hash', async () => {
    if (node.dev !== undefined) node.dev.automine = false;
    const late = testTransaction(4, { nonce: 2n });
    expect(await failure(server.url, 'eth_sendRawTransactionSync', bytesToHex(late.raw), '0x1')).toMatchObject({
      code: 4,
      data: bytesToHex(late.hash),
    });
  });
  test('a longer wait than allowed is shortened', async () => {
    const asked: number[] = [];
    node.waitForReceipt = async (...args: unknown[]) => {
      asked.push(args[1] as number);
      return undefined;
    };
    for (const [index, wait] of [undefined, RPC_LIMITS.receiptWaitMsMax, RPC_LIMITS.receiptWaitMsMax + 1].entries()) {
      const raw = bytesToHex(testTransaction(4, { nonce: 10n + BigInt(index) }).raw);
      expect((await failure(server.url, 'eth_sendRawTransactionSync', raw, wait)).code).toBe(4);
    }
    expect(asked).toEqual([RPC_LIMITS.receiptWaitMs, RPC_LIMITS.receiptWaitMsMax, RPC_LIMITS.receiptWaitMsMax]);
  });
  test('what is no transaction is refused', async () => {
    for (const raw of ['0x', '0x00', '0xc0', '0x05c0', '0xdeadbeef'])
      expect((await failure(server.url, 'eth_sendRawTransaction', raw)).code).toBe(-32000);
    expect((await failure(server.url, 'eth_sendRawTransaction', 'deadbeef')).code).toBe(-32602);
  });
});
