// Strict parsing: one form of each value, and refusals that name the place.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesKey } from '../../primitives/bytes.ts';
import { RPC_LIMITS } from '../../rpc/limits.ts';
import { blockNumber, blockRef } from '../../rpc/params/block.ts';
import { accountOverrides, blockOverride, callRequest, lenientCallRequest } from '../../rpc/params/call.ts';
import { logQuery } from '../../rpc/params/filter.ts';
import {
  address,
  bytes,
  hash,
  index,
  lenientQuantity,
  type Parser,
  quantity,
  quantity64,
  slot,
  word,
} from '../../rpc/params/values.ts';

const AT = 'argument 0';
const HASH = `0x${'ab'.repeat(32)}`;
const ADDRESS = `0x${'Ab'.repeat(20)}`;

function refuses(parse: Parser<unknown>, value: unknown, message: string | RegExp): void {
  expect(() => parse(value, AT)).toThrow(
    expect.objectContaining({ code: -32602, message: expect.stringMatching(message) }),
  );
}

describe('values', () => {
  const accepted: [string, Parser<unknown>, unknown, unknown][] = [
    ['zero', quantity, '0x0', 0n],
    ['256 bits', quantity, `0x${'f'.repeat(64)}`, 2n ** 256n - 1n],
    ['64 bits', quantity64, '0xffffffffffffffff', 2n ** 64n - 1n],
    ['an index', index, '0xffffffff', 4_294_967_295],
    ['upper-case digits', quantity, '0xAB', 171n],
    ['no bytes', bytes, '0x', new Uint8Array()],
    ['a short slot', slot, '0x1', Uint8Array.of(...new Uint8Array(31), 1)],
    ['a number', lenientQuantity, 7, 7n],
    ['decimal text', lenientQuantity, '70', 70n],
    ['padded hex', lenientQuantity, '0x0007', 7n],
  ];
  test.each(accepted)('%s is accepted', (_name, parse, value, expected) => {
    expect(parse(value, AT)).toEqual(expected);
  });
  const refused: [string, Parser<unknown>, unknown][] = [
    ['a leading zero', quantity, '0x01'],
    ['no digits', quantity, '0x'],
    ['no prefix', quantity, '1'],
    ['257 bits', quantity, `0x1${'0'.repeat(64)}`],
    ['65 bits', quantity64, '0x10000000000000000'],
    ['33 bits of index', index, '0x100000000'],
    ['a JSON number', quantity, 1],
    ['an upper-case prefix', quantity, '0X1'],
    ['a blank', quantity, ' 0x1'],
    ['odd bytes', bytes, '0x1'],
    ['bytes without prefix', bytes, '00'],
    ['19 bytes of address', address, `0x${'ab'.repeat(19)}`],
    ['21 bytes of address', address, `0x${'ab'.repeat(21)}`],
    ['31 bytes of hash', hash, `0x${'ab'.repeat(31)}`],
    ['33 bytes of slot', slot, `0x${'0'.repeat(65)}`],
    ['a slot that is no hex', slot, '0xasdf'],
    ['an empty slot', slot, '0x'],
    ['a short word', word, '0x00'],
    ['a negative number', lenientQuantity, -1],
    ['a fraction', lenientQuantity, 1.5],
    ['an unsafe number', lenientQuantity, 2 ** 53],
    ['257 bits of decimals', lenientQuantity, (2n ** 256n).toString()],
    ['nothing', address, undefined],
    ['null', address, null],
    ['an array', address, []],
  ];
  test.each(refused)('%s is refused with its place', (_name, parse, value) => {
    refuses(parse, value, /^invalid argument 0: expected .+, got .+/);
  });
  test('quantities of any size round-trip', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (value) => {
        expect(quantity(`0x${value.toString(16)}`, AT)).toBe(value);
      }),
    );
  });
  test('text of any kind is parsed or refused, never crashes, and is quoted short', () => {
    for (const parse of [quantity, bytes, address, hash, slot, word, lenientQuantity, blockRef, blockNumber])
      fc.assert(
        fc.property(fc.oneof(fc.string(), fc.jsonValue()), (value) => {
          try {
            parse(value, AT);
          } catch (error) {
            expect(error).toMatchObject({ name: 'RpcError', code: -32602 });
            expect((error as Error).message.length).toBeLessThan(400);
          }
        }),
      );
  });
});

describe('blocks', () => {
  test('numbers, tags, hashes and the objects of EIP-1898', () => {
    expect(blockRef('0x10', AT)).toEqual({ kind: 'number', number: 16n });
    for (const tag of ['latest', 'safe', 'finalized', 'pending', 'earliest'])
      expect(blockRef(tag, AT)).toEqual({ kind: 'tag', tag });
    expect(blockRef(HASH, AT)).toMatchObject({ kind: 'hash', requireCanonical: false });
    expect(blockRef({ blockHash: HASH, requireCanonical: true }, AT)).toMatchObject({
      kind: 'hash',
      requireCanonical: true,
    });
    expect(blockRef({ blockNumber: '0x1' }, AT)).toEqual({ kind: 'number', number: 1n });
  });
  test.each([
    '',
    'Latest',
    '1',
    '0x',
    '0x00',
    '0x01',
    '0x10000000000000000',
    1,
    {},
    [],
    { blockNumber: 1 },
    { blockHash: '0x1' },
  ])('%j is refused', (value) => refuses(blockRef, value, /^invalid argument 0/));
  test('a hash and a number together are refused', () => {
    refuses(blockRef, { blockHash: HASH, blockNumber: '0x1' }, 'either blockHash or blockNumber');
  });
  test('a plain block number is no hash', () => refuses(blockNumber, HASH, 'a block number'));
});

describe('calls', () => {
  test('input and data mean the same, and must agree', () => {
    expect(callRequest({ data: '0x01' }, AT).data).toEqual(Uint8Array.of(1));
    expect(callRequest({ input: '0x01', data: '0x01' }, AT).data).toEqual(Uint8Array.of(1));
    refuses(callRequest, { input: '0x01', data: '0x02' }, 'both "data" and "input"');
  });
  test('two fee models at once are refused', () => {
    refuses(callRequest, { gasPrice: '0x1', maxFeePerGas: '0x1' }, 'both gasPrice and');
    refuses(
      callRequest,
      { maxFeePerGas: '0x1', maxPriorityFeePerGas: '0x2' },
      'maxFeePerGas \\(1\\) < maxPriorityFeePerGas \\(2\\)',
    );
  });
  test('errors name the field', () => {
    refuses(callRequest, { to: '0x1' }, 'invalid argument 0.to: expected an address');
    refuses(callRequest, { value: 1 }, 'invalid argument 0.value');
    refuses(
      callRequest,
      { accessList: [{ address: ADDRESS, storageKeys: ['0x1'] }] },
      'argument 0.accessList\\[0\\].storageKeys\\[0\\]',
    );
    refuses(callRequest, { accessList: [{}] }, 'argument 0.accessList\\[0\\].address');
    refuses(callRequest, { authorizationList: [{ chainId: '0x1' }] }, 'argument 0.authorizationList\\[0\\].address');
    refuses(callRequest, 'text', 'invalid argument 0: expected an object');
  });
  test('members of the prototype are no fields', () => {
    expect(callRequest(JSON.parse('{"__proto__":{"to":"bad"}}'), AT).to).toBeUndefined();
  });
  test('access list entries at and one past the limit', () => {
    const entries = (count: number): object => ({
      accessList: Array(count).fill({ address: ADDRESS, storageKeys: [] }),
    });
    expect(callRequest(entries(RPC_LIMITS.listEntriesMax), AT).accessList).toHaveLength(RPC_LIMITS.listEntriesMax);
    refuses(callRequest, entries(RPC_LIMITS.listEntriesMax + 1), 'at most 10000 entries');
  });
  test('Hardhat and Anvil clients may send numbers', () => {
    expect(lenientCallRequest({ gas: 21_000, value: '5' }, AT)).toMatchObject({ gas: 21_000n, value: 5n });
  });
});

describe('overrides', () => {
  const slotName = (n: number): string => `0x${n.toString(16).padStart(64, '0')}`;
  test('state and stateDiff are slot maps with minimal values', () => {
    const [override] = accountOverrides(
      { [ADDRESS]: { balance: '0x1', stateDiff: { [slotName(1)]: slotName(2) } } },
      AT,
    );
    expect(override?.balance).toBe(1n);
    expect(override?.stateDiff).toEqual(new Map([[bytesKey(slot('0x1', AT)), Uint8Array.of(2)]]));
  });
  test('both kinds of storage at once are refused', () => {
    refuses(accountOverrides, { [ADDRESS]: { state: {}, stateDiff: {} } }, 'both "state" and "stateDiff"');
  });
  test('accounts at and one past the limit', () => {
    const many = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`0x${n.toString(16).padStart(40, '0')}`, {}]));
    expect(accountOverrides(many(RPC_LIMITS.overrideAccountsMax), AT)).toHaveLength(RPC_LIMITS.overrideAccountsMax);
    refuses(accountOverrides, many(RPC_LIMITS.overrideAccountsMax + 1), 'at most 1000 accounts');
  });
  test('slots at and one past the limit', () => {
    const many = (count: number): object => ({
      [ADDRESS]: { state: Object.fromEntries(Array.from({ length: count }, (_, n) => [slotName(n), slotName(1)])) },
    });
    expect(accountOverrides(many(RPC_LIMITS.overrideSlotsMax), AT)).toHaveLength(1);
    refuses(accountOverrides, many(RPC_LIMITS.overrideSlotsMax + 1), 'at most 10000 slots');
  });
  test('block fields under both names; what cannot be honoured is refused', () => {
    expect(blockOverride({ time: '0x5', feeRecipient: ADDRESS, baseFee: '0x1' }, AT)).toMatchObject({
      timestampSeconds: 5n,
      baseFeePerGas: 1n,
    });
    for (const name of ['difficulty', 'beaconRoot', 'withdrawals'])
      refuses(blockOverride, { [name]: '0x1' }, 'cannot be overridden');
  });
});

describe('log filters', () => {
  test('one or many addresses, wildcards and alternatives', () => {
    const query = logQuery({ address: ADDRESS, topics: [null, HASH, [HASH, HASH], []] }, AT);
    expect(query.addresses).toHaveLength(1);
    expect(query.topics.map((one) => one?.length)).toEqual([undefined, 1, 2, 0]);
    expect(logQuery({ address: [ADDRESS, ADDRESS] }, AT).addresses).toHaveLength(2);
  });
  test('a hash excludes a range', () => {
    refuses(logQuery, { blockHash: HASH, fromBlock: '0x1' }, 'choose one or the other');
  });
  test('five topics, and alternatives one past the limit, are refused', () => {
    refuses(logQuery, { topics: [null, null, null, null, null] }, 'at most 4 topic positions');
    const max = RPC_LIMITS.filterAlternativesMax;
    expect(logQuery({ address: Array(max).fill(ADDRESS) }, AT).addresses).toHaveLength(max);
    refuses(logQuery, { address: Array(max + 1).fill(ADDRESS) }, 'at most 1000 entries');
    refuses(logQuery, { topics: [Array(max + 1).fill(HASH)] }, 'at most 1000 entries');
  });
});
