// A strict reader of Prometheus' text format: whatever a scraper could stumble over is an error here.

export interface ParsedFamily {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Value by the sample's name and its labels as they are written. */
  readonly samples: ReadonlyMap<string, number>;
}

const SAMPLE =
  /^([a-z_][a-z0-9_]*)(\{((?:[a-z_][a-z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf)$/;

function fail(message: string): never {
  throw new Error(`exposition: ${message}`);
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

/** Reads a whole exposition; throws at the first line that is not as the format wants it. */
export function parseExposition(text: string): ReadonlyMap<string, ParsedFamily> {
  if (!text.endsWith('\n')) fail('the last line has no end');
  const families = new Map<string, ParsedFamily>();
  let help: { name: string; text: string } | undefined;
  let open: { name: string; type: ParsedFamily['type']; samples: Map<string, number> } | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment !== null) {
      const [, keyword, name = '', rest = ''] = comment;
      if (keyword === 'HELP') {
        if (families.has(name) || rest === '') fail(`HELP of ${name} twice or empty`);
        help = { name, text: rest };
      } else {
        if (help?.name !== name) fail(`TYPE of ${name} without its HELP before`);
        if (rest !== 'counter' && rest !== 'gauge' && rest !== 'histogram') fail(`type ${rest}`);
        open = { name, type: rest, samples: new Map() };
        families.set(name, { type: rest, help: help.text, samples: open.samples });
      }
      continue;
    }
    const [, name = '', labels = '', inner = '', value = ''] =
      SAMPLE.exec(line) ?? fail(`line ${JSON.stringify(line)}`);
    if (open === undefined || !belongs(name, open)) fail(`sample ${name} outside its family`);
    if (inner.endsWith(',')) fail(`labels of ${line}`);
    if (open.samples.has(name + labels)) fail(`sample ${name}${labels} twice`);
    open.samples.set(name + labels, numberOf(value));
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

function belongs(name: string, { name: family, type }: { name: string; type: ParsedFamily['type'] }): boolean {
  if (type !== 'histogram') return name === family;
  return [`${family}_bucket`, `${family}_sum`, `${family}_count`].includes(name);
}

function checkFamily(name: string, { type, samples }: ParsedFamily): void {
  if ((type === 'counter') !== name.endsWith('_total')) fail(`${name} is a ${type}: only counters end in _total`);
  if (type === 'counter') for (const [key, value] of samples) if (!(value >= 0)) fail(`${key} is ${value}`);
  if (type === 'histogram') checkHistogram(name, samples);
}

/** Buckets rise, end with +Inf, and that is the count. */
function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  let former = { bound: Number.NEGATIVE_INFINITY, count: 0 };
  for (const [key, count] of samples) {
    const bucket = /^(.*)_bucket\{(.*?),?le="([^"]+)"\}$/.exec(key);
    if (bucket === null) continue;
    const [, family = '', labels = '', le = ''] = bucket;
    const bound = numberOf(le);
    if (family !== name || bound <= former.bound || count < former.count) fail(`bucket ${key}`);
    former = { bound, count };
    if (bound !== Number.POSITIVE_INFINITY) continue;
    if (samples.get(`${name}_count${labels === '' ? '' : `{${labels}}`}`) !== count)
      fail(`count of ${name}{${labels}}`);
    former = { bound: Number.NEGATIVE_INFINITY, count: 0 };
  }
}
