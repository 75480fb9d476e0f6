// The operator's settings: defaults → config.toml → environment → flags, checked in one place and frozen. Every value has
// its unit in its name, and a key that nobody reads is an error, so that a typing mistake cannot be silent.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MEMORY_MIB_DEFAULT, MEMORY_MIB_MAX, MEMORY_MIB_MIN } from '../node/memoryLimits.ts';
import { KEEP_BLOCKS_MIN } from '../node/state/stateStore.ts';
import { quote } from '../primitives/bytes.ts';
import { editDistance } from '../primitives/editDistance.ts';
import { ChainError, messageOf } from '../primitives/errors.ts';
import { lazyModule } from '../primitives/lazyModule.ts';

const toml = lazyModule<typeof import('smol-toml')>('smol-toml');

export interface Config {
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Browser origins that may call; `*` allows all. Dev chains allow localhost in any case. */
    readonly corsOrigins: readonly string[];
    /** Host headers that are answered beside localhost and IP addresses; `*` allows all. */
    readonly allowedHosts: readonly string[];
  };
  readonly state: {
    /** Keep the state of every block, or of the newest `keepBlocks` only. Chosen at init. */
    readonly mode: 'archive' | 'pruned';
    readonly keepBlocks: number;
  };
  readonly memory: {
    /** What the node aims to stay within: its caches, database and pool are sized by it. */
    readonly limitMebibytes: number;
  };
  readonly txpool: {
    /** Keep the pool over restarts, in a file of the home. */
    readonly isJournaled: boolean;
  };
  readonly metrics: {
    readonly enabled: boolean;
    readonly host: string;
    readonly port: number;
  };
  readonly disk: {
    /** The node stops when less is free on the disk of its database; 0 lets it run until writes fail. */
    readonly minFreeMegabytes: number;
  };
  readonly log: {
    readonly level: LogLevel;
    readonly format: 'text' | 'json';
  };
}

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Room for the database to put its newest writes in order when it is opened again: four times its write buffer, and more. */
export const DISK_MIN_FREE_MEGABYTES = 128;

/** One setting: where it stands in the file, its default, and how text or TOML becomes its value. */
interface Setting {
  readonly key: string;
  /** Its flag, where that is not `--` and the key. */
  readonly flag?: string;
  readonly fallback: unknown;
  readonly expected: string;
  read(value: unknown): unknown;
}

const oneOf = (names: readonly string[]) => (value: unknown) =>
  typeof value === 'string' && names.includes(value) ? value : undefined;

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.length > 0 ? value : undefined;
}

function wholeNumber(minimum: number, maximum: number): (value: unknown) => number | undefined {
  return (value) => {
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
    return typeof number === 'number' && Number.isInteger(number) && number >= minimum && number <= maximum
      ? number
      : undefined;
  };
}

/** By name, or by geth's number: 0 is silent, 3 info, 5 trace. */
function logLevel(value: unknown): LogLevel | undefined {
  const name = /^[0-5]$/.test(String(value)) ? LOG_LEVELS[Number(value)] : value;
  return LOG_LEVELS.find((level) => level === name);
}

function yesOrNo(value: unknown): boolean | undefined {
  return value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined;
}

function textList(value: unknown): string[] | undefined {
  if (typeof value === 'string') return value.split(',').filter((item) => item.length > 0);
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}

const SETTINGS: readonly Setting[] = [
  { key: 'http.addr', fallback: '127.0.0.1', expected: 'a host name or address', read: text },
  {
    key: 'http.port',
    fallback: 8545,
    expected: 'a port from 0 to 65535 (0 takes a free one)',
    read: wholeNumber(0, 65_535),
  },
  { key: 'http.corsdomain', fallback: [], expected: 'a list of origins', read: textList },
  { key: 'http.vhosts', fallback: [], expected: 'a list of host names', read: textList },
  { key: 'state.mode', fallback: 'archive', expected: '"archive" or "pruned"', read: oneOf(['archive', 'pruned']) },
  {
    key: 'state.keep_blocks',
    fallback: 1024,
    expected: `a whole number of at least ${KEEP_BLOCKS_MIN}`,
    read: wholeNumber(KEEP_BLOCKS_MIN, Number.MAX_SAFE_INTEGER),
  },
  { key: 'txpool.journal', fallback: true, expected: 'true or false', read: yesOrNo },
  { key: 'metrics.enabled', flag: '--metrics', fallback: false, expected: 'true or false', read: yesOrNo },
  { key: 'metrics.addr', fallback: '127.0.0.1', expected: 'a host name or address', read: text },
  {
    key: 'metrics.port',
    fallback: 6060,
    expected: 'a port from 0 to 65535 (0 takes a free one)',
    read: wholeNumber(0, 65_535),
  },
  {
    key: 'disk.min_free_mb',
    fallback: DISK_MIN_FREE_MEGABYTES,
    expected: 'a whole number of megabytes (0 turns the reserve off)',
    read: wholeNumber(0, 1_000_000_000),
  },
  {
    key: 'memory.limit_mib',
    flag: '--memory',
    fallback: MEMORY_MIB_DEFAULT,
    expected: `a whole number of MiB from ${MEMORY_MIB_MIN} to ${MEMORY_MIB_MAX}`,
    read: wholeNumber(MEMORY_MIB_MIN, MEMORY_MIB_MAX),
  },
  { key: 'log.level', fallback: 'info', expected: `one of ${LOG_LEVELS.join(', ')}`, read: logLevel },
  { key: 'log.format', fallback: 'text', expected: '"text" or "json"', read: oneOf(['text', 'json']) },
];

/** Every setting's key with its default. */
export const SETTING_DEFAULTS: ReadonlyMap<string, unknown> = new Map(
  SETTINGS.map(({ key, fallback }) => [key, fallback]),
);

/** `http.port` → `GNOMON_HTTP_PORT`. */
function environmentName(key: string): string {
  return `GNOMON_${key.replaceAll('.', '_').toUpperCase()}`;
}

/** The name among `names` that differs from `name` in the fewest characters, when it is close enough to be meant. */
function nearestName(name: string, names: readonly string[]): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const candidate of names) {
    const distance = editDistance(name, candidate);
    if (best === undefined || distance < best.distance) best = { name: candidate, distance };
  }
  return best !== undefined && best.distance <= 3 ? best.name : undefined;
}

function flatten(table: Record<string, unknown>, prefix = ''): [string, unknown][] {
  return Object.entries(table).flatMap(([name, value]): [string, unknown][] => {
    const isTable = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isTable ? flatten(value as Record<string, unknown>, `${prefix}${name}.`) : [[`${prefix}${name}`, value]];
  });
}

function readFile(path: string): [string, unknown][] {
  if (!existsSync(path)) return [];
  const { parse: parseToml, TomlError } = toml();
  try {
    return flatten(parseToml(readFileSync(path, 'utf8')) as Record<string, unknown>);
  } catch (error) {
    const where = error instanceof TomlError ? ` line ${error.line}` : '';
    throw new ChainError('INVALID_CONFIG', `${path}${where}: ${messageOf(error).split('\n')[0]}`);
  }
}

/** Tables of TOML have no prototype, so that text cannot be made of them. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null && !(value instanceof Date) ? 'a table' : quote(String(value));
}

function flagOf(key: string): string {
  return SETTINGS.find((setting) => setting.key === key)?.flag ?? `--${key}`;
}

function apply(values: Map<string, unknown>, key: string, raw: unknown, source: string): void {
  const setting = SETTINGS.find((candidate) => candidate.key === key);
  if (setting === undefined) {
    const keys = SETTINGS.map((candidate) => candidate.key);
    const near = nearestName(key, keys);
    throw new ChainError(
      'INVALID_CONFIG',
      `${source}: unknown setting ${quote(key)}${near === undefined ? `; known are ${keys.join(', ')}` : `; did you mean ${near}?`}`,
    );
  }
  const value = setting.read(raw);
  if (value === undefined) {
    throw new ChainError('INVALID_CONFIG', `${source}: ${key} must be ${setting.expected}, got ${describe(raw)}`);
  }
  values.set(key, value);
}

/**
 * Reads the settings of a home directory.
 *
 * @param flags settings given on the command line, by their key (`http.port`); undefined ones are ignored
 * @throws ChainError `INVALID_CONFIG` naming the source, the key, what was expected and what was got
 */
export function loadConfig(
  home: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, unknown>>,
): Config {
  const values = new Map(SETTINGS.map((setting) => [setting.key, setting.fallback]));
  const file = home === undefined ? undefined : join(home, 'config.toml');
  if (file !== undefined) for (const [key, value] of readFile(file)) apply(values, key, value, file);
  for (const { key } of SETTINGS) {
    const value = environment[environmentName(key)];
    if (value !== undefined) apply(values, key, value, environmentName(key));
  }
  for (const [key, value] of Object.entries(flags)) if (value !== undefined) apply(values, key, value, flagOf(key));
  const get = <Value>(key: string): Value => values.get(key) as Value;
  return Object.freeze({
    http: Object.freeze({
      host: get<string>('http.addr'),
      port: get<number>('http.port'),
      corsOrigins: get<string[]>('http.corsdomain'),
      allowedHosts: get<string[]>('http.vhosts'),
    }),
    state: Object.freeze({
      mode: get<'archive' | 'pruned'>('state.mode'),
      keepBlocks: get<number>('state.keep_blocks'),
    }),
    txpool: Object.freeze({ isJournaled: get<boolean>('txpool.journal') }),
    metrics: Object.freeze({
      enabled: get<boolean>('metrics.enabled'),
      host: get<string>('metrics.addr'),
      port: get<number>('metrics.port'),
    }),
    disk: Object.freeze({ minFreeMegabytes: get<number>('disk.min_free_mb') }),
    memory: Object.freeze({ limitMebibytes: get<number>('memory.limit_mib') }),
    log: Object.freeze({ level: get<LogLevel>('log.level'), format: get<'text' | 'json'>('log.format') }),
  });
}

/** The file that `gnomon init` writes: every setting with its default, explained. */
export function defaultConfigToml(state: Config['state']): string {
  return `# Settings of this node. Environment variables (GNOMON_HTTP_PORT …) and flags (--http.port …) win over this file.

[http]
addr = "127.0.0.1"        # JSON-RPC and WebSocket; 0.0.0.0 opens it to the network
port = 8545
corsdomain = []           # browser origins that may call, e.g. ["https://app.example"]
vhosts = []               # Host names that are answered beside localhost and IP addresses

[state]
mode = "${state.mode}"        # "archive" keeps the state of every block, "pruned" of the newest keep_blocks
keep_blocks = ${state.keepBlocks}

[txpool]
journal = true            # keep the pool over restarts, in the file txpool.journal of the home

[metrics]
enabled = false           # serve Prometheus metrics at http://addr:port/metrics
addr = "127.0.0.1"
port = 6060

[disk]
min_free_mb = ${DISK_MIN_FREE_MEGABYTES}        # the node stops, in good order, when less is free on the disk of its database

[memory]
limit_mib = ${MEMORY_MIB_DEFAULT}          # caches, database and pool are sized by it; from ${MEMORY_MIB_MIN} on

[log]
level = "info"            # silent, error, warn, info, debug, trace
format = "text"           # "text" for people, "json" for machines
`;
}

/** Where a node lives unless --home or GNOMON_HOME say otherwise. */
export function defaultHome(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['GNOMON_HOME'] ?? join(homedir(), '.gnomon');
}
