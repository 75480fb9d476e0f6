// What the pool must know of the block after the head.
import type { Wei } from '../primitives/types.ts';
import { blobBaseFee } from './block/blobGas.ts';
import { nextHeaderTemplate } from './block/makeHeader.ts';
import type { Header } from './block/types.ts';
import type { Chain } from './chain/chain.ts';
import type { StagedEdits } from './dev/stagedEdits.ts';
import { type ForkRules, forkRulesAt } from './execution/forkRules.ts';
import type { PoolHead } from './txpool/admission.ts';

export interface NextBlockPrices {
  readonly header: Header;
  readonly rules: ForkRules;
  readonly baseFeePerGas: Wei | undefined;
  readonly blobBaseFee: Wei | undefined;
}

/** Rules and prices of the next block, as far as they are known before it is made. */
export function nextBlockPrices(chain: Chain, staged: StagedEdits | undefined): NextBlockPrices {
  const { header, hash } = chain.head;
  const next = nextHeaderTemplate(chain.spec, header, hash);
  const rules = forkRulesAt(chain.spec, next.number, next.timestampSeconds);
  return {
    header: next,
    rules,
    baseFeePerGas: staged?.inputs?.baseFeePerGas ?? next.baseFeePerGas,
    blobBaseFee:
      rules.blobSchedule === undefined ? undefined : blobBaseFee(next.excessBlobGas ?? 0n, rules.blobSchedule),
  };
}

export function poolHead(chain: Chain, staged: StagedEdits | undefined): PoolHead {
  const { header, rules, baseFeePerGas, blobBaseFee: blobFee } = nextBlockPrices(chain, staged);
  return {
    state: chain.stateAt(chain.head.header.number),
    rules,
    baseFeePerGas,
    blobBaseFee: blobFee,
    gasLimit: header.gasLimit,
  };
}
