// Passwords: from a file, or typed without being shown.
import { readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { ChainError } from '../primitives/errors.ts';

/** No password is longer; a larger file is surely not one. */
export const PASSWORD_BYTES_MAX = 4096;

/** The first line of a file, without its line end. */
function readPasswordFile(path: string): string {
  const { size } = statSync(path);
  if (size > PASSWORD_BYTES_MAX) {
    throw new ChainError(
      'INVALID_PASSWORD_FILE',
      `${path} has ${size} bytes; a password has at most ${PASSWORD_BYTES_MAX}`,
    );
  }
  return readFileSync(path, 'utf8').split(/\r?\n/, 1)[0] ?? '';
}

function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new ChainError(
      'PASSWORD_NEEDED',
      'a password is needed and there is no terminal to ask on; give --password-file FILE',
    );
  }
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      lines.close();
      process.stderr.write('\n');
      resolve(line);
    });
    lines.once('SIGINT', () => {
      lines.close();
      reject(new ChainError('CANCELLED', 'cancelled'));
    });
  });
}

export async function existingPassword(file: string | undefined): Promise<string> {
  return file === undefined ? ask('Password: ') : readPasswordFile(file);
}

/** Asks twice, since a mistyped password loses the key. */
export async function newPassword(file: string | undefined): Promise<string> {
  if (file !== undefined) return readPasswordFile(file);
  const password = await ask('New password: ');
  if ((await ask('Once more: ')) !== password)
    throw new ChainError('PASSWORDS_DIFFER', 'the two passwords differ; nothing was written');
  return password;
}
