// Damages JSON where it means something: a value becomes another, a member goes, appears twice or under another name.
import type { FuzzRandom } from './random.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const DEPTH_MAX = 40;

/** Values that parsers get wrong. */
const EDGE_VALUES: readonly Json[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  '',
  ' ',
  '0x',
  '0x0',
  '0x00',
  '0X1',
  '0xg',
  '-0x1',
  '0x-1',
  '1e3',
  '0x7fffffffffffffff',
  '0xffffffffffffffff',
  '0x10000000000000000',
  `0x${'f'.repeat(64)}`,
  `0x1${'0'.repeat(64)}`,
  `0x${'00'.repeat(20)}`,
  `0x${'00'.repeat(32)}`,
  'latest',
  'pending',
  'earliest',
  '__proto__',
  'constructor',
  '\ud800',
  '\u0000',
  '😀',
  [],
  {},
  [[]],
  { __proto__: null },
];
const EDGE_KEYS = ['__proto__', 'constructor', 'toString', 'length', '', '0', 'hasOwnProperty', 'value', 'type'];

/** The input with one value changed, or undefined when it is not JSON. */
export function mutateJson(random: FuzzRandom, input: Uint8Array): Uint8Array | undefined {
  let json: Json;
  try {
    json = JSON.parse(new TextDecoder().decode(input)) as Json;
  } catch {
    return undefined;
  }
  return new TextEncoder().encode(JSON.stringify(change(random, json, 0)));
}

function change(random: FuzzRandom, json: Json, depth: number): Json {
  if (typeof json !== 'object' || json === null || depth > DEPTH_MAX) return changeValue(random, json);
  if (random.chance(0.08)) return changeValue(random, json);
  return Array.isArray(json) ? changeList(random, json, depth) : changeObject(random, json, depth);
}

function changeList(random: FuzzRandom, list: Json[], depth: number): Json {
  const at = random.below(list.length + 1);
  const member = list[at];
  if (member === undefined) return [...list, random.pick(EDGE_VALUES)];
  if (random.chance(0.7)) return list.with(at, change(random, member, depth + 1));
  return random.chance(0.5) ? list.toSpliced(at, 1) : list.toSpliced(at, 0, member);
}

function changeObject(random: FuzzRandom, object: { [key: string]: Json }, depth: number): Json {
  const entries = Object.entries(object);
  const at = random.below(entries.length + 1);
  const entry = entries[at];
  if (entry === undefined) return fromEntries([...entries, [random.pick(EDGE_KEYS), random.pick(EDGE_VALUES)]]);
  const [key, value] = entry;
  if (random.chance(0.75)) return fromEntries(entries.with(at, [key, change(random, value, depth + 1)]));
  if (random.chance(0.5)) return fromEntries(entries.toSpliced(at, 1));
  const other = entries[random.below(entries.length)] ?? entry;
  return fromEntries(entries.with(at, random.chance(0.5) ? [key, other[1]] : [random.pick(EDGE_KEYS), value]));
}

/** As JSON.parse makes them: `__proto__` is a key like any other. */
function fromEntries(entries: readonly (readonly [string, Json])[]): Json {
  const object: { [key: string]: Json } = {};
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

function changeValue(random: FuzzRandom, json: Json): Json {
  if (random.chance(0.4)) return random.pick(EDGE_VALUES);
  if (typeof json === 'number') return random.pick([json + 1, -json, json * 2 ** 32, json / 2, String(json)]);
  if (typeof json !== 'string') return [json];
  const at = random.below(json.length + 1);
  switch (random.below(6)) {
    case 0:
      return json.slice(0, at);
    case 1:
      return json.slice(0, at) + random.pick(['0', '00', 'f', 'F', 'g', ' ', '"', '\\', '\ud800']) + json.slice(at);
    case 2:
      return json.toUpperCase();
    case 3:
      return json + json.slice(-random.smallLength(64));
    case 4:
      return Number.isSafeInteger(Number(json)) ? Number(json) : `0x${json}`;
    default:
      return json.slice(0, at) + json.slice(at + 1);
  }
}
