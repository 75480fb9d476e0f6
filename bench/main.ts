// Runs the benchmark: chosen parts, ours and the peers in turn, then the report and the budgets. Exit code 1 when a run of
// everything missed a budget or any run a strict one, 2 when it could not run.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine } from './harness/machine.ts';
import { PEERS, type Peer, PROJECT_DIRECTORY } from './harness/peers.ts';
import { type CpuProfile, profileTable, readProfiles } from './harness/profile.ts';
import { RpcClient } from './harness/rpcClient.ts';
import { startServer } from './harness/server.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { type BudgetResult, evaluateBudgets } from './report/budgets.ts';
import { budgetTable, type Results, renderReport, type Skipped } from './report/report.ts';
import { renderTable, type Table } from './report/table.ts';
import type { Suite, SuiteContext } from './suite.ts';
import { SUITES } from './suites.ts';

const print = (text = '') => process.stdout.write(`${text}\n`);

function choosePeers(options: BenchOptions, skipped: Skipped[]): Peer[] {
  return PEERS.filter((peer, index) => {
    if (index > 0 && options.peers.length > 0 && !options.peers.includes(peer.name)) return false;
    const reason = peer.prepare(options.isQuick);
    if (reason !== undefined) skipped.push({ what: peer.name, why: reason });
    return reason === undefined;
  });
}

function chooseSuites({ only }: BenchOptions): Suite[] {
  const unknown = only.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0)
    throw new Error(`no such part: ${unknown.join(', ')}; there are ${SUITES.map(({ name }) => name).join(', ')}`);
  return SUITES.filter(({ name }) => only.length === 0 || only.includes(name));
}

/** Starts servers for the suites; under `--profile` ours runs with Node's profiler and its profiles are collected. */
function serverRunner(options: BenchOptions, profiles: CpuProfile[]): SuiteContext['withServer'] {
  return async (peer, start, work) => {
    const directory = options.profiles ? mkdtempSync(join(tmpdir(), 'gnomon-profile-')) : undefined;
    const nodeArguments =
      directory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${directory}`, '--cpu-prof-interval=500'];
    const server = await startServer(await peer.command({ ...start, nodeArguments }));
    try {
      if (peer.afterStart !== undefined) await tell(server.url, peer.afterStart);
      return await work(server);
    } finally {
      await server.stop();
      if (directory !== undefined) {
        profiles.push(...readProfiles(directory));
        rmSync(directory, { recursive: true });
      }
    }
  };
}

async function tell(url: string, message: (client: RpcClient) => Promise<unknown>): Promise<void> {
  const client = new RpcClient(url);
  await message(client);
  client.close();
}

function commitName(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: PROJECT_DIRECTORY, encoding: 'utf8' }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
  } catch {
    return 'unknown commit';
  }
}

/** A run of everything may be kept; what is partial or quick is overwritten by the next one and not committed. */
function resultName(options: BenchOptions): string {
  if (options.name !== undefined) return options.name;
  const isPartial = options.only.length > 0 || options.peers.length > 0;
  if (options.profiles) return 'profile.tmp';
  return isPartial ? 'partial.tmp' : options.isQuick ? 'quick.tmp' : 'full';
}

/** Undefined, with the usage printed, for arguments that are wrong. */
function optionsOr(args: readonly string[]): BenchOptions | undefined {
  try {
    return parseOptions(args);
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    return undefined;
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOr(args);
  if (options === undefined) return 1;
  if (options.wantsHelp) {
    print(USAGE);
    print();
    for (const { name, says } of SUITES) print(`  ${name.padEnd(14)} ${says}`);
    return 0;
  }
  const suites = chooseSuites(options);
  const machine = describeMachine();
  const startedAt = new Date();
  const skipped: Skipped[] = [];
  const tables: Table[] = [];
  const profiles: CpuProfile[] = [];
  const figures: Record<string, number> = {};
  const context: SuiteContext = {
    isQuick: options.isQuick,
    isLong: options.isLong,
    rounds: options.rounds,
    transactionCount: options.transactionCount,
    peers: choosePeers(options, skipped),
    withServer: serverRunner(options, profiles),
    progress: (line) => print(`  ${line}`),
  };
  for (const { what, why } of skipped) print(`skipped ${what}: ${why}`);
  for (const suite of suites) {
    print(`${suite.name}: ${suite.says}`);
    const result = await suite.run(context);
    Object.assign(figures, result.figures);
    tables.push(...result.tables);
    if (options.profiles && profiles.length > 0)
      tables.push(profileTable(`Profile: ${suite.name}`, profiles.splice(0)));
  }
  const budgets = evaluateBudgets(figures);
  const results: Results = {
    version: 1,
    startedAt: startedAt.toISOString(),
    tookSeconds: (Date.now() - startedAt.getTime()) / 1000,
    commit: commitName(),
    arguments: args,
    rounds: options.rounds,
    machine,
    skipped,
    figures,
    budgets,
    tables,
  };
  const directory = join(PROJECT_DIRECTORY, 'bench', 'results');
  mkdirSync(directory, { recursive: true });
  const path = join(directory, resultName(options));
  writeFileSync(`${path}.json`, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(`${path}.md`, renderReport(results));
  print();
  for (const table of tables) print(renderTable(table));
  const isWhole = options.only.length === 0 && options.peers.length === 0 && !options.isQuick;
  print(renderTable(budgetTable(isWhole ? budgets : budgets.filter(({ verdict }) => verdict !== 'not measured'))));
  print(`Written to ${path}.md and .json`);
  const fails = ({ verdict, isStrict }: BudgetResult) =>
    isWhole ? verdict !== 'met' : isStrict === true && verdict === 'missed';
  return budgets.some(fails) ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  print(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 2;
}
