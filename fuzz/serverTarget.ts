// A real RPC server on a real port, for targets whose inputs are what a socket carries.
import { connect } from 'node:net';
import { type RpcServer, startRpcServer } from '../rpc/server.ts';
import { TestNode } from '../test/rpc/support/testNode.ts';
import { Finding } from './target.ts';

/** A client that has said all and is not hung up on waits no longer than this; well within the server's own limits. */
const PATIENCE_MS = 20_000;

export class FuzzedServer {
  readonly #server: RpcServer;
  readonly #reports: unknown[] = [];

  private constructor(server: RpcServer, reports: unknown[]) {
    this.#server = server;
    this.#reports = reports;
  }

  static async open(): Promise<FuzzedServer> {
    const reports: unknown[] = [];
    const log = { info: () => undefined, warn: (message: string, detail?: unknown) => reports.push(detail ?? message) };
    return new FuzzedServer(await startRpcServer(new TestNode(), { port: 0, log: log as never }), reports);
  }

  /**
   * Sends `pieces` one after the other, ends its side and answers with all that came back until the server closed.
   * @throws Finding when the server does not, or reported a fault of its own
   */
  async exchange(pieces: readonly Uint8Array[]): Promise<Buffer> {
    const received = await this.#talk(pieces);
    const report = this.#reports.shift();
    if (report !== undefined) throw new Finding(`the server reported: ${String(report)}`);
    return received;
  }

  #talk(pieces: readonly Uint8Array[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = connect(this.#server.port, '127.0.0.1', async () => {
        for (const piece of pieces) {
          if (socket.destroyed) return;
          await new Promise<void>((sent) => socket.write(piece, () => sent()));
        }
        socket.end();
      });
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new Finding(`the server did not close within ${PATIENCE_MS} ms`));
      }, PATIENCE_MS);
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      // A server may hang up on a client that breaks the protocol.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearTimeout(timer);
        resolve(Buffer.concat(chunks));
      });
    });
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}
