import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultConfigToml, loadConfig } from '../../cli/config.ts';
import { KEEP_BLOCKS_MIN } from '../../node/state/stateStore.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gnomon-config-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const write = (toml: string) => writeFileSync(join(home, 'config.toml'), toml);

describe('loadConfig', () => {
  it('has defaults without a file', () => {
    const config = loadConfig(home, {}, {});
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8545, corsOrigins: [], allowedHosts: [] });
    expect(config.state).toEqual({ mode: 'archive', keepBlocks: 1024 });
  });

  it('lets flags win over the environment, and that over the file', () => {
    write('[http]\nport = 1\naddr = "a"\ncorsdomain = ["x"]');
    const config = loadConfig(
      home,
      { GNOMON_HTTP_PORT: '2', GNOMON_HTTP_ADDR: 'b' },
      { 'http.port': '3', 'log.level': undefined },
    );
    expect(config.http).toMatchObject({ port: 3, host: 'b', corsOrigins: ['x'] });
  });

  it('reads back the file that init writes', () => {
    write(defaultConfigToml({ mode: 'pruned', keepBlocks: 256 }));
    expect(loadConfig(home, {}, {})).toEqual(
      loadConfig(undefined, {}, { 'state.mode': 'pruned', 'state.keep_blocks': 256 }),
    );
  });

  it.each([
    ['an unknown key', '[http]\nprot = 1', /config.toml: unknown setting "http.prot"; did you mean http.port\?/],
    ['a key far from any', 'colour = "red"', /unknown setting "colour"; known are http.addr/],
    ['a port past the end', '[http]\nport = 65536', /http.port must be a port from 0 to 65535.*got "65536"/],
    ['a fraction', '[http]\nport = 1.5', /http.port must be/],
    ['too few blocks', `[state]\nkeep_blocks = ${KEEP_BLOCKS_MIN - 1}`, /state.keep_blocks must be/],
    ['another mode', '[state]\nmode = "full"', /state.mode must be "archive" or "pruned", got "full"/],
    ['a table for a number', '[[state.keep_blocks]]\na = 1', /state.keep_blocks must be .*got a list/],
    ['broken TOML', '[http\nport = 1', /config.toml line 1/],
  ])('refuses %s', (_name, toml, message) => {
    write(toml);
    expect(() => loadConfig(home, {}, {})).toThrowError(
      expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) }),
    );
  });

  it('names the environment variable or flag at fault', () => {
    expect(() => loadConfig(undefined, { GNOMON_HTTP_PORT: 'x' }, {})).toThrow(/^GNOMON_HTTP_PORT: http.port must be/);
    expect(() => loadConfig(undefined, {}, { 'log.level': 'loud' })).toThrow(/^--log.level: log.level must be one of/);
  });

  it('names the flag that was given, which is not always the key', () => {
    for (const [key, flag] of [
      ['memory.limit_mib', '--memory'],
      ['metrics.enabled', '--metrics'],
      ['http.port', '--http.port'],
    ] as const)
      expect(() => loadConfig(undefined, {}, { [key]: 'x' })).toThrow(new RegExp(`^${flag}: ${key} must be `));
  });
});
