// A native contract for tests: storage, logs, value, reverts, and every way in which native code must not behave.
import type {
  HostCall,
  NativePrecompile,
  PrecompileHost,
  PrecompileResult,
} from '../../../../precompiles/framework/host.ts';
import { bigIntToFixedBytes, bytesToBigInt, concatBytes, padLeft, parseAddress } from '../../../../primitives/bytes.ts';

export const TEST_PRECOMPILE_ADDRESS = parseAddress('0x0000000000000000000000000000000000000d0f');
export const TEST_PRECOMPILE_GAS = 5_000n;
export const TEST_PRECOMPILE_WORK = 100;

/** The first byte of calldata chooses. */
export const METHODS = {
  write: 0,
  writeThenRevert: 1,
  fail: 2,
  describe: 3,
  payCaller: 4,
  throw: 5,
  overspend: 6,
  read: 7,
} as const;

const word = (value: bigint) => bigIntToFixedBytes(value, 32);

/** What the precompile says of its call. */
export function describeCall(call: HostCall): Uint8Array {
  return concatBytes(
    padLeft(call.caller, 32),
    padLeft(call.origin, 32),
    word(call.valueWei),
    word(call.isStatic ? 1n : 0n),
    word(call.isOwnContext ? 1n : 0n),
    word(BigInt(call.depth)),
  );
}

function run(host: PrecompileHost): PrecompileResult {
  const { call, state, block } = host;
  const cost = { gasUsed: TEST_PRECOMPILE_GAS, workMicroseconds: TEST_PRECOMPILE_WORK };
  const own = TEST_PRECOMPILE_ADDRESS;
  if (call.gasLimit < TEST_PRECOMPILE_GAS) return { outcome: 'failure', gasUsed: call.gasLimit, workMicroseconds: 0 };
  const method = (call.data[0] ?? METHODS.describe) & 7;
  const canWrite = !call.isStatic && call.isOwnContext;
  const refused: PrecompileResult = { outcome: 'revert', ...cost, output: Uint8Array.of(0xee) };
  const slot = BigInt((call.data[1] ?? 0) & 3);
  if (method === METHODS.fail) return { outcome: 'failure', ...cost };
  if (method === METHODS.throw) throw new TypeError('a fault that follows from the input');
  if (method === METHODS.overspend)
    return { outcome: 'success', gasUsed: call.gasLimit + 1n, workMicroseconds: 1, output: new Uint8Array(0) };
  if (method === METHODS.read) return { outcome: 'success', ...cost, output: word(state.sload(own, slot)) };
  if (method === METHODS.describe) {
    const output = concatBytes(describeCall(call), word(block.number), word(block.timestampSeconds));
    return { outcome: 'success', ...cost, output };
  }
  if (!canWrite) return refused;
  if (method === METHODS.payCaller) {
    const half = state.balanceOf(own) / 2n;
    state.transfer(own, call.caller, half);
    return { outcome: 'success', ...cost, output: word(half) };
  }
  const before = state.sload(own, slot);
  state.sstore(own, slot, bytesToBigInt(call.data.subarray(2, 34)));
  state.emit(own, [word(slot), padLeft(call.caller, 32)], call.data);
  if (method === METHODS.writeThenRevert) return { outcome: 'revert', ...cost, output: word(before) };
  return { outcome: 'success', ...cost, output: word(before) };
}

export const testPrecompile: NativePrecompile = {
  name: 'Test',
  address: TEST_PRECOMPILE_ADDRESS,
  isStateful: true,
  version: 1,
  run,
};
