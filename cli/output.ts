// What the command line prints: results on standard output, everything else on standard error.
import { ChainError } from '../primitives/errors.ts';

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? member.toString() : member), 2));
}

/** Rows of two columns, aligned. */
export function printTable(rows: readonly (readonly [string, string])[]): void {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  for (const [name, value] of rows) print(`${name.padEnd(width)}  ${value}`);
}

/** Shows a failure to a person: what is wrong and what to do, with the stack only when it is a bug of ours. */
export function printFailure(error: unknown): void {
  if (error instanceof ChainError) process.stderr.write(`gnomon: ${error.message}\n`);
  else if (isSystemError(error)) process.stderr.write(`gnomon: ${systemMessage(error)}\n`);
  else process.stderr.write(`gnomon: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}

interface SystemError extends Error {
  readonly code: string;
  readonly path?: string;
  readonly syscall?: string;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && typeof (error as Partial<SystemError>).syscall === 'string';
}

function systemMessage({ code, path, message }: SystemError): string {
  const what = path === undefined ? '' : ` ${path}`;
  switch (code) {
    case 'ENOENT':
      return `no such file or directory:${what}`;
    case 'EACCES':
    case 'EPERM':
      return `permission denied:${what}; check who owns it and its mode`;
    case 'EISDIR':
      return `this is a directory, and a file was expected:${what}`;
    case 'EEXIST':
      return `there already:${what}; nothing was overwritten`;
    case 'ENOSPC':
      return `no space left on the disk${what === '' ? '' : ` of${what}`}; free some space and run the command again`;
    default:
      return message;
  }
}

/** A line that is drawn again while long work goes on; silent where standard error is no terminal. */
export interface Progress {
  update(done: bigint | number, detail?: string): void;
  finish(): void;
}

/** Draws no more often than this. */
const REDRAW_MS = 100;

export function progressLine(what: string, total: bigint | number | undefined): Progress {
  if (!process.stderr.isTTY) return { update: () => undefined, finish: () => undefined };
  let drawnAtMs = 0;
  const draw = (done: bigint | number, detail: string) => {
    const share = total === undefined || Number(total) === 0 ? '' : ` ${bar(Number(done) / Number(total))}`;
    const of = total === undefined ? '' : ` / ${total}`;
    process.stderr.write(`\r\x1b[K${what}${share} ${done}${of}${detail === '' ? '' : `  ${detail}`}`);
  };
  return {
    update(done, detail = '') {
      const nowMs = performance.now();
      if (nowMs - drawnAtMs < REDRAW_MS) return;
      drawnAtMs = nowMs;
      draw(done, detail);
    },
    finish() {
      process.stderr.write('\r\x1b[K');
    },
  };
}

function bar(share: number): string {
  const cells = 24;
  const full = Math.min(cells, Math.round(share * cells));
  return `[${'█'.repeat(full)}${' '.repeat(cells - full)}]`;
}
