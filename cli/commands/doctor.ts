// `gnomon doctor`: looks at the machine, the cryptography and, if there is one, the home of a node, running or stopped, and
// says what is wrong and what to do.
import { existsSync } from 'node:fs';
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import type { Config } from '../config.ts';
import { checkCrypto } from '../doctor/crypto.ts';
import { broken, type Finding, type FindingStatus, note } from '../doctor/finding.ts';
import { checkConfig, checkDatabase, checkDisk, checkGenesis, checkPermissions } from '../doctor/homeChecks.ts';
import { checkMachine } from '../doctor/machine.ts';
import { checkPort, checkRunningNode, findRunningNode, localUrl, noNode, type RunningNode } from '../doctor/running.ts';
import { type Home, homeAt } from '../home.ts';
import { print, printJson } from '../output.ts';

export interface DoctorOptions {
  readonly home?: string;
  readonly rpc?: string;
  readonly json?: boolean;
}

/** Exit code 1 when something is broken, 0 otherwise. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const findings = [...(await checkMachine()), ...checkCrypto(), ...(await checkNode(options))];
  const verdict = verdictOf(findings);
  if (options.json === true) printJson({ verdict, findings });
  else report(findings, verdict);
  return verdict === 'broken' ? 1 : 0;
}

/** The home and what runs on it; without a home, what runs where a node would. */
async function checkNode(options: DoctorOptions): Promise<readonly Finding[]> {
  const home = homeAt(options.home);
  const hasHome = existsSync(home.genesisFile);
  const config = checkConfig(hasHome ? home.directory : undefined, process.env);
  const running = await findNode(options.rpc, config.thing);
  const genesis = hasHome ? checkGenesis(home) : { finding: missingHome(home, options.home) };
  const findings = [config.finding, genesis.finding];
  if (hasHome) findings.push(...(await checkHome(home, config.thing, genesis.thing, running)));
  return [...findings, ...(await checkService(options.rpc, config.thing, genesis.thing, running))];
}

function missingHome({ directory }: Home, named: string | undefined): Finding {
  const found = `${directory} holds no chain`;
  if (named === undefined) return note('home.genesis', `${found}; "gnomon dev" needs none`);
  return broken('home.genesis', found, `make one with "gnomon init --home ${directory}", or name another`);
}

async function findNode(rpc: string | undefined, config: Config | undefined): Promise<RunningNode | undefined> {
  const url = rpc ?? (config === undefined ? undefined : localUrl(config.http));
  return url === undefined ? undefined : findRunningNode(url);
}

async function checkHome(
  home: Home,
  config: Config | undefined,
  spec: ChainSpec | undefined,
  running: RunningNode | undefined,
): Promise<readonly Finding[]> {
  const findings = [...checkPermissions(home)];
  if (config === undefined) return findings;
  findings.push(checkDisk(home.directory, config.disk.minFreeMegabytes));
  if (spec !== undefined) findings.push(...(await checkDatabase(home, spec, config.state, running !== undefined)));
  return findings;
}

/** The node that answers, or the ports that one would want. */
async function checkService(
  rpc: string | undefined,
  config: Config | undefined,
  spec: ChainSpec | undefined,
  running: RunningNode | undefined,
): Promise<readonly Finding[]> {
  if (running !== undefined) return checkRunningNode(running, spec);
  if (rpc !== undefined)
    return [broken('node.running', `no node answers at ${rpc}`, 'start it, or name another with --rpc')];
  if (config === undefined) return [];
  const { http, metrics } = config;
  const findings = [noNode(localUrl(http)), await checkPort('ports.http', 'RPC', '--http', http.host, http.port)];
  if (metrics.enabled)
    findings.push(await checkPort('ports.metrics', 'metrics', '--metrics', metrics.host, metrics.port));
  return findings;
}

function verdictOf(findings: readonly Finding[]): FindingStatus {
  const statuses = new Set(findings.map(({ status }) => status));
  return statuses.has('broken') ? 'broken' : statuses.has('warning') ? 'warning' : 'ok';
}

const MARKS: Readonly<Record<FindingStatus, string>> = { ok: 'ok', note: '--', warning: '!!', broken: 'XX' };
const VERDICTS: Readonly<Record<FindingStatus, string>> = {
  ok: 'Nothing is wrong.',
  note: 'Nothing is wrong.',
  warning: 'It works, and could be better: see !! above.',
  broken: 'Something is broken: see XX above.',
};

function report(findings: readonly Finding[], verdict: FindingStatus): void {
  const width = Math.max(...findings.map(({ id }) => id.length));
  for (const { id, status, found, advice } of findings) {
    print(`${MARKS[status]}  ${id.padEnd(width)}  ${found}`);
    if (advice !== undefined) print(`${' '.repeat(width + 6)}→ ${advice}`);
  }
  print();
  print(VERDICTS[verdict]);
}
