// The rules of the house that no other tool holds.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const SOURCE = ['primitives', 'precompiles', 'genesis', 'node', 'rpc', 'cli', 'sdk'];

function filesBelow(directory: string, ending: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${directory}/${name}`);
}

const sources = SOURCE.flatMap((directory) => filesBelow(directory, '.ts'));
const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];

describe('sources', () => {
  it('have at most 400 lines a file, but for tables that are data', () => {
    const isData = (path: string) => path.endsWith('/abi.ts') || path.includes('/generated/');
    const long = sources.filter((path) => !isData(path) && read(path).split('\n').length > 401);
    expect(long).toEqual([]);
  });

  it('hold no left-overs', () => {
    const pattern = /\b(TODO|FIXME|XXX|HACK)\b|not implemented|@ts-ignore|@ts-nocheck|\bas any\b/i;
    expect(sources.filter((path) => pattern.test(read(path)))).toEqual([]);
  });

  it('keep clock and chance out of consensus code', () => {
    const consensus = ['precompiles', 'node/execution', 'node/state', 'node/block'].flatMap((d) =>
      filesBelow(d, '.ts'),
    );
    const pattern = /Date\.now|new Date|Math\.random|performance\.now|toLocale|localeCompare/;
    expect(consensus.filter((path) => pattern.test(read(path)))).toEqual([]);
  });

  it('read the environment on the command line only', () => {
    expect(sources.filter((path) => !path.startsWith('cli/') && /process\.env/.test(read(path)))).toEqual([]);
  });
});

describe('native contracts', () => {
  const folders = readdirSync(join(root, 'precompiles'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'framework')
    .map((entry) => entry.name);

  it.each(folders)('%s has a README and its rules', (folder) => {
    expect(existsSync(join(root, 'precompiles', folder, 'README.md'))).toBe(true);
    expect(existsSync(join(root, 'precompiles', folder, 'contract.ts'))).toBe(true);
  });

  it.each(folders.filter((folder) => existsSync(join(root, 'precompiles', folder, 'storage.ts'))))(
    '%s, which keeps state, has its ABI and Solidity interface',
    (folder) => {
      const files = readdirSync(join(root, 'precompiles', folder));
      expect(files).toContain('abi.ts');
      expect(files.filter((name) => /^I.*\.sol$/.test(name))).toHaveLength(1);
    },
  );
});

describe('documents', () => {
  it('name only files that exist in ARCHITECTURE', () => {
    const named =
      read('ARCHITECTURE.md').match(/\b(?:rpc|node|precompiles|primitives|genesis|cli|sdk)\/[\w/.-]*\.ts\b/g) ?? [];
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it.each([...documents, ...filesBelow('docs/spec', '.md')])('%s links only to what exists', (document) => {
    const folder = join(root, document, '..');
    const targets = [...read(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] as string);
    expect(targets.filter((target) => !existsSync(join(folder, target)))).toEqual([]);
  });

  it('justify every dependency and no other', () => {
    const { dependencies, peerDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const table = read('CONTRIBUTING.md').split('## Dependencies')[1]?.split('For development only')[0] ?? '';
    const justified = [...table.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
    expect(justified.sort()).toEqual([...Object.keys({ ...dependencies, ...peerDependencies })].sort());
  });

  it('pin every dependency exactly, and name no registry in the lockfile', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    for (const version of Object.values({ ...dependencies, ...devDependencies }))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });

  it('list every verb of the command in the README', () => {
    const help = execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), '--help'], { encoding: 'utf8' });
    const verbs = [...(help.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)].map(
      (match) => match[1] as string,
    );
    expect(verbs.length).toBeGreaterThan(8);
    const table = read('README.md').split('## The command')[1]?.split('## How')[0] ?? '';
    expect(verbs.filter((verb) => verb !== 'help' && !table.includes(`\`${verb}`))).toEqual([]);
  });
});

describe('the second opinion', () => {
  it('takes nothing of the execution that it judges, and is loaded by its own command alone', () => {
    const own = filesBelow('node/secondOpinion', '.ts');
    expect(own.length).toBeGreaterThan(5);
    expect(own.filter((path) => /from '[^']*\/execution\//.test(read(path)))).toEqual([]);
    const users = sources.filter((path) => !own.includes(path) && read(path).includes('/secondOpinion/'));
    expect(users).toEqual(['cli/commands/verify.ts']);
    const stock = /from '@ethereumjs\/(vm|block|mpt|statemanager|tx|rlp)'/;
    expect(sources.filter((path) => !own.includes(path) && stock.test(read(path)))).toEqual([]);
  });
});
