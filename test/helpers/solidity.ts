// Compiles the project's Solidity with solc from npm. The result is kept under dist-solidity/, by the hash of what went in.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Abi } from 'abitype';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'dist-solidity');

export interface CompiledContract {
  readonly abi: Abi;
  /** Creation code. */
  readonly bytecode: `0x${string}`;
  readonly deployedBytecode: `0x${string}`;
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Record<
    string,
    Record<string, { abi: Abi; evm: { bytecode: { object: string }; deployedBytecode: { object: string } } }>
  >;
}

/** The source at `path` (from the project's root) and all that it imports. */
function sourcesOf(path: string, found: Record<string, { content: string }> = {}): Record<string, { content: string }> {
  if (found[path] !== undefined) return found;
  const content = readFileSync(join(ROOT, path), 'utf8');
  found[path] = { content };
  for (const [, imported] of content.matchAll(/^import\s+(?:\{[^}]*\}\s+from\s+)?"(\.[^"]+)";/gm)) {
    sourcesOf(normalize(join(dirname(path), imported as string)), found);
  }
  return found;
}

/**
 * Compiles one file; contracts of the file by name.
 * @throws Error with solc's own message when it does not compile or compiles with a warning
 */
export async function compileSolidity(path: string): Promise<Record<string, CompiledContract>> {
  const input = JSON.stringify({
    language: 'Solidity',
    sources: sourcesOf(path),
    settings: {
      evmVersion: 'osaka',
      optimizer: { enabled: true, runs: 200 },
      metadata: { appendCBOR: false, bytecodeHash: 'none' },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
    },
  });
  const { default: solc } = await import('solc');
  const cached = join(CACHE, `${createHash('sha256').update(solc.version()).update(input).digest('hex')}.json`);
  if (!existsSync(cached)) {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(cached, solc.compile(input));
  }
  const { errors = [], contracts } = JSON.parse(readFileSync(cached, 'utf8')) as SolcOutput;
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join('\n'));
  return Object.fromEntries(
    Object.entries(contracts?.[path] ?? {}).map(([name, { abi, evm }]) => [
      name,
      { abi, bytecode: `0x${evm.bytecode.object}`, deployedBytecode: `0x${evm.deployedBytecode.object}` },
    ]),
  );
}
