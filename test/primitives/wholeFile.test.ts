import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createWholeFile, replaceWholeFile } from '../../primitives/wholeFile.ts';

const root = mkdtempSync(join(tmpdir(), 'gnomon-files-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = join(root, 'key');

describe('whole files', () => {
  it('have the text and the mode that was asked for, and leave nothing beside them', () => {
    createWholeFile(file, 'one', 0o600);
    expect(readFileSync(file, 'utf8')).toBe('one');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(root)).toEqual(['key']);
  });

  it('are never overwritten unless that is asked for', () => {
    expect(() => createWholeFile(file, 'two')).toThrow(/EEXIST/);
    expect(readFileSync(file, 'utf8')).toBe('one');
    replaceWholeFile(file, 'three', 0o640);
    expect(readFileSync(file, 'utf8')).toBe('three');
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(root)).toEqual(['key']);
  });

  it('are made over what a crash left half done, with their own mode', () => {
    const other = join(root, 'other');
    writeFileSync(`${other}.partial`, 'half of someth');
    chmodSync(`${other}.partial`, 0o666);
    createWholeFile(other, 'something', 0o600);
    expect(readFileSync(other, 'utf8')).toBe('something');
    expect(statSync(other).mode & 0o777).toBe(0o600);
    expect(existsSync(`${other}.partial`)).toBe(false);
  });

  it('are not there when they could not be written', () => {
    expect(() => createWholeFile(join(root, 'missing', 'file'), 'text')).toThrow(/ENOENT/);
  });
});
