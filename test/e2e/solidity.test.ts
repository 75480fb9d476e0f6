// contracts/examples deployed and called over JSON-RPC: DeviceDID from Solidity, and every misuse refused by name.
import {
  type Abi,
  BaseError,
  ContractFunctionRevertedError,
  createWalletClient,
  encodeFunctionData,
  getContract,
  type Hex,
  http,
  parseEther,
  publicActions,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { deviceDidAbi } from '../../precompiles/did/abi.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { gnomonActions } from '../../sdk/actions.ts';
import { defineGnomonChain } from '../../sdk/chain.ts';
import { deviceDidContract } from '../../sdk/deviceDid.ts';
import { generateP256Signer } from '../../sdk/signers/p256.ts';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';
import { compileSolidity } from '../helpers/solidity.ts';

let dev: DevNode;
let client: ReturnType<typeof connect>;
let identity: Hex;

function connect(url: string) {
  const chain = defineGnomonChain({ id: 4766, rpcUrls: { http: [url] } });
  const account = privateKeyToAccount(bytesToHex(DEV_ACCOUNTS[0]!.privateKey));
  return createWalletClient({ chain, account, transport: http(url), pollingInterval: 20 })
    .extend(publicActions)
    .extend(gnomonActions());
}

async function deploy(file: string, name: string): Promise<{ address: Hex; abi: Abi }> {
  const { abi, bytecode } = (await compileSolidity(`contracts/examples/${file}.sol`))[name]!;
  const hash = await client.deployContract({ abi, bytecode, gas: 5_000_000n });
  const { contractAddress, status } = await client.waitForTransactionReceipt({ hash });
  expect(status).toBe('success');
  return { address: contractAddress as Hex, abi };
}

beforeAll(async () => {
  dev = await startDevNode();
  client = connect(dev.rpc.url);
  const registered = await client.registerDevice({ device: generateP256Signer() });
  await client.waitForTransactionReceipt({ hash: registered.hash });
  identity = registered.identity;
}, 60_000);
afterAll(async () => {
  await dev.stop();
  expect(dev.fatal).toEqual([]);
});

/** The name of the custom error that a call was refused with. */
async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BaseError);
  const reverted = (error as BaseError).walk((cause) => cause instanceof ContractFunctionRevertedError);
  return (reverted as ContractFunctionRevertedError | null)?.data?.errorName;
}

describe('Solidity over JSON-RPC', () => {
  it('reads a device through DeviceGate', async () => {
    const gate = getContract({ ...(await deploy('DeviceGate', 'DeviceGate')), client });
    expect(await gate.read['ownerOf']!([identity])).toBe(client.account.address);
    expect(await refusal(gate.read['ownerOf']!([`0x${'11'.repeat(20)}`]))).toBe('NotActive');
  });

  it('refuses delegatecall, callcode, static writes and value by name', async () => {
    const { address, abi } = await deploy('DeviceMisuse', 'DeviceMisuse');
    const both = [...abi, ...deviceDidAbi] as Abi;
    const write = encodeFunctionData({ ...deviceDidContract, functionName: 'withdrawBond', args: [identity] });
    const simulate = (functionName: string, value = 0n) =>
      client.simulateContract({
        address,
        abi: both,
        functionName,
        args: [write],
        value,
        account: client.account,
      } as never);
    expect(await refusal(simulate('delegateCall'))).toBe('DelegateCallNotAllowed');
    expect(await refusal(simulate('callCode'))).toBe('DelegateCallNotAllowed');
    expect(await refusal(simulate('staticCall'))).toMatch(/Static/);
    expect(await refusal(simulate('nestedStaticCall'))).toMatch(/Static/);
    expect(await refusal(simulate('plainCall', parseEther('1')))).toMatch(/Payable|Value/);
  });
});
