// docs/spec/rpc.md names exactly what the server has.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RPC_CODES } from '../../rpc/errors.ts';
import { Filters } from '../../rpc/filters.ts';
import { RPC_LIMITS } from '../../rpc/limits.ts';
import { buildMethods } from '../../rpc/methods/registry.ts';
import { TestNode } from './support/testNode.ts';

const text = readFileSync(new URL('../../docs/spec/rpc.md', import.meta.url), 'utf8');
const [everywhere = '', devOnly = ''] = text.slice(text.indexOf('## Methods')).split('On dev chains only');
const tableOf = (section: string): string => section.slice(0, section.search(/\n\n[^|\n]*\n*$|\nNot in this version/));

function namesIn(section: string): string[] {
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .flatMap((line) => {
      const names = [...(line.split('|')[2] ?? '').matchAll(/`([A-Za-z0-9_]+)`/g)].map(([, name]) => name ?? '');
      return line.includes('under both prefixes')
        ? names.flatMap((name) => [`anvil_${name}`, `hardhat_${name}`])
        : names;
    });
}

function methodsOf(dev: boolean): string[] {
  const node = new TestNode({ dev });
  const log = { info: () => undefined, warn: () => undefined };
  const filters = new Filters(node, RPC_LIMITS, () => 0);
  return Object.keys(buildMethods({ node, limits: RPC_LIMITS, filters, log })).sort();
}

describe('docs/spec/rpc.md', () => {
  const common = namesIn(everywhere);
  const dev = namesIn(tableOf(devOnly));
  test('names the methods of every chain', () => {
    expect([...common].sort()).toEqual(methodsOf(false));
  });
  test('names those of dev chains', () => {
    expect([...common, ...dev].sort()).toEqual(methodsOf(true));
  });
  test('names every limit', () => {
    const table = text.slice(text.indexOf('## Limits'), text.indexOf('## Errors'));
    expect([...table.matchAll(/`([a-z][A-Za-z]+(?:Max|Ms))`/g)].map(([, name]) => name).sort()).toEqual(
      Object.keys(RPC_LIMITS).sort(),
    );
  });
  test('names every code that is in use', () => {
    const table = text.slice(text.indexOf('## Errors'));
    const documented = [...table.matchAll(/^\| (-?\d+) \|/gm)].map(([, code]) => Number(code));
    expect(documented.sort()).toEqual(Object.values(RPC_CODES).sort());
  });
});
