// Somebody else's chain through our execution, every header, body, state, receipt and bloom check on.
import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../primitives/bytes.ts';
import { vectorBytes } from '../../vectors.ts';
import { foreignBlocks, foreignSpec, ImportedChain } from './support/foreignChain.ts';

const spec = foreignSpec();
const head = vectorBytes('execution-apis', 'headfcu.json');

describe.skipIf(spec === undefined || head === undefined)('the execution-apis chain (external vectors)', () => {
  it.each([true, false])('ends at block 54 with the head of headfcu.json (direct path %s)', async (direct) => {
    const chain = new ImportedChain(spec!, direct);
    for (const { block, bytes } of foreignBlocks()) await chain.import(block, bytes);
    expect(chain.head.header.number).toBe(54n);
    const { headBlockHash } = JSON.parse(new TextDecoder().decode(head)).params[0];
    expect(bytesToHex(chain.head.hash)).toBe(headBlockHash);
  });
});
