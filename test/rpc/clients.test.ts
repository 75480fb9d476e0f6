// viem and ethers on a whole dev node, over HTTP and WebSocket: deploy, call, send, watch, decode errors, subscribe.
import {
  type AbstractProvider,
  ContractFactory,
  isError,
  JsonRpcProvider,
  NonceManager,
  Wallet,
  WebSocketProvider,
} from 'ethers';
import {
  type BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createTestClient,
  createWalletClient,
  defineChain,
  encodeFunctionData,
  http,
  InsufficientFundsError,
  NonceTooLowError,
  parseEther,
  webSocket,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { startRpcServer } from '../../rpc/server.ts';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';
import { result } from './support/client.ts';
import { counterAbi, counterBytecode, counterText } from './support/counter.ts';

let dev: DevNode;
beforeAll(async () => {
  dev = await startDevNode();
});
afterAll(async () => {
  await dev.stop();
  expect(dev.fatal).toEqual([]);
});

const keyOf = (index: number): `0x${string}` => bytesToHex(DEV_ACCOUNTS[index]!.privateKey);
const addressOf = (index: number): `0x${string}` => bytesToHex(DEV_ACCOUNTS[index]!.address);
const SOMEONE = '0x00000000000000000000000000000000000000aa';

describe.each(['http', 'webSocket'] as const)('viem over %s', (kind) => {
  const account = privateKeyToAccount(keyOf(kind === 'http' ? 0 : 1));
  function clients() {
    const wsUrl = dev.rpc.url.replace('http', 'ws');
    const chain = defineChain({
      id: 4766,
      name: 'Gnomon dev',
      nativeCurrency: { name: 'GNM', symbol: 'GNM', decimals: 18 },
      rpcUrls: { default: { http: [dev.rpc.url], webSocket: [wsUrl] } },
    });
    const transport = kind === 'http' ? http(dev.rpc.url) : webSocket(wsUrl, { reconnect: false });
    return {
      reader: createPublicClient({ chain, transport, pollingInterval: 20 }),
      wallet: createWalletClient({ chain, transport, account }),
      tester: createTestClient({ chain, transport, mode: 'hardhat' }),
    };
  }
  async function deployed() {
    const all = clients();
    const hash = await all.wallet.deployContract({ abi: counterAbi, bytecode: counterBytecode });
    const { contractAddress } = await all.reader.waitForTransactionReceipt({ hash });
    return { ...all, address: contractAddress! };
  }

  test('deploys, writes, reads and finds the event', async () => {
    const { reader, wallet, address } = await deployed();
    const hash = await wallet.writeContract({ abi: counterAbi, address, functionName: 'count', args: [5n] });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    expect(receipt).toMatchObject({ status: 'success', type: 'eip1559', to: address.toLowerCase() });
    expect(await reader.readContract({ abi: counterAbi, address, functionName: 'total' })).toBe(5n);
    const logs = await reader.getContractEvents({
      abi: counterAbi,
      address,
      eventName: 'Counted',
      fromBlock: receipt.blockNumber,
    });
    expect(logs.map(({ args }) => args)).toEqual([{ by: account.address, total: 5n }]);
    const block = await reader.getBlock({ blockNumber: receipt.blockNumber, includeTransactions: true });
    expect(block.transactions.map((one) => one.hash)).toContain(hash);
    expect((await reader.getTransaction({ hash })).from).toBe(account.address.toLowerCase());
  });
  test('decodes custom errors and reasons', async () => {
    const { reader, address } = await deployed();
    const refused = await reader
      .readContract({ abi: counterAbi, address, functionName: 'refuse', args: [7n] })
      .catch((error) => error);
    const cause = (refused as BaseError).walk((error) => error instanceof ContractFunctionRevertedError);
    expect((cause as ContractFunctionRevertedError).data).toMatchObject({ errorName: 'Refused', args: [7n] });
    await expect(reader.readContract({ abi: counterAbi, address, functionName: 'complain' })).rejects.toThrow(
      'not today',
    );
    const complain = encodeFunctionData({ abi: counterAbi, functionName: 'complain' });
    await expect(reader.estimateGas({ to: address, data: complain })).rejects.toThrow('not today');
  });
  test('recognises what the pool refuses', async () => {
    const { wallet } = clients();
    const nameOf = async (sending: Promise<unknown>): Promise<BaseError> =>
      (await sending.catch((error) => error)) as BaseError;
    const low = await nameOf(wallet.sendTransaction({ to: SOMEONE, nonce: 0, gas: 21_000n }));
    expect(low.walk((error) => error instanceof NonceTooLowError)).not.toBeNull();
    const poor = await nameOf(wallet.sendTransaction({ to: SOMEONE, value: parseEther('1000000'), gas: 21_000n }));
    expect(poor.walk((error) => error instanceof InsufficientFundsError)).not.toBeNull();
  });
  test('watches blocks, events and pending transactions', async () => {
    const { reader, wallet, address } = await deployed();
    const seen = { blocks: 0, totals: [] as (bigint | undefined)[], pending: [] as string[] };
    const ends = [
      reader.watchBlocks({ onBlock: () => seen.blocks++ }),
      reader.watchContractEvent({
        abi: counterAbi,
        address,
        eventName: 'Counted',
        onLogs: (logs) => seen.totals.push(...logs.map(({ args }) => args.total)),
      }),
      reader.watchPendingTransactions({ onTransactions: (hashes) => seen.pending.push(...hashes) }),
    ];
    // Filters and subscriptions take a round trip to be in place.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const sent: string[] = [];
    for (const by of [1n, 2n]) {
      const hash = await wallet.writeContract({ abi: counterAbi, address, functionName: 'count', args: [by] });
      sent.push(hash);
      await reader.waitForTransactionReceipt({ hash });
    }
    await expect.poll(() => seen, { timeout: 5_000 }).toMatchObject({ totals: [1n, 3n], pending: sent });
    expect(seen.blocks).toBeGreaterThan(0);
    for (const end of ends) end();
  });
  test('controls the chain as Hardhat does', async () => {
    const { reader, tester, wallet, address } = await deployed();
    const id = await tester.snapshot();
    await tester.setBalance({ address: SOMEONE, value: parseEther('5') });
    await tester.impersonateAccount({ address: SOMEONE });
    const hash = await wallet.writeContract({
      abi: counterAbi,
      address,
      functionName: 'count',
      args: [9n],
      account: SOMEONE,
    });
    expect((await reader.waitForTransactionReceipt({ hash })).from).toBe(SOMEONE);
    await tester.stopImpersonatingAccount({ address: SOMEONE });
    await tester.setStorageAt({ address, index: 0, value: `0x${'00'.repeat(31)}2a` });
    expect(await reader.readContract({ abi: counterAbi, address, functionName: 'total' })).toBe(42n);
    const { timestamp } = await reader.getBlock();
    await tester.setNextBlockTimestamp({ timestamp: timestamp + 1_000n });
    await tester.mine({ blocks: 1 });
    expect((await reader.getBlock()).timestamp).toBe(timestamp + 1_000n);
    await tester.revert({ id });
    expect(await reader.readContract({ abi: counterAbi, address, functionName: 'total' })).toBe(0n);
  });
  test('overrides state for a call, and gets proofs and fees', async () => {
    const { reader, address } = await deployed();
    const total = await reader.readContract({
      abi: counterAbi,
      address,
      functionName: 'total',
      stateOverride: [{ address, stateDiff: [{ slot: `0x${'00'.repeat(32)}`, value: `0x${'00'.repeat(31)}63` }] }],
    });
    expect(total).toBe(99n);
    expect((await reader.getProof({ address, storageKeys: [`0x${'00'.repeat(32)}`] })).nonce).toBe(1);
    expect((await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [25, 75] })).reward).toHaveLength(4);
    const { maxFeePerGas } = await reader.estimateFeesPerGas();
    expect(maxFeePerGas).toBeGreaterThan(0n);
    expect((await reader.createAccessList({ to: address, data: '0x2ddbd13a' })).accessList).toHaveLength(1);
  });
});

describe.each(['http', 'webSocket'] as const)('ethers over %s', (kind) => {
  async function withProvider(run: (provider: AbstractProvider & JsonRpcProvider) => Promise<void>): Promise<void> {
    const network = { chainId: 4766, name: 'gnomon' };
    const provider =
      kind === 'http'
        ? new JsonRpcProvider(dev.rpc.url, network, { polling: true, pollingInterval: 20, cacheTimeout: -1 })
        : new WebSocketProvider(dev.rpc.url.replace('http', 'ws'), network);
    try {
      await run(provider as never);
    } finally {
      await provider.destroy();
    }
  }
  const index = kind === 'http' ? 2 : 3;

  test('deploys, writes, reads, watches and decodes errors', async () => {
    await withProvider(async (provider) => {
      const signer = new NonceManager(new Wallet(keyOf(index), provider));
      const factory = new ContractFactory(counterText, counterBytecode, signer);
      const contract = (await (await factory.deploy()).waitForDeployment()) as unknown as {
        [name: string]: (...args: unknown[]) => Promise<never>;
      } & {
        on(event: string, listener: (...args: unknown[]) => void): Promise<unknown>;
        removeAllListeners(): Promise<unknown>;
      };
      const totals: unknown[] = [];
      await contract.on('Counted', (_by, total) => totals.push(total));
      const sent = (await contract['count']!(5)) as unknown as { wait(): Promise<{ status: number; logs: unknown[] }> };
      expect(await sent.wait()).toMatchObject({ status: 1 });
      expect(await contract['total']!()).toBe(5n);
      await expect.poll(() => totals, { timeout: 5_000 }).toEqual([5n]);
      await contract.removeAllListeners();
      const refused = (await contract['refuse']!(7).catch((error: unknown) => error)) as { revert?: { name: string } };
      expect(isError(refused as never, 'CALL_EXCEPTION')).toBe(true);
      expect(refused.revert?.name).toBe('Refused');
      await expect(contract['complain']!()).rejects.toMatchObject({ reason: 'not today' });
    });
  });
  test('recognises what the pool refuses', async () => {
    await withProvider(async (provider) => {
      const wallet = new Wallet(keyOf(index), provider);
      const fixed = { to: SOMEONE, gasLimit: 21_000, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
      await expect(wallet.sendTransaction({ ...fixed, nonce: 0 })).rejects.toMatchObject({ code: 'NONCE_EXPIRED' });
      await expect(wallet.sendTransaction({ ...fixed, value: 10n ** 24n })).rejects.toMatchObject({
        code: 'INSUFFICIENT_FUNDS',
      });
    });
  });
  test('sees blocks, and sends from unlocked accounts', async () => {
    await withProvider(async (provider) => {
      const numbers: number[] = [];
      await provider.on('block', (number: number) => numbers.push(number));
      const signer = await provider.getSigner(addressOf(4));
      const sent = await signer.sendTransaction({ to: SOMEONE, value: 1n });
      const receipt = await sent.wait();
      expect(receipt?.from.toLowerCase()).toBe(addressOf(4));
      await expect.poll(() => numbers, { timeout: 5_000 }).toContain(receipt?.blockNumber);
      expect(await signer.signMessage('hello')).toMatch(/^0x[0-9a-f]{130}$/);
      const network = await provider.getFeeData();
      expect(network.maxFeePerGas).toBeGreaterThan(0n);
    });
  });
});

test('console.log of a contract reaches the log, from calls and from transactions', async () => {
  const lines: string[] = [];
  const logging = await startRpcServer(dev.node, {
    port: 0,
    log: { info: (line) => lines.push(line), warn: () => undefined },
  });
  const call = <Value = string>(method: string, ...params: unknown[]): Promise<Value> =>
    result<Value>(logging.url, method, ...params);
  const creation = await call('eth_sendTransaction', { from: addressOf(5), data: counterBytecode });
  const { contractAddress } = await call<{ contractAddress: string }>('eth_getTransactionReceipt', creation);
  const print = encodeFunctionData({ abi: counterAbi, functionName: 'print' });
  await call('eth_call', { to: contractAddress, data: print });
  expect(lines).toEqual(['console.log: total is 0']);
  lines.length = 0;
  await call('eth_sendTransaction', { from: addressOf(5), to: contractAddress, data: print, gas: '0x186a0' });
  expect(lines).toEqual(['console.log: total is 0']);
  await logging.close();
});

test('a device that nobody registered resolves to its own account', async () => {
  const call = <Value = Record<string, unknown>>(method: string, ...params: unknown[]): Promise<Value> =>
    result<Value>(dev.rpc.url, method, ...params);
  const byAddress = await call('gnomon_device', SOMEONE);
  expect(byAddress).toMatchObject({
    did: `did:gnomon:0x129e:${SOMEONE}`,
    status: 'none',
    controller: SOMEONE,
    payee: SOMEONE,
    services: [],
  });
  expect(await call('gnomon_device', `did:gnomon:${SOMEONE}`)).toEqual(byAddress);
  expect(await call('gnomon_device', `did:gnomon:0x129e:${SOMEONE}`, 'latest')).toEqual(byAddress);
  const refused = ['did:gnomon:0x1:0x00000000000000000000000000000000000000aa', 'did:ethr:0x1', 'did:gnomon:', '0x1'];
  for (const id of refused) await expect(call('gnomon_device', id)).rejects.toThrow('-32602');
  const described = await call<Record<string, unknown>[]>('gnomon_precompiles');
  expect(described.map(({ name }) => name)).toContain('DeviceDID');
  for (const { abi, gas } of described) expect([Array.isArray(abi), typeof gas]).toEqual([true, 'object']);
});

test('the supply is the genesis less what fees burned', async () => {
  const fresh = await startDevNode();
  const call = <Value>(method: string, ...params: unknown[]): Promise<Value> =>
    result<Value>(fresh.rpc.url, method, ...params);
  const genesisWei = 10n * 10_000n * 10n ** 18n;
  const before = await call<Record<string, string>>('gnomon_supply');
  expect(BigInt(before['total']!)).toBeGreaterThanOrEqual(genesisWei);
  expect(before).toMatchObject({ blockNumber: '0x0', burnedFees: '0x0', issued: '0x0', total: before['genesis'] });
  const hash = await call<string>('eth_sendTransaction', { from: addressOf(0), to: SOMEONE, value: '0x1' });
  const { blockNumber, gasUsed } = await call<Record<string, string>>('eth_getTransactionReceipt', hash);
  const { baseFeePerGas } = await call<Record<string, string>>('eth_getBlockByNumber', blockNumber);
  const burned = BigInt(gasUsed!) * BigInt(baseFeePerGas!);
  const after = await call<Record<string, string>>('gnomon_supply');
  expect(after).toMatchObject({ blockNumber, genesis: before['genesis'], issued: '0x0' });
  expect(BigInt(after['burnedFees']!)).toBe(burned);
  expect(BigInt(after['total']!)).toBe(BigInt(before['genesis']!) - burned);
  await fresh.stop();
});
