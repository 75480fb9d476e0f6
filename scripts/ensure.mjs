// Makes a fresh clone ready to run: installs the locked dependencies and compiles to dist/ when either is missing or stale.
// `--build` compiles as well; `--stamp` only records that dist/ is fresh. Prints nothing when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = ['primitives', 'precompiles', 'genesis', 'node', 'rpc', 'cli', 'sdk', 'contracts'];
const lockfile = join(root, 'package-lock.json');
/** npm writes it at the end of every install. */
const installRecord = join(root, 'node_modules', '.package-lock.json');
const buildStamp = join(root, 'dist', '.built');
const MINIMUM_NODE = [20, 19];

function run(command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function newestMtimeMs(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  let newest = stat.mtimeMs;
  for (const name of readdirSync(path)) newest = Math.max(newest, newestMtimeMs(join(path, name)));
  return newest;
}

export function ensureInstalled() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])) {
    console.error(`Gnomon needs Node ${MINIMUM_NODE.join('.')} or later; this is ${process.versions.node}.`);
    process.exit(1);
  }
  if (existsSync(installRecord) && statSync(installRecord).mtimeMs >= statSync(lockfile).mtimeMs) return;
  console.error('Installing dependencies (npm ci) …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

function compile(project) {
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(root, project)]);
}

/** Compiles a tool that runs beside the product (`bench`, `fuzz`) to its own folder. */
export function compileTool(name) {
  compile(join(name, 'tsconfig.json'));
}

function stampBuild() {
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(buildStamp, '');
}

export function ensureBuilt() {
  const builtMs = existsSync(buildStamp) ? statSync(buildStamp).mtimeMs : 0;
  const inputs = [...sources, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) =>
    join(root, name),
  );
  if (inputs.every((path) => !existsSync(path) || newestMtimeMs(path) <= builtMs)) return;
  console.error('Compiling …');
  compile('tsconfig.build.json');
  stampBuild();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--stamp')) stampBuild();
  else {
    ensureInstalled();
    if (process.argv.includes('--build')) ensureBuilt();
  }
}
