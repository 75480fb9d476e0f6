// Chain errors as clients see them: numbers, and the words that ethers and viem look for.
import { describe, expect, test } from 'vitest';
import { ChainError } from '../../primitives/errors.ts';
import { RPC_CODES, RpcError, toErrorObject } from '../../rpc/errors.ts';

describe('chain errors', () => {
  const table: [code: string, number: number, words: RegExp][] = [
    ['INVALID_HEX', -32602, /it is wrong/],
    ['BLOCK_NOT_FOUND', -32001, /header not found/],
    ['STATE_PRUNED', 4444, /pruned/],
    ['CALL_TIMEOUT', -32000, /execution aborted \(timeout/],
    ['NONCE_TOO_LOW', -32000, /nonce too low/],
    ['NONCE_TOO_HIGH', -32000, /nonce too high/],
    ['INSUFFICIENT_FUNDS', -32000, /insufficient funds for gas \* price \+ value/],
    ['INTRINSIC_GAS_TOO_LOW', -32000, /intrinsic gas too low/],
    ['FEE_CAP_TOO_LOW', -32000, /max fee per gas less than block base fee/],
    ['TIP_ABOVE_FEE_CAP', -32000, /max priority fee per gas higher than max fee per gas/],
    ['TYPE_NOT_SUPPORTED', -32000, /transaction type not supported/],
    ['GAS_LIMIT_ABOVE_BLOCK', -32000, /exceeds block gas limit/],
    ['INVALID_SIGNATURE', -32000, /invalid sender/],
    ['A_CODE_THAT_NOBODY_LISTED', -32000, /^it is wrong$/],
  ];
  test.each(table)('%s is %i', (code, number, words) => {
    const { object, isUnexpected } = toErrorObject(new ChainError(code, 'it is wrong'));
    expect(object).toEqual({ code: number, message: expect.stringMatching(words) });
    expect(object.message).toContain('it is wrong');
    expect(isUnexpected).toBe(false);
  });
  test('words that already stand there are not repeated', () => {
    const { object } = toErrorObject(new ChainError('NONCE_TOO_LOW', 'Nonce too low: expected 5, got 4'));
    expect(object.message).toBe('Nonce too low: expected 5, got 4');
  });
});

test('other errors', () => {
  expect(toErrorObject(new RpcError(RPC_CODES.executionReverted, 'execution reverted', '0x01'))).toEqual({
    object: { code: 3, message: 'execution reverted', data: '0x01' },
    isUnexpected: false,
  });
  for (const thrown of [new TypeError('secret'), 'secret', undefined, null])
    expect(toErrorObject(thrown)).toEqual({ object: { code: -32603, message: 'internal error' }, isUnexpected: true });
});
