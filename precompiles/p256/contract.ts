// P256VERIFY, exactly as EIP-7951 defines it. It has no selector, no state and no reverts, and may be called in any way.
import { EMPTY_BYTES, parseAddress } from '../../primitives/bytes.ts';
import { verifyP256Digest } from '../../primitives/crypto/p256.ts';
import type { Gas } from '../../primitives/types.ts';
import { GAS_PER_MICROSECOND } from '../framework/gas.ts';
import type { NativePrecompile, PrecompileResult } from '../framework/host.ts';

/** EIP-7951, "Gas schedule". */
export const P256VERIFY_GAS: Gas = 6_900n;
/** digest (32) ‖ r (32) ‖ s (32) ‖ x (32) ‖ y (32). */
export const P256VERIFY_INPUT_LENGTH = 160;

const WORK_MICROSECONDS = Number(P256VERIFY_GAS / GAS_PER_MICROSECOND);

/** The integer 1 in 32 bytes: the only non-empty output. */
const VALID = new Uint8Array(32).fill(1, 31);

/** Whether the 160 bytes of input hold a valid signature; any other length does not. */
export function isValidP256Input(input: Uint8Array): boolean {
  if (input.length !== P256VERIFY_INPUT_LENGTH) return false;
  return verifyP256Digest(input.subarray(0, 32), input.subarray(32, 96), input.subarray(96, 160));
}

export const p256Verify: NativePrecompile = {
  name: 'P256VERIFY',
  address: parseAddress('0x0000000000000000000000000000000000000100'),
  version: 1,
  isStateful: false,
  run: ({ call }): PrecompileResult => {
    if (call.gasLimit < P256VERIFY_GAS) return { outcome: 'failure', gasUsed: call.gasLimit, workMicroseconds: 0 };
    const output = isValidP256Input(call.data) ? VALID.slice() : EMPTY_BYTES;
    return { outcome: 'success', gasUsed: P256VERIFY_GAS, workMicroseconds: WORK_MICROSECONDS, output };
  },
};
