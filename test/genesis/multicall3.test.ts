import { readFileSync } from 'node:fs';
import { createEVM } from '@ethereumjs/evm';
import { createAccount, createAddressFromString, hexToBytes as toBytes } from '@ethereumjs/util';
import { AbiCoder, Interface } from 'ethers';
import solc from 'solc';
import { describe, expect, it } from 'vitest';
import { MULTICALL3 } from '../../genesis/multicall3.ts';
import { bytesToHex } from '../../primitives/bytes.ts';

describe('Multicall3', () => {
  it('is what its source compiles to', () => {
    const content = readFileSync(new URL('../../contracts/predeploys/Multicall3.sol', import.meta.url), 'utf8');
    const input = {
      language: 'Solidity',
      sources: { 'Multicall3.sol': { content } },
      settings: {
        evmVersion: 'cancun',
        optimizer: { enabled: true, runs: 200 },
        metadata: { appendCBOR: false, bytecodeHash: 'none' },
        outputSelection: { '*': { '*': ['evm.deployedBytecode.object'] } },
      },
    };
    const output = JSON.parse(solc.compile(JSON.stringify(input)));
    expect(output.errors).toBeUndefined();
    const { object } = output.contracts['Multicall3.sol'].Multicall3.evm.deployedBytecode;
    expect(bytesToHex(MULTICALL3.code)).toBe(`0x${object}`);
  });

  it.each(CALLS)('answers as the original does: %s', async (_, method, args, value) => {
    const data = ABI.encodeFunctionData(method, args);
    // The original's creation code, as a client library carries it, returns its runtime code.
    const original = (await run({ data: multicall3Bytecode })).output;
    const [ours, theirs] = [
      await run({ code: bytesToHex(MULTICALL3.code), data, value }),
      await run({ code: original, data, value }),
    ];
    expect({ ...ours, output: readable(ours) }).toEqual({ ...theirs, output: readable(theirs) });
    expect(theirs.output.length).toBeGreaterThan(2);
  });
});

/** The output, or the reason of a revert: one of the original's carries a word of padding after it. */
function readable({ output, error }: { output: string; error: string | undefined }): unknown {
  return error === undefined ? output : AbiCoder.defaultAbiCoder().decode(['string'], `0x${output.slice(10)}`)[0];
}

/** Creation code of the original, which viem carries for calls without a deployment; it does not export it. */
const viemConstants = readFileSync(new URL('../../node_modules/viem/constants/contracts.ts', import.meta.url), 'utf8');
const multicall3Bytecode = /multicall3Bytecode =\s*'(0x[0-9a-f]+)'/.exec(viemConstants)?.[1] ?? '';

const CALL = '(address target, bytes callData)';
const ABI = new Interface([
  `function aggregate(${CALL}[]) payable returns (uint256, bytes[])`,
  `function tryAggregate(bool, ${CALL}[]) payable returns ((bool, bytes)[])`,
  `function tryBlockAndAggregate(bool, ${CALL}[]) payable returns (uint256, bytes32, (bool, bytes)[])`,
  `function blockAndAggregate(${CALL}[]) payable returns (uint256, bytes32, (bool, bytes)[])`,
  'function aggregate3((address target, bool allowFailure, bytes callData)[]) payable returns ((bool, bytes)[])',
  'function aggregate3Value((address target, bool allowFailure, uint256 value, bytes callData)[]) payable returns ((bool, bytes)[])',
  ...['getBlockNumber', 'getCurrentBlockDifficulty', 'getCurrentBlockGasLimit', 'getCurrentBlockTimestamp'].map(
    (name) => `function ${name}() view returns (uint256)`,
  ),
  'function getBasefee() view returns (uint256)',
  'function getChainId() view returns (uint256)',
  'function getCurrentBlockCoinbase() view returns (address)',
  'function getLastBlockHash() view returns (bytes32)',
  'function getBlockHash(uint256) view returns (bytes32)',
  'function getEthBalance(address) view returns (uint256)',
]);

/** The identity precompile, and a contract that reverts with its calldata. */
const ECHO = '0x0000000000000000000000000000000000000004';
const REVERTS = '0x00000000000000000000000000000000000000fe';
const good = [ECHO, '0x1234'];
const bad = [REVERTS, '0x5678'];
const CALLS: readonly [string, string, unknown[], bigint][] = [
  ['aggregate', 'aggregate', [[good, [ECHO, '0x']]], 0n],
  ['aggregate of nothing', 'aggregate', [[]], 0n],
  ['aggregate with a failure', 'aggregate', [[good, bad]], 0n],
  ['tryAggregate', 'tryAggregate', [false, [bad, good]], 0n],
  ['tryAggregate that must succeed', 'tryAggregate', [true, [good, bad]], 0n],
  ['tryBlockAndAggregate', 'tryBlockAndAggregate', [false, [good, bad]], 0n],
  ['blockAndAggregate', 'blockAndAggregate', [[good]], 0n],
  ['blockAndAggregate with a failure', 'blockAndAggregate', [[bad]], 0n],
  [
    'aggregate3',
    'aggregate3',
    [
      [
        [ECHO, false, '0x12'],
        [REVERTS, true, '0x34'],
      ],
    ],
    0n,
  ],
  ['aggregate3 with a failure', 'aggregate3', [[[REVERTS, false, '0x34']]], 0n],
  [
    'aggregate3Value',
    'aggregate3Value',
    [
      [
        [ECHO, false, 3n, '0x12'],
        [REVERTS, true, 0n, '0x'],
      ],
    ],
    3n,
  ],
  ['aggregate3Value, less sent', 'aggregate3Value', [[[ECHO, true, 3n, '0x12']]], 2n],
  ['aggregate3Value, more sent', 'aggregate3Value', [[[ECHO, true, 3n, '0x12']]], 4n],
  [
    'aggregate3Value, a wrapping sum',
    'aggregate3Value',
    [
      [
        [ECHO, true, 1n, '0x'],
        [ECHO, true, 2n ** 256n - 1n, '0x'],
      ],
    ],
    0n,
  ],
  ['aggregate3Value with a failure', 'aggregate3Value', [[[REVERTS, false, 0n, '0x']]], 0n],
  ['getEthBalance', 'getEthBalance', [REVERTS], 0n],
  ['getBlockHash', 'getBlockHash', [0n], 0n],
  ...[
    'getBlockNumber',
    'getCurrentBlockDifficulty',
    'getCurrentBlockGasLimit',
    'getCurrentBlockTimestamp',
    'getBasefee',
    'getChainId',
    'getCurrentBlockCoinbase',
    'getLastBlockHash',
  ].map((name): [string, string, unknown[], bigint] => [name, name, [], 0n]),
];

/** Runs code in a fresh EVM: the contract at its address when `code` is given, else `data` as creation code. */
async function run({
  code,
  data,
  value = 0n,
}: {
  code?: string;
  data: string;
  value?: bigint;
}): Promise<{ output: string; error: string | undefined }> {
  const evm = await createEVM();
  const target = createAddressFromString(bytesToHex(MULTICALL3.address));
  const reverting = createAddressFromString(REVERTS);
  const caller = createAddressFromString('0x00000000000000000000000000000000000000ca');
  for (const address of [target, reverting, caller])
    await evm.stateManager.putAccount(address, createAccount({ balance: 10n }));
  // CALLDATACOPY all, REVERT all.
  await evm.stateManager.putCode(reverting, toBytes('0x365f5f37365ffd'));
  if (code !== undefined) await evm.stateManager.putCode(target, toBytes(code as `0x${string}`));
  const { execResult } = await evm.runCall({
    caller,
    ...(code !== undefined && { to: target }),
    data: toBytes(data as `0x${string}`),
    value,
    gasLimit: 10_000_000n,
    block: {
      header: {
        number: 5n,
        coinbase: caller,
        timestamp: 6n,
        difficulty: 0n,
        prevRandao: new Uint8Array(32).fill(7),
        gasLimit: 8n,
        baseFeePerGas: 0n,
        getBlobGasPrice: () => 1n,
      },
    },
  });
  return { output: bytesToHex(execResult.returnValue), error: execResult.exceptionError?.error };
}
