// The contracts that the benchmark deploys on every server, and the calls that it makes to them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import solc from 'solc';
import { encodeFunctionData, type Hex, parseAbi } from 'viem';
import { bytesToHex, hexToBytes, parseAddress } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import { sendAndInclude } from '../harness/inclusion.ts';
import { type Peer, PROJECT_DIRECTORY } from '../harness/peers.ts';
import { RpcClient } from '../harness/rpcClient.ts';
import { presign } from '../harness/senders.ts';
import type { RunningServer } from '../harness/server.ts';
import { fundSenders, SENDERS } from './preparation.ts';

const TOKEN_ABI = parseAbi([
  'function mint(address[] accounts, uint256 amount)',
  'function transfer(address to, uint256 amount) returns (bool)',
  'function balanceOf(address) view returns (uint256)',
]);
const MINTED = 10n ** 20n;
/** Nine instructions, one of them a read of storage: what a call costs beside its work. */
const SMALL_CONTRACT_CODE = '60005450602a60005260206000f3';
const SMALL_CONTRACT_CREATION: Hex = `0x600e600c600039600e6000f3${SMALL_CONTRACT_CODE}`;
const DEPLOY_GAS = 3_000_000;
/** Two new slots each, at most. */
const MINT_GAS = 6_000_000;
export const TOKEN_TRANSFER_GAS = 65_000;

interface SolcOutput {
  readonly errors?: readonly { readonly formattedMessage: string }[];
  readonly contracts?: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>;
}

let tokenCreation: Hex | undefined;

function compileToken(): Hex {
  const content = readFileSync(join(PROJECT_DIRECTORY, 'bench/contracts/Token.sol'), 'utf8');
  const input = {
    language: 'Solidity',
    sources: { 'Token.sol': { content } },
    settings: {
      evmVersion: 'osaka',
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { '*': { '*': ['evm.bytecode.object'] } },
    },
  };
  const { errors = [], contracts } = JSON.parse(solc.compile(JSON.stringify(input))) as SolcOutput;
  const code = contracts?.['Token.sol']?.['Token']?.evm.bytecode.object;
  if (errors.length > 0 || code === undefined)
    throw new Error(`Token.sol does not compile: ${errors.map(({ formattedMessage }) => formattedMessage).join('\n')}`);
  return `0x${code}`;
}

export interface Contracts {
  readonly token: Address;
  readonly small: Address;
}

export const tokenTransferData = (to: Address): Uint8Array =>
  hexToBytes(encodeFunctionData({ abi: TOKEN_ABI, functionName: 'transfer', args: [bytesToHex(to), 1n] }));

export const balanceOfData = (owner: Address): Hex =>
  encodeFunctionData({ abi: TOKEN_ABI, functionName: 'balanceOf', args: [bytesToHex(owner)] });

/** Funds the senders, deploys both contracts and gives every sender tokens. */
export async function deployContracts(server: RunningServer, peer: Peer): Promise<Contracts> {
  tokenCreation ??= compileToken();
  const firstNonce = await fundSenders(server, peer);
  const client = new RpcClient(server.url);
  try {
    const deployments = [tokenCreation, SMALL_CONTRACT_CREATION].map((data, index) =>
      presign(peer.chainId, peer.funder, {
        nonce: firstNonce + index,
        data: hexToBytes(data),
        gasLimit: DEPLOY_GAS,
      }),
    );
    await sendAndInclude(client, deployments);
    const receipts = await client.callMany<{ contractAddress: string }>(
      'eth_getTransactionReceipt',
      deployments.map(({ hash }) => [hash]),
    );
    const [token, small] = receipts.map(({ contractAddress }) => parseAddress(contractAddress));
    if (token === undefined || small === undefined) throw new Error('a contract was not deployed');
    const mint = encodeFunctionData({
      abi: TOKEN_ABI,
      functionName: 'mint',
      args: [SENDERS.map(({ address }) => bytesToHex(address)), MINTED],
    });
    await sendAndInclude(client, [
      presign(peer.chainId, peer.funder, {
        nonce: firstNonce + deployments.length,
        to: token,
        data: hexToBytes(mint),
        gasLimit: MINT_GAS,
      }),
    ]);
    return { token, small };
  } finally {
    client.close();
  }
}
