// What reaches the log, whatever is put into it.
import { describe, expect, it } from 'vitest';
import { createLog, LOG_TEXT_MAX } from '../../cli/logger.ts';
import { limitWarnings, SAME_WARNINGS_MAX, WARNING_KINDS_MAX, WARNING_WINDOW_MS } from '../../cli/logLimit.ts';
import type { NodeLog } from '../../node/node.ts';

const HOSTILE = 'a\u001b[2Jb\r\nlevel=error fake\u2028\u202ec"d';

async function collecting(format: 'text' | 'json', level: 'silent' | 'warn' | 'info' = 'info') {
  const lines: string[] = [];
  const log = await createLog({ level, format }, { nowMs: () => 0, write: (line) => lines.push(line) });
  return { log, lines };
}

describe('the text log', () => {
  it('writes time, level, message and fields on one line', async () => {
    const { log, lines } = await collecting('text');
    log.info('block', { number: 7n, gasUsed: 21_000n, hash: '0xab', missing: undefined });
    expect(lines).toEqual(['00:00:00.000 info  block number=7 gasUsed=21000 hash=0xab\n']);
  });

  it('keeps hostile text on its line and in its field', async () => {
    const { log, lines } = await collecting('text');
    log.warn(HOSTILE, { reason: HOSTILE, [HOSTILE]: 1 });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
    expect(lines[0]).toContain('reason="a\\u001b[2Jb\\u000d\\u000alevel=error fake\\u2028\\u202ec\\"d"');
  });

  it('says nothing below its level', async () => {
    const { log, lines } = await collecting('text', 'warn');
    log.info('block');
    expect(lines).toEqual([]);
    const silent = await collecting('text', 'silent');
    silent.log.error('the node stops');
    expect(silent.lines).toEqual([]);
  });
});

describe('the JSON log', () => {
  it('writes one object a line, with names of levels and ISO times', async () => {
    const { log, lines } = await collecting('json');
    log.info('block', { number: 7n, totalWei: 10n ** 22n, transactions: 2, isLast: true, nested: { wei: 1n } });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        level: 'info',
        time: '1970-01-01T00:00:00.000Z',
        number: 7,
        totalWei: '10000000000000000000000',
        transactions: 2,
        isLast: true,
        nested: '{"wei":"1"}',
        msg: 'block',
      },
    ]);
  });

  it('keeps hostile text in its field', async () => {
    const { log, lines } = await collecting('json');
    log.error(HOSTILE, { reason: HOSTILE });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toContain('\n');
    expect(lines[0]?.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', reason: expect.stringContaining('\\u001b') });
  });

  it('writes errors with their stack, and what JSON cannot hold with a reason', async () => {
    const { log, lines } = await collecting('json');
    const loop: Record<string, unknown> = {};
    loop['loop'] = loop;
    log.warn('failed', { detail: new Error('why'), loop });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      detail: expect.stringMatching(/^Error: why\\u000a +at /),
      loop: expect.stringMatching(/^\[unreadable: /),
    });
  });
});

describe('a log that cannot be written', () => {
  it.each(['text', 'json'] as const)('goes on, and says in %s how much is missing', async (format) => {
    const lines: string[] = [];
    let isFull = false;
    const write = (line: string) => {
      if (isFull) throw new Error('ENOSPC');
      lines.push(line);
    };
    const log = await createLog({ level: 'info', format }, { nowMs: () => 0, write });
    isFull = true;
    log.info('one');
    log.error('two');
    isFull = false;
    log.info('three');
    log.info('four');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain('three');
    expect(lines[1]).toMatch(/warn.*lines.*2|"lines":2/);
    expect(lines[1]).toContain('lines of this log could not be written');
  });
});

describe.each(['text', 'json'] as const)('in %s', (format) => {
  it('hides what a secret could be in', async () => {
    const { log, lines } = await collecting(format);
    log.error('x', { privateKey: '0xac09', password: 'p4ss', mnemonic: 'test junk', hash: '0xab' });
    expect(lines.join('')).not.toMatch(/0xac09|p4ss|junk/);
    expect(lines.join('')).toContain('0xab');
  });

  it(`cuts a text after ${LOG_TEXT_MAX} characters`, async () => {
    const { log, lines } = await collecting(format);
    log.info('x', { whole: 'y'.repeat(LOG_TEXT_MAX), cut: 'z'.repeat(LOG_TEXT_MAX + 1) });
    expect(lines[0]).toMatch(new RegExp(`whole[="':]+y{${LOG_TEXT_MAX}}["\\s,]`));
    expect(lines[0]).toContain(`z… (${LOG_TEXT_MAX + 1} characters)`);
  });
});

describe('repeated warnings', () => {
  function limited() {
    const shown: string[] = [];
    const details: unknown[] = [];
    const quiet = () => undefined;
    const warn: NodeLog['warn'] = (message, detail) => {
      shown.push(message);
      details.push(detail);
    };
    const clock = { ms: 0 };
    return { clock, shown, details, log: limitWarnings({ info: quiet, warn, error: quiet }, () => clock.ms) };
  }

  it('are shown up to the limit, then counted until the window is over', () => {
    const { clock, shown, details, log } = limited();
    for (let i = 0; i < SAME_WARNINGS_MAX + 3; i++) log.warn('again', { i });
    expect(shown).toHaveLength(SAME_WARNINGS_MAX);
    expect(details.at(-1)).toMatchObject({ i: SAME_WARNINGS_MAX - 1, note: expect.stringContaining('counted') });
    log.warn('another');
    expect(shown.at(-1)).toBe('another');
    clock.ms = WARNING_WINDOW_MS - 1;
    log.warn('again');
    expect(shown).toHaveLength(SAME_WARNINGS_MAX + 1);
    clock.ms = WARNING_WINDOW_MS;
    log.warn('again');
    expect(shown.slice(-2)).toEqual(['warnings were not shown', 'again']);
    expect(details.at(-2)).toEqual({ message: 'again', count: 4 });
  });

  it('of many kinds are forgotten from the oldest on', () => {
    const { shown, log } = limited();
    const fill = (count: number) => {
      for (let kind = 0; kind < count; kind++) log.warn(`kind ${kind}`);
    };
    for (let i = 0; i < SAME_WARNINGS_MAX; i++) log.warn('first');
    fill(WARNING_KINDS_MAX - 1);
    const before = shown.length;
    log.warn('first');
    expect(shown).toHaveLength(before);
    fill(WARNING_KINDS_MAX);
    log.warn('first');
    expect(shown.at(-1)).toBe('first');
  });
});
