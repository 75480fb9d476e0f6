// SIGINT and SIGTERM: the first asks for an orderly end, the second ends at once.
import { constants } from 'node:os';
import { ChainError } from '../primitives/errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
export type StopSignal = (typeof SIGNALS)[number];

/** A stop that takes longer is given up, within the five seconds that an operator waits: whatever is committed is on disk. */
export const STOP_TIME_MAX_MS = 4_500;

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

/**
 * Runs work that a signal ends early.
 * @param advice what is left then, and how to go on
 * @param work calls `check` wherever it could end, which throws {@link Interrupted} after a signal
 */
export async function interruptible<Result>(
  advice: string,
  work: (check: () => void) => Promise<Result>,
): Promise<Result> {
  let heard: StopSignal | undefined;
  const signals = listenForStop((signal) => {
    heard = signal;
    setTimeout(() => process.exit(exitCodeOf(signal)), STOP_TIME_MAX_MS).unref();
  });
  try {
    return await work(() => {
      if (heard !== undefined) throw new Interrupted(heard, advice);
    });
  } finally {
    signals.end();
  }
}
