// Wraps a ConsensusApp and checks that the engine drives it by the ABCI grammar and that the app keeps its side: one
// result per transaction, proposals without effect, heights and times that only rise. On in every test run and on request.
//
//   start    = info (init-chain height* | height*)        info may repeat at any time
//   height   = *(prepare | process) finalize+ commit      finalize may repeat (re-runnable), commit may not

import { bytesToHex } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import type {
  ConsensusApp,
  ConsensusTime,
  DecidedBlock,
  FinalizedBlock,
  InitChainRequest,
  PrepareProposalRequest,
  ProposedBlock,
} from './consensusApp.ts';

type Call = 'info' | 'initChain' | 'prepare' | 'process' | 'finalize' | 'commit';

/** The calls that may follow each call, `info` aside, which is always allowed. */
const FOLLOWS: Readonly<Record<Exclude<Call, 'info'> | 'start', readonly Call[]>> = {
  start: ['initChain', 'prepare', 'process', 'finalize'],
  initChain: ['initChain', 'prepare', 'process', 'finalize'],
  prepare: ['prepare', 'process', 'finalize'],
  process: ['prepare', 'process', 'finalize'],
  finalize: ['finalize', 'commit'],
  commit: ['prepare', 'process', 'finalize'],
};

function timeBefore(a: ConsensusTime, b: ConsensusTime): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanos < b.nanos);
}

/** @throws InvariantError from a call that breaks the grammar or the app's obligations */
export class AbciMonitor implements ConsensusApp {
  readonly #app: ConsensusApp;
  #last: Exclude<Call, 'info'> | 'start' = 'start';
  #sawInfo = false;
  #height: bigint | undefined;
  #time: ConsensusTime | undefined;
  #finalized: DecidedBlock | undefined;
  /** One letter a call, for golden traces: I C P V F K as in consensus research §4.1. */
  trace = '';

  constructor(app: ConsensusApp) {
    this.#app = app;
  }

  #enter(call: Exclude<Call, 'info'>, letter: string): void {
    assert(this.#sawInfo, `ABCI grammar: ${call} before info`);
    assert(FOLLOWS[this.#last].includes(call), `ABCI grammar: ${call} after ${this.#last}`);
    this.#last = call;
    this.trace += letter;
  }

  #checkHeight(height: bigint, call: string): void {
    const expected = this.#height === undefined ? undefined : this.#height + 1n;
    assert(expected === undefined || height === expected, `ABCI: ${call} of height ${height}, expected ${expected}`);
  }

  /** Runs a proposal call and checks that it changed nothing that `info` shows. */
  async #withoutEffect<Result>(run: () => Promise<Result>): Promise<Result> {
    const before = await this.#app.info();
    const result = await run();
    const after = await this.#app.info();
    assert(
      before.height === after.height && bytesToHex(before.appHash) === bytesToHex(after.appHash),
      'ABCI: a proposal call changed committed state',
    );
    return result;
  }

  async info(): ReturnType<ConsensusApp['info']> {
    const info = await this.#app.info();
    this.#sawInfo = true;
    this.trace += 'I';
    if (this.#height === undefined && info.height > 0n) this.#height = info.height;
    return info;
  }

  async initChain(request: InitChainRequest): ReturnType<ConsensusApp['initChain']> {
    assert(this.#height === undefined, 'ABCI: initChain after a commit');
    this.#enter('initChain', 'C');
    return this.#app.initChain(request);
  }

  checkTx(request: { tx: Uint8Array; recheck: boolean }): ReturnType<ConsensusApp['checkTx']> {
    return this.#app.checkTx(request);
  }

  async prepareProposal(request: PrepareProposalRequest): Promise<readonly Uint8Array[]> {
    this.#enter('prepare', 'P');
    this.#checkHeight(request.height, 'prepareProposal');
    const txs = await this.#withoutEffect(() => this.#app.prepareProposal(request));
    let bytes = 0n;
    for (const tx of txs) bytes += BigInt(framedSize(tx.length));
    assert(bytes <= request.maxTxBytes, `ABCI: proposal of ${bytes} bytes, at most ${request.maxTxBytes} allowed`);
    return txs;
  }

  async processProposal(request: ProposedBlock): Promise<boolean> {
    this.#enter('process', 'V');
    this.#checkHeight(request.height, 'processProposal');
    return this.#withoutEffect(() => this.#app.processProposal(request));
  }

  async finalizeBlock(request: DecidedBlock): Promise<FinalizedBlock> {
    this.#enter('finalize', 'F');
    this.#checkHeight(request.height, 'finalizeBlock');
    if (this.#time !== undefined) assert(timeBefore(this.#time, request.time), 'ABCI: block time did not rise');
    const result = await this.#withoutEffect(() => this.#app.finalizeBlock(request));
    assert(
      result.txResults.length === request.txs.length,
      `ABCI: ${result.txResults.length} results for ${request.txs.length} transactions`,
    );
    for (const update of result.validatorUpdates) assert(update.power >= 0n, 'ABCI: negative validator power');
    this.#finalized = request;
    return result;
  }

  async commit(): ReturnType<ConsensusApp['commit']> {
    this.#enter('commit', 'K');
    const block = this.#finalized;
    assert(block !== undefined, 'ABCI: commit without finalizeBlock');
    const result = await this.#app.commit();
    const info = await this.#app.info();
    assert(info.height === block.height, `ABCI: committed height ${info.height}, expected ${block.height}`);
    this.#height = block.height;
    this.#time = block.time;
    this.#finalized = undefined;
    return result;
  }

  /** The engine rolled the chain back (dev chains): the next height follows `height`. */
  rolledBack(height: bigint): void {
    this.#height = height === 0n ? undefined : height;
    this.#time = undefined;
    this.#finalized = undefined;
    this.#last = height === 0n ? 'start' : 'commit';
  }
}

/** The size of a transaction in a consensus block: its bytes, one tag byte and a varint length (CometBFT `ComputeProtoSizeForTxs`). */
export function framedSize(length: number): number {
  let varint = 1;
  for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 128)) varint++;
  return length + 1 + varint;
}
