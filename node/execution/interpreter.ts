// The interpreter of @ethereumjs/evm as a class of its own: the library does not export it, but its first result holds one.
// What the stock EVM puts around a frame, an analysis of the code each time and copies of everything in the result, costs
// several times what a small frame itself does.
import type { EVM, ExecResult } from '@ethereumjs/evm';

type RunState = NonNullable<ExecResult['runState']>;
export type Interpreter = RunState['interpreter'];
export type FrameEnvironment = Interpreter['_env'];
type Analysis = ReturnType<Interpreter['_getValidJumpDestinations']>;
type OpcodeMap = EVM['_opcodeMap'];

type InterpreterClass = new (
  evm: EVM,
  stateManager: EVM['stateManager'],
  blockchain: EVM['blockchain'],
  env: FrameEnvironment,
  gasLeft: bigint,
  journal: EVM['journal'],
) => Interpreter;

/** Code whose analysis is kept, in bytes: an analysis takes some ten times its code, so this is about 20 MiB. */
export const ANALYSED_BYTES_MAX = 2 * 1024 * 1024;

/**
 * Where code may be jumped to, and its pushes, by the array that the state keeps the code in. Two generations: what is
 * used moves to the young one, and when that is full, the old one goes.
 */
export class Analyses {
  readonly #bytesMax: number;
  #young = new Map<Uint8Array, Analysis>();
  #old = new Map<Uint8Array, Analysis>();
  #youngBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Codes whose analysis is kept; one that is in both generations counts twice. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  of(code: Uint8Array, analyse: () => Analysis): Analysis {
    const young = this.#young.get(code);
    if (young !== undefined) return young;
    const analysis = this.#old.get(code) ?? analyse();
    if (code.length > this.#bytesMax / 2) return analysis;
    if (this.#youngBytes + code.length > this.#bytesMax / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(code, analysis);
    this.#youngBytes += code.length;
    return analysis;
  }
}

/** An analysis names entries of the table of opcodes that it was made with. */
const analyses = new WeakMap<OpcodeMap, Analyses>();

function analysesOf(opcodes: OpcodeMap): Analyses {
  let kept = analyses.get(opcodes);
  if (kept === undefined) {
    kept = new Analyses(ANALYSED_BYTES_MAX);
    analyses.set(opcodes, kept);
  }
  return kept;
}

let keeping: InterpreterClass | undefined;

/** The interpreter that keeps its analyses; undefined before {@link learnInterpreter}. */
export function keepingInterpreter(): InterpreterClass | undefined {
  return keeping;
}

/** Takes the interpreter's class from a first run of the stock EVM. */
export function learnInterpreter({ runState }: ExecResult): void {
  if (keeping !== undefined || runState === undefined) return;
  const Stock = runState.interpreter.constructor as InterpreterClass;
  keeping = class extends Stock {
    override _getValidJumpDestinations(code: Uint8Array): Analysis {
      return analysesOf(this._evm['_opcodeMap']).of(code, () => super._getValidJumpDestinations(code));
    }
  };
}
