// The compiled `gnomon` command as other programs see it: a process with arguments, output, signals and an exit code.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Settings of the shell that runs the tests must not reach the command. */
function cleanEnvironment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('GNOMON_') && name !== 'NODE_OPTIONS');
  return { ...Object.fromEntries(own), ...extra };
}

function spawnGnomon(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  standardError: 'pipe' | number = 'pipe',
): ChildProcess {
  if (!existsSync(COMMAND)) throw new Error('dist/ is missing: run "node scripts/ensure.mjs --build" first');
  return spawn(process.execPath, [COMMAND, ...args], {
    env: cleanEnvironment(environment),
    stdio: ['ignore', 'pipe', standardError],
  });
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longest that a verb which ends by itself may take. */
const RUN_TIMEOUT_MS = 40_000;

/** Runs a verb to its end. */
export async function gnomon(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  timeoutMs = RUN_TIMEOUT_MS,
): Promise<CommandResult> {
  const child = spawnGnomon(args, environment);
  const output = collect(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  return { code, ...output() };
}

function collect(child: ChildProcess): () => { stdout: string; stderr: string } {
  const parts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    parts.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    parts.stderr += chunk.toString();
  });
  return () => ({ ...parts });
}

export interface RunningCommand {
  readonly url: string;
  readonly pid: number;
  /** Resolves when it ends by itself. */
  readonly ended: Promise<{ readonly code: number | null }>;
  output(): { stdout: string; stderr: string };
  /** Sends the signal and resolves with the exit code (null when a signal ended it) and the time it took. */
  end(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<{ code: number | null; milliseconds: number }>;
}

/** Where `dev` prints its address, and where the log of `start` has it. */
const ADDRESS_PATTERN = /http["\s:=]+"?(http:\/\/[\d.]+:\d+)/i;

/** Starts a verb that serves, and resolves once it says where. `standardError` may be an open file. */
export async function startGnomon(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  standardError: 'pipe' | number = 'pipe',
): Promise<RunningCommand> {
  const child = spawnGnomon(args, environment, standardError);
  const output = collect(child);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const { stdout, stderr } = output();
      const found = ADDRESS_PATTERN.exec(stdout) ?? ADDRESS_PATTERN.exec(stderr);
      if (found?.[1] !== undefined) resolve(found[1]);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    void closed.then(([code]) => reject(new Error(`gnomon ended with ${code}: ${output().stderr}`)));
  });
  return {
    url,
    pid: child.pid as number,
    ended: closed.then(([code]) => ({ code })),
    output,
    async end(signal) {
      const begun = performance.now();
      child.kill(signal);
      const [code] = await closed;
      return { code, milliseconds: performance.now() - begun };
    },
  };
}

/** A directory that is gone after the tests; give `cleanUp` to afterAll. */
export function temporaryDirectories(): { make(): string; cleanUp(): void } {
  const made: string[] = [];
  return {
    make() {
      const directory = mkdtempSync(join(tmpdir(), 'gnomon-test-'));
      made.push(directory);
      return directory;
    },
    cleanUp() {
      for (const directory of made) rmSync(directory, { recursive: true, force: true });
    },
  };
}
