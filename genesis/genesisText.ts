// From the text of a genesis file to JSON, without what JSON.parse loses in silence: digits of large integers, and all
// but the last of equal keys. Go's encoder writes big integers as bare JSON numbers, so real geth files have them.
import { refuse } from './genesisError.ts';

/** Mainnet's genesis file has 0.6 MB; a hundred times that bounds the memory that a hostile file takes. */
export const GENESIS_BYTES_MAX = 64 * 1024 * 1024;
/** A genesis file is 4 deep (alloc, account, storage, slot). */
export const GENESIS_DEPTH_MAX = 16;

const PUNCTUATION = /[{}[\],:"]/g;
/** Fifteen digits always fit a double exactly. */
const LONG_INTEGER = /^-?[1-9]\d{15,}$/;

/** An open object or list of the scanner; `keys` is absent for lists. */
interface Scope {
  readonly keys?: Set<string>;
  key: string;
  expectsKey: boolean;
}

/**
 * Parses the text of a genesis file. Integers of more than 15 digits become decimal strings, so that no digit is lost.
 * @throws ChainError `GENESIS_TOO_LARGE`, `GENESIS_INVALID_JSON`, `GENESIS_DUPLICATE_KEY`
 */
export function parseGenesisText(text: string): unknown {
  // Every UTF-16 unit is at least one byte of UTF-8, so this refuses before anything is copied.
  const bytes = text.length > GENESIS_BYTES_MAX ? text.length : Buffer.byteLength(text);
  if (bytes > GENESIS_BYTES_MAX)
    refuse('GENESIS_TOO_LARGE', '', `a file of at most ${GENESIS_BYTES_MAX} bytes`, `${bytes} bytes`);
  try {
    return JSON.parse(scan(text.startsWith('\uFEFF') ? text.slice(1) : text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuse('GENESIS_INVALID_JSON', '', 'JSON text', error.message);
  }
}

/** Walks over the tokens without a backtracking expression: a hostile string may be as long as the file. */
function scan(text: string): string {
  const out: string[] = [];
  const scopes: Scope[] = [];
  for (let offset = 0; offset < text.length; ) {
    const end = text[offset] === '"' ? stringEnd(text, offset) : plainEnd(text, offset);
    // An unterminated string: JSON.parse says where.
    if (end === undefined) return text;
    const token = text.slice(offset, end);
    out.push(token.startsWith('"') ? token : quoteLongInteger(token));
    track(scopes, token);
    offset = end;
  }
  return out.join('');
}

/** The offset after a string that starts at `offset`. */
function stringEnd(text: string, offset: number): number | undefined {
  for (let end = offset + 1; ; end++) {
    end = text.indexOf('"', end);
    if (end === -1) return undefined;
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
}

/** The offset after one punctuation mark, or after everything before the next one. */
function plainEnd(text: string, offset: number): number {
  PUNCTUATION.lastIndex = offset;
  const next = PUNCTUATION.exec(text)?.index ?? text.length;
  return next === offset ? offset + 1 : next;
}

function quoteLongInteger(token: string): string {
  const bare = token.trim();
  return LONG_INTEGER.test(bare) ? token.replace(bare, `"${bare}"`) : token;
}

function track(scopes: Scope[], token: string): void {
  const scope = scopes.at(-1);
  if (token === '{') open(scopes, { keys: new Set(), key: '', expectsKey: true });
  else if (token === '[') open(scopes, { key: '', expectsKey: false });
  else if (token === '}' || token === ']') scopes.pop();
  else if (token === ',' && scope?.keys !== undefined) scope.expectsKey = true;
  else if (token.startsWith('"') && scope?.keys !== undefined && scope.expectsKey) {
    const key: string = JSON.parse(token);
    const path = [...scopes.slice(0, -1).map((outer) => outer.key), key].filter((part) => part !== '').join('.');
    if (scope.keys.has(key)) refuse('GENESIS_DUPLICATE_KEY', path, 'each key once', key);
    scope.keys.add(key);
    scope.key = key;
    scope.expectsKey = false;
  }
}

function open(scopes: Scope[], scope: Scope): void {
  if (scopes.length >= GENESIS_DEPTH_MAX)
    refuse('GENESIS_TOO_LARGE', '', `at most ${GENESIS_DEPTH_MAX} levels of nesting`, 'more');
  scopes.push(scope);
}

/**
 * A deep-frozen copy of JSON data, so that later changes of the caller's object cannot reach the chain's rules.
 * @throws ChainError `GENESIS_TOO_LARGE` when nested too deep, `GENESIS_WRONG_TYPE` for what JSON cannot hold
 */
export function freezeJson(value: unknown, path: string, depth = 0): unknown {
  if (depth > GENESIS_DEPTH_MAX)
    refuse('GENESIS_TOO_LARGE', path, `at most ${GENESIS_DEPTH_MAX} levels of nesting`, 'more');
  if (Array.isArray(value))
    return Object.freeze(value.map((item, index) => freezeJson(item, `${path}.${index}`, depth + 1)));
  if (typeof value === 'object' && value !== null) {
    const copy: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      const frozen = freezeJson(item, `${path}.${key}`, depth + 1);
      Object.defineProperty(copy, key, { value: frozen, enumerable: true });
    }
    return Object.freeze(copy);
  }
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint')
    refuse('GENESIS_WRONG_TYPE', path, 'JSON data', typeof value);
  return value;
}
