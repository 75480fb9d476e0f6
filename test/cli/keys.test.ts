// `gnomon keys` as people use it: the compiled command on real files.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Wallet } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let home: string;
let password: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'gnomon-keys-'));
  password = join(home, 'password');
  writeFileSync(password, 'correct horse\n');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function keys(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'keys', ...args, '--home', home], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** The first account of the well-known mnemonic. */
const KNOWN_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
const KNOWN_ADDRESS = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';

describe('gnomon keys', () => {
  it('has none at first, and says how to make one', () => {
    expect(keys('list')).toMatchObject({ status: 0, stdout: expect.stringContaining('gnomon keys new') });
  });

  it('makes an account in a file that only the owner reads and that ethers opens', async () => {
    const made = keys('new', '--light', '--password-file', password, '--json');
    const { address, file } = JSON.parse(made.stdout) as { address: string; file: string };
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const wallet = await Wallet.fromEncryptedJson(readFileSync(file, 'utf8'), 'correct horse');
    expect(wallet.address.toLowerCase()).toBe(address);
    expect(made.stdout + made.stderr).not.toContain(wallet.privateKey.slice(2));
  });

  it('imports a private key, shows it only when asked, and refuses it twice', () => {
    const file = join(home, 'key.hex');
    writeFileSync(file, `${KNOWN_KEY}\n`);
    expect(keys('import', file, '--light', '--password-file', password).status).toBe(0);
    expect(keys('show', KNOWN_ADDRESS).stdout).not.toContain(KNOWN_KEY);
    expect(keys('show', KNOWN_ADDRESS, '--private-key', '--password-file', password).stdout).toContain(KNOWN_KEY);
    expect(keys('import', file, '--light', '--password-file', password)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('already; nothing was written'),
    });
  });

  it('exports a keystore that can be imported elsewhere, and never overwrites', () => {
    const out = join(home, 'out.json');
    expect(keys('export', KNOWN_ADDRESS, '--out', out).status).toBe(0);
    expect(keys('export', KNOWN_ADDRESS, '--out', out)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('there already'),
    });
    const other = mkdtempSync(join(tmpdir(), 'gnomon-keys-'));
    const args = [main, 'keys', 'import', out, '--home', other, '--light', '--password-file', password, '--json'];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toMatchObject({ address: KNOWN_ADDRESS });
    rmSync(other, { recursive: true, force: true });
  });

  it.each([
    ['an address it has not', ['show', `0x${'11'.repeat(20)}`], /has no key of 0x1111.*gnomon keys list/],
    ['no address', ['show', 'me'], /expected an address of 0x and 40 hex digits/],
    ['a missing file', ['import', '/no/such/file'], /no such file or directory: \/no\/such\/file/],
    ['a missing password without a terminal', ['new', '--light'], /give --password-file FILE/],
  ])('refuses %s', (_name, args, message) => {
    const { status, stderr } = keys(...args);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
  });

  it('refuses a wrong password and text that is no key, and writes nothing', () => {
    const before = readdirSync(join(home, 'keystore')).length;
    const wrong = join(home, 'wrong');
    writeFileSync(wrong, 'battery staple');
    expect(keys('show', KNOWN_ADDRESS, '--private-key', '--password-file', wrong).stderr).toMatch(
      /the password is wrong/,
    );
    for (const text of ['0x00', `0x${'00'.repeat(32)}`, `0x${'ff'.repeat(32)}`, 'hello', '{}']) {
      const file = join(home, 'bad');
      writeFileSync(file, text);
      expect(keys('import', file, '--light', '--password-file', password).status, text).toBe(1);
    }
    expect(readdirSync(join(home, 'keystore')).length).toBe(before);
  });
});
