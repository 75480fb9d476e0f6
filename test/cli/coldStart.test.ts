// What a node loads before its first answer. A library that only some work needs must not stand among the static imports of
// `gnomon dev`: each costs every start its time, whether or not it is used. (How long a start takes is measured in bench/.)
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** `import … from '…'` and `export … from '…'` that are there at run time; a dynamic `import()` is not one. */
const STATIC_IMPORT = /^(?:import|export)\s+(?!type\b)(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
/** `import { type A, type B } from` is erased as a whole (verbatimModuleSyntax keeps it only where a value is named). */
const ONLY_TYPES = /^import\s+\{(?:\s*type\s+\w+(?:\s+as\s+\w+)?\s*,?)+\s*\}/;

/** Every package and file that loading `entry` loads, files relative to the project. */
function staticGraph(entry: string): { readonly files: ReadonlySet<string>; readonly packages: ReadonlySet<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const open = [join(root, entry)];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(relative(root, file))) continue;
    files.add(relative(root, file));
    for (const [statement, name = ''] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
      if (ONLY_TYPES.test(statement) || name.startsWith('node:')) continue;
      if (name.startsWith('.')) open.push(resolve(dirname(file), name));
      else packages.add(name);
    }
  }
  return { files, packages };
}

describe('the static imports of a start', () => {
  it('of a running node hold small libraries alone, and of refusing to run none of the node', () => {
    const { files, packages } = staticGraph('cli/runNode.ts');
    expect(['abitype', 'json-rpc-2.0']).toEqual(expect.arrayContaining([...packages]));
    expect(files).toContain('node/node.ts');
    expect(files).toContain('rpc/server.ts');
    expect(files).not.toContain('node/execution/evmHost.ts');
    expect(files).not.toContain('node/state/levelDatabase.ts');
    const refusing = staticGraph('cli/commands/dev.ts').files;
    for (const file of ['node/node.ts', 'rpc/server.ts', 'node/state/levelDatabase.ts'])
      expect(refusing).not.toContain(file);
  });

  it('of the command itself hold the parser of its arguments and nothing of the chain', () => {
    const { files, packages } = staticGraph('cli/main.ts');
    expect([...packages]).toEqual(['commander']);
    expect([...files].filter((file) => !file.startsWith('cli/')).sort()).toEqual(['primitives/errors.ts']);
  });
});
