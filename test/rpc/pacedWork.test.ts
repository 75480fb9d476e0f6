// Work in turns, and the logs of a large block for many subscriptions.
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { bytesToHex } from '../../primitives/bytes.ts';
import { RPC_LIMITS } from '../../rpc/limits.ts';
import { PacedWork } from '../../rpc/pacedWork.ts';
import { locateLogs, logJson } from '../../rpc/serialize/receipt.ts';
import { type Client, Subscriptions } from '../../rpc/subscriptions.ts';
import { TestNode, testAccount, testTransaction } from './support/testNode.ts';

function* count(steps: number, did: number[], name: number): Generator<void> {
  for (let i = 0; i < steps; i++) {
    did.push(name);
    yield;
  }
}

describe('work in turns', () => {
  const work = (steps: number, did: number[], name: number, abandoned: number[] = []) => ({
    steps: count(steps, did, name),
    abandon: () => abandoned.push(name),
  });
  test('what fits in a turn is done at once', () => {
    const did: number[] = [];
    new PacedWork(10_000, 1).add(work(1_000, did, 1));
    expect(did.length).toBe(1_000);
  });
  test('what does not goes on in later turns, in order', async () => {
    const did: number[] = [];
    const paced = new PacedWork(0, 4);
    paced.add(work(100, did, 1));
    paced.add(work(50, did, 2));
    expect(did.length).toBeLessThan(100);
    while (did.length < 150) await turn();
    expect(did).toEqual([...Array(100).fill(1), ...Array(50).fill(2)]);
  });
  test('as many wait as may; one more and the oldest is abandoned', async () => {
    const did: number[] = [];
    const abandoned: number[] = [];
    const paced = new PacedWork(0, 2);
    paced.add(work(100, did, 1, abandoned));
    paced.add(work(100, did, 2, abandoned));
    expect(abandoned).toEqual([]);
    paced.add(work(100, did, 3, abandoned));
    expect(abandoned).toEqual([1]);
    while (did.filter((name) => name === 3).length < 100) await turn();
    expect(did.filter((name) => name === 2).length).toBe(100);
    expect(did.filter((name) => name === 1).length).toBeLessThan(100);
  });
});

describe('logs of a large block', () => {
  const emitter = testAccount(8).address;
  const logs = Array.from({ length: 40 }, (_, n) => ({ address: emitter, topics: [], data: Uint8Array.of(n) }));
  const filter = { addresses: [], topics: [] };

  class Listener implements Client {
    readonly got: string[] = [];
    isCut = false;
    send(json: string): void {
      this.got.push(json);
    }
    cut(): void {
      this.isCut = true;
    }
  }
  function open(limits: Partial<typeof RPC_LIMITS>, clients: number) {
    const node = new TestNode();
    const hub = new Subscriptions(node, { ...RPC_LIMITS, ...limits });
    const listeners = Array.from({ length: clients }, () => {
      const listener = new Listener();
      const connection = hub.connect(listener);
      const message = connection.begin();
      const id = message.subscribe({ kind: 'logs', filter });
      message.release();
      return { listener, connection, id };
    });
    const make = () => node.chain.make([{ transaction: testTransaction(1), logs }]);
    return { hub, listeners, make };
  }

  test('go out in turns: to each subscription all of them, in order, and block after block', async () => {
    const { hub, listeners, make } = open({ turnMsMax: 0 }, 50);
    const blocks = [make(), make()];
    const all = blocks.flatMap(({ block, receipts }) => locateLogs(block, receipts)).map((one) => logJson(one, false));
    expect(listeners.every(({ listener }) => listener.got.length < all.length)).toBe(true);
    while (listeners.some(({ listener }) => listener.got.length < all.length)) await turn();
    for (const { listener, id } of listeners)
      expect(listener.got).toEqual(
        all.map(
          (json) => `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${id}","result":${json}}}`,
        ),
      );
    hub.close();
  });
  test('a subscription that ends meanwhile is told nothing more', async () => {
    const { hub, listeners, make } = open({ turnMsMax: 0 }, 20);
    const [leaver, other] = [listeners[0]!, listeners[1]!];
    make();
    const before = leaver.listener.got.length;
    leaver.connection.close();
    while (other.listener.got.length < logs.length) await turn();
    expect(leaver.listener.got.length).toBe(before);
    hub.close();
  });
  test('logNotificationBlocksMax blocks may wait; one more cuts the clients of the oldest', async () => {
    const { hub, listeners, make } = open({ turnMsMax: 0, logNotificationBlocksMax: 2 }, 20);
    make();
    make();
    expect(listeners.some(({ listener }) => listener.isCut)).toBe(false);
    const { block } = make();
    expect(listeners.every(({ listener }) => listener.isCut)).toBe(true);
    const last = bytesToHex(block.hash);
    const done = ({ listener }: { listener: Listener }) => listener.got.at(-1)?.includes(last) === true;
    while (!listeners.every((one) => done(one) && one.listener.got.length >= 2 * logs.length)) await turn();
    hub.close();
  });
});
