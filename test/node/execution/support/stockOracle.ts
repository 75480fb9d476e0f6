// The second opinion as an oracle for blocks that are not in a database.
import type { BlockHeader } from '@ethereumjs/block';
import { RLP } from '@ethereumjs/rlp';
import type { ChainSpec } from '../../../../genesis/chainSpec.ts';
import { genesisHeader } from '../../../../genesis/genesisHeader.ts';
import { encodeBlock } from '../../../../node/block/body.ts';
import { encodeHeader } from '../../../../node/block/header.ts';
import type { Block, Header } from '../../../../node/block/types.ts';
import type { ExecutedBlock } from '../../../../node/execution/blockExecution.ts';
import { compareHeader } from '../../../../node/secondOpinion/compareHeader.ts';
import { compareOutcome } from '../../../../node/secondOpinion/compareOutcome.ts';
import { decodeStockBlock, decodeStockHeader, type RulesOf } from '../../../../node/secondOpinion/decodeStockBlock.ts';
import { rulesCache } from '../../../../node/secondOpinion/decodeStored.ts';
import { BlockComparison } from '../../../../node/secondOpinion/difference.ts';
import { StockExecutor } from '../../../../node/secondOpinion/stockExecutor.ts';
import { StockState } from '../../../../node/secondOpinion/stockState.ts';
import type { NativePrecompile } from '../../../../precompiles/framework/host.ts';
import { EMPTY_BYTES, toHash, ZERO_HASH } from '../../../../primitives/bytes.ts';
import type { Hash } from '../../../../primitives/types.ts';

export class StockOracle {
  readonly #executor: StockExecutor;
  readonly #state: StockState;
  readonly #spec: ChainSpec;
  readonly #rulesOf: RulesOf;
  #parent: BlockHeader;

  private constructor(executor: StockExecutor, state: StockState, spec: ChainSpec, rulesOf: RulesOf, genesis: Header) {
    this.#executor = executor;
    this.#state = state;
    this.#spec = spec;
    this.#rulesOf = rulesOf;
    this.#parent = decodeStockHeader(RLP.decode(encodeHeader(genesis)) as Uint8Array[], rulesOf);
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
    const genesis = genesisHeader(spec, toHash(await state.getStateRoot()));
    return new StockOracle(executor, state, spec, rulesOf, genesis);
  }

  /** Runs a block; throws at the first thing that is not what our execution and its header say. */
  async run(block: Block, executed: ExecutedBlock): Promise<void> {
    const compare = new BlockComparison(block.header.number);
    const rlp = encodeBlock(block);
    const stock = decodeStockBlock(rlp, this.#rulesOf, false);
    await compareHeader(compare, stock.block, {
      spec: this.#spec,
      parent: this.#parent,
      parentTotalDifficulty: 0n,
      inputs: {},
      encodedInputs: EMPTY_BYTES,
      parentEncodedInputs: EMPTY_BYTES,
      rlpBytes: rlp.length,
    });
    const outcome = await this.#executor.run(stock);
    compareOutcome(compare, stock.block, outcome, executed.receipts);
    compare.same('native work', outcome.nativeWorkMicroseconds, executed.nativeWorkMicroseconds);
    await this.#state.forgetTouched();
    this.#parent = stock.block.header;
  }
}
