// Metrics of the process that runs a node: what it is, what it costs, what its front answers.
import { readdirSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { type Metric, type Sample, single } from '../node/metrics/metric.ts';
import { cryptoBackends } from '../primitives/crypto/backends.ts';
import type { RpcServer } from '../rpc/server.ts';

/** How often the event loop's delay is sampled: enough for its percentiles, and nothing that a profile would show. */
const LOOP_RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

export function buildMetrics(version: string): readonly Metric[] {
  return [
    {
      name: 'gnomon_build_info',
      kind: 'gauge',
      help: 'What runs; always 1.',
      labels: ['version', 'node', 'platform'],
      read: () => [{ labels: [version, process.versions.node, `${process.platform}-${process.arch}`], value: 1 }],
    },
    {
      name: 'gnomon_crypto_backend_info',
      kind: 'gauge',
      help: 'Which implementation computes what; always 1.',
      labels: ['primitive', 'backend'],
      read: () => Object.entries(cryptoBackends()).map((labels) => ({ labels, value: 1 })),
    },
  ];
}

export function rpcMetrics(rpc: Pick<RpcServer, 'meters'>): readonly Metric[] {
  const each = (value: (meter: { calls: number; errors: number; totalMicroseconds: number }) => number): Sample[] =>
    [...rpc.meters()]
      .filter(([, { calls }]) => calls > 0)
      .map(([method, meter]) => ({ labels: [method], value: value(meter) }));
  const metric = (name: string, help: string, read: () => Sample[]): Metric => ({
    name,
    kind: 'counter',
    help,
    labels: ['method'],
    read,
  });
  return [
    metric('gnomon_rpc_requests_total', 'JSON-RPC calls; names that do not exist together as "unknown".', () =>
      each(({ calls }) => calls),
    ),
    metric('gnomon_rpc_errors_total', 'JSON-RPC calls that were answered with an error.', () =>
      each(({ errors }) => errors),
    ),
    metric('gnomon_rpc_seconds_total', 'Time from call to answer, with whatever the method waits for.', () =>
      each(({ totalMicroseconds }) => totalMicroseconds / 1e6),
    ),
  ];
}

/** Bytes of the files in a database directory. */
export function databaseMetrics(directory: string): readonly Metric[] {
  return [
    {
      name: 'gnomon_database_bytes',
      kind: 'gauge',
      help: 'Size of the database on disk.',
      labels: [],
      read: async () => [{ labels: [], value: await directoryBytes(directory) }],
    },
  ];
}

async function directoryBytes(directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(directory)) {
    // LevelDB deletes what it has compacted at any time.
    bytes += await stat(join(directory, name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return bytes;
}

/** Measures the event loop and garbage collection from now on; `close` ends that. */
export function processMetrics(): { readonly metrics: readonly Metric[]; close(): void } {
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  loop.enable();
  const collections = new Map([
    ['minor', { count: 0, seconds: 0 }],
    ['major', { count: 0, seconds: 0 }],
  ]);
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail, duration } = entry as typeof entry & { readonly detail: { readonly kind: number } };
      const kept = collections.get(detail.kind === constants.NODE_PERFORMANCE_GC_MINOR ? 'minor' : 'major');
      if (kept === undefined) continue;
      kept.count++;
      kept.seconds += duration / 1_000;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const gc = (name: string, help: string, field: 'count' | 'seconds'): Metric => ({
    name,
    kind: 'counter',
    help,
    labels: ['kind'],
    read: () => [...collections].map(([kind, kept]) => ({ labels: [kind], value: kept[field] })),
  });
  const startSeconds = Date.now() / 1_000 - process.uptime();
  const metrics = [
    single('counter', 'process_cpu_seconds_total', 'Processor time used, of all threads.', cpuSeconds),
    single('gauge', 'process_resident_memory_bytes', 'Memory in use.', () => process.memoryUsage.rss()),
    single('gauge', 'process_start_time_seconds', 'When the process started.', () => startSeconds),
    single('gauge', 'process_open_fds', 'Open files and sockets; 0 where the system does not tell.', openFiles),
    single('gauge', 'nodejs_heap_used_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed),
    single('gauge', 'nodejs_external_memory_bytes', 'Memory of buffers and WebAssembly.', () => {
      const { external, arrayBuffers } = process.memoryUsage();
      return Math.max(external, arrayBuffers);
    }),
    {
      name: 'nodejs_eventloop_lag_seconds',
      kind: 'gauge',
      help: 'How late timers were since the last scrape.',
      labels: ['quantile'],
      read: () => {
        const late = (nanoseconds: number) => Math.max(0, nanoseconds / NANOSECONDS - LOOP_RESOLUTION_MS / 1_000);
        const samples = [
          { labels: ['0.5'], value: late(loop.percentile(50)) },
          { labels: ['0.99'], value: late(loop.percentile(99)) },
          { labels: ['1'], value: late(loop.count === 0 ? 0 : loop.max) },
        ];
        loop.reset();
        return samples;
      },
    } as const,
    gc('nodejs_gc_runs_total', 'Garbage collections.', 'count'),
    gc('nodejs_gc_seconds_total', 'Time spent in garbage collection.', 'seconds'),
  ];
  const close = (): void => {
    loop.disable();
    observer.disconnect();
  };
  return { metrics, close };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function openFiles(): number {
  const directory = '/proc/self/fd';
  return statSync(directory, { throwIfNoEntry: false }) === undefined ? 0 : readdirSync(directory).length;
}
