import { readFileSync } from 'node:fs';
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
});
