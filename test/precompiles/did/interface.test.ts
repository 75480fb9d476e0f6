import { readFileSync } from 'node:fs';
import type { AbiParameter } from 'abitype';
import { describe, expect, it } from 'vitest';
import { deviceDidAbi } from '../../../precompiles/did/abi.ts';
import { deviceDid } from '../../../precompiles/did/contract.ts';
import { compileSolidity } from '../../helpers/solidity.ts';

type Item = { type: string; name?: string; inputs?: readonly AbiParameter[]; outputs?: readonly AbiParameter[] };

function parameter(entry: AbiParameter): string {
  const components = 'components' in entry ? `(${entry.components.map(parameter).join(',')})` : '';
  const indexed = 'indexed' in entry && entry.indexed === true ? ' indexed' : '';
  return `${entry.type}${components}${indexed} ${entry.name ?? ''}`;
}

function lines(abi: readonly unknown[]): string[] {
  return (abi as readonly (Item & { stateMutability?: string })[])
    .map(({ type, name, inputs = [], outputs = [], stateMutability = '' }) =>
      [type, name, inputs.map(parameter).join(), stateMutability, outputs.map(parameter).join()].join('|'),
    )
    .sort();
}

describe('IDeviceDID.sol', () => {
  it('compiles and says exactly what abi.ts says', async () => {
    const { IDeviceDID } = await compileSolidity('precompiles/did/IDeviceDID.sol');
    expect(lines(IDeviceDID?.abi ?? [])).toEqual(lines(deviceDidAbi));
  }, 60_000);

  it('every error is one that some method can raise', () => {
    const files = [
      'keys.ts',
      'authorise.ts',
      'identity.ts',
      'methods/access.ts',
      'methods/control.ts',
      'methods/keys.ts',
    ];
    files.push('methods/profile.ts', 'methods/registration.ts', 'methods/views.ts', '../framework/definePrecompile.ts');
    const base = new URL('../../../precompiles/did/', import.meta.url);
    const code = files.map((file) => readFileSync(new URL(file, base), 'utf8')).join('\n');
    for (const item of deviceDidAbi) if (item.type === 'error') expect(code).toContain(`'${item.name}'`);
  });

  it('the README lists every method with its selector and fixed gas, every event, every error', () => {
    const readme = readFileSync(new URL('../../../precompiles/did/README.md', import.meta.url), 'utf8');
    for (const { name, selector, signature } of deviceDid.methods) {
      const gas = deviceDid.methodGas[signature];
      expect(readme).toMatch(new RegExp(`\\| \`${name}\` \\| \`${selector}\` \\| ${gas} \\|`));
    }
    for (const item of deviceDidAbi) if (item.type !== 'function') expect(readme).toContain(`\`${item.name}\``);
  });
});
