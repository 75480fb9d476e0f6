// Runs a target in a thread of its own and watches it: time without progress and memory are bounded from outside.
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { bytesToHex } from '../primitives/bytes.ts';
import { inputMemory, inputsBegun, presentInput, type WorkerMessage } from './protocol.ts';
import type { FoundFault, RunReport } from './runner.ts';
import type { FuzzTarget } from './target.ts';

/** An input that is at work for so long hangs. */
const HANG_MS = 60_000;
const WATCH_MS = 1_000;
/** Heap of one target: its real data, the inputs kept, and a node where it has one. */
const HEAP_MB_MAX = 1_024;

/** Runs a target for `milliseconds`; `onFinding` hears of each finding as it is made. */
export function supervise(
  target: FuzzTarget,
  seed: number,
  milliseconds: number,
  onFinding: (finding: FoundFault) => void,
): Promise<RunReport> {
  const memory = inputMemory(target.inputBytesMax);
  const entry = new URL('./worker.js', import.meta.url);
  if (!existsSync(entry)) throw new Error('the fuzzer is not compiled: run it by "npm run fuzz"');
  const worker = new Worker(entry, {
    workerData: { name: target.name, seed, milliseconds, memory },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  });
  return new Promise((resolve) => {
    let report: RunReport | undefined;
    const findings: FoundFault[] = [];
    const lost = (what: string): RunReport => {
      const inputHex = bytesToHex(presentInput(memory));
      const execution = inputsBegun(memory);
      const finding = { target: target.name, seed, execution, what, stack: '', inputHex, minimisedHex: inputHex };
      findings.push({ ...finding, beforeHex: [] });
      onFinding({ ...finding, beforeHex: [] });
      const counts = { executions: execution, accepted: 0, outcomes: new Map(), slowestMs: HANG_MS };
      return { target: target.name, seed, findings, ...counts };
    };
    let before = -1;
    let stillMs = 0;
    const watch = setInterval(() => {
      const begun = inputsBegun(memory);
      stillMs = begun === before ? stillMs + WATCH_MS : 0;
      before = begun;
      if (stillMs < HANG_MS || report !== undefined) return;
      report = lost(`hang: one input was at work for ${HANG_MS} ms`);
      void worker.terminate();
    }, WATCH_MS);
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'report') report = message.report;
      else {
        findings.push(message.finding);
        onFinding(message.finding);
      }
    });
    worker.on('error', (error) => {
      report ??= lost(`the thread ended: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    });
    worker.on('exit', () => {
      clearInterval(watch);
      resolve(report ?? lost('the thread ended without a report'));
    });
  });
}
