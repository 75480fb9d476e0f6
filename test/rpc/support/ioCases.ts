// The .io cases of execution-apis and the rule by which hive compares them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Exchange {
  readonly request: string;
  readonly response: Record<string, unknown>;
}

export interface IoCase {
  /** `eth_call/call-contract` */
  readonly name: string;
  readonly method: string;
  /** Only the shape of the answer is compared. */
  readonly isSpecOnly: boolean;
  readonly exchanges: readonly Exchange[];
}

/** `>>` lines are requests, `<<` their answers, `//` comments. */
export function parseIoCase(name: string, text: string): IoCase {
  const exchanges: Exchange[] = [];
  let request: string | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('>> ')) request = line.slice(3);
    if (line.startsWith('<< ') && request !== undefined)
      exchanges.push({ request, response: JSON.parse(line.slice(3)) as Record<string, unknown> });
  }
  return { name, method: name.split('/')[0] ?? '', isSpecOnly: /^\/\/ *speconly:/m.test(text), exchanges };
}

/** All cases of a folder, in the order in which hive runs them. */
export function readIoCases(folder: string): IoCase[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .flatMap((method) =>
      readdirSync(join(folder, method))
        .filter((file) => file.endsWith('.io'))
        .sort()
        .map((file) => parseIoCase(`${method}/${file.slice(0, -3)}`, readFileSync(join(folder, method, file), 'utf8'))),
    );
}

/** Takes out `error.message` at any depth: clients word errors differently. */
export function redactErrors(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redactErrors);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const isError = key === 'error' && typeof member === 'object' && member !== null && 'message' in member;
      return [key, redactErrors(isError ? { ...member, message: '' } : member)];
    }),
  );
}

/** Members that the schema of execution-apis does not require. */
const OPTIONAL_MEMBERS: ReadonlySet<string> = new Set(['deleteStrategy']);

/** Where `got` has another shape than `expected`, or undefined. Maps (keys that are addresses or numbers) compare by member. */
export function shapeDifference(expected: unknown, got: unknown, at = 'answer'): string | undefined {
  if (kindOf(expected) !== kindOf(got)) return `${at}: expected ${kindOf(expected)}, got ${kindOf(got)}`;
  if (Array.isArray(expected) && Array.isArray(got)) {
    if (expected.length === 0 || got.length === 0) return undefined;
    return got.map((member, index) => shapeDifference(expected[0], member, `${at}[${index}]`)).find((one) => one);
  }
  if (typeof expected !== 'object' || expected === null) return undefined;
  const [want, have] = [expected as Record<string, unknown>, got as Record<string, unknown>];
  if (Object.keys({ ...want, ...have }).every((key) => /^(0x[0-9a-fA-F]{40}|[0-9]+)$/.test(key))) return undefined;
  for (const key of Object.keys(want))
    if (!(key in have) && !OPTIONAL_MEMBERS.has(key)) return `${at}.${key} is missing`;
  for (const [key, member] of Object.entries(have)) {
    if (!(key in want)) return `${at}.${key} is not expected`;
    const difference = shapeDifference(want[key], member, `${at}.${key}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return /^0x[0-9a-fA-F]*$/.test(value) ? 'hex' : 'text';
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}
