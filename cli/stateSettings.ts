// Changes the state mode in a config.toml that a person wrote: their lines and comments stay, and the result is read back
// before it replaces the file.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChainError } from '../primitives/errors.ts';
import { type Config, defaultConfigToml, loadConfig } from './config.ts';
import type { Home } from './home.ts';

/** The text with `name = value` in section [state], keeping what stands behind the value. */
function withSetting(text: string, name: string, value: string): string {
  const lines = text.split('\n');
  const section = lines.findIndex((line) => /^\s*\[state\]\s*(#.*)?$/.test(line));
  if (section === -1) return `${text}\n[state]\n${name} = ${value}\n`;
  const after = lines.slice(section + 1);
  const next = after.findIndex((line) => /^\s*\[/.test(line));
  const own = next === -1 ? after : after.slice(0, next);
  const pattern = new RegExp(`^(\\s*${name}\\s*=\\s*)("[^"]*"|[0-9_]+)`);
  const at = own.findIndex((line) => pattern.test(line));
  if (at === -1) lines.splice(section + 1, 0, `${name} = ${value}`);
  else lines[section + 1 + at] = (own[at] as string).replace(pattern, `$1${value}`);
  return lines.join('\n');
}

/**
 * Makes a home keep the states of its newest `keepBlocks` blocks only, from its next start on.
 * @throws ChainError `CONFIG_NOT_CHANGED` when the file is written in a way that this cannot change; it is left as it is
 */
export function setPruned(home: Home, keepBlocks: number): void {
  const state: Config['state'] = { mode: 'pruned', keepBlocks };
  const before = existsSync(home.configFile) ? readFileSync(home.configFile, 'utf8') : defaultConfigToml(state);
  const text = withSetting(withSetting(before, 'mode', '"pruned"'), 'keep_blocks', String(keepBlocks));
  const draft = join(home.directory, 'config.new');
  mkdirSync(draft, { recursive: true });
  try {
    writeFileSync(join(draft, 'config.toml'), text);
    if (!says(draft, state)) {
      throw new ChainError(
        'CONFIG_NOT_CHANGED',
        `${home.configFile} is written in a way that cannot be changed automatically; set mode = "pruned" and keep_blocks = ${keepBlocks} in its section [state] and run this again`,
      );
    }
    renameSync(join(draft, 'config.toml'), home.configFile);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function says(directory: string, expected: Config['state']): boolean {
  try {
    const { mode, keepBlocks } = loadConfig(directory, {}, {}).state;
    return mode === expected.mode && keepBlocks === expected.keepBlocks;
  } catch {
    return false;
  }
}
