// Kept JSON: written once, within its bytes.
import { describe, expect, test } from 'vitest';
import { JsonCache } from '../../rpc/jsonCache.ts';
import { jsonCacheBytes, RPC_LIMITS } from '../../rpc/limits.ts';
import { startRpcServer } from '../../rpc/server.ts';
import { result } from './support/client.ts';
import { TestNode, testTransaction } from './support/testNode.ts';

describe('the cache', () => {
  test('writes once what is asked for again', () => {
    const cache = new JsonCache(100);
    let written = 0;
    const write = (): string => `"${++written}"`;
    expect([cache.get('a', write), cache.get('a', write), cache.get('b', write)]).toEqual(['"1"', '"1"', '"2"']);
    expect(cache.bytes).toBe(6);
  });
  test('holds exactly its bytes; past them what was not asked for longest goes', () => {
    const cache = new JsonCache(10);
    const asked: string[] = [];
    const ask = (key: string): string => {
      return cache.get(key, () => {
        asked.push(key);
        return '12345';
      });
    };
    for (const key of ['a', 'b', 'a', 'c']) ask(key);
    expect(cache.bytes).toBe(10);
    for (const key of ['a', 'c', 'b']) ask(key);
    expect(asked).toEqual(['a', 'b', 'c', 'b']);
  });
  test('a text of half its bytes is kept, a longer one is not', () => {
    const cache = new JsonCache(10);
    cache.get('half', () => '12345');
    expect(cache.bytes).toBe(5);
    expect(cache.get('more', () => '123456')).toBe('123456');
    expect(cache.bytes).toBe(5);
  });
});

test('the limit follows the memory of the node downwards', () => {
  expect(jsonCacheBytes(1_024)).toBe(RPC_LIMITS.jsonCacheBytesMax);
  expect(jsonCacheBytes(16_384)).toBe(RPC_LIMITS.jsonCacheBytesMax);
  expect(jsonCacheBytes(256)).toBe(RPC_LIMITS.jsonCacheBytesMax / 4);
});

test('another block at the same height is not answered with the one before it', async () => {
  const node = new TestNode();
  const server = await startRpcServer(node, { port: 0 });
  const ask = async (): Promise<unknown[]> => {
    const methods: [string, ...unknown[]][] = [
      ['eth_getBlockByNumber', '0x1', true],
      ['eth_getBlockByNumber', '0x1', false],
      ['eth_getBlockReceipts', '0x1'],
    ];
    return Promise.all(methods.map(([name, ...params]) => result(server.url, name, ...params)));
  };
  node.chain.make([{ transaction: testTransaction(1) }]);
  const first = await ask();
  expect(await ask()).toEqual(first);
  node.chain.rollBackTo(0n);
  node.chain.make([{ transaction: testTransaction(2) }], { gasLimit: 31_000_000n });
  const second = await ask();
  expect(second.map((one) => JSON.stringify(one))).not.toEqual(first.map((one) => JSON.stringify(one)));
  expect(second[0]).toMatchObject({ gasLimit: '0x1d905c0' });
  await server.close();
});
