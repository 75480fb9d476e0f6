// What calls promise beyond geth's answers: overrides, limits, and one set of precompiles for blocks and calls.
import { describe, expect, it } from 'vitest';
import type { AccountOverride, CallApi, CallRequest } from '../../../node/api.ts';
import { startHeader } from '../../../node/block/makeHeader.ts';
import type { Header } from '../../../node/block/types.ts';
import type { ChainReader } from '../../../node/chain/chainReader.ts';
import { DEFAULT_CALL_LIMITS } from '../../../node/execution/callLimits.ts';
import { type CallDependencies, createCallApi } from '../../../node/execution/calls.ts';
import {
  bigIntToFixedBytes,
  bytesKey,
  bytesToBigInt,
  parseAddress,
  ZERO_ADDRESS,
  ZERO_HASH,
} from '../../../primitives/bytes.ts';
import { assemble } from './support/assembler.ts';
import { openBench } from './support/bench.ts';
import { plainSpec } from './support/randomChain.ts';
import { ACTORS } from './support/randomTransactions.ts';
import { METHODS, TEST_PRECOMPILE_ADDRESS, testPrecompile } from './support/testPrecompile.ts';

const SENDER = ACTORS[0]!.address;
const CODE_AT = parseAddress('0x00000000000000000000000000000000000000c1');
const MOVED = parseAddress('0x00000000000000000000000000000000000000c2');
const IDENTITY = parseAddress('0x0000000000000000000000000000000000000004');

const spec = plainSpec('osaka');
const first = { ...spec.genesis, gasUsed: 0n, baseFeePerGas: 10n ** 9n, excessBlobGas: 0n, blobGasUsed: 0n };
const header = startHeader(spec, first as never as Header, ZERO_HASH, {
  timestampSeconds: 2_000n,
  coinbase: ZERO_ADDRESS,
  extraData: new Uint8Array(0),
  parentBeaconBlockRoot: ZERO_HASH,
});

function calls(dependencies: Partial<CallDependencies> = {}): CallApi {
  const { state } = openBench();
  const sealed = { header, hash: ZERO_HASH };
  const chain: Pick<ChainReader, 'spec' | 'genesisHash' | 'head' | 'headerByNumber' | 'stateAt'> = {
    spec,
    genesisHash: ZERO_HASH,
    head: sealed,
    headerByNumber: (number) => (number === 1n ? sealed : undefined),
    stateAt: () => state,
  };
  return createCallApi({
    chain: chain as ChainReader,
    precompilesAt: () => [testPrecompile],
    alarm: () => undefined,
    nowMs: () => 0,
    ...dependencies,
  });
}

const at = (accountOverrides: readonly AccountOverride[] = []) => ({ blockNumber: 1n, accountOverrides });
const run = (source: string): AccountOverride => ({ address: CODE_AT, code: assemble(source) });
const returning = (source: string) => run(`${source} 0x00 MSTORE 0x20 0x00 RETURN`);
async function word(api: CallApi, request: CallRequest, overrides: readonly AccountOverride[]): Promise<bigint> {
  const outcome = await api.call(request, at(overrides));
  if (outcome.outcome !== 'success')
    throw new Error(JSON.stringify(outcome, (_, v) => (typeof v === 'bigint' ? `${v}` : v)));
  return bytesToBigInt(outcome.output);
}

describe('state overrides', () => {
  it('replace code, balance, nonce, one slot or all of them', async () => {
    const one = bytesKey(bigIntToFixedBytes(1n, 32));
    const diff = { ...returning('0x01 SLOAD'), stateDiff: new Map([[one, Uint8Array.of(9)]]) };
    expect(await word(calls(), { to: CODE_AT }, [diff])).toBe(9n);
    const whole = { ...returning('0x02 SLOAD 0x01 SLOAD ADD'), state: new Map([[one, Uint8Array.of(8)]]) };
    expect(await word(calls(), { to: CODE_AT }, [whole])).toBe(8n);
    expect(await word(calls(), { to: CODE_AT }, [{ ...returning('SELFBALANCE'), balance: 77n }])).toBe(77n);
  });

  it('S19: an empty override or one of the balance leaves a native contract what it is', async () => {
    for (const override of [{}, { balance: 5n }]) {
      const request = { from: SENDER, to: TEST_PRECOMPILE_ADDRESS, data: Uint8Array.of(METHODS.describe) };
      expect(bytesToBigInt(bigIntToFixedBytes(await describe0(request, override), 32))).toBe(bytesToBigInt(SENDER));
    }
    async function describe0(request: CallRequest, override: object): Promise<bigint> {
      const outcome = await calls().call(request, at([{ address: TEST_PRECOMPILE_ADDRESS, ...override }]));
      return outcome.outcome === 'success' ? bytesToBigInt(outcome.output.subarray(0, 32)) : 0n;
    }
  });

  it('move a precompile, built-in or native, and leave nothing at its old place', async () => {
    for (const [from, data] of [
      [IDENTITY, Uint8Array.of(7)],
      [TEST_PRECOMPILE_ADDRESS, Uint8Array.of(METHODS.read)],
    ] as const) {
      const overrides = [{ address: from, movePrecompileTo: MOVED }];
      const moved = await calls().call({ to: MOVED, data }, at(overrides));
      const left = await calls().call({ to: from, data }, at([{ ...overrides[0]!, code: new Uint8Array(0) }]));
      expect(moved.outcome === 'success' && moved.output.length).toBeGreaterThan(0);
      expect(left).toMatchObject({ outcome: 'success', output: new Uint8Array(0) });
    }
  });

  it.each<[string, readonly AccountOverride[]]>([
    ['NOT_A_PRECOMPILE', [{ address: SENDER, movePrecompileTo: MOVED }]],
    ['OVERRIDE_CONFLICT', [{ address: IDENTITY, movePrecompileTo: MOVED }, { address: MOVED }]],
    ['OVERRIDE_CONFLICT', [{ address: SENDER, state: new Map(), stateDiff: new Map() }]],
  ])('refuses by name: %s', async (code, overrides) => {
    await expect(calls().call({ to: SENDER }, at(overrides))).rejects.toMatchObject({ code });
  });
});

describe('prices', () => {
  it('a call that offers nothing sees no base fee; one that does sees it and pays', async () => {
    const overrides = [returning('BASEFEE')];
    expect(await word(calls(), { to: CODE_AT }, overrides)).toBe(0n);
    const maxFeePerGas = header.baseFeePerGas! * 2n;
    expect(await word(calls(), { from: SENDER, to: CODE_AT, gas: 100_000n, maxFeePerGas }, overrides)).toBe(
      header.baseFeePerGas,
    );
  });

  it.each<[string, CallRequest]>([
    ['FEE_FIELDS_CONFLICT', { gasPrice: 1n, maxFeePerGas: 1n }],
    ['TIP_ABOVE_FEE_CAP', { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 11n }],
    ['FEE_CAP_TOO_LOW', { gasPrice: 1n }],
    ['INSUFFICIENT_FUNDS', { value: 1n }],
    ['INTRINSIC_GAS_TOO_LOW', { gas: 20_999n }],
    ['INITCODE_TOO_LARGE', { to: undefined, data: new Uint8Array(49_153) }],
  ])('%s', async (code, request) => {
    await expect(calls().call({ to: CODE_AT, ...request }, at())).rejects.toMatchObject({ code });
  });
});

describe('limits', () => {
  it('a call gets at most the gas cap, whatever it asks for', async () => {
    const limits = { ...DEFAULT_CALL_LIMITS, gasMax: 100_000n };
    const gas = await word(calls({ limits }), { to: CODE_AT, gas: 10n ** 12n }, [returning('GAS')]);
    expect(gas).toBeLessThan(79_000n);
    expect(gas).toBeGreaterThan(78_900n);
  });

  it('CALL_TIMEOUT ends an endless loop, and endless recursion', async () => {
    for (const source of [':top @top JUMP', '0x00 0x00 0x00 0x00 0x00 ADDRESS GAS CALL']) {
      let now = 0;
      const api = calls({ nowMs: () => (now += 100), limits: { ...DEFAULT_CALL_LIMITS, gasMax: 10n ** 9n } });
      await expect(api.call({ to: CODE_AT }, at([run(source)]))).rejects.toMatchObject({ code: 'CALL_TIMEOUT' });
    }
  });

  it('CALL_TIMEOUT when the caller has given up, before or meanwhile', async () => {
    await expect(calls().call({ to: CODE_AT }, { ...at(), signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CALL_TIMEOUT',
    });
    const controller = new AbortController();
    let readings = 0;
    const api = calls({
      nowMs() {
        if (readings++ > 0) controller.abort();
        return 0;
      },
    });
    const running = api.call({ to: CODE_AT }, { ...at([run(':top @top JUMP')]), signal: controller.signal });
    await expect(running).rejects.toMatchObject({ code: 'CALL_TIMEOUT' });
  });

  it('BLOCK_NOT_FOUND for a block that is not there', async () => {
    await expect(calls().call({}, { blockNumber: 9n })).rejects.toMatchObject({ code: 'BLOCK_NOT_FOUND' });
  });
});

describe('estimates', () => {
  it('a transfer to nobody costs 21,000; the same to a precompile does not', async () => {
    expect(await calls().estimateGas({ from: SENDER, to: MOVED, value: 1n }, at())).toEqual({ gas: 21_000n });
    const identity = await calls().estimateGas({ from: SENDER, to: IDENTITY }, at());
    expect('gas' in identity && identity.gas).toBeGreaterThan(21_000n);
  });

  it('suffices for calls that keep a 64th at every frame', async () => {
    const deep = run('0x00 0x00 0x00 0x00 0x00 0x0d0f GAS CALL ISZERO @bad JUMPI STOP :bad 0x00 0x00 REVERT');
    const estimated = await calls().estimateGas({ from: SENDER, to: CODE_AT }, at([deep]));
    if (!('gas' in estimated)) throw new Error('no estimate');
    expect(await calls().call({ from: SENDER, to: CODE_AT, gas: estimated.gas }, at([deep]))).toMatchObject({
      outcome: 'success',
    });
  });

  it('a call that fails at any limit is its outcome; one that nobody can pay for is named', async () => {
    expect(await calls().estimateGas({ to: CODE_AT }, at([run('0x00 0x00 REVERT')]))).toMatchObject({
      outcome: 'revert',
    });
    expect(await calls().estimateGas({ to: CODE_AT }, at([run('INVALID')]))).toMatchObject({ outcome: 'failure' });
    await expect(calls().estimateGas({ to: CODE_AT }, at([run(':top @top JUMP')]))).rejects.toMatchObject({
      code: 'GAS_ALLOWANCE_EXCEEDED',
    });
  });

  it('S21: value to a native contract that refuses it is a revert, in a call as in a block', async () => {
    const refusing = {
      ...testPrecompile,
      run: () => ({ outcome: 'revert', gasUsed: 10n, workMicroseconds: 1, output: new Uint8Array(0) }) as const,
    };
    const api = calls({ precompilesAt: () => [refusing] });
    expect(await api.call({ from: SENDER, to: TEST_PRECOMPILE_ADDRESS, value: 1n }, at())).toMatchObject({
      outcome: 'revert',
    });
  });
});
