// config.toml, environment and flags to the settings of a node.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Config, defaultConfigToml, loadConfig } from '../../cli/config.ts';
import { KEEP_BLOCKS_MIN } from '../../node/state/stateStore.ts';
import { utf8 } from '../structures.ts';
import { attempt, expectThat, type FuzzTarget } from '../target.ts';

function expectSound({ http, state, log }: Config): void {
  expectThat(Number.isInteger(http.port) && http.port >= 0 && http.port <= 65_535, 'the port is no port');
  expectThat(typeof http.host === 'string' && http.host.length > 0, 'the host is no text');
  const lists = [http.corsOrigins, http.allowedHosts];
  expectThat(
    lists.every((list) => Array.isArray(list) && list.every((item) => typeof item === 'string')),
    'a list holds something else than texts',
  );
  expectThat(state.mode === 'archive' || state.mode === 'pruned', 'the mode is none');
  expectThat(Number.isInteger(state.keepBlocks) && state.keepBlocks >= KEEP_BLOCKS_MIN, 'too few blocks are kept');
  expectThat(typeof log.level === 'string' && typeof log.format === 'string', 'the log is not set');
}

const value = fc.oneof(
  fc.integer().map(String),
  fc.string({ maxLength: 12 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('true', 'inf', 'nan', '-0', '0x10', '1_000', '1979-05-27T07:32:00Z', '07:32:00', '[[]]', '{ a = 1 }'),
  fc.array(fc.constantFrom('"a"', '1', '{}', '[]'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
);
const key = fc.constantFrom(
  ...['http.port', 'http.addr', 'http.corsdomain', 'http.vhosts', 'state.mode', 'state.keep_blocks', 'log.level'],
  ...['log.format', 'http', 'state', 'a.b.c', '"".x', '__proto__.x', 'http.__proto__', 'constructor'],
);
const structures = fc
  .array(fc.tuple(key, value), { maxLength: 6 })
  .map((lines) => utf8(lines.map(([name, text]) => `${name} = ${text}`).join('\n')));

export const configTarget: FuzzTarget = {
  name: 'config',
  about: 'config.toml: sound settings or INVALID_CONFIG',
  shape: 'text',
  inputBytesMax: 64 * 1024,
  inputBudgetMs: 300,
  open: () => {
    const home = mkdtempSync(join(tmpdir(), 'gnomon-fuzz-'));
    return {
      corpus: (['archive', 'pruned'] as const).map((mode) => utf8(defaultConfigToml({ mode, keepBlocks: 1024 }))),
      structures,
      dictionary: [
        ...['[[', ']]', '[a]\n', '"""', "'''", '\n', ' = ', '.', '#', '\\u0000', '\\ud800', '0x', '0b', '1e400', 'nan'],
        ...['__proto__', '{', '}', '[', ']', '1979-05-27', 'T00:00:00Z', '\r\n', '\t', '_', '99999999999999999999'],
      ].map(utf8),
      check(input) {
        writeFileSync(join(home, 'config.toml'), input);
        const { value: config, refusal } = attempt(['INVALID_CONFIG'], () => loadConfig(home, {}, {}));
        if (config === undefined) return refusal.replaceAll(home, '');
        expectSound(config);
        return 'accepted';
      },
      async close() {
        rmSync(home, { recursive: true, force: true });
      },
    };
  },
};
