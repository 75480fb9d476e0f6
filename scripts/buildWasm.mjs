// Compiles each primitives/crypto/*/assembly to WebAssembly and embeds it as base64 in a TypeScript file. The compiler and
// its flags are pinned, so the same source gives the same bytes everywhere: `--check` compares instead of writing.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Folder under primitives/crypto, source and module in it. */
const modules = ['keccak', 'blake2f'];
/** Static data (constants of the hashes) begins here: behind the areas that each source states. */
const MEMORY_BASE = 61_440;

async function compile(name) {
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-wasm-'));
  try {
    const outFile = join(folder, `${name}.wasm`);
    const source = `primitives/crypto/${name}/assembly/${name}.ts`;
    const flags = ['-O3', '--runtime', 'stub', '--noAssert', '--use', 'abort=', '--memoryBase', String(MEMORY_BASE)];
    const { error, stderr } = await asc.main([source, '--baseDir', root, '--outFile', outFile, ...flags]);
    if (error) throw new Error(`asc failed: ${stderr.toString()}`, { cause: error });
    return readFileSync(outFile).toString('base64');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const name of modules) {
  const target = join(root, `primitives/crypto/${name}/generated/${name}Wasm.ts`);
  const text = `// Made by \`npm run build:wasm\` from ${name}/assembly/${name}.ts. Do not edit.
export const ${name.toUpperCase()}_WASM_BASE64 =
  '${await compile(name)}';
`;
  if (!process.argv.includes('--check')) writeFileSync(target, text);
  else if (readFileSync(target, 'utf8') !== text) {
    console.error(`${target} is not what its source compiles to: run \`npm run build:wasm\``);
    process.exitCode = 1;
  }
}
