// SIGINT and SIGTERM: the first asks for an orderly end, the second ends at once.
import { constants } from 'node:os';
import { ChainError } from '../primitives/errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
export type StopSignal = (typeof SIGNALS)[number];

/** The exit code of a program that a signal ended, as shells count: 130 or 143. */
export function exitCodeOf(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}

/** Work that a signal ended before it was done. */
export class Interrupted extends ChainError<'INTERRUPTED'> {
  readonly exitCode: number;

  /** @param advice what is left, and how to go on */
  constructor(signal: StopSignal, advice: string) {
    super('INTERRUPTED', `stopped by ${signal}: ${advice}`);
    this.exitCode = exitCodeOf(signal);
  }
}

/**
 * Hears signals until `end` is called. At a second one the process ends at once: what is committed is on disk.
 * @param onStop called once, with the first
 */
export function listenForStop(onStop: (signal: StopSignal) => void): { end(): void } {
  let isStopping = false;
  const listener = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(exitCodeOf(signal as StopSignal));
    isStopping = true;
    onStop(signal as StopSignal);
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    end() {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}
