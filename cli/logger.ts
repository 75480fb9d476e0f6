// The node's log on standard error: one plain line for people, or JSON by pino for machines. What comes from outside (errors,
// method names, a contract's console) may be in any field and can neither end a line nor speak to a terminal.
import { writeSync } from 'node:fs';
import type { NodeLog } from '../node/node.ts';
import { messageOf } from '../primitives/errors.ts';
import type { Config, LogLevel } from './config.ts';
import { LOG_LEVELS } from './config.ts';
import { limitWarnings } from './logLimit.ts';

const STANDARD_ERROR = 2;
/** Enough for any message of ours; what is longer was made by somebody else. */
export const LOG_TEXT_MAX = 2_000;
/** Fields that hold secrets, should one ever be handed to a log. */
const SECRET_NAME = /private|password|passphrase|mnemonic|secret/i;
/** Control characters, line ends of Unicode, and marks that show nothing, such as those that turn the direction of text. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Detail of one event by field; units are in the names. */
export type LogDetail = Readonly<Record<string, unknown>>;

export interface LogSink {
  readonly nowMs: () => number;
  write(line: string): void;
}

/** The log that the settings ask for; repeated warnings are counted instead of repeated. */
export async function createLog({ level, format }: Config['log'], sink?: LogSink): Promise<NodeLog> {
  const { nowMs, write } = sink ?? { nowMs: () => Date.now(), write: writeToStandardError };
  const writing = new Writing(write);
  const log = format === 'text' ? textLog(level, nowMs, writing) : await jsonLog(level, nowMs, writing);
  writing.onRecovery = (lines) => log.warn('lines of this log could not be written', { lines });
  return limitWarnings(log, nowMs);
}

function writeToStandardError(line: string): void {
  try {
    writeSync(STANDARD_ERROR, line);
  } catch (error) {
    // A pipe whose reader is slow: Node waits for it.
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    process.stderr.write(line);
  }
}

/** A log that cannot be written is no reason to stop; once it can be again, it says what is missing. */
class Writing {
  readonly #write: (line: string) => void;
  #lostLines = 0;
  onRecovery: (lostLines: number) => void = () => undefined;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  line(line: string): void {
    try {
      this.#write(line);
    } catch {
      this.#lostLines++;
      return;
    }
    if (this.#lostLines === 0) return;
    const lost = this.#lostLines;
    this.#lostLines = 0;
    this.onRecovery(lost);
  }
}

function textLog(level: LogLevel, nowMs: () => number, writing: Writing): NodeLog {
  const loudness = LOG_LEVELS.indexOf(level);
  const writer = (name: LogLevel) => {
    if (LOG_LEVELS.indexOf(name) > loudness) return () => undefined;
    return (message: string, detail?: LogDetail) => {
      const time = new Date(nowMs()).toISOString().slice(11, 23);
      const pairs = Object.entries(plain(detail)).map(([key, value]) => ` ${key}=${fieldText(value)}`);
      writing.line(`${time} ${name.padEnd(5)} ${visible(message)}${pairs.join('')}\n`);
    };
  };
  return { info: writer('info'), warn: writer('warn'), error: writer('error') };
}

async function jsonLog(level: LogLevel, nowMs: () => number, writing: Writing): Promise<NodeLog> {
  const { pino } = await import('pino');
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date(nowMs()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, { write: (line) => writing.line(line) });
  return {
    info: (message, detail) => logger.info(plain(detail), visible(message)),
    warn: (message, detail) => logger.warn(plain(detail), visible(message)),
    error: (message, detail) => logger.error(plain(detail), visible(message)),
  };
}

/** Fields as both formats write them: texts, numbers and booleans, and nothing that is secret. */
function plain(detail: LogDetail = {}): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(detail)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [visible(key), SECRET_NAME.test(key) ? '[hidden]' : plainValue(value)]),
  );
}

function plainValue(value: unknown): string | number | boolean {
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
  if (typeof value === 'bigint' && BigInt.asIntN(53, value) === value) return Number(value);
  if (typeof value === 'string') return visible(value);
  return visible(value instanceof Error ? (value.stack ?? value.message) : textOf(value));
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? member.toString() : member));
  } catch (error) {
    return `[unreadable: ${messageOf(error)}]`;
  }
}

/** `text` with everything invisible written out, cut where it is too long. */
export function visible(text: string): string {
  const short = text.length <= LOG_TEXT_MAX ? text : `${text.slice(0, LOG_TEXT_MAX)}… (${text.length} characters)`;
  return short.replace(INVISIBLE, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

/** Quoted where it could be taken for more than one field. */
function fieldText(value: string | number | boolean): string {
  const text = String(value);
  return /[\s="]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}
