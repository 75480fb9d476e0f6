// Starts a server in its own process, waits for its first answer, and makes sure that it ends with the benchmark.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { RpcClient } from './rpcClient.ts';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
/** How often a starting server is asked: well below the shortest start that is measured. */
const START_POLL_MS = 2;
/** Enough to see why a server did not start. */
const OUTPUT_KEPT_CHARACTERS = 4_000;

export interface ServerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly workingDirectory?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** It runs in processes of its own, such as a script of npm: they form a group that is ended together. */
  readonly hasChildren?: boolean | undefined;
  readonly port: number;
}

export interface RunningServer {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to the first answer, in milliseconds. */
  readonly startMs: number;
  /** Ends the process, gently first; resolves when it is gone. */
  stop(): Promise<void>;
}

/** What runs, and how to signal it with all of its processes. */
const running = new Map<ChildProcess, (signal: NodeJS.Signals) => void>();

/** However the benchmark ends, short of being killed itself, no server outlives it. */
function killAll(): void {
  for (const signal of running.values()) signal('SIGKILL');
}

function signaller(child: ChildProcess, isGroup: boolean): (signal: NodeJS.Signals) => void {
  if (!isGroup) return (signal) => child.kill(signal);
  return (signal) => {
    try {
      process.kill(-(child.pid as number), signal);
    } catch {
      // The group has ended by itself.
    }
  };
}

process.on('exit', killAll);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.on(signal, () => process.exit(code));

/** A port that nothing listens on at present. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Settings of the shell must reach neither our server nor a peer. */
function environmentOf(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('GNOMON_') && !name.startsWith('npm_') && name !== 'NODE_OPTIONS',
  );
  return { ...Object.fromEntries(own), ...extra };
}

export async function startServer(server: ServerCommand): Promise<RunningServer> {
  const begunMs = performance.now();
  const child = spawn(server.command, server.args, {
    cwd: server.workingDirectory,
    env: environmentOf(server.environment),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: server.hasChildren === true,
  });
  running.set(child, signaller(child, server.hasChildren === true));
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-OUTPUT_KEPT_CHARACTERS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  child.once('close', (code, signal) => {
    running.delete(child);
    failure ??= `it ended with ${code ?? signal}`;
  });
  const url = `http://127.0.0.1:${server.port}`;
  for (;;) {
    if (failure !== undefined) throw new Error(`${server.name} did not start: ${failure}\n${output}`);
    if (await answers(url)) break;
    if (performance.now() - begunMs > START_TIMEOUT_MS) {
      running.get(child)?.('SIGKILL');
      throw new Error(`${server.name} did not answer within ${START_TIMEOUT_MS / 1000} s\n${output}`);
    }
    await pause(START_POLL_MS);
  }
  const startMs = performance.now() - begunMs;
  return { name: server.name, url, pid: child.pid as number, startMs, stop: () => stopChild(child) };
}

async function answers(url: string): Promise<boolean> {
  const client = new RpcClient(url);
  try {
    await client.call('eth_chainId');
    return true;
  } catch {
    return false;
  } finally {
    client.close();
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  const signal = running.get(child);
  if (signal === undefined) return;
  const closed = once(child, 'close');
  signal('SIGTERM');
  const timer = setTimeout(() => signal('SIGKILL'), STOP_TIMEOUT_MS);
  await closed;
  clearTimeout(timer);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
