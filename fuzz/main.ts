// npm run fuzz -- [--minutes N] [--only NAME] [--seed S] | --list | --replay FILE
import { parseArgs } from 'node:util';
import { loadFinding, saveFinding } from './findings.ts';
import type { RunReport } from './runner.ts';
import { supervise } from './supervise.ts';
import { TARGETS, targetByName } from './targets.ts';

const DEFAULT_MINUTES = 5;

function usage(): never {
  console.log(`npm run fuzz -- [--minutes N] [--only NAME[,NAME]] [--seed S] | --list | --replay FILE

  --minutes N   how long in all, shared by the targets (${DEFAULT_MINUTES})
  --only NAME   these targets only
  --seed S      an integer; another one each time unless given
  --list        names the targets
  --replay FILE runs a saved finding again`);
  process.exit(2);
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: String(DEFAULT_MINUTES) },
        only: { type: 'string' },
        seed: { type: 'string' },
        list: { type: 'boolean', default: false },
        replay: { type: 'string' },
      },
    });
    const minutes = Number(values.minutes);
    const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
    if (!(minutes > 0) || !Number.isSafeInteger(seed)) usage();
    return { ...values, minutes, seed };
  } catch {
    return usage();
  }
}

/** Runs a saved finding again, in this thread: a debugger can be attached. */
async function replay(path: string): Promise<void> {
  const { target, inputs } = loadFinding(path);
  const session = await targetByName(target).open();
  for (const input of inputs) console.log(await session.check(input));
  await session.close?.();
  console.log('the finding does not show any more');
}

function printReport(report: RunReport, seconds: number): void {
  const { target, executions, accepted, outcomes, slowestMs, findings, seed } = report;
  const rate = Math.round(executions / seconds);
  console.log(
    `${target.padEnd(14)} ${String(executions).padStart(10)} inputs  ${String(rate).padStart(6)}/s  ${accepted} accepted  ` +
      `${outcomes.size} outcomes  slowest ${slowestMs.toFixed(1)} ms  ${findings.length} findings  seed ${seed}`,
  );
}

const options = readArguments();
if (options.list) for (const { name, about } of TARGETS) console.log(`${name.padEnd(14)} ${about}`);
else if (options.replay !== undefined) await replay(options.replay);
else {
  const targets = options.only === undefined ? TARGETS : options.only.split(',').map(targetByName);
  let findings = 0;
  for (const target of targets) {
    const milliseconds = (options.minutes * 60_000) / targets.length;
    const report = await supervise(target, options.seed, milliseconds, (finding) => {
      console.log(`FINDING in ${target.name} (seed ${finding.seed}, input ${finding.execution}): ${finding.what}`);
      console.log(`  minimised: ${finding.minimisedHex.slice(0, 400)}`);
      console.log(`  saved: ${saveFinding(finding)}`);
    });
    printReport(report, milliseconds / 1_000);
    findings += report.findings.length;
  }
  process.exitCode = findings > 0 ? 1 : 0;
}
