// `gnomon doctor` as an operator runs it: on nothing, on homes whole and damaged, beside nodes running and stopped.
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../cli/doctor/finding.ts';
import { gnomon, type RunningCommand, startGnomon, temporaryDirectories } from '../../helpers/gnomonCommand.ts';

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());

interface Diagnosis {
  readonly code: number | null;
  readonly verdict: string;
  /** Status and sentence by id, the last one of each. */
  readonly by: ReadonlyMap<string, Finding>;
}

async function diagnose(args: readonly string[], environment: Record<string, string> = {}): Promise<Diagnosis> {
  const { code, stdout, stderr } = await gnomon(['doctor', '--json', ...args], environment);
  expect(stderr).toBe('');
  const { verdict, findings } = JSON.parse(stdout) as { verdict: string; findings: Finding[] };
  for (const { id, status, advice } of findings)
    expect([id, advice !== undefined]).toEqual([id, status === 'warning' || status === 'broken']);
  return { code, verdict, by: new Map(findings.map((finding) => [finding.id, finding])) };
}

async function newHome(): Promise<string> {
  const home = join(directories.make(), 'home');
  expect((await gnomon(['init', '--home', home, '--chain-id', '4801'])).code).toBe(0);
  return home;
}

describe('gnomon doctor without a home', () => {
  it('looks at the rest, for people and for scripts', async () => {
    const nowhere = join(directories.make(), 'none');
    const { code, by } = await diagnose([], { GNOMON_HOME: nowhere, GNOMON_HTTP_PORT: '0' });
    expect(code).toBe(0);
    expect(by.get('home.genesis')).toMatchObject({ status: 'note', found: expect.stringContaining('holds no chain') });
    const people = await gnomon(['doctor'], { GNOMON_HOME: nowhere, GNOMON_HTTP_PORT: '0' });
    expect(people.stdout).toMatch(/^ok {2}machine\.node +Node \d+/m);
    expect(people.stdout).toMatch(/\n\n(Nothing is wrong|It works).*\n$/);
  });

  it('finds a home broken that was named and is not there', async () => {
    const { code, verdict, by } = await diagnose(['--home', join(directories.make(), 'none')]);
    expect([code, verdict]).toEqual([1, 'broken']);
    expect(by.get('home.genesis')?.advice).toContain('gnomon init');
  });

  it('finds a node broken that was named and does not answer', async () => {
    const { code, by } = await diagnose(['--rpc', 'http://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(by.get('node.running')).toMatchObject({ status: 'broken' });
  });

  it('tells of a port that something else holds', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { by } = await diagnose([], { GNOMON_HTTP_PORT: String(port), GNOMON_HOME: directories.make() });
    server.close();
    expect(by.get('ports.http')).toMatchObject({ status: 'warning', advice: expect.stringContaining('--http.port') });
  });
});

describe('gnomon doctor and a node', () => {
  let home: string;
  let node: RunningCommand;

  beforeAll(async () => {
    home = await newHome();
    node = await startGnomon(['start', '--home', home, '--http.port', '0']);
  });

  it('asks a running one, and knows whose database is locked', async () => {
    const { code, by } = await diagnose(['--home', home, '--rpc', node.url]);
    expect(code).toBe(0);
    expect(by.get('home.genesis')?.found).toMatch(/^chain 4801, spec hash 0x[0-9a-f]{64}$/);
    expect(by.get('home.database')).toMatchObject({ status: 'ok', found: 'a running node has the database open' });
    expect(by.get('node.running')).toMatchObject({ status: 'ok', found: expect.stringContaining('Gnomon/') });
    expect(by.get('node.head')).toMatchObject({ status: 'ok' });
  });

  it('warns where the database is locked and nobody answers', async () => {
    const { code, by } = await diagnose(['--home', home], { GNOMON_HTTP_PORT: '0' });
    expect(code).toBe(0);
    expect(by.get('home.database')).toMatchObject({ status: 'warning' });
  });

  it('tells a node of another chain apart', async () => {
    const { by } = await diagnose(['--home', await otherHome(), '--rpc', node.url]);
    expect(by.get('node.chain')?.found).toBe('it serves chain 4801, and this home holds chain 4802');
  });

  it('opens the database of a stopped one, and leaves it usable', async () => {
    await node.end('SIGTERM');
    for (let i = 0; i < 2; i++) {
      const { code, by } = await diagnose(['--home', home], { GNOMON_HTTP_PORT: '0' });
      expect(code).toBe(0);
      expect(by.get('home.database')?.found).toMatch(/^the database is whole; its newest block is \d+, of 20/);
    }
  });

  it('finds a damaged database broken, and says where to read on', async () => {
    const database = join(home, 'db');
    const manifest = readdirSync(database).find((name) => name.startsWith('MANIFEST')) ?? '';
    const bytes = readFileSync(join(database, manifest));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0xff;
    writeFileSync(join(database, manifest), bytes);
    const { code, by } = await diagnose(['--home', home], { GNOMON_HTTP_PORT: '0' });
    expect(code).toBe(1);
    expect(by.get('home.database')).toMatchObject({ status: 'broken', found: expect.stringContaining(database) });
  });

  async function otherHome(): Promise<string> {
    const other = join(directories.make(), 'home');
    await gnomon(['init', '--home', other, '--chain-id', '4802']);
    return other;
  }
});

describe('gnomon doctor and the files of a home', () => {
  it('warns of keys and a home that others may read, and says how to close them', async () => {
    const home = await newHome();
    const keystore = join(home, 'keystore');
    mkdirSync(keystore, { mode: 0o700 });
    writeFileSync(join(keystore, 'key'), '{}', { mode: 0o644 });
    chmodSync(home, 0o755);
    const { code, by } = await diagnose(['--home', home], { GNOMON_HTTP_PORT: '0' });
    expect(code).toBe(0);
    expect(by.get('home.permissions')).toMatchObject({ status: 'warning', advice: `chmod 700 ${home}` });
    expect(by.get('home.keystore')).toMatchObject({ status: 'warning', advice: `chmod 600 ${join(keystore, 'key')}` });
    expect(by.get('home.database')).toMatchObject({ status: 'note' });
  });

  it.each([
    ['config.toml', 'http.prot = 1\n', 'home.config', /unknown setting "http\.prot"; did you mean http\.port\?/],
    ['genesis.json', '{"config":', 'home.genesis', /genesis\.json/],
  ])('finds a wrong %s broken', async (file, text, id, words) => {
    const home = await newHome();
    writeFileSync(join(home, file), text);
    const { code, by } = await diagnose(['--home', home], { GNOMON_HTTP_PORT: '0' });
    expect(code).toBe(1);
    expect(by.get(id)).toMatchObject({ status: 'broken', found: expect.stringMatching(words) });
  });
});
