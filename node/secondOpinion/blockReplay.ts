// One stored block after the other on the stock VM, each compared in everything.
import type { Block as EvmBlock } from '@ethereumjs/block';
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { EMPTY_BYTES } from '../../primitives/bytes.ts';
import { ChainError, messageOf } from '../../primitives/errors.ts';
import type { ChainStore } from '../chain/chainStore.ts';
import { decodeConsensusInputs } from '../consensus/consensusInputs.ts';
import { compareHeader, compareOmmers } from './compareHeader.ts';
import { compareOutcome } from './compareOutcome.ts';
import type { RulesOf, StockBlock } from './decodeStockBlock.ts';
import { ANCESTORS_KEPT, decodeStored } from './decodeStored.ts';
import { BlockComparison } from './difference.ts';
import type { StockExecutor, StockOutcome } from './stockExecutor.ts';

export interface BlockReplayOptions {
  readonly spec: ChainSpec;
  readonly store: ChainStore;
  readonly rulesOf: RulesOf;
  readonly executor: StockExecutor;
  /** The newest blocks before the first, parent first. */
  readonly ancestors: readonly EvmBlock[];
  readonly parentTotalDifficulty: bigint;
}

export class BlockReplay {
  readonly #options: BlockReplayOptions;
  #ancestors: readonly EvmBlock[];
  #totalDifficulty: bigint;

  constructor(options: BlockReplayOptions) {
    this.#options = options;
    this.#ancestors = options.ancestors;
    this.#totalDifficulty = options.parentTotalDifficulty;
  }

  /**
   * Replays the next block of the store.
   * @throws DifferenceFound
   */
  async next(number: bigint): Promise<EvmBlock> {
    const { spec, store, rulesOf } = this.#options;
    const compare = new BlockComparison(number);
    const rlp = read(compare, 'body', () => store.blockRlp(number));
    const encodedInputs = store.consensusInputs(number) ?? EMPTY_BYTES;
    if (rlp === undefined) return compare.differs('block', 'a stored block', 'none');
    const stock = decodeStored(compare, rlp, rulesOf, spec);
    const { block } = stock;
    const parent = this.#ancestors[0];
    if (parent === undefined) return compare.differs('parent', 'a stored block', 'none');
    const inputs = read(compare, 'consensusInputs', () => decodeConsensusInputs(encodedInputs));
    await compareHeader(compare, block, {
      spec,
      parent: parent.header,
      parentTotalDifficulty: this.#totalDifficulty,
      inputs,
      encodedInputs,
      parentEncodedInputs: store.consensusInputs(number - 1n) ?? EMPTY_BYTES,
      rlpBytes: rlp.length,
    });
    compareOmmers(compare, block, this.#ancestors);
    const outcome = await this.#execute(compare, stock, inputs.dev?.edits ?? []);
    const receipts = read(compare, 'stored receipts', () => store.receipts(number));
    compareOutcome(compare, block, outcome, receipts ?? []);
    this.#compareGnomon(compare, block, outcome);
    this.#compareStored(compare, number, stock);
    this.#ancestors = [block, ...this.#ancestors.slice(0, ANCESTORS_KEPT - 1)];
    return block;
  }

  async #execute(
    compare: BlockComparison,
    stock: StockBlock,
    edits: Parameters<StockExecutor['run']>[1],
  ): Promise<StockOutcome> {
    try {
      return await this.#options.executor.run(stock, edits);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      return compare.differs('execution', 'a block that the stock VM executes', error.message);
    }
  }

  /** What a Gnomon chain limits. */
  #compareGnomon(compare: BlockComparison, { withdrawals }: EvmBlock, outcome: StockOutcome): void {
    const { gnomon } = this.#options.spec;
    if (gnomon === undefined) return;
    // No native contract has a block-start step that pays yet, and nothing else may.
    compare.same('withdrawals', 0, withdrawals?.length);
    const workMax = Math.floor((gnomon.nativeWorkMicrosecondsPerSecond * gnomon.blockTimeMs) / 1_000);
    const work = outcome.nativeWorkMicroseconds;
    compare.holds(work <= workMax, 'native work', `at most ${workMax} µs`, work);
  }

  /** What is stored beside the block. */
  #compareStored(compare: BlockComparison, number: bigint, { block }: StockBlock): void {
    const { store } = this.#options;
    const stored = read(compare, 'stored body', () => store.block(number));
    const hash = store.header(number)?.hash;
    compare.same('stored hash', block.hash(), hash);
    compare.same('number of hash', number, hash && store.numberOf(hash));
    for (const [index, transaction] of block.transactions.entries()) {
      const sender = stored?.transactions[index]?.sender;
      compare.same(`transactions[${index}].sender`, transaction.getSenderAddress().bytes, sender);
    }
    this.#totalDifficulty += block.header.difficulty;
    if (this.#totalDifficulty > 0n)
      compare.same('total difficulty', this.#totalDifficulty, store.totalDifficulty(number));
  }
}

/** Records that cannot be read are a difference too. */
function read<Result>(compare: BlockComparison, field: string, decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    return compare.differs(field, 'a record that can be read', messageOf(error));
  }
}
