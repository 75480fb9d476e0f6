// npm run flood -- [--seconds N] [--only NAME[,NAME]]: every attack alone, then all together, against a built node with
// one-second blocks, while an honest client is measured. Ends with 1 when a bound does not hold.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { processUsage } from '../harness/processUsage.ts';
import { freePort, type RunningServer, startServer } from '../harness/server.ts';
import { percentile } from '../report/statistics.ts';
import type { AttackOrder } from './attackWorker.ts';
import { HonestClient, type HonestFigures } from './honestClient.ts';
import { noOutcomes, type Outcomes, sumOutcomes } from './outcomes.ts';
import { RPC_ATTACKS } from './rpcAttacks.ts';
import { TRANSACTION_ATTACKS } from './transactionAttacks.ts';

const DEFAULT_SECONDS = 5;
/** Bounds that every phase is judged by. */
const BOUNDS = {
  /** The node's limits add up to less: caches, pool, bodies under way. */
  residentPeakMiB: 1_024,
  /** The honest client's reads and sends: a wallet still feels alive. */
  latencyP99Ms: 1_000,
  /** Three missed blocks of a second. */
  longestGapMs: 4_000,
} as const;

interface Phase {
  readonly name: string;
  readonly outcomes: Outcomes;
  readonly honest: HonestFigures;
  readonly residentPeakMiB: number;
}

function attack(order: AttackOrder): Promise<Outcomes> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./attackWorker.js', import.meta.url), { workerData: order });
    worker.once('message', (outcomes: Outcomes) => {
      resolve(outcomes);
      void worker.terminate();
    });
    worker.once('error', reject);
  });
}

async function runPhase(server: RunningServer, honest: HonestClient, names: readonly string[], milliseconds: number) {
  const orders = names.map((name) => ({ name, url: server.url, milliseconds }));
  const [figures, ...outcomes] = await Promise.all([honest.run(milliseconds), ...orders.map(attack)]);
  return {
    outcomes: outcomes.length === 0 ? noOutcomes() : sumOutcomes(outcomes),
    honest: figures,
    residentPeakMiB: processUsage(server.pid).residentPeakMiB,
  };
}

function failuresOf({ outcomes, honest, residentPeakMiB }: Phase): string[] {
  const latencyMs = percentile(honest.latenciesMs, 0.99);
  return [
    ...(residentPeakMiB > BOUNDS.residentPeakMiB ? [`memory ${residentPeakMiB.toFixed(0)} MiB`] : []),
    ...(latencyMs > BOUNDS.latencyP99Ms ? [`latency p99 ${latencyMs.toFixed(0)} ms`] : []),
    ...(honest.longestGapMs > BOUNDS.longestGapMs ? [`gap ${honest.longestGapMs.toFixed(0)} ms`] : []),
    ...(honest.failures.length > 0 ? [`honest client: ${honest.failures[0]} (${honest.failures.length})`] : []),
    ...(outcomes.internalErrors > 0 ? [`${outcomes.internalErrors} internal errors`] : []),
  ];
}

function print(phase: Phase): void {
  const { name, outcomes, honest, residentPeakMiB } = phase;
  const ms = (values: readonly number[], share: number): string => percentile(values, share).toFixed(0);
  const failures = failuresOf(phase);
  console.log(
    `${name.padEnd(26)} accepted ${String(outcomes.accepted).padStart(7)}  latency p50 ${ms(honest.latenciesMs, 0.5)} p99 ${ms(honest.latenciesMs, 0.99)} ms  ` +
      `inclusion p50 ${ms(honest.inclusionsMs, 0.5)} p99 ${ms(honest.inclusionsMs, 0.99)} ms  gap ${honest.longestGapMs.toFixed(0)} ms  ` +
      `memory ${residentPeakMiB.toFixed(0)} MiB  ${failures.length === 0 ? 'ok' : `FAILED: ${failures.join('; ')}`}`,
  );
  const refused = Object.entries(outcomes.refused).sort(([, a], [, b]) => b - a);
  for (const [reason, count] of refused.slice(0, 5)) console.log(`${' '.repeat(28)}refused ${count}: ${reason}`);
}

const ATTACKS = [...Object.keys(TRANSACTION_ATTACKS), ...Object.keys(RPC_ATTACKS)];

/** @throws Error that says what is wrong with the arguments */
function parseOptions() {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: String(DEFAULT_SECONDS) }, only: { type: 'string' } },
  });
  const milliseconds = Number(values.seconds) * 1_000;
  if (!(milliseconds >= 1_000)) throw new Error(`--seconds must be a number from 1, got "${values.seconds}"`);
  const names = values.only === undefined ? ATTACKS : values.only.split(',');
  for (const name of names)
    if (!ATTACKS.includes(name)) throw new Error(`no attack is called "${name}"; there are ${ATTACKS.join(', ')}`);
  return { milliseconds, names };
}

function optionsOr(): ReturnType<typeof parseOptions> | undefined {
  try {
    return parseOptions();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`flood: ${reason}\n\nnpm run flood -- [--seconds N] [--only NAME[,NAME]]\n`);
    return undefined;
  }
}

async function main(): Promise<void> {
  const options = optionsOr();
  if (options === undefined) {
    process.exitCode = 1;
    return;
  }
  const { milliseconds, names } = options;
  const port = await freePort();
  const command = join(import.meta.dirname, '..', '..', '..', 'dist', 'cli', 'main.js');
  const args = [command, 'dev', '--silent', '--block-time', '1', '--http.port', String(port)];
  const server = await startServer({ name: 'gnomon', command: process.execPath, args, port });
  const honest = new HonestClient(server.url);
  const phases: Phase[] = [];
  const run = async (name: string, attacks: readonly string[], phaseMs: number): Promise<void> => {
    const phase = { name, ...(await runPhase(server, honest, attacks, phaseMs)) };
    phases.push(phase);
    print(phase);
  };
  await run('(nobody)', [], milliseconds);
  for (const name of names) await run(name, [name], milliseconds);
  if (names.length > 1) await run('all together', names, 3 * milliseconds);
  await run('(nobody, afterwards)', [], milliseconds);
  honest.close();
  await server.stop();
  const failed = phases.filter((phase) => failuresOf(phase).length > 0);
  const peakMiB = Math.max(...phases.map(({ residentPeakMiB }) => residentPeakMiB));
  const total = sumOutcomes(phases.map(({ outcomes }) => outcomes));
  const refused = Object.values(total.refused).reduce((sum, count) => sum + count, 0);
  console.log(`\naccepted ${total.accepted}, refused ${refused}, memory at most ${peakMiB.toFixed(0)} MiB`);
  console.log(
    failed.length === 0 ? 'every bound held' : `bounds broken in: ${failed.map(({ name }) => name).join(', ')}`,
  );
  process.exitCode = failed.length === 0 ? 0 : 1;
}

await main();
