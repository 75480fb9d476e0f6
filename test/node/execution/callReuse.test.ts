// Calls share EVMs, one after the other. Whatever ran before, and whatever runs at the same time, a call's outcome is that
// of an EVM that was made for it alone.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallOutcome, CallRequest } from '../../../node/api.ts';
import { startHeader } from '../../../node/block/makeHeader.ts';
import type { Header } from '../../../node/block/types.ts';
import type { ChainReader } from '../../../node/chain/chainReader.ts';
import { environmentOf } from '../../../node/execution/blockEnvironment.ts';
import { callFees, callMessage } from '../../../node/execution/callMessage.ts';
import { callOutcome, createCallApi } from '../../../node/execution/calls.ts';
import { EvmHost } from '../../../node/execution/evmHost.ts';
import { forkRulesAt } from '../../../node/execution/forkRules.ts';
import { ANALYSED_BYTES_MAX, Analyses } from '../../../node/execution/interpreter.ts';
import { establishNativeAccounts } from '../../../node/execution/nativeCall.ts';
import { runTransition } from '../../../node/execution/transition.ts';
import { createJournaledState } from '../../../node/state/worldState.ts';
import { concatBytes, hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../../primitives/bytes.ts';
import type { Address } from '../../../primitives/types.ts';
import { openBench } from './support/bench.ts';
import { CONTRACTS } from './support/contracts.ts';
import { plainSpec } from './support/randomChain.ts';
import { ACTORS } from './support/randomTransactions.ts';
import { METHODS, TEST_PRECOMPILE_ADDRESS, testPrecompile } from './support/testPrecompile.ts';

const spec = plainSpec('osaka');
const first = { ...spec.genesis, gasUsed: 0n, baseFeePerGas: 10n ** 9n, excessBlobGas: 0n, blobGasUsed: 0n };
const header = startHeader(spec, first as never as Header, ZERO_HASH, {
  timestampSeconds: 2_000n,
  coinbase: ZERO_ADDRESS,
  extraData: new Uint8Array(0),
  parentBeaconBlockRoot: ZERO_HASH,
});
const { state } = openBench();
const precompiles = [testPrecompile];
const GAS = 400_000n;

const FORWARDERS = ['call', 'callCode', 'delegateCall', 'staticCall'];
const SHA256 = hexToBytes('0x0000000000000000000000000000000000000002') as Address;
/** Returns a byte of code; makes itself a contract that destroys itself in the transaction that creates it; fails. */
const INIT_CODES = ['0x600160005360016000f3', '0x33ff', '0xfe'].map(hexToBytes);

function requests(): CallRequest[] {
  const from = ACTORS[0]!.address;
  const at = (name: string): Address => CONTRACTS[name]!.address;
  const targets = ['churn', 'revert', 'invalid', 'destroy', 'transient', 'inspect', 'log'].map(at);
  const payload = new Uint8Array(32).fill(0x21);
  const all: CallRequest[] = Object.keys(CONTRACTS).map((name) => ({ from, to: at(name), data: payload }));
  for (const forwarder of FORWARDERS)
    for (const target of [...targets, SHA256, TEST_PRECOMPILE_ADDRESS])
      for (const mode of [0, 2, 8]) {
        const inner = target === TEST_PRECOMPILE_ADDRESS ? Uint8Array.of(METHODS.write, 1) : payload;
        all.push({ from, to: at(forwarder), data: concatBytes(Uint8Array.of(mode), target, inner) });
      }
  for (const init of INIT_CODES) {
    all.push({ from, data: init });
    for (const mode of [0, 1, 4, 8])
      for (const name of ['create', 'create2'])
        all.push({ from, to: at(name), value: 1n, data: concatBytes(Uint8Array.of(mode), init) });
  }
  const accessList = [
    { address: at('churn'), storageKeys: [new Uint8Array(32), new Uint8Array(32).fill(1)] },
    { address: SHA256, storageKeys: [new Uint8Array(32)] },
  ];
  all.push({ from, to: at('churn'), data: payload, accessList }, { from, to: SHA256, data: payload, accessList });
  return all.map((request) => ({ ...request, gas: GAS }));
}

/** What an EVM says that is made for this request and used for nothing else. */
async function alone(request: CallRequest): Promise<CallOutcome> {
  const rules = forkRulesAt(spec, header.number, header.timestampSeconds);
  const fees = callFees(
    request,
    environmentOf(header, rules, () => undefined),
  );
  const own = createJournaledState(state);
  establishNativeAccounts(own, precompiles);
  const chain = { chainId: spec.chainId, genesisHash: ZERO_HASH };
  const host = new EvmHost({ rules, state: own, block: fees.block, chain, precompiles, alarm: () => undefined });
  const message = callMessage(request, fees, GAS, rules, own);
  return callOutcome(await runTransition(message, { rules, state: own, host, block: fees.block }));
}

const sealed = { header, hash: ZERO_HASH };
const chain: Pick<ChainReader, 'spec' | 'genesisHash' | 'head' | 'headerByNumber' | 'stateAt'> = {
  spec,
  genesisHash: ZERO_HASH,
  head: sealed,
  headerByNumber: (number) => (number === 1n ? sealed : undefined),
  stateAt: () => state,
};
const api = createCallApi({
  chain: chain as ChainReader,
  precompilesAt: () => precompiles,
  alarm: () => undefined,
  nowMs: () => 0,
});

describe('calls that share EVMs', () => {
  it('give the outcome and the gas of an EVM of their own, in any order and interleaved', async () => {
    const table: { request: CallRequest; expected: CallOutcome }[] = [];
    for (const request of requests()) table.push({ request, expected: await alone(request) });
    expect(new Set(table.map(({ expected }) => expected.outcome))).toEqual(new Set(['success', 'revert', 'failure']));
    const order = fc.shuffledSubarray(table, { minLength: table.length });
    await fc.assert(
      fc.asyncProperty(order, fc.boolean(), async (calls, atOnce) => {
        const got: CallOutcome[] = [];
        if (atOnce)
          got.push(...(await Promise.all(calls.map(({ request }) => api.call(request, { blockNumber: 1n })))));
        else for (const { request } of calls) got.push(await api.call(request, { blockNumber: 1n }));
        expect(got).toEqual(calls.map(({ expected }) => expected));
      }),
      { numRuns: 10 },
    );
  });

  it('estimates and access lists do not depend on what ran before', async () => {
    const probes = requests().filter(({ data }) => (data?.length ?? 0) < 60);
    const of = async (request: CallRequest): Promise<unknown[]> => [
      await api.estimateGas(request, { blockNumber: 1n }).catch((error: Error) => error.message),
      await api.createAccessList(request, { blockNumber: 1n }),
    ];
    const once: unknown[] = [];
    for (const request of probes) once.push(await of(request));
    const backwards: unknown[] = [];
    for (const request of [...probes].reverse()) backwards.unshift(await of(request));
    expect(backwards).toEqual(once);
  });

  it('a call that was cut off leaves nothing to the next one', async () => {
    const request = { from: ACTORS[0]!.address, to: CONTRACTS.churn!.address, data: new Uint8Array(32), gas: GAS };
    const expected = await alone(request);
    for (let i = 0; i < 3; i++) {
      const gone = new AbortController();
      const endless = api.call({ to: CONTRACTS.loop!.address }, { blockNumber: 1n, signal: gone.signal });
      gone.abort();
      await expect(endless).rejects.toMatchObject({ code: 'CALL_TIMEOUT' });
      expect(await api.call(request, { blockNumber: 1n })).toEqual(expected);
    }
  });
});

describe('kept analyses of code', () => {
  const analysis = { jumps: new Uint8Array(0), pushes: {}, opcodesCached: [] } as never;
  it('are found again, and go when there are too many', () => {
    const kept = new Analyses(8);
    let made = 0;
    const analyse = (): never => {
      made++;
      return analysis;
    };
    const ask = (code: Uint8Array): unknown => kept.of(code, analyse);
    const codes = Array.from({ length: 6 }, () => new Uint8Array(2));
    ask(codes[0]!);
    ask(codes[0]!);
    expect(made).toBe(1);
    for (const code of codes) ask(code);
    expect(kept.size).toBeLessThanOrEqual(4);
    ask(codes[0]!);
    expect(made).toBe(7);
  });
  it('code of half the limit is kept, one byte more is not', () => {
    const kept = new Analyses(ANALYSED_BYTES_MAX);
    kept.of(new Uint8Array(ANALYSED_BYTES_MAX / 2), () => analysis);
    expect(kept.size).toBe(1);
    kept.of(new Uint8Array(ANALYSED_BYTES_MAX / 2 + 1), () => analysis);
    expect(kept.size).toBe(1);
  });
});
