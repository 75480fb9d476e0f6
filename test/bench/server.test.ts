import { describe, expect, it } from 'vitest';
import { freePort, startServer } from '../../bench/harness/server.ts';

const PROGRAM = `require('node:http')
  .createServer((request, response) => response.end('{"jsonrpc":"2.0","id":1,"result":"0x1"}'))
  .listen(Number(process.argv[1]), '127.0.0.1')`;

async function isListening(url: string): Promise<boolean> {
  return fetch(url, { method: 'POST', body: '{}' }).then(
    () => true,
    () => false,
  );
}

describe('servers', () => {
  it('are started, measured and ended', async () => {
    const port = await freePort();
    const args = ['-e', PROGRAM, String(port)];
    const server = await startServer({ name: 'one', command: process.execPath, args, port });
    expect(server.startMs).toBeGreaterThan(0);
    expect(await isListening(server.url)).toBe(true);
    await server.stop();
    expect(await isListening(server.url)).toBe(false);
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
    await server.stop();
  });

  it.skipIf(process.platform === 'win32')('take the processes that they started with them', async () => {
    const port = await freePort();
    // The shell waits for its child, as npm does for a script.
    const args = ['-c', '"$0" -e "$1" "$2"; true', process.execPath, PROGRAM, String(port)];
    const server = await startServer({ name: 'group', command: 'sh', args, hasChildren: true, port });
    await server.stop();
    expect(await isListening(server.url)).toBe(false);
  });

  it('that end before they answer are named with what they said', async () => {
    const args = ['-e', 'console.error("no room"); process.exit(3)'];
    const failing = startServer({ name: 'broken', command: process.execPath, args, port: await freePort() });
    await expect(failing).rejects.toThrow(/broken did not start: it ended with 3\nno room/);
  });
});
