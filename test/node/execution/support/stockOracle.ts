// The second opinion as an oracle for blocks that are not in a database.
import type { ChainSpec } from '../../../../genesis/chainSpec.ts';
import { encodeBlock } from '../../../../node/block/body.ts';
import type { Block } from '../../../../node/block/types.ts';
import type { ExecutedBlock } from '../../../../node/execution/blockExecution.ts';
import { compareOutcome } from '../../../../node/secondOpinion/compareOutcome.ts';
import { decodeStockBlock, type RulesOf } from '../../../../node/secondOpinion/decodeStockBlock.ts';
import { rulesCache } from '../../../../node/secondOpinion/decodeStored.ts';
import { BlockComparison } from '../../../../node/secondOpinion/difference.ts';
import { StockExecutor } from '../../../../node/secondOpinion/stockExecutor.ts';
import { StockState } from '../../../../node/secondOpinion/stockState.ts';
import type { NativePrecompile } from '../../../../precompiles/framework/host.ts';
import { ZERO_HASH } from '../../../../primitives/bytes.ts';
import type { Hash } from '../../../../primitives/types.ts';

export class StockOracle {
  readonly #executor: StockExecutor;
  readonly #state: StockState;
  readonly #rulesOf: RulesOf;

  private constructor(executor: StockExecutor, state: StockState, rulesOf: RulesOf) {
    this.#executor = executor;
    this.#state = state;
    this.#rulesOf = rulesOf;
  }

  static async create(
    spec: ChainSpec,
    precompiles: readonly NativePrecompile[],
    blockHash: (number: bigint) => Hash | undefined,
  ): Promise<StockOracle> {
    const rulesOf = rulesCache(spec);
    const state = new StockState(rulesOf(0n, 0n));
    await state.allocate(spec.alloc);
    const executor = new StockExecutor({
      state,
      chain: { chainId: spec.chainId, genesisHash: ZERO_HASH },
      depositContractAddress: spec.depositContractAddress,
      isGnomon: spec.gnomon !== undefined,
      blockHash,
      precompilesAt: () => precompiles,
    });
    return new StockOracle(executor, state, rulesOf);
  }

  /** Runs a block; throws at the first thing that is not what our execution and its header say. */
  async run(block: Block, executed: ExecutedBlock): Promise<void> {
    const compare = new BlockComparison(block.header.number);
    const stock = decodeStockBlock(encodeBlock(block), this.#rulesOf, false);
    const outcome = await this.#executor.run(stock);
    compareOutcome(compare, stock.block, outcome, executed.receipts);
    compare.same('native work', outcome.nativeWorkMicroseconds, executed.nativeWorkMicroseconds);
    await this.#state.forgetTouched();
  }
}
