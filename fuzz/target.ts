// What a fuzz target is: how to make inputs for one decoder, and how to tell that it did right.
import type { Arbitrary } from 'fast-check';
import { ChainError } from '../primitives/errors.ts';

/** How bytes are best damaged: as a tree of RLP, as JSON, as text, as 32-byte words, or as what they are. */
export type InputShape = 'rlp' | 'json' | 'text' | 'words' | 'bytes';

export interface FuzzTarget {
  readonly name: string;
  /** What is decoded, and what it is held against. */
  readonly about: string;
  readonly shape: InputShape;
  /** Longest input that is tried. */
  readonly inputBytesMax: number;
  /** The most processor time that one input may take, in milliseconds; more is a finding. */
  readonly inputBudgetMs: number;
  /** Inputs that `npm test` runs, where an input is much work. */
  readonly testExecutions?: number;
  open(): Promise<FuzzSession> | FuzzSession;
}

export interface FuzzSession {
  /** Real data, to be mutated. */
  readonly corpus: readonly Uint8Array[];
  /** Made-up data of the right form. */
  readonly structures: Arbitrary<Uint8Array>;
  /** Pieces that mean something to the decoder. */
  readonly dictionary?: readonly Uint8Array[];
  /**
   * Runs one input. Answers how it ended, without its values: inputs that end in a new way are kept and mutated further.
   * Whatever is thrown is a finding.
   */
  check(input: Uint8Array): string | Promise<string>;
  /** Goes back to the state after `open`, where inputs leave something behind. Called every {@link RESET_EVERY} inputs. */
  reset?(): Promise<void>;
  close?(): Promise<void>;
}

/** Inputs between two resets: what is left behind in between is what has to be run again to repeat a finding. */
export const RESET_EVERY = 512;

/** Something that a decoder did and must not do. */
export class Finding extends Error {
  override readonly name = 'Finding';
}

/** @throws Finding when `condition` does not hold */
export function expectThat(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Finding(message);
}

/** What a decoder answered: a value, or the refusal that it threw. */
export type Attempt<Value> =
  | { readonly value: Value; readonly refusal?: undefined }
  | { readonly value?: undefined; readonly refusal: string };

/** Runs a decoder that may refuse with a ChainError of these codes. Everything else that it throws passes through. */
export function attempt<Value>(codes: readonly string[] | RegExp, decode: () => Value): Attempt<Value> {
  try {
    return { value: decode() };
  } catch (error) {
    return { refusal: refusalOf(codes, error) };
  }
}

/** The same for a decoder that answers later. */
export async function attemptLater<Value>(
  codes: readonly string[] | RegExp,
  decode: () => Promise<Value>,
): Promise<Attempt<Value>> {
  try {
    return { value: await decode() };
  } catch (error) {
    return { refusal: refusalOf(codes, error) };
  }
}

function refusalOf(codes: readonly string[] | RegExp, error: unknown): string {
  if (!(error instanceof ChainError)) throw error;
  const isExpected = Array.isArray(codes) ? codes.includes(error.code) : (codes as RegExp).test(error.code);
  if (!isExpected) throw error;
  return outcomeOf(error.code, error.message);
}

/** Longest outcome that is kept apart from others. */
const OUTCOME_LENGTH_MAX = 96;

/** A label for how an input ended: the code and the words of the message, without what comes from the input. */
export function outcomeOf(code: string | number, message: string): string {
  const words = message
    .replace(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replace(/0x[0-9a-fA-F]*/g, '0x…')
    .replace(/\d+/g, '#');
  return `${code}: ${words}`.slice(0, OUTCOME_LENGTH_MAX);
}

/** Whether a second implementation takes an input; whatever it throws is a refusal. */
export function otherTakes<Value>(decode: () => Value): Value | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}
