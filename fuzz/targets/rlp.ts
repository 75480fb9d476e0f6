// RLP items, held against @ethereumjs/rlp.
import { RLP } from '@ethereumjs/rlp';
import { equalBytes } from '../../primitives/bytes.ts';
import { decodeRlp, encodeRlp, RLP_DEPTH_MAX, type RlpItem } from '../../primitives/rlp.ts';
import { realBlocks, realTransactions } from '../realData.ts';
import { rlpTree } from '../structures.ts';
import { attempt, expectThat, type FuzzTarget, otherTakes } from '../target.ts';

function depthOf(item: RlpItem): number {
  return item instanceof Uint8Array ? 0 : 1 + item.reduce((deepest, child) => Math.max(deepest, depthOf(child)), 0);
}

function check(input: Uint8Array): string {
  const { value, refusal } = attempt(['INVALID_RLP'], () => decodeRlp(input));
  const other = otherTakes(() => RLP.decode(input) as RlpItem);
  if (value === undefined) {
    // Theirs has no bound on depth, and takes the empty input for an empty string.
    const isOurBound = other !== undefined && depthOf(other) > RLP_DEPTH_MAX;
    expectThat(other === undefined || isOurBound || input.length === 0, `refused (${refusal}), ethereumjs takes it`);
    return refusal;
  }
  expectThat(other !== undefined, 'accepted, ethereumjs refuses it');
  expectThat(equalBytes(encodeRlp(value), input), 'encoding what was decoded gives other bytes');
  expectThat(equalBytes(RLP.encode(other as Uint8Array), input), 'ethereumjs reads something else');
  return 'accepted';
}

export const rlpTarget: FuzzTarget = {
  name: 'rlp',
  about: 'RLP items, held against @ethereumjs/rlp',
  shape: 'rlp',
  inputBytesMax: 64 * 1024,
  inputBudgetMs: 100,
  open: () => ({ corpus: [...realTransactions(), ...realBlocks()], structures: rlpTree, check }),
};
