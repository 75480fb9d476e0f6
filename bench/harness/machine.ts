// What the figures were measured on.
import { cpus, loadavg, release, totalmem } from 'node:os';
import { cryptoBackends } from '../../primitives/crypto/backends.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly cryptoBackends: Readonly<Record<string, string>>;
  /** Of the minute before the run: above 0.5 something else was running. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${process.platform}-${process.arch} ${release()}`,
    node: process.versions.node,
    cryptoBackends: { ...cryptoBackends() },
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}
