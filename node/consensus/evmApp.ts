// The consensus application of the node: what an engine decides becomes an Ethereum block. Proposals and finalisation only
// compute; commit is the one place that writes. Nothing that a transaction or a peer sends makes it throw.
import { EMPTY_BYTES } from '../../primitives/bytes.ts';
import { assert, ChainError, messageOf } from '../../primitives/errors.ts';
import type { Gas } from '../../primitives/types.ts';
import type { SignedTransaction } from '../block/types.ts';
import { BLOCK_RLP_BYTES_MAX } from '../block/validateHeader.ts';
import type { Chain, CommitRequest } from '../chain/chain.ts';
import type { StagedEdits } from '../dev/stagedEdits.ts';
import { isMachineFailure } from '../execution/executionErrors.ts';
import { framedSize } from './abciMonitor.ts';
import type { BlockInputs, BlockMaker, Candidate, OpenBlock } from './blockMaker.ts';
import type {
  ConsensusApp,
  DecidedBlock,
  FinalizedBlock,
  InitChainRequest,
  PrepareProposalRequest,
  ProposedBlock,
  TxResult,
} from './consensusApp.ts';
import type { EngineInputs } from './consensusInputs.ts';

/** What the app needs of the pool. */
export interface ProposalSource {
  /** Executable transactions that fit, the best first; once one was refused, its sender's later ones are left out. */
  best(): {
    next(room: { readonly gas: Gas; readonly blobGas: Gas }): SignedTransaction | undefined;
    refuse(transaction: SignedTransaction, refusal: ChainError): void;
  };
  has(hash: Uint8Array): boolean;
  add(raw: Uint8Array): Promise<void>;
}

export interface EvmAppOptions {
  readonly chain: Chain;
  readonly maker: BlockMaker;
  readonly pool: ProposalSource;
  /** Decodes raw transactions and recovers their senders; an element that is no valid transaction is its error. */
  readonly decode: (raw: readonly Uint8Array[]) => Promise<readonly (SignedTransaction | ChainError)[]>;
  readonly hashOf: (raw: Uint8Array) => Uint8Array;
  readonly staged: StagedEdits | undefined;
  readonly version: string;
  /** Told of what should not happen but must not stop the chain. */
  readonly warn: (message: string, detail: Readonly<Record<string, unknown>>) => void;
  readonly nowMs: () => number;
}

/** The version of the application's rules that consensus is told. */
export const APP_VERSION = 1n;
/** Candidates kept until one is decided: several rounds may propose at one height. */
export const CANDIDATES_MAX = 4;
/** A proposer that executes longer would miss its turn (a third of CometBFT's default propose timeout). */
export const PROPOSAL_TIME_MAX_MS = 1_000;
/** Room in the RLP of a block for its header and lists (EIP-7934 bounds the whole). */
const BLOCK_OVERHEAD_BYTES = 4_096;
/** In front of a transaction in a block: its size needs at most three bytes. */
const RLP_HEADER_BYTES_MAX = 4;

const OK = 0;
const NOT_EXECUTABLE = 1;

export class EvmApp implements ConsensusApp {
  readonly #options: EvmAppOptions;
  #candidates: Candidate[] = [];
  #finalized: { readonly height: bigint; readonly request: CommitRequest } | undefined;

  constructor(options: EvmAppOptions) {
    this.#options = options;
  }

  get #heightOffset(): bigint {
    return this.#options.chain.spec.gnomon?.heightOffset ?? 0n;
  }

  async info(): ReturnType<ConsensusApp['info']> {
    const { chain, version } = this.#options;
    const { header, hash } = chain.head;
    return { height: header.number - this.#heightOffset, appHash: hash, appVersion: APP_VERSION, version };
  }

  async initChain(_request: InitChainRequest): ReturnType<ConsensusApp['initChain']> {
    return { validators: [], appHash: this.#options.chain.head.hash };
  }

  async checkTx({ tx, recheck }: { tx: Uint8Array; recheck: boolean }): ReturnType<ConsensusApp['checkTx']> {
    const { pool, hashOf } = this.#options;
    if (recheck) return { code: pool.has(hashOf(tx)) ? OK : NOT_EXECUTABLE, gasWanted: 0n, log: '' };
    try {
      await pool.add(tx);
      return { code: OK, gasWanted: 0n, log: '' };
    } catch (error) {
      if (isMachineFailure(error)) throw error;
      return { code: NOT_EXECUTABLE, gasWanted: 0n, log: messageOf(error) };
    }
  }

  async prepareProposal(request: PrepareProposalRequest): Promise<readonly Uint8Array[]> {
    try {
      const inputs = this.#inputsOf(request);
      const block = await this.#options.maker.open(inputs);
      const raw = await this.#choose(block, request.maxTxBytes);
      this.#keep(await this.#options.maker.close(block, inputs, raw, new Map()));
      return raw;
    } catch (error) {
      if (isMachineFailure(error)) throw error;
      this.#options.warn('proposing an empty block', { reason: messageOf(error) });
      return [];
    }
  }

  async processProposal(request: ProposedBlock): Promise<boolean> {
    if (request.height !== this.#nextHeight()) return false;
    const candidate = await this.#candidateFor(request);
    if (candidate.refusals.size > 0) {
      const [index, refusal] = [...candidate.refusals][0] as [number, ChainError];
      this.#options.warn('rejecting a proposal', { height: request.height, index, reason: refusal.message });
      return false;
    }
    return true;
  }

  async finalizeBlock(request: DecidedBlock): Promise<FinalizedBlock> {
    assert(
      request.height === this.#nextHeight(),
      `height ${request.height} was decided after ${this.#nextHeight() - 1n}`,
    );
    const candidate = await this.#candidateFor(request);
    const commit = this.#options.maker.seal(candidate, engineInputsOf(request));
    this.#finalized = { height: request.height, request: commit };
    return { txResults: this.#results(candidate), validatorUpdates: [], appHash: commit.block.hash };
  }

  async commit(): ReturnType<ConsensusApp['commit']> {
    const finalized = this.#finalized;
    assert(finalized !== undefined, 'commit without a finalized block');
    const { chain, staged } = this.#options;
    await chain.commit(
      finalized.request,
      (batch) => staged?.consume(batch),
      () => staged?.consumed(),
    );
    this.#finalized = undefined;
    this.#candidates = [];
    return { retainHeight: 0n };
  }

  /** Forgets everything that was computed on a head that is gone (dev chains roll back). */
  forget(): void {
    this.#finalized = undefined;
    this.#candidates = [];
  }

  #nextHeight(): bigint {
    return this.#options.chain.head.header.number - this.#heightOffset + 1n;
  }

  #inputsOf(request: { readonly time: BlockInputs['time'] }): BlockInputs {
    return { time: request.time, dev: this.#options.staged?.inputs };
  }

  /** Fills the block from the pool by executing; what does not fit or cannot run stays out. */
  async #choose({ draft, execution }: OpenBlock, maxTxBytes: bigint): Promise<Uint8Array[]> {
    const { pool, nowMs } = this.#options;
    const deadline = nowMs() + PROPOSAL_TIME_MAX_MS;
    const chosen: Uint8Array[] = [];
    let bytesLeft = Number(maxTxBytes);
    let rlpBytesLeft = Number(BLOCK_RLP_BYTES_MAX) - BLOCK_OVERHEAD_BYTES;
    const source = pool.best();
    const room = () => ({ gas: draft.gasLimit - execution.gasUsed, blobGas: 0n });
    for (let next = source.next(room()); next !== undefined; next = source.next(room())) {
      const size = framedSize(next.raw.length);
      const rlpSize = next.raw.length + RLP_HEADER_BYTES_MAX;
      if (size > bytesLeft || rlpSize > rlpBytesLeft) {
        source.refuse(next, new ChainError('BLOCK_FULL', 'the block has no room for its bytes'));
        continue;
      }
      const result = await execution.apply(next);
      if (result.included) {
        chosen.push(next.raw);
        bytesLeft -= size;
        rlpBytesLeft -= rlpSize;
      } else source.refuse(next, result.refusal);
      if (nowMs() > deadline) break;
    }
    return chosen;
  }

  async #candidateFor(request: ProposedBlock): Promise<Candidate> {
    const inputs = this.#inputsOf(request);
    const { maker, decode } = this.#options;
    const known = this.#candidates.find((candidate) => maker.matches(candidate, inputs, request.txs));
    if (known !== undefined) return known;
    const candidate = await maker.execute(inputs, request.txs, await decode(request.txs));
    this.#keep(candidate);
    return candidate;
  }

  #keep(candidate: Candidate): void {
    this.#candidates = [...this.#candidates.slice(1 - CANDIDATES_MAX), candidate];
  }

  /** One per transaction. A decided transaction that could not be included is code 1 and not in the Ethereum block. */
  #results({ raw, refusals, executed }: Candidate): TxResult[] {
    let included = 0;
    return raw.map((_bytes, index) => {
      const refusal = refusals.get(index);
      if (refusal !== undefined) {
        this.#options.warn('a decided block holds a transaction that cannot be included', {
          index,
          reason: refusal.message,
        });
        return { code: NOT_EXECUTABLE, data: EMPTY_BYTES, gasWanted: 0n, gasUsed: 0n, log: refusal.message };
      }
      const position = included++;
      const gasWanted = executed.transactions[position]?.gasLimit ?? 0n;
      return { code: OK, data: EMPTY_BYTES, gasWanted, gasUsed: executed.receipts[position]?.gasUsed ?? 0n };
    });
  }
}

/** What of a decided block is stored with it; nothing in solo, whose blocks have no consensus hash. */
function engineInputsOf(request: DecidedBlock): EngineInputs | undefined {
  if (request.hash.length === 0) return undefined;
  return {
    consensusHash: request.hash,
    time: request.time,
    proposerAddress: request.proposerAddress,
    round: request.lastCommit.round,
    votes: request.lastCommit.votes,
    misbehavior: request.misbehavior,
  };
}
