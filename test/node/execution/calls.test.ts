// Calls on the imported chain's head, against what geth answered (execution-apis).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../primitives/bytes.ts';
import { vectorPath } from '../../vectors.ts';
import { callsOf, requestOf } from './support/callChain.ts';
import { foreignBlocks, foreignSpec, ImportedChain } from './support/foreignChain.ts';

interface Exchange {
  readonly name: string;
  readonly method: string;
  readonly params: readonly never[];
  readonly response: { readonly result?: unknown; readonly error?: { readonly data?: string } };
}

function exchanges(method: string): Exchange[] {
  const folder = vectorPath('execution-apis', method);
  if (folder === undefined) return [];
  return readdirSync(folder).flatMap((name) => {
    const lines = readFileSync(join(folder, name), 'utf8').split('\n');
    return lines.flatMap((line, index) => {
      if (!line.startsWith('>> ')) return [];
      const { params } = JSON.parse(line.slice(3));
      return [{ name: `${name} #${index}`, method, params, response: JSON.parse(lines[index + 1]!.slice(3)) }];
    });
  });
}

const spec = foreignSpec();
const all = ['eth_call', 'eth_estimateGas', 'eth_createAccessList'].flatMap(exchanges);

describe.skipIf(spec === undefined)('calls answer as geth does (external vectors)', () => {
  let chain: ImportedChain;
  beforeAll(async () => {
    chain = new ImportedChain(spec!);
    for (const { block, bytes } of foreignBlocks()) await chain.import(block, bytes);
  });

  it.each(all)('$method $name', async ({ method, params, response }) => {
    const [json, tag] = params;
    const { number } = chain.head.header;
    const blockNumber = tag === undefined || tag === 'latest' || tag === 'pending' ? number : BigInt(tag);
    const calls = callsOf(chain);
    const request = requestOf(json!);
    if (method === 'eth_estimateGas') {
      const estimated = await calls.estimateGas(request, { blockNumber });
      if ('gas' in estimated) expect(`0x${estimated.gas.toString(16)}`).toBe(response.result);
      else expect(estimated).toMatchObject({ outcome: 'revert' });
      if ('outcome' in estimated && estimated.outcome === 'revert')
        expect(bytesToHex(estimated.output)).toBe(response.error?.data);
    } else if (method === 'eth_call') {
      const outcome = await calls.call(request, { blockNumber });
      const expected = (response.result ?? response.error?.data) as string;
      expect(outcome.outcome === 'failure' ? outcome.reason : bytesToHex(outcome.output)).toBe(expected);
    } else {
      const { accessList, gasUsed, error } = await calls.createAccessList(request, { blockNumber });
      const result = {
        accessList: accessList.map(({ address, storageKeys }) => ({
          address: bytesToHex(address),
          storageKeys: storageKeys.map(bytesToHex),
        })),
        ...(error !== undefined && { error }),
        gasUsed: `0x${gasUsed.toString(16)}`,
      };
      expect(result).toEqual(response.result);
    }
  });
});
