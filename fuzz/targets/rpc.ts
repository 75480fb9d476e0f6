// JSON-RPC messages through the real dispatcher to a real dev node in memory: whatever comes in, what goes out is an answer.
import fc from 'fast-check';
import { DEV_ACCOUNTS, devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { Node } from '../../node/node.ts';
import { MemoryDatabase } from '../../node/state/memoryDatabase.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { Dispatcher } from '../../rpc/dispatcher.ts';
import { RPC_CODES } from '../../rpc/errors.ts';
import { Filters } from '../../rpc/filters.ts';
import { RPC_LIMITS, type RpcLimits } from '../../rpc/limits.ts';
import type { Session } from '../../rpc/method.ts';
import { buildMethods, explainMissingMethod } from '../../rpc/methods/registry.ts';
import { realTransactions } from '../realData.ts';
import { textOf, utf8 } from '../structures.ts';
import { expectThat, Finding, type FuzzTarget, outcomeOf } from '../target.ts';

/** As a node has them, but what an input may ask for by the thousand takes less time. */
const LIMITS: RpcLimits = {
  ...RPC_LIMITS,
  mineBlocksMax: 3n,
  receiptWaitMsMax: 5,
  receiptWaitMs: 5,
  batchRequestsMax: 8,
};
/** A block takes a second of this clock, so that timers of the node never fire by themselves. */
const START_MS = 1_800_000_000_000;

/** A client that stays until it is answered. */
const SESSION: Session = { subscriber: undefined, signal: new AbortController().signal };

interface Served {
  readonly dispatcher: Dispatcher;
  readonly methods: readonly string[];
  readonly faults: unknown[];
  stop(): Promise<void>;
}

async function serve(): Promise<Served> {
  const faults: unknown[] = [];
  const quiet = (): void => undefined;
  let nowMs = START_MS;
  const node = await Node.open({
    spec: parseGenesis(devGenesis({ timestampSeconds: BigInt(START_MS / 1_000) })),
    database: new MemoryDatabase(),
    stateMode: { kind: 'archive' },
    clock: { nowMs: () => nowMs++ },
    steadyNowMs: () => performance.now(),
    log: { info: quiet, warn: quiet, error: (message, detail) => faults.push(new Error(message, { cause: detail })) },
    version: '0.0.0-fuzz',
    mining: { kind: 'instant' },
    devAccounts: DEV_ACCOUNTS,
    monitorsConsensus: true,
    recoveryWorkers: 0,
    onFatal: (error) => faults.push(error),
  });
  await node.start();
  const filters = new Filters(node, LIMITS, () => performance.now());
  const log = { info: quiet, warn: (message: string, detail?: unknown) => faults.push(detail ?? message) };
  const methods = buildMethods({ node, limits: LIMITS, filters, log });
  const dispatcher = new Dispatcher(methods, (name) => explainMissingMethod(name, true), LIMITS, log);
  const stop = async (): Promise<void> => {
    filters.close();
    await node.stop();
  };
  return { dispatcher, methods: Object.keys(methods), faults, stop };
}

interface Answer {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

function expectAnswer(answer: Answer): string {
  expectThat(answer.jsonrpc === '2.0' && 'id' in answer, 'an answer without version or id');
  expectThat('result' in answer !== 'error' in answer, 'an answer with both or neither of result and error');
  if (answer.error === undefined) return 'accepted';
  const { code, message } = answer.error;
  expectThat(Number.isInteger(code) && typeof message === 'string', 'an error without number or words');
  expectThat(code !== RPC_CODES.internalError, `internal error: ${message}`);
  return outcomeOf(code, message);
}

/** A parameter of any kind that methods take. */
const parameter = fc.oneof(
  fc.constantFrom<unknown>('latest', 'earliest', 'pending', '0x0', '0x1', true, false, null, 'safe'),
  fc.constantFrom(...DEV_ACCOUNTS.slice(0, 2).map(({ address }) => bytesToHex(address))),
  fc.constant(`0x${'00'.repeat(18)}0d01`),
  fc.constantFrom(...realTransactions().map(bytesToHex)),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex),
  fc.uint8Array({ maxLength: 40 }).map(bytesToHex),
  fc.bigInt({ min: 0n, max: 2n ** 256n }).map((value) => `0x${value.toString(16)}`),
  fc.nat(),
  fc.string({ maxLength: 10 }),
  fc.record(
    {
      from: fc.constant(bytesToHex((DEV_ACCOUNTS[0] as (typeof DEV_ACCOUNTS)[0]).address)),
      to: fc.uint8Array({ minLength: 20, maxLength: 20 }).map(bytesToHex),
      value: fc.bigInt({ min: 0n, max: 2n ** 64n }).map((value) => `0x${value.toString(16)}`),
      data: fc.uint8Array({ maxLength: 40 }).map(bytesToHex),
      gas: fc.constantFrom('0x5208', '0xffffff', '0x0'),
      nonce: fc.constantFrom('0x0', '0x1', '0xffffffffffffffff'),
      type: fc.constantFrom('0x0', '0x2', '0x3', '0x9'),
      fromBlock: fc.constantFrom('earliest', '0x0', 'latest'),
      address: fc.constantFrom<unknown>([], `0x${'11'.repeat(20)}`),
      topics: fc.constantFrom<unknown>([], [null], [[]]),
    },
    { requiredKeys: [] },
  ),
  fc.array(fc.constantFrom<unknown>('0x1', 25, 'latest', {}), { maxLength: 3 }),
);

/** What a wallet sends: one of each kind, so that mutations begin near the truth. */
function realMessages(): Uint8Array[] {
  const [from, to] = DEV_ACCOUNTS.map(({ address }) => bytesToHex(address));
  const call = { from, to, value: '0x1', data: '0x', gas: '0x186a0' };
  const typedData = {
    types: { EIP712Domain: [{ name: 'name', type: 'string' }], Mail: [{ name: 'to', type: 'address[]' }] },
    primaryType: 'Mail',
    domain: { name: 'x' },
    message: { to: [to] },
  };
  const requests: readonly (readonly [string, readonly unknown[]])[] = [
    ['eth_sendTransaction', [call]],
    [
      'eth_call',
      [call, 'latest', { [to as string]: { balance: '0x1', code: '0x6001', state: {} } }, { number: '0x9' }],
    ],
    ['eth_estimateGas', [call]],
    ['eth_createAccessList', [call, 'latest']],
    ['eth_sendRawTransaction', [bytesToHex(realTransactions()[0] as Uint8Array)]],
    ['eth_getLogs', [{ fromBlock: '0x0', toBlock: 'latest', address: [to], topics: [null, [`0x${'00'.repeat(32)}`]] }]],
    ['eth_newFilter', [{ fromBlock: 'latest' }]],
    ['eth_getFilterChanges', ['0x1']],
    ['eth_getProof', [to, ['0x0', '0x1'], 'latest']],
    ['eth_feeHistory', ['0x4', 'latest', [10, 50.5]]],
    ['eth_signTypedData_v4', [from, typedData]],
    ['eth_getStorageValues', [{ [to as string]: ['0x0'] }, 'latest']],
    ['evm_snapshot', []],
    ['evm_revert', ['0x1']],
    ['evm_increaseTime', [10]],
    ['anvil_setBalance', [to, '0x10']],
    ['anvil_setStorageAt', [to, '0x0', `0x${'01'.repeat(32)}`]],
    ['anvil_dumpState', []],
    ['anvil_mine', ['0x2', '0x1']],
    ['eth_getBlockByNumber', ['latest', true]],
    ['debug_getRawBlock', ['latest']],
    ['txpool_content', []],
  ];
  const messages = requests.map(([method, params], id) => ({ jsonrpc: '2.0', id, method, params }));
  return [...messages, messages.slice(0, 4)].map((message) => utf8(JSON.stringify(message)));
}

export const rpcTarget: FuzzTarget = {
  name: 'rpc',
  about: 'JSON-RPC messages to a real dev node: always an answer of the right form, never an internal error',
  shape: 'json',
  inputBytesMax: 64 * 1024,
  inputBudgetMs: 5_000,
  open: async () => {
    let served = await serve();
    const request = fc
      .record({
        jsonrpc: fc.constant('2.0'),
        id: fc.oneof(fc.nat(), fc.constantFrom<unknown>('a', null)),
        method: fc.constantFrom(...served.methods),
        params: fc.array(parameter, { maxLength: 4 }),
      })
      .map((message) => utf8(JSON.stringify(message)));
    return {
      corpus: realMessages(),
      structures: request,
      dictionary: [...served.methods, '{"', '[', ']', '"}', '\\u0000', '0x', '"id":', '"params":'].map(utf8),
      async check(input) {
        const text = await served.dispatcher.answer(textOf(input), SESSION);
        const fault = served.faults.shift();
        if (fault !== undefined) throw fault instanceof Error ? fault : new Finding(`reported: ${String(fault)}`);
        if (text === undefined) return 'no answer to a notification';
        const answer = JSON.parse(text) as Answer | Answer[];
        return Array.isArray(answer)
          ? `batch: ${answer.map(expectAnswer).sort().join(' | ')}`.slice(0, 96)
          : expectAnswer(answer);
      },
      async reset() {
        await served.stop();
        served = await serve();
      },
      close: () => served.stop(),
    };
  },
};
