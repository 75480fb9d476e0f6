// The checks of `gnomon doctor` on both sides of what they look at.
import { describe, expect, it } from 'vitest';
import { checkCrypto, guarded } from '../../../cli/doctor/crypto.ts';
import { ok } from '../../../cli/doctor/finding.ts';
import { diskFinding } from '../../../cli/doctor/homeChecks.ts';
import { checkClock, checkMemory, checkNode, checkOpenFiles, checkTools } from '../../../cli/doctor/machine.ts';
import { checkHead, localUrl } from '../../../cli/doctor/running.ts';

const MEBIBYTE = 2 ** 20;
const limits = (soft: string) =>
  `Max file size  unlimited  unlimited  bytes\nMax open files            ${soft}      524288 files\n`;

describe('the machine', () => {
  it.each([
    ['20.18.3', 'broken'],
    ['18.20.0', 'broken'],
    ['20.19.0', 'ok'],
    ['22.0.0', 'ok'],
  ])('with Node %s is %s', (version, status) => expect(checkNode(version).status).toBe(status));

  it.each([
    [1_024, 512, 'ok'],
    [1_023, 512, 'warning'],
    [1_024, 511, 'warning'],
  ])('with %i MiB of memory, %i for JavaScript, is %s', (memory, heap, status) =>
    expect(checkMemory(memory * MEBIBYTE, heap * MEBIBYTE).status).toBe(status),
  );

  it.each([
    [limits('2100'), 'ok'],
    [limits('2099'), 'warning'],
    [limits('unlimited'), 'ok'],
    ['', 'note'],
    [undefined, 'note'],
  ])('with limits %j is %s', (text, status) => expect(checkOpenFiles(text).status).toBe(status));

  it.each([
    ['2025-12-31T23:59:59Z', 'broken'],
    ['2026-01-01T00:00:00Z', 'ok'],
  ])('at %s is %s', (time, status) => expect(checkClock(Date.parse(time)).status).toBe(status));

  it('needs no tool', async () => {
    const [cometbft] = await checkTools({ COMETBFT: '/nonexistent/cometbft' });
    expect(cometbft).toMatchObject({ id: 'tools.cometbft', status: 'note' });
    expect((await checkTools({ COMETBFT: process.execPath }))[0]).toMatchObject({ status: 'note' });
    expect((await checkTools({ COMETBFT: 'echo' }))[0]).toEqual(ok('tools.cometbft', 'CometBFT: version'));
  });
});

describe('the cryptography', () => {
  it('is chosen, tested and measured, all of it', () => {
    const findings = checkCrypto();
    expect(findings.map(({ id }) => id)).toEqual([
      'crypto.keccak256',
      'crypto.secp256k1',
      'crypto.p256_digest',
      'crypto.p256_message',
      'crypto.bn254',
      'crypto.bls12381',
    ]);
    for (const { status, found } of findings) {
      expect(status).not.toBe('broken');
      expect(found).toMatch(/ by \S+, \d+\.\d µs each/);
    }
  });

  it('is broken where a check throws', () => {
    const failing = guarded('crypto.x', () => {
      throw new Error('no such thing');
    });
    expect(failing).toMatchObject({
      status: 'broken',
      found: 'no such thing',
      advice: expect.stringContaining('npm ci'),
    });
  });
});

describe('the head', () => {
  const block = { number: '0x10', timestamp: `0x${(1_800_000_000).toString(16)}` };
  it.each([
    [1_800_000_060, true, 'ok'],
    [1_800_000_061, true, 'warning'],
    [1_800_000_061, false, 'ok'],
    [1_799_999_985, true, 'ok'],
    [1_799_999_984, false, 'warning'],
  ])('of 1800000000 at %i, blocks due: %s, is %s', (nowSeconds, makesBlocks, status) => {
    const finding = checkHead(block, nowSeconds * 1_000, makesBlocks);
    expect(finding.status).toBe(status);
    expect(finding.found).toContain('block is 16');
  });
});

describe('the disk', () => {
  it.each([
    [127, 'broken'],
    [128, 'warning'],
    [1_023, 'warning'],
    [1_024, 'ok'],
  ])('with %i MB free and 128 in reserve is %s', (free, status) =>
    expect(diskFinding('/x', free, 128).status).toBe(status),
  );
});

describe('the address of a node on this machine', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:1'],
    ['0.0.0.0', 'http://127.0.0.1:1'],
    ['::', 'http://127.0.0.1:1'],
    ['::1', 'http://[::1]:1'],
    ['node.example', 'http://node.example:1'],
  ])('%s is %s', (host, url) => expect(localUrl({ host, port: 1, corsOrigins: [], allowedHosts: [] })).toBe(url));
});
