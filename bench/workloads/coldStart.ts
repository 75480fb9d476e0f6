// From the start of the process to the first answer, and the memory of a server that nobody uses.
import { join } from 'node:path';
import { PROJECT_DIRECTORY } from '../harness/peers.ts';
import { processUsage } from '../harness/processUsage.ts';
import { freePort, pause, startServer } from '../harness/server.ts';
import { compare, type Round } from '../report/comparison.ts';
import { median } from '../report/statistics.ts';
import { runRounds, type Suite, type SuiteContext } from '../suite.ts';

/** What starting left to do is done by then. */
const SETTLE_MS = 3_000;
const ROUNDS = 5;

/** `npm start` in a clone that is installed and built: npm, its shell, the freshness check, the node. */
async function npmStartMs(): Promise<number> {
  const port = await freePort();
  const server = await startServer({
    name: 'npm start',
    command: 'npm',
    args: ['start', '--', '--port', String(port)],
    workingDirectory: join(PROJECT_DIRECTORY),
    hasChildren: true,
    port,
  });
  await server.stop();
  return server.startMs;
}

async function run(context: SuiteContext) {
  const settleMs = context.isQuick ? 1_000 : SETTLE_MS;
  const several = { ...context, rounds: context.isQuick ? context.rounds : Math.max(ROUNDS, context.rounds) };
  const rounds = await runRounds(several, 'start', {}, async (server): Promise<Round> => {
    await pause(settleMs);
    const { residentMiB, cpuSeconds } = processUsage(server.pid);
    return { startMs: server.startMs, idleMiB: residentMiB, cpuMs: cpuSeconds * 1000 };
  });
  const npm: number[] = [];
  for (let round = 0; round < several.rounds; round++) npm.push(await npmStartMs());
  const { table, figures } = compare({
    title: 'Cold start and idle memory',
    notes: [
      `Development chains with their default mining; memory ${settleMs / 1000} s after the start, before any use but one call.`,
    ],
    prefix: 'start',
    labels: {
      startMs: 'start to first answer, ms',
      idleMiB: 'resident when idle, MiB',
      cpuMs: 'CPU of starting, ms',
    },
    rounds,
  });
  const npmMs = median(npm);
  return {
    tables: [table, { title: 'npm start', notes: [], columns: ['', 'ms'], rows: [['start to first answer', npmMs]] }],
    figures: { ...figures, 'start.npmStartMs': npmMs },
  };
}

export const coldStart: Suite = {
  name: 'start',
  says: 'cold start to the first answer (gnomon dev, npm start, peers) and idle memory',
  run,
};
