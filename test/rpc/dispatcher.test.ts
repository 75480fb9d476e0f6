// The JSON-RPC 2.0 envelope: its own examples, batches, notifications, and whatever fast-check can think of.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChainError } from '../../primitives/errors.ts';
import { Dispatcher } from '../../rpc/dispatcher.ts';
import { isDeeperThan } from '../../rpc/jsonDepth.ts';
import { RPC_LIMITS } from '../../rpc/limits.ts';
import { method } from '../../rpc/method.ts';
import { anything, optional, quantity } from '../../rpc/params/values.ts';

const warnings: unknown[] = [];
let notified = 0;
const order: string[] = [];
const maybe = optional(anything, null);
const methods = {
  echo: method([maybe], (value) => value),
  add: method([quantity, quantity], (a, b) => `0x${(a + b).toString(16)}`),
  notify: method([], () => ++notified),
  fail: method([], () => {
    throw new ChainError('SOMETHING', 'something is wrong');
  }),
  crash: method([], () => {
    throw new TypeError('secret detail');
  }),
  reject: method([], () => Promise.reject(new TypeError('secret detail'))),
  bigint: method([], () => 1n),
  slow: method([], async () => {
    order.push('slow starts');
    await new Promise((resolve) => setTimeout(resolve, 5));
    order.push('slow ends');
  }),
  quick: method([], () => {
    order.push('quick');
  }),
};
const dispatcher = new Dispatcher(methods, (name) => `no method ${name}`, RPC_LIMITS, {
  info: () => undefined,
  warn: (...entry) => warnings.push(entry),
});

async function answer(message: unknown): Promise<unknown> {
  const text = await dispatcher.answer(typeof message === 'string' ? message : JSON.stringify(message), {
    subscriber: undefined,
    signal: undefined,
  });
  return text === undefined ? undefined : JSON.parse(text);
}
const call = (name: string, params?: unknown, id: unknown = 1): object => ({
  jsonrpc: '2.0',
  id,
  method: name,
  params,
});

describe('single requests', () => {
  test('answers with the identifier it was given', async () => {
    for (const id of [0, -1, 1.5, 'text', '', null])
      expect(await answer(call('echo', [id], id))).toEqual({ jsonrpc: '2.0', id, result: id });
  });
  test('params may be absent or null, but not an object', async () => {
    expect(await answer({ jsonrpc: '2.0', id: 1, method: 'echo' })).toMatchObject({ result: null });
    expect(await answer(call('echo', null))).toMatchObject({ result: null });
    expect(await answer(call('echo', { value: 1 }))).toMatchObject({ id: 1, error: { code: -32602 } });
  });
  const invalid: [string, unknown, unknown][] = [
    ['text', '"hello"', null],
    ['a number', '1', null],
    ['null', 'null', null],
    ['no version', { id: 5, method: 'echo' }, 5],
    ['version 1', { jsonrpc: '1.0', id: 5, method: 'echo' }, 5],
    ['no method', { jsonrpc: '2.0', id: 5 }, 5],
    ['a method that is no text', { jsonrpc: '2.0', id: 5, method: 1 }, 5],
    ['an identifier that is an object', { jsonrpc: '2.0', id: {}, method: 'echo' }, null],
    ['an identifier that is a truth value', { jsonrpc: '2.0', id: true, method: 'echo' }, null],
    ['a response', { jsonrpc: '2.0', id: 5, method: 'echo', result: 1 }, 5],
    ['an empty batch', '[]', null],
  ];
  test.each(invalid)('%s is no request', async (_name, message, id) => {
    expect(await answer(message)).toMatchObject({ jsonrpc: '2.0', id, error: { code: -32600 } });
  });
  test.each(['{', '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]', '', '\u0000', '[1,', 'nul'])(
    '%j is no JSON',
    async (text) => {
      expect(await answer(text)).toMatchObject({ id: null, error: { code: -32700 } });
    },
  );
  test('unknown methods are explained; names of object members are no methods', async () => {
    expect(await answer(call('nothing'))).toMatchObject({ error: { code: -32601, message: 'no method nothing' } });
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', ''])
      expect(await answer(call(name))).toMatchObject({ error: { code: -32601 } });
  });
  test('too many arguments and wrong ones name the place', async () => {
    expect(await answer(call('add', ['0x1', '0x2', '0x3']))).toMatchObject({
      error: { code: -32602, message: 'too many arguments: expected at most 2, got 3' },
    });
    expect(await answer(call('add', ['0x1', '0x01']))).toMatchObject({
      error: { code: -32602, message: expect.stringContaining('invalid argument 1: expected a quantity') },
    });
    expect(await answer(call('add', ['0x1']))).toMatchObject({
      error: { code: -32602, message: expect.stringContaining('got nothing') },
    });
  });
  test('a chain error keeps its words; a bug tells the client nothing and the operator all', async () => {
    expect(await answer(call('fail'))).toMatchObject({ error: { code: -32000, message: 'something is wrong' } });
    for (const name of ['crash', 'reject']) {
      warnings.length = 0;
      expect(await answer(call(name))).toEqual({
        jsonrpc: '2.0',
        id: 1,
        error: { code: -32603, message: 'internal error' },
      });
      expect(JSON.stringify(warnings, (_key, value) => (value instanceof Error ? value.message : value))).toContain(
        'secret detail',
      );
    }
  });
  test('an answer that JSON cannot hold is an internal error', async () => {
    expect(await answer(call('bigint'))).toMatchObject({ id: 1, error: { code: -32603 } });
  });
});

describe('notifications', () => {
  test('run and get no answer, right or wrong', async () => {
    notified = 0;
    expect(await answer({ jsonrpc: '2.0', method: 'notify' })).toBeUndefined();
    expect(notified).toBe(1);
    for (const name of ['crash', 'fail', 'nothing'])
      expect(await answer({ jsonrpc: '2.0', method: name })).toBeUndefined();
    expect(await answer({ jsonrpc: '2.0', method: 'echo', params: {} })).toBeUndefined();
    expect(await answer([{ jsonrpc: '2.0', method: 'notify' }])).toBeUndefined();
  });
});

describe('batches', () => {
  test('no request begins once the time is up; what runs is answered, notifications are not', async () => {
    const limits = { ...RPC_LIMITS, batchTimeMsMax: 1 };
    const hurried = new Dispatcher(methods, (name) => name, limits, { info: () => undefined, warn: () => undefined });
    const before = notified;
    const batch = [
      { jsonrpc: '2.0', id: 1, method: 'slow' },
      { jsonrpc: '2.0', id: 2, method: 'echo', params: ['0x1'] },
      { jsonrpc: '2.0', method: 'notify' },
    ];
    const text = await hurried.answer(JSON.stringify(batch), { subscriber: undefined, signal: undefined });
    expect(JSON.parse(text ?? '')).toMatchObject([{ id: 1 }, { id: 2, error: { code: -32005 } }]);
    expect(JSON.parse(text ?? '')[0]).not.toHaveProperty('error');
    expect(notified).toBe(before);
    order.length = 0;
  });
  test('answer in an array, also when there is one answer', async () => {
    expect(await answer([call('echo', [1])])).toEqual([{ jsonrpc: '2.0', id: 1, result: 1 }]);
    expect(await answer([call('echo', [1]), { jsonrpc: '2.0', method: 'notify' }])).toHaveLength(1);
  });
  test('an invalid member is answered among the others', async () => {
    expect(await answer([1, null, [], call('echo', [2], 'b')])).toEqual([
      expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32600 }) }),
      expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32600 }) }),
      expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32600 }) }),
      { jsonrpc: '2.0', id: 'b', result: 2 },
    ]);
  });
  test('run one after the other', async () => {
    order.length = 0;
    await answer([call('slow'), call('quick')]);
    expect(order).toEqual(['slow starts', 'slow ends', 'quick']);
  });
});

describe('turns', () => {
  /** Answers after two milliseconds in which nothing else runs. */
  const heavy = method([], () => {
    const endMs = performance.now() + 2;
    while (performance.now() < endMs);
    order.push('heavy');
    return null;
  });
  const session = { subscriber: undefined, signal: undefined };
  function busy(turnMsMax: number): Dispatcher {
    const limits = { ...RPC_LIMITS, turnMsMax };
    return new Dispatcher({ heavy }, (name) => name, limits, { info: () => undefined, warn: () => undefined });
  }
  const text = JSON.stringify(call('heavy'));

  test('what takes less than a turn is answered at once', () => {
    expect(typeof busy(1_000).answer(text, session)).toBe('string');
    expect(typeof busy(1_000).answer(`[${text},${text}]`, session)).toBe('string');
  });
  test('after a turn others go first, then the requests in their order', async () => {
    order.length = 0;
    const crowded = busy(1);
    setImmediate(() => order.push('others'));
    const answers = [1, 2, 3].map((id) => crowded.answer(JSON.stringify(call('heavy', [], id)), session));
    expect(order).toEqual(['heavy']);
    const ids = (await Promise.all(answers)).map((answer) => JSON.parse(answer ?? '').id);
    expect(ids).toEqual([1, 2, 3]);
    expect(order).toEqual(['heavy', 'others', 'heavy', 'heavy']);
  });
  test('a batch pauses between its requests', async () => {
    order.length = 0;
    const beat = setInterval(() => order.push('others'), 0);
    const answer = await busy(1).answer(`[${Array(5).fill(text).join(',')}]`, session);
    clearInterval(beat);
    expect(JSON.parse(answer ?? '')).toHaveLength(5);
    expect(order.filter((entry) => entry === 'heavy')).toHaveLength(5);
    expect(order.indexOf('others')).toBeLessThan(order.lastIndexOf('heavy'));
  });
});

describe('anything at all', () => {
  const envelopes = fc.record(
    {
      jsonrpc: fc.constantFrom<unknown>('2.0', '1.0', 2, null),
      id: fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.jsonValue()),
      method: fc.oneof(fc.constantFrom('echo', 'add', 'crash', 'bigint', 'nothing'), fc.string(), fc.jsonValue()),
      params: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  function isResponse(value: unknown): boolean {
    const { jsonrpc, id, error } = value as Record<string, unknown>;
    return jsonrpc === '2.0' && id !== undefined && ('result' in (value as object) || typeof error === 'object');
  }
  test('text of any kind is answered with JSON-RPC', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), async (text) => {
        const got = await answer(text);
        expect(got === undefined || (Array.isArray(got) ? got.every(isResponse) : isResponse(got))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
  test('envelopes and batches of any shape are answered with JSON-RPC', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(envelopes, fc.array(fc.oneof(envelopes, fc.jsonValue()), { maxLength: 8 })),
        async (message) => {
          const got = await answer(JSON.stringify(message));
          expect(got === undefined || (Array.isArray(got) ? got.every(isResponse) : isResponse(got))).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
  test('depth is counted as JSON.parse sees it', () => {
    const depthOf = (value: unknown): number =>
      typeof value !== 'object' || value === null ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf));
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 8 }), (value, depthMax) => {
        expect(isDeeperThan(JSON.stringify(value), depthMax)).toBe(depthOf(value) > depthMax);
      }),
    );
  });
});
