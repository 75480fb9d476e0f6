import { createPublicClient, createTestClient, createWalletClient, defineChain, http, parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';

let dev: DevNode;
beforeAll(async () => {
  dev = await startDevNode();
});
afterAll(async () => {
  await dev.stop();
  expect(dev.fatal).toEqual([]);
});

const account = privateKeyToAccount(bytesToHex(DEV_ACCOUNTS[0]!.privateKey));
const other = bytesToHex(DEV_ACCOUNTS[1]!.address);

function clients() {
  const chain = defineChain({
    id: 4766,
    name: 'Gnomon dev',
    nativeCurrency: { name: 'GNM', symbol: 'GNM', decimals: 18 },
    rpcUrls: { default: { http: [dev.rpc.url] } },
  });
  const transport = http(dev.rpc.url);
  return {
    reader: createPublicClient({ chain, transport, pollingInterval: 20 }),
    wallet: createWalletClient({ chain, transport, account }),
    test: createTestClient({ chain, transport, mode: 'anvil' }),
  };
}

describe('viem', () => {
  it('sends a transfer and sees its receipt', async () => {
    const { reader, wallet } = clients();
    expect(await reader.getChainId()).toBe(4766);
    const before = await reader.getBalance({ address: other });
    const hash = await wallet.sendTransaction({ to: other, value: parseEther('1') });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    expect(receipt).toMatchObject({ status: 'success', gasUsed: 21_000n, transactionIndex: 0 });
    expect((await reader.getBalance({ address: other })) - before).toBe(parseEther('1'));
    expect(await reader.getTransactionCount({ address: account.address })).toBe(1);
  });

  it('edits state, takes and reverts a snapshot', async () => {
    const { reader, test } = clients();
    const address = '0x00000000000000000000000000000000000000aa';
    const id = await test.snapshot();
    await test.setBalance({ address, value: 5n });
    expect(await reader.getBalance({ address })).toBe(5n);
    await test.mine({ blocks: 3 });
    expect(await reader.getBalance({ address })).toBe(5n);
    const proof = await reader.getProof({ address, storageKeys: [] });
    expect(proof.balance).toBe(5n);
    await test.revert({ id });
    expect(await reader.getBalance({ address })).toBe(0n);
  });
});

describe('the pending block', () => {
  it('has the time that the next block will have, however long the chain was idle', async () => {
    const { reader, test, wallet } = clients();
    await test.increaseTime({ seconds: 86_400 });
    // TIMESTAMP PUSH0 MSTORE 32 PUSH0 RETURN, as the code of a call that creates nothing.
    const timestampCode = '0x425f5260205ff3';
    const address = '0x00000000000000000000000000000000000000bb';
    await test.setCode({ address, bytecode: timestampCode });
    const { data } = await reader.call({ to: address, blockTag: 'pending' });
    const hash = await wallet.sendTransaction({ to: other, value: 1n });
    const { blockNumber } = await reader.waitForTransactionReceipt({ hash });
    const { timestamp } = await reader.getBlock({ blockNumber });
    expect(Number(timestamp - BigInt(data ?? '0x'))).toBeLessThan(60);
  });
});
