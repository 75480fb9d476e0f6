// Checks of the machine: Node, memory, open files, clock, and tools that some verbs use.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { promisify } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { RPC_LIMITS } from '../../rpc/limits.ts';
import { broken, type Finding, note, ok, warning } from './finding.ts';

/** package.json, `engines`. */
const NODE_MINIMUM = [20, 19] as const;
const MEBIBYTE = 2 ** 20;
/** A node of a million accounts and 100,000 blocks stays below it. */
const MEMORY_MIN_MEBIBYTES = 1_024;
/** LevelDB keeps up to a thousand table files open; the rest is for sockets, files of the program and its threads. */
const DATABASE_FILES = 1_000;
const OPEN_FILES_MIN = DATABASE_FILES + RPC_LIMITS.connectionsMax + 100;
/** No clock that is right shows an earlier time: the first release is later (2026-01-01). */
const CLOCK_MIN_MS = 1_767_225_600_000;
/** A tool that does not tell its version by then hangs. */
const TOOL_TIMEOUT_MS = 5_000;

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > NODE_MINIMUM[0] || (major === NODE_MINIMUM[0] && minor >= NODE_MINIMUM[1]);
  if (isEnough) return ok('machine.node', `Node ${version}`);
  const wanted = NODE_MINIMUM.join('.');
  return broken('machine.node', `Node ${version} is too old`, `install Node ${wanted} or later`);
}

/**
 * @param limitBytes what the process may use: the machine's memory, or less in a container
 * @param heapBytes what V8 allows for JavaScript
 */
export function checkMemory(limitBytes: number, heapBytes: number): Finding {
  const [limit, heap] = [limitBytes, heapBytes].map((bytes) => Math.floor(bytes / MEBIBYTE)) as [number, number];
  const found = `${limit} MiB of memory, ${heap} MiB of them for JavaScript`;
  if (limit < MEMORY_MIN_MEBIBYTES)
    return warning('machine.memory', found, `give the node at least ${MEMORY_MIN_MEBIBYTES} MiB`);
  if (heap < MEMORY_MIN_MEBIBYTES / 2)
    return warning('machine.memory', found, 'raise --max-old-space-size in NODE_OPTIONS, or remove it from there');
  return ok('machine.memory', found);
}

/** @param limits the text of /proc/self/limits; undefined where the system has none */
export function checkOpenFiles(limits: string | undefined): Finding {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits ?? '')?.[1];
  if (soft === undefined) return note('machine.open_files', 'this system does not tell how many files may be open');
  if (soft === 'unlimited' || Number(soft) >= OPEN_FILES_MIN) return ok('machine.open_files', `${soft} open files`);
  return warning(
    'machine.open_files',
    `at most ${soft} open files`,
    `allow ${OPEN_FILES_MIN} or more (ulimit -n, or LimitNOFILE= of systemd), or the RPC refuses connections under load`,
  );
}

export function checkClock(nowMs: number): Finding {
  const now = new Date(nowMs).toISOString();
  if (nowMs >= CLOCK_MIN_MS) return ok('machine.clock', `the clock says ${now}`);
  return broken('machine.clock', `the clock says ${now}, which is in the past`, 'set it, and run NTP');
}

/** Tools that are only used by some verbs or by nobody but benchmarks: their absence is no fault. */
export async function checkTools(environment: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const cometbft = environment['COMETBFT'] ?? 'cometbft';
  return Promise.all([
    checkTool('tools.cometbft', 'CometBFT', cometbft, ['version'], 'networks of more than one validator'),
    checkTool('tools.go', 'Go', 'go', ['version'], 'building CometBFT'),
  ]);
}

async function checkTool(id: string, name: string, command: string, args: string[], use: string): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { timeout: TOOL_TIMEOUT_MS });
    return ok(id, `${name}: ${stdout.trim().split('\n', 1)[0]}`);
  } catch {
    return note(id, `${name} is not there; it is needed for ${use} only`);
  }
}

export async function checkMachine(): Promise<readonly Finding[]> {
  const limits = '/proc/self/limits';
  // 0 and numbers beyond the machine's memory both mean that nothing limits the process.
  const constrained = process.constrainedMemory?.() ?? 0;
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return [
    checkNode(process.versions.node),
    checkMemory(memory, getHeapStatistics().heap_size_limit),
    checkOpenFiles(existsSync(limits) ? readFileSync(limits, 'utf8') : undefined),
    checkClock(Date.now()),
    ...(await checkTools(process.env)),
  ];
}
