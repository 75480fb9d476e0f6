// docs/operate.md says what the program says: settings with their defaults, and the sentences of errors.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SETTING_DEFAULTS } from '../../cli/config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(root, 'docs/operate.md'), 'utf8');

function sources(): string {
  return ['cli', 'rpc', 'node', 'genesis']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, String(name))),
    )
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}

describe('docs/operate.md', () => {
  it('lists every setting with its environment variable and default', () => {
    const rows = [...text.matchAll(/^\| `([a-z_.]+)` \| `(GNOMON_\w+)` \| .* \| (?:`([^`]+)`|none) \|$/gm)].map(
      ([, key = '', variable = '', fallback = '']) => [key, variable, fallback],
    );
    const expected = [...SETTING_DEFAULTS].map(([key, fallback]) => [
      key,
      `GNOMON_${key.replaceAll('.', '_').toUpperCase()}`,
      String(fallback),
    ]);
    expect(rows.sort()).toEqual(expected.sort());
  });

  it('quotes errors in the words of the program', () => {
    const all = sources();
    const table = text.slice(text.indexOf('## What an error at start means'));
    const quotes = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) => [
      ...cell.matchAll(/`([^`]+)`/g),
    ]);
    expect(quotes.length).toBeGreaterThan(12);
    for (const [, quote = ''] of quotes)
      for (const part of quote.split('…').map((piece) => piece.trim()))
        expect([quote, part, all.includes(part)]).toEqual([quote, part, true]);
  });
});
