// console.log of Solidity: selectors against viem, values, and what a hostile contract may print.
import fc from 'fast-check';
import { encodeAbiParameters, encodeFunctionData, getAddress, toFunctionSelector } from 'viem';
import { describe, expect, test } from 'vitest';
import { concatBytes, hexToBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { consoleLine } from '../../rpc/consoleLog.ts';
import { startRpcServer } from '../../rpc/server.ts';
import { TestNode } from './support/testNode.ts';

function line(signature: string, types: readonly string[], values: readonly unknown[]): string {
  const encoded = encodeAbiParameters(
    types.map((type) => ({ type })),
    values as never,
  );
  return consoleLine(concatBytes(hexToBytes(toFunctionSelector(signature)), hexToBytes(encoded)));
}
const log = (types: readonly string[], values: readonly unknown[]): string =>
  line(`log(${types.join(',')})`, types, values);
const WALLET = '0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826';

describe('lines', () => {
  const cases: [string, string[], unknown[], string][] = [
    ['nothing', [], [], ''],
    ['text', ['string'], ['hello'], 'hello'],
    ['a large number', ['uint256'], [2n ** 255n], (2n ** 255n).toString()],
    ['a negative number', ['int256'], [-5n], '-5'],
    ['text and a number', ['string', 'uint256'], ['balance:', 7n], 'balance: 7'],
    [
      'placeholders',
      ['string', 'uint256', 'address', 'bool'],
      ['%d of %s is %s', 5n, WALLET, true],
      `5 of ${WALLET} is true`,
    ],
    ['a placeholder in a value', ['string', 'string'], ['%s', '%s'], '%s'],
    ['no text first', ['uint256', 'string'], [1n, '%s'], '1 %s'],
    ['bytes', ['bytes'], ['0x1234'], '0x1234'],
  ];
  test.each(cases)('%s', (_name, types, values, expected) => {
    expect(log(types, values)).toBe(expected);
  });
  test('functions with names of their own', () => {
    expect(line('logBytes32(bytes32)', ['bytes32'], [`0x${'ab'.repeat(32)}`])).toBe(`0x${'ab'.repeat(32)}`);
    expect(line('logBytes4(bytes4)', ['bytes4'], ['0x12345678'])).toBe('0x12345678');
    expect(line('logInt(int256)', ['int256'], [-1n])).toBe('-1');
  });
  test('the selectors of old console.sol, which hashed the alias', () => {
    for (const [legacy, types, values] of [
      ['log(uint)', ['uint256'], [9n]],
      ['log(string,uint)', ['string', 'uint256'], ['x', 9n]],
      ['logInt(int)', ['int256'], [-9n]],
    ] as const) {
      const calldata = concatBytes(
        legacySelector(legacy),
        hexToBytes(
          encodeAbiParameters(
            types.map((type) => ({ type })),
            values as never,
          ),
        ),
      );
      expect(consoleLine(calldata)).toContain('9');
    }
  });
  test('every combination of up to four values', () => {
    const kinds = { uint256: 1n, string: 's', bool: false, address: getAddress(WALLET) } as const;
    const names = Object.keys(kinds) as (keyof typeof kinds)[];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...names), { maxLength: 4 }), (types) => {
        expect(
          log(
            types,
            types.map((type) => kinds[type]),
          ),
        ).toBe(types.map((type) => String(kinds[type])).join(' '));
      }),
    );
  });
});

function legacySelector(signature: string): Uint8Array {
  // viem normalises aliases before hashing, so the hash is taken of the text itself.
  return keccak256(Buffer.from(signature)).subarray(0, 4);
}

describe('hostile calls', () => {
  test('control characters do not reach the terminal', () => {
    expect(log(['string'], ['\u001b[2Jgone\rx\u0007'])).toBe('\ufffd[2Jgone\ufffdx\ufffd');
    expect(log(['string'], ['a\nb\tc'])).toBe('a\nb\tc');
  });
  test('long lines are cut', () => {
    expect(log(['string'], ['x'.repeat(4_096)])).toHaveLength(4_096);
    expect(log(['string'], ['x'.repeat(4_097)])).toHaveLength(4_096);
  });
  test('any bytes give a line', () => {
    const selector = hexToBytes(toFunctionSelector('log(string,bytes)'));
    const text = hexToBytes(toFunctionSelector('log(string,string)'));
    fc.assert(
      fc.property(
        fc.constantFrom(new Uint8Array(), selector, text),
        fc.uint8Array({ maxLength: 200 }),
        (head, tail) => {
          expect(typeof consoleLine(concatBytes(head, tail))).toBe('string');
        },
      ),
    );
    expect(consoleLine(concatBytes(text, new Uint8Array(64).fill(0xff)))).toMatch(/^unknown console call 0x/);
  });
});

test('what contracts print reaches the log of the server, until it stops', async () => {
  const lines: string[] = [];
  const node = new TestNode();
  const server = await startRpcServer(node, {
    port: 0,
    log: { info: (text) => lines.push(text), warn: () => undefined },
  });
  const calldata = hexToBytes(
    encodeFunctionData({
      abi: [{ type: 'function', name: 'log', inputs: [{ type: 'string' }], outputs: [], stateMutability: 'view' }],
      args: ['hi'],
    }),
  );
  node.dev?.print(calldata);
  await server.close();
  node.dev?.print(calldata);
  expect(lines).toEqual(['console.log: hi']);
});
