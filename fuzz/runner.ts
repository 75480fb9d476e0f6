// Runs one target: makes inputs from a seed, checks each, and turns whatever went wrong into a finding that can be repeated.
import fc from 'fast-check';
import { bytesToHex } from '../primitives/bytes.ts';
import { minimise } from './minimise.ts';
import { type Material, mutate } from './mutate.ts';
import { FuzzRandom } from './random.ts';
import { type FuzzSession, type FuzzTarget, outcomeOf, RESET_EVERY } from './target.ts';

/** Made-up and mutated inputs take turns in groups of these sizes. */
const STRUCTURES_PER_ROUND = 64;
const MUTATIONS_PER_ROUND = 128;
/** Inputs that ended in a new way and are mutated further; the oldest give way. */
const KEPT_MAX = 2_048;
/** Ways to end that are told apart; in messages that quote their input there is no end of them. */
const OUTCOMES_MAX = 4_096;
/** After so many different findings a target is plainly broken and more of them tell nothing. */
const FINDINGS_MAX = 16;

export interface RunOptions {
  readonly seed: number;
  /** Ends after this long, in milliseconds. */
  readonly milliseconds?: number;
  /** Ends after so many inputs. */
  readonly executions?: number;
  /** Hears of each input before it is run. */
  readonly onInput?: (input: Uint8Array) => void;
  readonly onFinding?: (finding: FoundFault) => void;
  /** What an input's time is measured with, in milliseconds; the processor time of this process unless given. */
  readonly workMs?: () => number;
}

/** One fault, with what repeats it. */
export interface FoundFault {
  readonly target: string;
  readonly seed: number;
  /** Which input of the run it was. */
  readonly execution: number;
  readonly what: string;
  readonly stack: string;
  /** The input, then the same cut down to what still shows the fault. */
  readonly inputHex: string;
  readonly minimisedHex: string;
  /** Inputs since the last reset that are needed first, where the fault does not show on a fresh session. */
  readonly beforeHex: readonly string[];
}

export interface RunReport {
  readonly target: string;
  readonly seed: number;
  readonly executions: number;
  readonly accepted: number;
  /** Different ways in which inputs ended. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly slowestMs: number;
  readonly findings: readonly FoundFault[];
}

/** Runs a target until its time or its count is over. The same seed and count give the same inputs. */
export async function runTarget(target: FuzzTarget, options: RunOptions): Promise<RunReport> {
  const session = await target.open();
  try {
    return await new Run(target, session, options).run();
  } finally {
    await session.close?.();
  }
}

class Run {
  readonly #target: FuzzTarget;
  readonly #session: FuzzSession;
  readonly #options: RunOptions;
  readonly #random: FuzzRandom;
  readonly #workMs: () => number;
  readonly #kept: Uint8Array[];
  readonly #outcomes = new Map<string, number>();
  readonly #findings = new Map<string, FoundFault>();
  #sinceReset: Uint8Array[] = [];
  #executions = 0;
  #slowestMs = 0;

  constructor(target: FuzzTarget, session: FuzzSession, options: RunOptions) {
    this.#target = target;
    this.#session = session;
    this.#options = options;
    this.#random = new FuzzRandom(options.seed);
    this.#workMs = options.workMs ?? cpuMs;
    this.#kept = [...session.corpus];
  }

  async run(): Promise<RunReport> {
    const { seed, milliseconds = Number.POSITIVE_INFINITY, executions = Number.POSITIVE_INFINITY } = this.#options;
    const end = performance.now() + milliseconds;
    const goesOn = (): boolean =>
      this.#executions < executions && performance.now() < end && this.#findings.size < FINDINGS_MAX;
    for (const input of this.#session.corpus) if (goesOn()) await this.#try(input);
    while (goesOn()) for (const input of this.#nextRound()) if (goesOn()) await this.#try(input);
    return {
      target: this.#target.name,
      seed,
      executions: this.#executions,
      accepted: this.#outcomes.get('accepted') ?? 0,
      outcomes: this.#outcomes,
      slowestMs: this.#slowestMs,
      findings: [...this.#findings.values()],
    };
  }

  *#nextRound(): Generator<Uint8Array> {
    const { inputBytesMax, shape } = this.#target;
    const seed = this.#random.uint32() | 0;
    for (const input of fc.sample(this.#session.structures, { seed, numRuns: STRUCTURES_PER_ROUND }))
      yield input.length > inputBytesMax ? input.slice(0, inputBytesMax) : input;
    const material: Material = {
      shape,
      pool: this.#kept,
      dictionary: this.#session.dictionary ?? [],
      bytesMax: inputBytesMax,
    };
    for (let i = 0; i < MUTATIONS_PER_ROUND && this.#kept.length > 0; i++)
      yield mutate(this.#random, this.#random.pick(this.#kept), material);
  }

  async #try(input: Uint8Array): Promise<void> {
    this.#options.onInput?.(input);
    if (this.#session.reset !== undefined) {
      if (this.#sinceReset.length >= RESET_EVERY) await this.#reset();
      this.#sinceReset.push(input);
    }
    this.#executions++;
    try {
      const { outcome, milliseconds } = await this.#timed(input);
      this.#slowestMs = Math.max(this.#slowestMs, milliseconds);
      const count = this.#outcomes.get(outcome) ?? 0;
      if (count === 0 && this.#outcomes.size >= OUTCOMES_MAX) return;
      this.#outcomes.set(outcome, count + 1);
      if (count === 0) this.#keep(input);
    } catch (error) {
      await this.#record(input, error);
    }
  }

  async #timed(input: Uint8Array): Promise<{ outcome: string; milliseconds: number }> {
    const begun = this.#workMs();
    const answer = this.#session.check(input);
    const outcome = typeof answer === 'string' ? answer : await answer;
    return { outcome, milliseconds: await this.#withinBudget(input, this.#workMs() - begun) };
  }

  /** A slow input is run again, so that a pause of the runtime is not taken for its fault. */
  async #withinBudget(input: Uint8Array, firstMs: number): Promise<number> {
    const { inputBudgetMs } = this.#target;
    let least = firstMs;
    for (let i = 0; i < 3 && least > inputBudgetMs; i++) {
      const begun = this.#workMs();
      await this.#session.check(input);
      least = Math.min(least, this.#workMs() - begun);
    }
    if (least > inputBudgetMs) throw new Error(`slow: over the budget of ${inputBudgetMs} ms`);
    return least;
  }

  #keep(input: Uint8Array): void {
    this.#kept.push(input);
    if (this.#kept.length > KEPT_MAX) this.#kept.splice(this.#session.corpus.length, 1);
  }

  async #reset(): Promise<void> {
    this.#sinceReset = [];
    await this.#session.reset?.();
  }

  /** The fault of an input on the session as it stands, or undefined. */
  async #faultOf(input: Uint8Array): Promise<string | undefined> {
    try {
      await this.#timed(input);
      return undefined;
    } catch (error) {
      return faultName(error);
    }
  }

  async #record(input: Uint8Array, error: unknown): Promise<void> {
    const name = faultName(error);
    const before = this.#sinceReset.slice(0, -1);
    await this.#reset();
    if (this.#findings.has(name)) return;
    const showsAlone = (await this.#faultOf(input)) === name;
    const shows = async (candidate: Uint8Array): Promise<boolean> => {
      if (this.#session.reset !== undefined) await this.#reset();
      return (await this.#faultOf(candidate)) === name;
    };
    const minimised = showsAlone ? await minimise(input, shows) : input;
    await this.#reset();
    const finding: FoundFault = {
      target: this.#target.name,
      seed: this.#options.seed,
      execution: this.#executions,
      what: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      stack: error instanceof Error ? (error.stack ?? '') : '',
      inputHex: bytesToHex(input),
      minimisedHex: bytesToHex(minimised),
      beforeHex: showsAlone ? [] : before.map(bytesToHex),
    };
    this.#findings.set(name, finding);
    this.#options.onFinding?.(finding);
  }
}

/** Processor time of this process, in milliseconds: what other programs of the machine do does not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Two faults with the same name are one: the kind, the words, and where it was thrown. */
function faultName(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = /at .*?\(?([\w./-]+:\d+):\d+\)?/.exec(error.stack?.split('\n').slice(1).join('\n') ?? '')?.[1] ?? '';
  return `${outcomeOf(error.name, error.message)} @ ${place.split('/').slice(-2).join('/')}`;
}
