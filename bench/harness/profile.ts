// Where a profiled server spent its time: the self time of each function, over all of its threads.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Table } from '../report/table.ts';

/** The parts of a `.cpuprofile` that are used (Chrome DevTools Protocol, Profiler.Profile). */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

export interface FunctionTime {
  readonly name: string;
  readonly place: string;
  readonly milliseconds: number;
}

/** Waiting, not work. */
const IDLE = new Set(['(idle)', '(root)']);

function placeOf(url: string, lineNumber: number): string {
  const short = /(?:\/dist\/|\/node_modules\/|^node:)(.*)$/.exec(url)?.[1] ?? url;
  const prefix = url.startsWith('node:') ? 'node:' : '';
  return short === '' ? '' : `${prefix}${short}:${lineNumber + 1}`;
}

/** Self time by function, most first. */
export function selfTimes(profiles: readonly CpuProfile[]): FunctionTime[] {
  const times = new Map<string, FunctionTime>();
  for (const { nodes, samples, timeDeltas } of profiles) {
    const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
    for (const [index, id] of samples.entries()) {
      const frame = frames.get(id);
      if (frame === undefined || IDLE.has(frame.functionName)) continue;
      const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
      const place = placeOf(frame.url, frame.lineNumber);
      const key = `${name} ${place}`;
      const milliseconds = (times.get(key)?.milliseconds ?? 0) + (timeDeltas[index] ?? 0) / 1000;
      times.set(key, { name, place, milliseconds });
    }
  }
  return [...times.values()].sort((left, right) => right.milliseconds - left.milliseconds);
}

export function profileTable(title: string, profiles: readonly CpuProfile[], rows = 40): Table {
  const times = selfTimes(profiles);
  const total = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return {
    title,
    notes: [`Self time by function over all threads, the start included; ${Math.round(total)} ms in all.`],
    columns: ['ms', '%', 'function', 'place'],
    rows: times
      .slice(0, rows)
      .map(({ name, place, milliseconds }) => [
        Math.round(milliseconds),
        `${((milliseconds / total) * 100).toFixed(1)}`,
        name,
        place,
      ]),
  };
}

/** What `node --cpu-prof` wrote into a folder, one file for each thread. */
export function readProfiles(directory: string): CpuProfile[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.cpuprofile'))
    .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile);
}
