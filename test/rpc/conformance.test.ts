// The cases of ethereum/execution-apis over the chain that they were made on, by hive's rule: equal JSON, error messages
// redacted; where a case says so, the shape alone.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Node } from '../../node/node.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { type RpcServer, startRpcServer } from '../../rpc/server.ts';
import { vectorPath } from '../vectors.ts';
import { post } from './support/client.ts';
import { importedNode } from './support/importedNode.ts';
import { readIoCases, redactErrors, shapeDifference } from './support/ioCases.ts';

/** Not part of this version: no traces, no simulation, no block building over RPC. */
const NOT_YET = /^(eth_simulateV1|testing_|debug_trace)/;
const folder = vectorPath('execution-apis');
const cases = folder === undefined ? [] : readIoCases(folder).filter(({ method }) => !NOT_YET.test(method));

describe.skipIf(folder === undefined)('execution-apis (vectors/execution-apis)', () => {
  let node: Node | undefined;
  let server: RpcServer;
  beforeAll(async () => {
    node = await importedNode();
    if (node === undefined) throw new Error('the vectors are incomplete');
    server = await startRpcServer(node, { port: 0 });
  });
  afterAll(async () => {
    await server?.close();
    await node?.stop();
  });

  test('the chain ends where hive says', () => {
    expect(node?.chain.head.header.number).toBe(54n);
    expect(bytesToHex(node!.chain.head.hash)).toBe(
      '0xd226371d0b1551adb03fb52b71f08e3e11247fe9b1af994768af8cdaa8e7dcd7',
    );
  });
  test('no case is lost', () => {
    expect(cases.length).toBeGreaterThan(80);
  });
  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, { exchanges, isSpecOnly }) => {
    for (const { request, response } of exchanges) {
      const got = JSON.parse((await post(server.url, request)).text) as Record<string, unknown>;
      if (!isSpecOnly) expect(redactErrors(got)).toEqual(redactErrors(response));
      else {
        expect({ ...got, error: (got['error'] as { code?: number } | undefined)?.code }).toMatchObject({
          id: response['id'],
          error: (response['error'] as { code?: number } | undefined)?.code,
        });
        expect(shapeDifference(response['result'], got['result'])).toBeUndefined();
      }
    }
  });
});
