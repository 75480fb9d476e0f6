// What a server process has used, from Linux's /proc. Elsewhere the figures are NaN and reported as not measured.
import { readFileSync } from 'node:fs';

/** Linux shows these counters to programs in hundredths of a second on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface ProcessUsage {
  /** User and system time of all threads, ended ones included, in seconds. */
  readonly cpuSeconds: number;
  readonly residentMiB: number;
  /** The most that was ever resident. */
  readonly residentPeakMiB: number;
}

export function processUsage(pid: number): ProcessUsage {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in brackets, may hold spaces: count fields from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kibibytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      residentMiB: kibibytes('VmRSS') / 1024,
      residentPeakMiB: kibibytes('VmHWM') / 1024,
    };
  } catch {
    return { cpuSeconds: Number.NaN, residentMiB: Number.NaN, residentPeakMiB: Number.NaN };
  }
}
