// Makes blocks on the head of the chain for the consensus app: a candidate is executed once, whether it was proposed here,
// proposed elsewhere or decided, and sealed when it is decided.

import type { NativePrecompile } from '../../precompiles/framework/host.ts';
import { EMPTY_BYTES, equalBytes, ZERO_ADDRESS, ZERO_HASH } from '../../primitives/bytes.ts';
import type { ChainError } from '../../primitives/errors.ts';
import type { Hash } from '../../primitives/types.ts';
import { hashHeader } from '../block/header.ts';
import { finishHeader, nextTimestamp, startHeader } from '../block/makeHeader.ts';
import type { Header, SignedTransaction, Withdrawal } from '../block/types.ts';
import type { Chain, CommitRequest } from '../chain/chain.ts';
import type { SealedHeader } from '../chain/chainReader.ts';
import { nextSupply } from '../chain/nextSupply.ts';
import { applyEdit } from '../dev/stagedEdits.ts';
import { environmentOf } from '../execution/blockEnvironment.ts';
import { BlockExecution, type BlockStartStep, type ExecutedBlock } from '../execution/blockExecution.ts';
import { nativeWorkLimit } from '../execution/executeBlock.ts';
import { forkRulesAt } from '../execution/forkRules.ts';
import type { ExecutionAlarm, ExecutionMeter } from '../execution/nativeCall.ts';
import { createJournaledState } from '../state/worldState.ts';
import type { ConsensusTime } from './consensusApp.ts';
import type { DevInputs, EngineInputs } from './consensusInputs.ts';
import { consensusInputsHash, decodeConsensusInputs, encodeConsensusInputs } from './consensusInputs.ts';

export interface BlockMakerOptions {
  readonly chain: Chain;
  /** The native contracts in force at a time. */
  readonly precompilesAt: (timestampSeconds: bigint) => readonly NativePrecompile[];
  readonly blockStartSteps: readonly BlockStartStep[];
  readonly alarm: ExecutionAlarm;
  readonly meter?: ExecutionMeter | undefined;
  /** Told what contracts log to Hardhat's console (dev chains). */
  readonly consoleCall?: ((calldata: Uint8Array) => void) | undefined;
}

/** What decides a block beside its transactions. */
export interface BlockInputs {
  readonly time: ConsensusTime;
  readonly dev: DevInputs | undefined;
}

/** A block in the making; `apply` adds transactions, then it is finished once. */
export interface OpenBlock {
  readonly draft: Header;
  readonly execution: BlockExecution;
}

/** An executed block that waits to be decided. */
export interface Candidate {
  readonly parent: SealedHeader;
  readonly inputs: BlockInputs;
  /** As they came, in order; those that could not be included are in `refusals`. */
  readonly raw: readonly Uint8Array[];
  readonly draft: Header;
  readonly executed: ExecutedBlock;
  /** What the block-start steps pay. */
  readonly withdrawals: readonly Withdrawal[];
  /** By index into `raw`. */
  readonly refusals: ReadonlyMap<number, ChainError>;
}

export class BlockMaker {
  readonly #options: BlockMakerOptions;

  constructor(options: BlockMakerOptions) {
    this.#options = options;
  }

  /** Opens the block that follows the head. */
  async open(inputs: BlockInputs): Promise<OpenBlock> {
    const { chain, precompilesAt, blockStartSteps, alarm, meter, consoleCall } = this.#options;
    const { spec } = chain;
    const { header: parent, hash: parentHash } = chain.head;
    const draft = startHeader(spec, parent, parentHash, {
      timestampSeconds: nextTimestamp(parent.timestampSeconds, inputs.time.seconds),
      coinbase: spec.gnomon?.feeRecipient ?? ZERO_ADDRESS,
      extraData: EMPTY_BYTES,
      parentBeaconBlockRoot: this.#parentConsensusHash(),
      baseFeePerGas: inputs.dev?.baseFeePerGas,
    });
    const state = createJournaledState(chain.state.readerAt(chain.head.header.number));
    for (const edit of inputs.dev?.edits ?? []) applyEdit(state, edit);
    state.endTransaction();
    const rules = forkRulesAt(spec, draft.number, draft.timestampSeconds);
    const execution = await BlockExecution.begin({
      rules,
      block: environmentOf(draft, rules, (number) => chain.headerByNumber(number)?.hash),
      chain: { chainId: spec.chainId, genesisHash: chain.genesisHash },
      state,
      precompiles: precompilesAt(draft.timestampSeconds),
      blockStartSteps,
      nativeWorkMicrosecondsMax: nativeWorkLimit(spec),
      alarm,
      meter,
      consoleCall,
      parentHash: draft.parentHash,
      parentBeaconBlockRoot: draft.parentBeaconBlockRoot,
    });
    return { draft, execution };
  }

  async close(
    { draft, execution }: OpenBlock,
    inputs: BlockInputs,
    raw: readonly Uint8Array[],
    refusals: ReadonlyMap<number, ChainError>,
  ): Promise<Candidate> {
    const withdrawals = execution.dueWithdrawals;
    const executed = await execution.finish({ withdrawals });
    return { parent: this.#options.chain.head, inputs, raw, draft, executed, withdrawals, refusals };
  }

  /** Executes exactly these transactions; those that cannot be included are left out and noted. */
  async execute(
    inputs: BlockInputs,
    raw: readonly Uint8Array[],
    transactions: readonly (SignedTransaction | ChainError)[],
  ): Promise<Candidate> {
    const block = await this.open(inputs);
    const refusals = new Map<number, ChainError>();
    for (const [index, transaction] of transactions.entries()) {
      if (transaction instanceof Error) {
        refusals.set(index, transaction);
        continue;
      }
      const result = await block.execution.apply(transaction);
      if (!result.included) refusals.set(index, result.refusal);
    }
    return this.close(block, inputs, raw, refusals);
  }

  /** Whether the candidate is the block that these inputs and transactions make on the present head. */
  matches(candidate: Candidate, inputs: BlockInputs, raw: readonly Uint8Array[]): boolean {
    return (
      candidate.parent.hash === this.#options.chain.head.hash &&
      candidate.inputs.dev === inputs.dev &&
      candidate.inputs.time.seconds === inputs.time.seconds &&
      candidate.inputs.time.nanos === inputs.time.nanos &&
      candidate.raw.length === raw.length &&
      candidate.raw.every((bytes, index) => equalBytes(bytes, raw[index] as Uint8Array))
    );
  }

  /** Computes the roots and the hash. Pure: nothing is written, and it may be repeated. */
  seal(candidate: Candidate, engine: EngineInputs | undefined): CommitRequest {
    const { chain } = this.#options;
    const { executed, draft, inputs } = candidate;
    const consensusInputs = encodeConsensusInputs({
      ...(engine === undefined ? {} : { engine }),
      ...(inputs.dev === undefined ? {} : { dev: inputs.dev }),
    });
    const parentReader = chain.state.readerAt(candidate.parent.header.number);
    const state = chain.state.seal(executed.changes, candidate.parent.header.stateRoot);
    const withExtra = { ...draft, extraData: consensusInputsHash(consensusInputs) };
    const header = finishHeader(withExtra, { ...executed, stateRoot: state.stateRoot });
    const hash = hashHeader(header);
    return {
      block: { hash, header, transactions: executed.transactions, ommers: [], withdrawals: candidate.withdrawals },
      receipts: executed.receipts,
      consensusInputs,
      supply: nextSupply(chain, parentReader, header, executed),
      totalDifficulty: 0n,
      state,
    };
  }

  /** EIP-4788's root: what consensus called the block before (DESIGN §2), zero in solo. */
  #parentConsensusHash(): Hash {
    const { chain } = this.#options;
    const engine = decodeConsensusInputs(chain.consensusInputs(chain.head.header.number)).engine;
    return engine === undefined ? ZERO_HASH : (engine.consensusHash as Hash);
  }
}
