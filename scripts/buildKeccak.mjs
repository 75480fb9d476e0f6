// Compiles primitives/crypto/keccak/assembly to WebAssembly and embeds it as base64 in a TypeScript file. The compiler and
// its flags are pinned, so the same source gives the same bytes everywhere: `--check` compares instead of writing.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = 'primitives/crypto/keccak/assembly/keccak.ts';
const target = join(root, 'primitives/crypto/keccak/generated/keccakWasm.ts');
/** Static data (the round constants) begins here: behind the input area, see the source. */
const MEMORY_BASE = 61_440;

async function compile() {
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-keccak-'));
  try {
    const outFile = join(folder, 'keccak.wasm');
    const flags = ['-O3', '--runtime', 'stub', '--noAssert', '--use', 'abort=', '--memoryBase', String(MEMORY_BASE)];
    const { error, stderr } = await asc.main([source, '--baseDir', root, '--outFile', outFile, ...flags]);
    if (error) throw new Error(`asc failed: ${stderr.toString()}`, { cause: error });
    return readFileSync(outFile).toString('base64');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const base64 = await compile();
const text = `// Made by \`npm run build:keccak\` from keccak/assembly/keccak.ts. Do not edit.
export const KECCAK_WASM_BASE64 =
  '${base64}';
`;
if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.error(`${target} is not what its source compiles to: run \`npm run build:keccak\``);
  process.exitCode = 1;
}
