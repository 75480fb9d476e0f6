// The node's log on standard error: one plain line for people, or JSON by pino for machines.
import { writeSync } from 'node:fs';
import type { Logger } from 'pino';
import type { NodeLog } from '../node/node.ts';
import type { Config, LogLevel } from './config.ts';
import { LOG_LEVELS } from './config.ts';

const STANDARD_ERROR = 2;

/** Lines that could not be written, since the disk of the log was full or its reader gone. */
let lostLines = 0;

/** A log that cannot be written is no reason to stop; once it can be again, it says what is missing. */
function writeLine(line: string): void {
  try {
    if (lostLines > 0) {
      writeSync(STANDARD_ERROR, `${lostLines} lines of this log were lost: they could not be written\n`);
      lostLines = 0;
    }
    writeSync(STANDARD_ERROR, line);
  } catch (error) {
    // A pipe whose reader is slow: Node waits for it.
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') process.stderr.write(line);
    else lostLines++;
  }
}

function textLog(level: LogLevel): NodeLog {
  const loudness = LOG_LEVELS.indexOf(level);
  const writer = (name: LogLevel) => {
    if (LOG_LEVELS.indexOf(name) > loudness) return () => undefined;
    return (message: string, detail?: Readonly<Record<string, unknown>>) => {
      const time = new Date().toISOString().slice(11, 23);
      const pairs = Object.entries(detail ?? {}).map(([key, value]) => ` ${key}=${String(value)}`);
      writeLine(`${time} ${name.padEnd(5)} ${message}${pairs.join('')}\n`);
    };
  };
  return { info: writer('info'), warn: writer('warn'), error: writer('error') };
}

function jsonLog(logger: Logger): NodeLog {
  const plain = (detail: Readonly<Record<string, unknown>> = {}) =>
    Object.fromEntries(
      Object.entries(detail).map(([key, value]) => [key, typeof value === 'bigint' ? value.toString() : value]),
    );
  return {
    info: (message, detail) => logger.info(plain(detail), message),
    warn: (message, detail) => logger.warn(plain(detail), message),
    error: (message, detail) => logger.error(plain(detail), message),
  };
}

export async function createLog({ level, format }: Config['log']): Promise<NodeLog> {
  if (format === 'text') return textLog(level);
  const { pino } = await import('pino');
  return jsonLog(pino({ level, base: null }, { write: writeLine }));
}
