// Measures how long the consensus application takes for each call of its engine.
import type {
  ConsensusApp,
  DecidedBlock,
  FinalizedBlock,
  InitChainRequest,
  PrepareProposalRequest,
  ProposedBlock,
} from '../consensus/consensusApp.ts';
import { BLOCK_SECONDS, Histogram, histogramMetric } from './histogram.ts';
import { type Metric, single } from './metric.ts';

type MeasuredCall = 'prepare_proposal' | 'process_proposal' | 'finalize_block' | 'commit';

export class MeteredApp implements ConsensusApp {
  readonly #app: ConsensusApp;
  readonly #nowMs: () => number;
  readonly #seconds: Readonly<Record<MeasuredCall, Histogram>> = {
    prepare_proposal: new Histogram(BLOCK_SECONDS),
    process_proposal: new Histogram(BLOCK_SECONDS),
    finalize_block: new Histogram(BLOCK_SECONDS),
    commit: new Histogram(BLOCK_SECONDS),
  };
  #rounds = 0;
  #refusals = 0;

  /** @param nowMs a clock that never goes back, in milliseconds; the application does not see it */
  constructor(app: ConsensusApp, nowMs: () => number) {
    this.#app = app;
    this.#nowMs = nowMs;
  }

  get metrics(): readonly Metric[] {
    return [
      histogramMetric(
        'gnomon_consensus_call_seconds',
        'Time that each call of the consensus engine took: making a block is prepare_proposal, storing it is commit.',
        'call',
        BLOCK_SECONDS,
        this.#seconds,
      ),
      single('counter', 'gnomon_consensus_rounds_total', 'Proposals that were processed.', () => this.#rounds),
      single(
        'counter',
        'gnomon_consensus_refused_proposals_total',
        'Proposals that this node found invalid.',
        () => this.#refusals,
      ),
    ];
  }

  async #measure<Result>(call: MeasuredCall, run: () => Promise<Result>): Promise<Result> {
    const startedMs = this.#nowMs();
    try {
      return await run();
    } finally {
      this.#seconds[call].observe((this.#nowMs() - startedMs) / 1_000);
    }
  }

  info(): ReturnType<ConsensusApp['info']> {
    return this.#app.info();
  }

  initChain(request: InitChainRequest): ReturnType<ConsensusApp['initChain']> {
    return this.#app.initChain(request);
  }

  checkTx(request: { tx: Uint8Array; recheck: boolean }): ReturnType<ConsensusApp['checkTx']> {
    return this.#app.checkTx(request);
  }

  prepareProposal(request: PrepareProposalRequest): Promise<readonly Uint8Array[]> {
    return this.#measure('prepare_proposal', () => this.#app.prepareProposal(request));
  }

  async processProposal(request: ProposedBlock): Promise<boolean> {
    const isValid = await this.#measure('process_proposal', () => this.#app.processProposal(request));
    this.#rounds++;
    if (!isValid) this.#refusals++;
    return isValid;
  }

  finalizeBlock(request: DecidedBlock): Promise<FinalizedBlock> {
    return this.#measure('finalize_block', () => this.#app.finalizeBlock(request));
  }

  commit(): ReturnType<ConsensusApp['commit']> {
    return this.#measure('commit', () => this.#app.commit());
  }
}
