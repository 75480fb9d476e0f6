// What the thread of a target and the main thread tell each other. The input at work stands in shared memory.
import type { FoundFault, RunReport } from './runner.ts';

export interface WorkerInput {
  readonly name: string;
  readonly seed: number;
  readonly milliseconds: number;
  readonly memory: SharedArrayBuffer;
}

export type WorkerMessage =
  | { readonly kind: 'finding'; readonly finding: FoundFault }
  | { readonly kind: 'report'; readonly report: RunReport };

/** Count of inputs, length of the present one. */
const HEADER_BYTES = 8;

export function inputMemory(inputBytesMax: number): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + inputBytesMax);
}

/** Says which input is at work. */
export function noteInput(memory: SharedArrayBuffer, input: Uint8Array): void {
  const header = new Int32Array(memory, 0, 2);
  new Uint8Array(memory, HEADER_BYTES).set(input.subarray(0, memory.byteLength - HEADER_BYTES));
  Atomics.store(header, 1, input.length);
  Atomics.add(header, 0, 1);
}

/** How many inputs have begun. */
export function inputsBegun(memory: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(memory, 0, 2), 0);
}

/** The input at work. */
export function presentInput(memory: SharedArrayBuffer): Uint8Array {
  return new Uint8Array(memory, HEADER_BYTES, Atomics.load(new Int32Array(memory, 0, 2), 1)).slice();
}
