// What scripts do to a dev chain and what must survive it, over JSON-RPC.
import { afterEach, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS, devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { encodeTransaction } from '../../node/block/transaction.ts';
import { FEE_RELIEF_BLOCKS_MAX } from '../../node/consensus/soloEngine.ts';
import { MemoryDatabase } from '../../node/state/memoryDatabase.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';

let dev: DevNode | undefined;
afterEach(async () => {
  await dev?.stop();
  dev = undefined;
});

async function ask(
  method: string,
  ...params: unknown[]
): Promise<{ result?: unknown; error?: { code: number; message: string } }> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const response = await fetch(dev!.rpc.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return response.json() as Promise<{ result?: unknown }>;
}

async function rpc<Result = string>(method: string, ...params: unknown[]): Promise<Result> {
  const { result, error } = await ask(method, ...params);
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result as Result;
}

const [FIRST, SECOND] = DEV_ACCOUNTS.map(({ address }) => bytesToHex(address)) as [string, string];
const head = async () => Number(await rpc('eth_blockNumber'));

describe('a dev chain', () => {
  it('refuses a raw transaction in the form of an impersonated one, so that a sender never depends on its way in', async () => {
    dev = await startDevNode();
    const fields = {
      type: 2 as const,
      chainId: 4766n,
      nonce: 0n,
      gasLimit: 21_000n,
      maxFeePerGas: 10n ** 10n,
      maxPriorityFeePerGas: 1n,
      to: DEV_ACCOUNTS[0]!.address,
      value: 1n,
      data: new Uint8Array(0),
      accessList: [],
      authorizationList: [],
      blobVersionedHashes: [],
      maxFeePerBlobGas: 0n,
    };
    const raw = bytesToHex(encodeTransaction(fields, { yParity: 0, r: 0x1003n, s: 1n }));
    expect((await ask('eth_sendRawTransaction', raw)).error?.message).toMatch(/stands for an impersonated account/);
    expect(await head()).toBe(0);
  });

  it('goes on with balances of 2^256 - 1, and counts the coins there are', async () => {
    dev = await startDevNode();
    const max = `0x${'f'.repeat(64)}`;
    await rpc('hardhat_setBalance', FIRST, max);
    await rpc('hardhat_setBalance', SECOND, max);
    for (let i = 0; i < 3; i++) await rpc('evm_mine');
    const sent = await rpc('eth_sendTransaction', { from: FIRST, to: SECOND, value: '0x1', gas: '0x5208' });
    expect(await rpc('eth_getTransactionReceipt', sent)).toMatchObject({ status: '0x0' });
    expect(await rpc('eth_getBalance', SECOND, 'latest')).toBe(max);
    expect(BigInt((await rpc<{ total: string }>('gnomon_supply')).total)).toBeGreaterThan(2n ** 256n);
    expect(dev.fatal).toEqual([]);
  });

  it('makes a bounded number of empty blocks for a transaction that the fee prices out', async () => {
    dev = await startDevNode();
    await rpc('evm_setAutomine', false);
    await rpc('eth_sendTransaction', {
      from: FIRST,
      to: SECOND,
      gas: '0x5208',
      maxFeePerGas: '0x2540be400',
      maxPriorityFeePerGas: '0x1',
    });
    await rpc('anvil_setNextBlockBaseFeePerGas', `0x8${'0'.repeat(60)}`);
    await rpc('evm_mine');
    const before = await head();
    await rpc('evm_setAutomine', true);
    await dev.node.dev?.mine(0n);
    await dev.node.dev?.dumpState();
    expect(await head()).toBe(before + FEE_RELIEF_BLOCKS_MAX);
  });

  it('keeps automine and the timer apart, as Hardhat does', async () => {
    dev = await startDevNode();
    const send = () => rpc('eth_sendTransaction', { from: FIRST, to: SECOND, value: '0x1' });
    await rpc('evm_setIntervalMining', 3_600_000);
    await send();
    expect(await head()).toBe(1);
    await rpc('evm_setIntervalMining', 0);
    expect(await rpc('anvil_getAutomine')).toBe(true);
    await send();
    expect(await head()).toBe(2);
  });

  it('finds a transaction where it was first, after a repetition was rolled back', async () => {
    dev = await startDevNode();
    const { signTransaction } = await import('../../node/block/transaction.ts');
    const signed = signTransaction(
      {
        type: 2,
        chainId: 4766n,
        nonce: 0n,
        gasLimit: 21_000n,
        maxFeePerGas: 10n ** 10n,
        maxPriorityFeePerGas: 1n,
        to: DEV_ACCOUNTS[1]!.address,
        value: 1n,
        data: new Uint8Array(0),
        accessList: [],
        authorizationList: [],
        blobVersionedHashes: [],
        maxFeePerBlobGas: 0n,
      },
      DEV_ACCOUNTS[0]!.privateKey,
    );
    await rpc('evm_setAutomine', false);
    const raw = bytesToHex(signed.raw);
    await rpc('eth_sendRawTransaction', raw);
    await rpc('evm_mine');
    const snapshot = await rpc('evm_snapshot');
    await rpc('anvil_setNonce', FIRST, '0x0');
    await rpc('eth_sendRawTransaction', raw);
    await rpc('evm_mine');
    expect(await rpc('eth_getBlockTransactionCountByNumber', '0x2')).toBe('0x1');
    await rpc('evm_revert', snapshot);
    expect(await rpc('eth_getTransactionReceipt', bytesToHex(signed.hash))).toMatchObject({ blockNumber: '0x1' });
  });

  it('reverts to the pool of the snapshot', async () => {
    dev = await startDevNode();
    await rpc('evm_setAutomine', false);
    await rpc('eth_sendTransaction', { from: FIRST, to: SECOND, value: '0x1' });
    const snapshot = await rpc('evm_snapshot');
    await rpc('evm_mine');
    expect(await rpc('txpool_status')).toEqual({ pending: '0x0', queued: '0x0' });
    await rpc('evm_revert', snapshot);
    expect(await rpc('txpool_status')).toEqual({ pending: '0x1', queued: '0x0' });
    await rpc('evm_mine');
    expect(await rpc('eth_getBlockTransactionCountByNumber', 'latest')).toBe('0x1');
  });

  it('goes on from the shifted time after a restart', async () => {
    const spec = parseGenesis(devGenesis({ timestampSeconds: BigInt(Math.floor(Date.now() / 1000)) }));
    const database = new MemoryDatabase();
    // The database of a process that ended, for the next one.
    const overrides = { spec, database: Object.assign(database, { close: async () => undefined }) };
    dev = await startDevNode({ kind: 'manual' }, overrides);
    await rpc('evm_increaseTime', 30 * 86_400);
    await rpc('evm_mine');
    const before = Number((await rpc<{ timestamp: string }>('eth_getBlockByNumber', 'latest', false)).timestamp);
    await dev.stop();
    let nowMs = Date.now() + 100_000;
    dev = await startDevNode({ kind: 'manual' }, { ...overrides, clock: { nowMs: () => nowMs } });
    nowMs += 5_000;
    await rpc('evm_mine');
    const after = Number((await rpc<{ timestamp: string }>('eth_getBlockByNumber', 'latest', false)).timestamp);
    expect(after - before).toBeGreaterThanOrEqual(5);
    expect(after - before).toBeLessThan(110);
  });
});
