// Every way in which a genesis file can be refused. Messages name the place in the file, what was expected and what stood there.
import { quote } from '../primitives/bytes.ts';
import { editDistance } from '../primitives/editDistance.ts';
import { ChainError } from '../primitives/errors.ts';

export type GenesisErrorCode =
  /** The text is not JSON. */
  | 'GENESIS_INVALID_JSON'
  /** The file, or a list in it, exceeds a limit of this node. */
  | 'GENESIS_TOO_LARGE'
  /** A required field is absent. */
  | 'GENESIS_MISSING_FIELD'
  /** A field holds another JSON type than it must. */
  | 'GENESIS_WRONG_TYPE'
  /** A field holds something that is not a whole number in decimal or 0x-hex. */
  | 'GENESIS_INVALID_NUMBER'
  /** A number is negative or above its limit. */
  | 'GENESIS_NUMBER_OUT_OF_RANGE'
  /** A field holds something that is not hex of the right length. */
  | 'GENESIS_INVALID_HEX'
  /** One key, account or slot is given twice, perhaps in another spelling. */
  | 'GENESIS_DUPLICATE_KEY'
  /** A field that this node does not know and must not ignore. */
  | 'GENESIS_UNKNOWN_FIELD'
  /** Forks are out of order, or one is missing before a later one. */
  | 'GENESIS_FORK_ORDER'
  /** Rules that exist elsewhere and that this node does not execute. */
  | 'GENESIS_UNSUPPORTED'
  /** A value that is well formed but against the rules of its field. */
  | 'GENESIS_INVALID_RULE'
  /** The alloc gives an account that the chain itself must own another content. */
  | 'GENESIS_ACCOUNT_CONFLICT';

export type GenesisError = ChainError<GenesisErrorCode>;

/** Refuses a genesis file. `path` is the place in the file, as `alloc.0xabc….balance`. */
export function refuse(code: GenesisErrorCode, path: string, expected: string, got: unknown, advice = ''): never {
  const where = path === '' ? 'genesis' : `genesis ${path}`;
  const found = describe(got);
  const message = `${where}: expected ${expected}, got ${found}${advice === '' ? '' : `. ${advice}`}`;
  throw new ChainError(code, message, { path, expected, got: found });
}

function describe(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : 'an object';
}

/** Names longer than this are not compared: no field of ours is. */
const COMPARED_NAME_LENGTH_MAX = 64;

/** Advice naming the known name nearest to `name`, or all of them when there are few. */
export function nearestName(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'None is known here';
  const list = known.length <= 12 ? `Known: ${known.join(', ')}` : '';
  if (name.length > COMPARED_NAME_LENGTH_MAX) return list;
  let best = '';
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  if (bestDistance > Math.max(2, Math.floor(name.length / 3))) return list;
  return `Did you mean ${JSON.stringify(best)}?`;
}
